//! What heats stories beside their own articles, as the store tells it at one moment.

use std::collections::{HashMap, HashSet};

use courant_analysis::story::{self, Boost, Clicks, HeatConfig, HeatRule, Link};
use courant_model::{ArticleId, Override, StoryId, Timestamp};
use courant_store::{DayClicks, LinkRow, SnapshotRow, Standing, Store, StoredArticle};
use jiff::SignedDuration;

use super::boost;

/// What heats stories beside their own articles. Read once for all stories that are weighed together, so that a round
/// costs what was published lately and not what is stored.
#[derive(Debug, Clone, Default)]
pub(super) struct Attention {
    /// By the article that is linked to.
    links: HashMap<ArticleId, Vec<LinkRow>>,
    /// By the article whose links were followed.
    clicks: HashMap<ArticleId, Vec<Clicks>>,
    /// By the story's present name.
    boosts: HashMap<StoryId, Boost>,
}

impl Attention {
    /// What heats any story at this moment.
    pub(super) async fn of_all(store: &Store, rule: &HeatRule, now: Timestamp) -> anyhow::Result<Self> {
        let mut attention = Self::default();
        if counts_links(rule) {
            attention.add(store.links_since(rule.forgets_before(now)).await?);
        }
        if counts_clicks(rule) {
            attention.add_clicks(store.clicks_since(first_day(rule, now)).await?);
        }
        Ok(attention)
    }

    /// What heats the stories of these articles at this moment.
    pub(super) async fn of(
        store: &Store,
        rule: &HeatRule,
        now: Timestamp,
        articles: &[ArticleId],
    ) -> anyhow::Result<Self> {
        let mut attention = Self::default();
        if counts_links(rule) {
            attention.add(store.links_to(articles, rule.forgets_before(now)).await?);
        }
        if counts_clicks(rule) {
            attention.add_clicks(store.clicks_of(articles, first_day(rule, now)).await?);
        }
        Ok(attention)
    }

    /// With the boosts that editors gave and that hold now; `story_of` gives the present story of an article.
    pub(super) fn with_boosts<'a>(
        mut self,
        words: impl IntoIterator<Item = &'a Override>,
        story_of: impl Fn(ArticleId) -> Option<StoryId>,
        now: Timestamp,
    ) -> Self {
        self.boosts = boost::in_force(words, story_of, now);
        self
    }

    /// As [`Attention::with_boosts`], for stories of which these are all articles.
    pub(super) fn with_boosts_of(self, rows: &[SnapshotRow], words: &[Override], now: Timestamp) -> Self {
        let boosted: HashSet<ArticleId> =
            words.iter().filter(|word| word.field == boost::BOOST).map(|word| word.article).collect();
        let rows = rows.iter().filter(|row| boosted.contains(&row.article.id));
        let stories: HashMap<ArticleId, StoryId> =
            rows.map(|row| (row.article.id, row.member.story)).collect();
        self.with_boosts(words, |article| stories.get(&article).copied(), now)
    }

    fn add(&mut self, links: Vec<LinkRow>) {
        for link in links {
            self.links.entry(link.target).or_default().push(link);
        }
    }

    fn add_clicks(&mut self, clicks: Vec<DayClicks>) {
        for DayClicks { article, day, readers } in clicks {
            self.clicks.entry(article).or_default().push(Clicks { day, readers });
        }
    }

    /// Brings the links up to a batch that is not stored yet: `present` gives the name that a story has after it.
    pub(super) fn with_batch(
        &mut self,
        articles: &[StoredArticle],
        rule: &HeatRule,
        present: impl Fn(StoryId) -> StoryId,
    ) {
        let batch: HashMap<ArticleId, &StoredArticle> =
            articles.iter().map(|stored| (stored.article.id, stored)).collect();
        for links in self.links.values_mut() {
            // What was read again says itself to what it links; what is a copy now links to nothing of its own.
            links.retain(|link| {
                let stored = batch.get(&link.article);
                stored.is_none_or(|stored| stored.links.is_none() && stored.member.copy_of.is_none())
            });
            for link in links {
                let story = batch.get(&link.article).map_or(link.story, |stored| stored.member.story);
                link.story = present(story);
            }
        }
        if counts_links(rule) {
            self.add(articles.iter().flat_map(links_of).collect());
        }
    }

    /// Takes note of what was just dropped, or is dropped no more; whether that changes who heats what. What is dropped
    /// heats no story.
    pub(super) fn note_dropped<'a>(&mut self, standings: impl IntoIterator<Item = &'a Standing>) -> bool {
        if self.links.is_empty() {
            return false;
        }
        let dropped: HashMap<ArticleId, bool> =
            standings.into_iter().map(|standing| (standing.article, standing.verdict.dropped)).collect();
        let mut changed = false;
        for link in self.links.values_mut().flatten() {
            if let Some(&now) = dropped.get(&link.article) {
                changed |= link.dropped != now;
                link.dropped = now;
            }
        }
        changed
    }

    /// What heats the story of this name, of which these articles stand.
    pub(super) fn of_story(
        &self,
        story: StoryId,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> story::Attention {
        let mut attention =
            story::Attention { boost: self.boosts.get(&story).cloned(), ..story::Attention::default() };
        if self.links.is_empty() && self.clicks.is_empty() {
            return attention;
        }
        for article in articles {
            attention.clicks.extend(self.clicks.get(&article).into_iter().flatten());
            let links = self.links.get(&article).into_iter().flatten();
            let counts = |link: &&LinkRow| link.story != story && !link.dropped;
            attention.links.extend(
                links
                    .filter(counts)
                    .map(|link| Link { provider: link.provider.clone(), published: link.published }),
            );
        }
        attention
    }
}

fn counts_clicks(rule: &HeatRule) -> bool {
    rule.cooling().is_some_and(HeatConfig::counts_clicks)
}

/// The beginning of the first day of which something may count.
fn first_day(rule: &HeatRule, now: Timestamp) -> Timestamp {
    let day = SignedDuration::from_hours(24);
    rule.forgets_before(now).checked_sub(day).unwrap_or(Timestamp::MIN)
}

fn counts_links(rule: &HeatRule) -> bool {
    rule.cooling().is_some_and(HeatConfig::counts_links)
}

/// The links of an article that is about to be stored, as they will be read again.
fn links_of(stored: &StoredArticle) -> impl Iterator<Item = LinkRow> {
    let article = &stored.article;
    let targets = stored.links.iter().flatten().filter(|_| stored.member.copy_of.is_none());
    targets.map(|&target| LinkRow {
        target,
        article: article.id,
        story: stored.member.story,
        provider: article.provider.domain.clone(),
        published: article.published,
        dropped: false,
    })
}

#[cfg(test)]
mod tests {
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
            assert_eq!(view.heat_because[1].detail, "1 links from other articles: +2.4 now");
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
        assert_eq!(snapshot.stories[0].heat_because[1].detail, "15 clicks of readers: +6.0 now");
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
}
