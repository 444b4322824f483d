//! The past from which is learned: articles as the rules of today judge them, and what editors said.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use courant_analysis::judge::{Judge, JudgeInput, Profile, Taxonomy, Weights};
use courant_model::{ArticleId, Judgement, Override, Quality, StoryId, Timestamp};
use courant_store::{ArticleDecision, SnapshotRow, StoreSnapshot};
use jiff::SignedDuration;

use super::{Sample, Shown};
use crate::pipeline::{
    Desk,
    attention::Attention,
    import,
    process::in_parallel,
    standing::{Placed, Words, standings},
    stored_input::{has_given_topics, judged_again, stored_input},
    train_topics::known_topics,
};

/// How many articles are learned from, the newest first: their texts are held in memory.
const MOST: usize = 20_000;

/// Points of every weight of the bills that tell shares.
pub(super) const WHOLE: i32 = 1_000;

/// An article of the past.
pub(super) struct PastArticle<'a> {
    pub(super) row: &'a SnapshotRow,
    pub(super) text: String,
    /// As the rules of today judge it, with [`Weights::all`] of [`WHOLE`] points.
    pub(super) judged: Judgement,
    /// How it stood by itself, without any editor's word, when the newest article of its story had come.
    pub(super) stood: ArticleDecision,
    /// Its place among the stories of the past.
    pub(super) story: u64,
    pub(super) published: Option<bool>,
    pub(super) numbered: Option<i32>,
    /// Ids of the topics that an editor gave it, parents included.
    pub(super) topics: Option<BTreeSet<String>>,
}

impl PastArticle<'_> {
    pub(super) fn is_spoken(&self) -> bool {
        self.published.is_some() || self.numbered.is_some() || self.topics.is_some()
    }

    /// Whether its topics came with it: rules have no say then.
    pub(super) fn has_given_topics(&self) -> bool {
        has_given_topics(&self.row.judgement)
    }

    pub(super) fn input(&self) -> JudgeInput<'_> {
        stored_input(self.row, &self.text)
    }
}

/// The articles of a period.
pub(super) struct Past<'a> {
    /// Newest first.
    pub(super) articles: Vec<PastArticle<'a>>,
    /// The articles of each story that has one of the period, the older ones too.
    pub(super) stories: Vec<Vec<&'a SnapshotRow>>,
    pub(super) taxonomy: Taxonomy,
    /// What heats stories beside their own articles; no word of an editor.
    pub(super) attention: Attention,
}

impl<'a> Past<'a> {
    /// Reads the newest articles of the period. Words that an import brought are no editor's: a machine that is gone may
    /// have said them.
    pub(super) async fn read(desk: &Desk, stored: &'a StoreSnapshot, hours: i64) -> anyhow::Result<Self> {
        let since = desk.clock.now().checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        let spoken: Vec<Override> =
            stored.overrides.iter().filter(|word| word.by != import::BY).cloned().collect();
        let words = Words::of(&spoken);
        let taxonomy = Taxonomy::new(desk.site.topics.clone())?;
        let rows: Vec<&SnapshotRow> =
            stored.rows.iter().filter(|row| row.first_seen >= since).take(MOST).collect();
        let stories = stories_of(&stored.rows, &rows);
        let attention = Attention::of_all(&desk.store, &desk.rules.heat, desk.clock.now()).await?;
        let mut stood = HashMap::new();
        for (number, story) in stories.iter().enumerate() {
            for standing in fresh_standings(desk, story, &attention, None) {
                stood.insert(standing.article, (number as u64, standing));
            }
        }
        let mut texts = Vec::with_capacity(rows.len());
        for row in &rows {
            texts.push((*row, desk.store.article_text(row.article.id).await?.unwrap_or_default().0));
        }
        let judge = judge_with(desk, taxonomy.clone(), Weights::all(WHOLE));
        let judged = in_parallel(&texts, |(row, text)| judged_again(&judge, row, text));
        let articles = texts
            .into_iter()
            .zip(judged)
            .filter_map(|((row, text), judged)| {
                let id = row.article.id;
                let (story, stood) = stood.remove(&id)?;
                Some(PastArticle {
                    row,
                    text,
                    judged,
                    stood,
                    story,
                    published: words.published(id),
                    numbered: words.quality(id).map(Quality::points),
                    topics: words.topics(id).and_then(|_| known_topics(row, &words, &taxonomy)),
                })
            })
            .collect();
        Ok(Self { articles, stories, taxonomy, attention })
    }

    /// Some of these articles, for an editor to look at.
    pub(super) fn sample(&self, places: impl IntoIterator<Item = usize>) -> Sample {
        let mut sample = Sample::default();
        for place in places {
            sample.count += 1;
            if sample.some.len() < super::SHOWN {
                sample.some.push(shown(self.articles[place].row));
            }
        }
        sample
    }
}

pub(super) fn shown(row: &SnapshotRow) -> Shown {
    Shown { title: row.article.title.clone(), url: row.article.web_url.to_string() }
}

/// The judge of the site with another taxonomy or other weights.
pub(super) fn judge_with(desk: &Desk, taxonomy: Taxonomy, weights: Weights) -> Judge {
    Judge::new(taxonomy, desk.site.providers.clone(), Profile::Default(weights))
        .for_languages(desk.site.config.judge.languages.clone())
        .with_learned(desk.site.learned.clone())
}

/// How the articles of a story stood by themselves when its newest had come: before time cooled it, and without any
/// editor's word. With `qualities`, those hold in place of the stored ones.
pub(super) fn fresh_standings(
    desk: &Desk,
    story: &[&SnapshotRow],
    attention: &Attention,
    qualities: Option<&HashMap<ArticleId, Quality>>,
) -> Vec<ArticleDecision> {
    let Some(newest) = story.iter().map(|row| row.first_seen).max() else { return Vec::new() };
    let rows: Vec<SnapshotRow> = story.iter().map(|row| with_quality(row, qualities)).collect();
    let placed: Vec<Placed<'_>> = rows.iter().map(|row| Placed::row(row, row.member.story)).collect();
    let every = desk.site.topics.is_empty();
    standings(&placed, newest, &desk.rules, every, &Words::default(), attention)
}

fn with_quality(row: &SnapshotRow, qualities: Option<&HashMap<ArticleId, Quality>>) -> SnapshotRow {
    let mut row = row.clone();
    if let Some(quality) = qualities.and_then(|qualities| qualities.get(&row.article.id)) {
        row.judgement.quality = *quality;
    }
    row
}

/// The stories of these rows, whole.
fn stories_of<'a>(all: &'a [SnapshotRow], of: &[&SnapshotRow]) -> Vec<Vec<&'a SnapshotRow>> {
    let mut stories: BTreeMap<StoryId, Vec<&SnapshotRow>> =
        of.iter().map(|row| (row.member.story, Vec::new())).collect();
    for row in all {
        if let Some(members) = stories.get_mut(&row.member.story) {
            members.push(row);
        }
    }
    stories.into_values().collect()
}
