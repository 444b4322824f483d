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
            attention.add(store.links_since(rule.counts_since(now)).await?);
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
            attention.add(store.links_to(articles, rule.counts_since(now)).await?);
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

    /// The articles that are linked to, or whose links were followed; some more than once.
    pub(super) fn articles(&self) -> impl Iterator<Item = ArticleId> + '_ {
        self.links.keys().chain(self.clicks.keys()).copied()
    }

    /// The stories that editors have boosted.
    pub(super) fn boosted(&self) -> impl Iterator<Item = &StoryId> {
        self.boosts.keys()
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
    ) -> story::ExternalSignals {
        let mut attention = story::ExternalSignals {
            boost: self.boosts.get(&story).cloned(),
            ..story::ExternalSignals::default()
        };
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
    rule.counts_since(now).checked_sub(day).unwrap_or(Timestamp::MIN)
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
mod tests;
