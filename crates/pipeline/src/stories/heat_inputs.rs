//! What heats stories besides their own articles, as stored at a given time.

use std::collections::{HashMap, HashSet};

use courant_analysis::story::{self, Boost, Clicks, HeatConfig, HeatRule, Link};
use courant_model::{ArticleId, EditorDecision, Override, StoryId, Timestamp};
use courant_store::{ArticleDecision, DayClicks, LinkRow, SnapshotRow, Store, StoredArticle};
use jiff::SignedDuration;

use crate::stories::boost;

/// Links, clicks and boosts. Read once for all stories that are scored together, so that the cost
/// of a round depends on what was published lately and not on what is stored.
#[derive(Debug, Clone, Default)]
pub(crate) struct HeatInputs {
    /// By the article that the link leads to.
    links: HashMap<ArticleId, Vec<LinkRow>>,
    /// By the article that readers clicked on.
    clicks: HashMap<ArticleId, Vec<Clicks>>,
    /// By the current id of the story.
    boosts: HashMap<StoryId, Boost>,
}

impl HeatInputs {
    /// What heats any story at this time.
    pub(crate) async fn of_all(store: &Store, rule: &HeatRule, now: Timestamp) -> anyhow::Result<Self> {
        let mut heat_inputs = Self::default();
        if counts_links(rule) {
            heat_inputs.add(store.links_since(rule.counts_since(now)).await?);
        }
        if counts_clicks(rule) {
            heat_inputs.add_clicks(store.clicks_since(first_day(rule, now)).await?);
        }
        Ok(heat_inputs)
    }

    /// What heats the stories of these articles at this time.
    pub(crate) async fn of(
        store: &Store,
        rule: &HeatRule,
        now: Timestamp,
        articles: &[ArticleId],
    ) -> anyhow::Result<Self> {
        let mut heat_inputs = Self::default();
        if counts_links(rule) {
            heat_inputs.add(store.links_to(articles, rule.counts_since(now)).await?);
        }
        if counts_clicks(rule) {
            heat_inputs.add_clicks(store.clicks_of(articles, first_day(rule, now)).await?);
        }
        Ok(heat_inputs)
    }

    /// Adds the boosts by editors that are in force; `story_of` gives the current story of an
    /// article.
    pub(crate) fn with_boosts<'a>(
        mut self,
        overrides: impl IntoIterator<Item = &'a Override>,
        story_of: impl Fn(ArticleId) -> Option<StoryId>,
        now: Timestamp,
    ) -> Self {
        self.boosts = boost::in_force(overrides, story_of, now);
        self
    }

    /// As [`HeatInputs::with_boosts`]; `rows` must be all articles of the stories.
    pub(crate) fn with_boosts_of(self, rows: &[SnapshotRow], overrides: &[Override], now: Timestamp) -> Self {
        let boosted: HashSet<ArticleId> = overrides
            .iter()
            .filter(|stored| matches!(stored.decision, EditorDecision::Boost { .. }))
            .map(|stored| stored.article)
            .collect();
        let rows = rows.iter().filter(|row| boosted.contains(&row.article.id));
        let stories: HashMap<ArticleId, StoryId> =
            rows.map(|row| (row.article.id, row.member.story)).collect();
        self.with_boosts(overrides, |article| stories.get(&article).copied(), now)
    }

    /// The articles with links or clicks; some more than once.
    pub(crate) fn articles(&self) -> impl Iterator<Item = ArticleId> + '_ {
        self.links.keys().chain(self.clicks.keys()).copied()
    }

    /// The stories with boosts in force.
    pub(crate) fn boosted(&self) -> impl Iterator<Item = &StoryId> {
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

    /// Updates the links with a batch that is not stored yet. `current` gives the id that a story
    /// has after the batch.
    pub(crate) fn with_batch(
        &mut self,
        articles: &[StoredArticle],
        rule: &HeatRule,
        current: impl Fn(StoryId) -> StoryId,
    ) {
        let batch: HashMap<ArticleId, &StoredArticle> =
            articles.iter().map(|stored| (stored.article.id, stored)).collect();
        for links in self.links.values_mut() {
            // The links of an article that was parsed again are in the batch; an article that is a
            // copy now has no links of its own.
            links.retain(|link| {
                let stored = batch.get(&link.article);
                stored.is_none_or(|stored| stored.links.is_none() && stored.member.copy_of.is_none())
            });
            for link in links {
                let story = batch.get(&link.article).map_or(link.story, |stored| stored.member.story);
                link.story = current(story);
            }
        }
        if counts_links(rule) {
            self.add(articles.iter().flat_map(links_of).collect());
        }
    }

    /// Notes which articles are dropped according to these decisions, because dropped articles heat
    /// no story. Returns whether this changes what heats any story.
    pub(crate) fn note_dropped<'a>(
        &mut self,
        standings: impl IntoIterator<Item = &'a ArticleDecision>,
    ) -> bool {
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

    /// What heats a story. `articles` are those of its articles that count.
    pub(crate) fn of_story(
        &self,
        story: StoryId,
        articles: impl IntoIterator<Item = ArticleId>,
    ) -> story::ExternalSignals {
        let mut heat_inputs = story::ExternalSignals {
            boost: self.boosts.get(&story).cloned(),
            ..story::ExternalSignals::default()
        };
        if self.links.is_empty() && self.clicks.is_empty() {
            return heat_inputs;
        }
        for article in articles {
            heat_inputs.clicks.extend(self.clicks.get(&article).into_iter().flatten());
            let links = self.links.get(&article).into_iter().flatten();
            let counts = |link: &&LinkRow| link.story != story && !link.dropped;
            heat_inputs.links.extend(
                links
                    .filter(counts)
                    .map(|link| Link { provider: link.provider.clone(), published: link.published }),
            );
        }
        heat_inputs
    }
}

fn counts_clicks(rule: &HeatRule) -> bool {
    rule.cooling().is_some_and(HeatConfig::counts_clicks)
}

/// The beginning of the first day whose clicks may still count.
fn first_day(rule: &HeatRule, now: Timestamp) -> Timestamp {
    let day = SignedDuration::from_hours(24);
    rule.counts_since(now).checked_sub(day).unwrap_or(Timestamp::MIN)
}

fn counts_links(rule: &HeatRule) -> bool {
    rule.cooling().is_some_and(HeatConfig::counts_links)
}

/// The links of an article that is not stored yet, as they will be read from the store.
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
