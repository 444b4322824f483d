//! Links and readers heat stories, cool, and are forgotten.

use courant_model::NewCapture;
use courant_store::DayClicks;

use crate::{
    clock::Clock,
    pipeline::{
        Desk,
        fixtures::{NOW, desk, moment, page, take_in},
        publish_records,
    },
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

/// Heat of the mill's article, and its quality.
async fn heat(desk: &Desk) -> (i32, i32) {
    let rows = desk.store.snapshot_rows().await.unwrap();
    let row = rows.iter().find(|row| row.article.web_url.as_str() == MILL).unwrap();
    (row.heat.degrees(), row.judgement.quality.points())
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
        let desk = desk(folder.path(), |_| {}).await;
        for batch in &order {
            take_in(&desk, batch).await;
        }
        let (_, snapshot) = publish_records(&desk).await.unwrap();
        assert_eq!(snapshot.stories.len(), 2);
        let (degrees, quality) = heat(&desk).await;
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
    let mut desk = desk(folder.path(), |_| {}).await;
    take_in(&desk, &[mill(), ferry(MILL)]).await;
    publish_records(&desk).await.unwrap();
    let (warm, quality) = heat(&desk).await;
    desk.clock = Clock::new(Some(moment("2026-01-14T12:01:00Z")));
    assert_eq!(publish_records(&desk).await.unwrap().0.written, 0, "a minute changes nothing");
    desk.clock = Clock::new(Some(moment("2026-01-15T12:00:00Z")));
    assert_eq!(publish_records(&desk).await.unwrap().0.written, 1, "the mill's record alone");
    let (cooler, _) = heat(&desk).await;
    assert!(quality < cooler && cooler < warm, "{quality} < {cooler} < {warm}");
    desk.clock = Clock::new(Some(moment("2026-02-14T12:00:00Z")));
    publish_records(&desk).await.unwrap();
    assert_eq!(heat(&desk).await.0, quality);
}

#[tokio::test]
async fn readers_heat_a_story_where_they_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| site.config.beacon.enabled = true).await;
    take_in(&desk, &[mill()]).await;
    publish_records(&desk).await.unwrap();
    let (plain, quality) = heat(&desk).await;
    let article = desk.store.snapshot_rows().await.unwrap()[0].article.id;
    let clicks = DayClicks { article, day: moment("2026-01-14T00:00:00Z"), readers: 15 };
    desk.store.add_clicks(&[clicks]).await.unwrap();
    let (summary, snapshot) = publish_records(&desk).await.unwrap();
    assert_eq!((summary.written, plain), (1, quality));
    assert_eq!(heat(&desk).await.0, quality + 6, "one and a half degrees, four doublings");
    assert_eq!(snapshot.stories[0].heat_because[1].detail, "15 clicks by readers: +6.0 now");
    assert_eq!(publish_records(&desk).await.unwrap().0.written, 0);
    take_in(&desk, &[mill()]).await;
    assert_eq!(heat(&desk).await.0, quality + 6, "a new reading weighs the same");

    desk.store.close().await.unwrap();
    let desk = self::desk(folder.path(), |_| {}).await;
    publish_records(&desk).await.unwrap();
    assert_eq!(heat(&desk).await.0, quality, "nothing counts once the beacon is off");
}

#[tokio::test]
async fn what_is_dropped_heats_nothing_and_a_link_that_is_gone_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk(folder.path(), |site| {
        let rules = "[gate]\nrules = [{ name = \"away\", when = { provider = [\"ferry.example\"], title = [\"bread\"] }, \
            then = \"drop\" }]\n";
        site.config =
            crate::site::Config::parse(rules, std::path::Path::new("courant.toml")).unwrap();
    })
    .await;
    take_in(&desk, &[mill(), ferry(MILL)]).await;
    publish_records(&desk).await.unwrap();
    let (degrees, quality) = heat(&desk).await;
    assert_eq!(degrees, quality, "what is dropped heats nothing");

    let folder = tempfile::tempdir().unwrap();
    let desk = self::desk(folder.path(), |_| {}).await;
    take_in(&desk, &[mill(), ferry(MILL)]).await;
    take_in(&desk, &[ferry("https://elsewhere.example/2026/other-cares")]).await;
    publish_records(&desk).await.unwrap();
    assert_eq!(heat(&desk).await.0, quality);
}
