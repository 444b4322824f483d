//! Links and clicks heat stories, cool, and are forgotten.

use courant_model::{Heat, NewCapture};
use courant_store::DayClicks;

use crate::{
    clock::Clock,
    context::Context,
    fixtures::{NOW, context, page, take_in, timestamp},
    publish::round::publish_records,
};

const MILL: &str = "https://mill.example/2026/the-old-mill-is-kept";
const FERRY: &str = "https://ferry.example/2026/ferries-carry-bread";

fn mill() -> NewCapture {
    let text = "The council of Tarrow met on Tuesday, and after a long debate it agreed that the old mill shall be kept. \
        Its wheel is to turn again by May, its engineer said, and the weir below it will be mended in the summer.";
    article(MILL, "The old mill of Tarrow is kept", text)
}

fn ferry(link: &str) -> NewCapture {
    let text = format!(
        "Ferries over the Ottery carry bread and letters to Larkfield since the swing bridge was closed. Bakers load \
         their boats at four in the morning; the <a href='{link}'>council of Tarrow</a> had other cares that day."
    );
    article(FERRY, "Ferries carry bread to Larkfield", &text)
}

fn article(url: &str, title: &str, text: &str) -> NewCapture {
    let html = format!(
        "<title>{title}</title><meta property='article:published_time' content='2026-01-14T11:00:00Z'>\
         <article><h1>{title}</h1><p>{text}</p></article>"
    );
    page(url, html, NOW)
}

/// Heat and quality of the mill's article.
async fn heat(context: &Context) -> (i32, i32) {
    let rows = context.store.snapshot_rows().await.unwrap();
    let row = rows.iter().find(|row| row.article.web_url.as_str() == MILL).unwrap();
    (Heat::published_number(row.heat), row.judgement.quality.points())
}

#[tokio::test]
async fn a_link_from_another_story_heats_this_one_whichever_came_first() {
    let linked = format!("{MILL}?utm_source=ferry");
    let orders = [
        vec![vec![mill(), ferry(&linked)]],
        vec![vec![mill()], vec![ferry(&linked)]],
        vec![vec![ferry(&linked)], vec![mill()]],
    ];
    for order in orders {
        let folder = tempfile::tempdir().unwrap();
        let context = context(folder.path(), |_| {}).await;
        for batch in &order {
            take_in(&context, batch).await;
        }
        let (_, snapshot) = publish_records(&context).await.unwrap();
        assert_eq!(snapshot.stories.len(), 2);
        let (degrees, quality) = heat(&context).await;
        assert_eq!(degrees, quality + 2, "a quarter of ten degrees, an hour old");
        let view = snapshot.stories.iter().find(|story| story.heat_because.len() > 1).unwrap();
        assert_eq!(snapshot.items[view.lead].record.web_url.as_deref(), Some(MILL));
        assert_eq!(view.heat_because[1].what, "links");
        assert_eq!(view.heat_because[1].detail, "1 link from another article: +2.4 now");
    }
}

#[tokio::test]
async fn links_cool_and_what_does_not_change_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut context = context(folder.path(), |_| {}).await;
    take_in(&context, &[mill(), ferry(MILL)]).await;
    publish_records(&context).await.unwrap();
    let (warm, quality) = heat(&context).await;
    context.clock = Clock::new(Some(timestamp("2026-01-14T12:01:00Z")));
    assert_eq!(publish_records(&context).await.unwrap().0.written, 0, "a minute changes nothing");
    context.clock = Clock::new(Some(timestamp("2026-01-15T12:00:00Z")));
    assert_eq!(publish_records(&context).await.unwrap().0.written, 1, "the mill's record alone");
    let (cooler, _) = heat(&context).await;
    assert!(quality < cooler && cooler < warm, "{quality} < {cooler} < {warm}");
    context.clock = Clock::new(Some(timestamp("2026-02-14T12:00:00Z")));
    publish_records(&context).await.unwrap();
    assert_eq!(heat(&context).await.0, quality);
}

#[tokio::test]
async fn clicks_heat_a_story_if_they_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| site.config.beacon.enabled = true).await;
    take_in(&context, &[mill()]).await;
    publish_records(&context).await.unwrap();
    let (plain, quality) = heat(&context).await;
    let article = context.store.snapshot_rows().await.unwrap()[0].article.id;
    let clicks = DayClicks { article, day: timestamp("2026-01-14T00:00:00Z"), readers: 15 };
    context.store.add_clicks(&[clicks]).await.unwrap();
    let (summary, snapshot) = publish_records(&context).await.unwrap();
    assert_eq!((summary.written, plain), (1, quality));
    assert_eq!(heat(&context).await.0, quality + 6, "one and a half degrees, four doublings");
    assert_eq!(snapshot.stories[0].heat_because[1].detail, "15 clicks by readers: +6.0 now");
    assert_eq!(publish_records(&context).await.unwrap().0.written, 0);
    take_in(&context, &[mill()]).await;
    assert_eq!(heat(&context).await.0, quality + 6, "parsing the page again changes nothing");

    context.store.close().await.unwrap();
    let context = self::context(folder.path(), |_| {}).await;
    publish_records(&context).await.unwrap();
    assert_eq!(heat(&context).await.0, quality, "no clicks count after counting is switched off");
}

#[tokio::test]
async fn dropped_articles_heat_nothing_and_removed_links_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let context = context(folder.path(), |site| {
        let rules = "[gate]\nrules = [{ name = \"away\", when = { provider = [\"ferry.example\"], title = [\"bread\"] }, \
            then = \"drop\" }]\n";
        site.config =
            courant_site::Config::parse(rules, std::path::Path::new("courant.toml")).unwrap();
    })
    .await;
    take_in(&context, &[mill(), ferry(MILL)]).await;
    publish_records(&context).await.unwrap();
    let (degrees, quality) = heat(&context).await;
    assert_eq!(degrees, quality, "a dropped article heats nothing");

    let folder = tempfile::tempdir().unwrap();
    let context = self::context(folder.path(), |_| {}).await;
    take_in(&context, &[mill(), ferry(MILL)]).await;
    take_in(&context, &[ferry("https://elsewhere.example/2026/other-cares")]).await;
    publish_records(&context).await.unwrap();
    assert_eq!(heat(&context).await.0, quality);
}
