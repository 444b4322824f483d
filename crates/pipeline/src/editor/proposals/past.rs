//! The past articles that proposals are derived from: as the current rules judge them, with
//! editors' decisions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use courant_analysis::judge::{Judge, JudgeInput, Profile, Taxonomy, Weights};
use courant_model::{ArticleId, Judgement, Override, Quality, StoryId, Timestamp, TopicOrigin};
use courant_store::{ArticleDecision, SnapshotRow, StoreSnapshot};
use jiff::SignedDuration;

use crate::{
    context::Context,
    editor::{
        proposals::{Sample, SampleArticle},
        train_topics::known_topics,
    },
    import,
    parallel::in_parallel,
    process::stored_input::{judged_again, stored_input},
    stories::{heat_inputs::HeatInputs, member::StoryMember, overrides::Overrides, score::Scorer},
};

/// Maximum number of articles to learn from, the newest first: their texts are kept in memory.
const MAX_ARTICLES: usize = 20_000;

/// The points of every weight when articles are judged to find the share of each signal.
pub(crate) const FULL_POINTS: i32 = 1_000;

/// An article of the past.
pub(crate) struct PastArticle<'a> {
    pub(crate) row: &'a SnapshotRow,
    pub(crate) text: String,
    /// As the current rules judge it, with [`Weights::all`] at [`FULL_POINTS`].
    pub(crate) judged: Judgement,
    /// The machine's decision without any override, at the arrival of its story's newest article.
    pub(crate) machine_decision: ArticleDecision,
    /// The index of its story in [`Past::stories`].
    pub(crate) story: u64,
    pub(crate) published: Option<bool>,
    pub(crate) numbered: Option<i32>,
    /// Ids of the topics that an editor gave it, including ancestors.
    pub(crate) topics: Option<BTreeSet<String>>,
}

impl PastArticle<'_> {
    /// Whether an editor has decided its publication, quality or topics.
    pub(crate) fn has_decision(&self) -> bool {
        self.published.is_some() || self.numbered.is_some() || self.topics.is_some()
    }

    /// Whether its topics came with it; the rules do not apply then.
    pub(crate) fn has_given_topics(&self) -> bool {
        self.row.judgement.topics_from == TopicOrigin::Given
    }

    pub(crate) fn input(&self) -> JudgeInput<'_> {
        stored_input(self.row, &self.text)
    }
}

/// The articles of a period.
pub(crate) struct Past<'a> {
    /// Newest first.
    pub(crate) articles: Vec<PastArticle<'a>>,
    /// All articles of each story that has an article in the period, including older ones.
    pub(crate) stories: Vec<Vec<&'a SnapshotRow>>,
    pub(crate) taxonomy: Taxonomy,
    /// External heat inputs, without editors' boosts.
    pub(crate) heat_inputs: HeatInputs,
}

impl<'a> Past<'a> {
    /// Reads the newest articles of the period. Overrides from an import are ignored: the older
    /// site's machine may have made them.
    pub(crate) async fn read(
        context: &Context,
        stored: &'a StoreSnapshot,
        hours: i64,
    ) -> anyhow::Result<Self> {
        let since =
            context.clock.now().checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN);
        let decided: Vec<Override> =
            stored.overrides.iter().filter(|one| one.by != import::IMPORT_AUTHOR).cloned().collect();
        let overrides = Overrides::of(&decided);
        let taxonomy = Taxonomy::new(context.site.topics.clone())?;
        let rows: Vec<&SnapshotRow> =
            stored.rows.iter().filter(|row| row.first_seen >= since).take(MAX_ARTICLES).collect();
        let stories = stories_of(&stored.rows, &rows);
        let heat_inputs =
            HeatInputs::of_all(&context.store, &context.rules.heat, context.clock.now()).await?;
        let mut decisions = HashMap::new();
        for (number, story) in stories.iter().enumerate() {
            for decision in fresh_decisions(context, story, &heat_inputs, None) {
                decisions.insert(decision.article, (number as u64, decision));
            }
        }
        let mut texts = Vec::with_capacity(rows.len());
        for row in &rows {
            texts.push((*row, context.store.article_text(row.article.id).await?.unwrap_or_default().0));
        }
        let judge = judge_with(context, taxonomy.clone(), Weights::all(FULL_POINTS));
        let judged = in_parallel(&texts, |(row, text)| judged_again(&judge, row, text));
        let articles = texts
            .into_iter()
            .zip(judged)
            .filter_map(|((row, text), judged)| {
                let id = row.article.id;
                let (story, machine_decision) = decisions.remove(&id)?;
                Some(PastArticle {
                    row,
                    text,
                    judged,
                    machine_decision,
                    story,
                    published: overrides.published(id),
                    numbered: overrides.quality(id).map(Quality::points),
                    topics: overrides.topics(id).and_then(|_| known_topics(row, &overrides, &taxonomy)),
                })
            })
            .collect();
        Ok(Self { articles, stories, taxonomy, heat_inputs })
    }

    /// The number of these articles and the first few of them.
    pub(crate) fn sample(&self, places: impl IntoIterator<Item = usize>) -> Sample {
        let mut sample = Sample::default();
        for place in places {
            sample.count += 1;
            if sample.some.len() < crate::editor::proposals::MAX_SAMPLE {
                sample.some.push(sample_article(self.articles[place].row));
            }
        }
        sample
    }
}

pub(crate) fn sample_article(row: &SnapshotRow) -> SampleArticle {
    SampleArticle { title: row.article.title.clone(), url: row.article.web_url.to_string() }
}

/// The site's judge with another taxonomy or other weights.
pub(crate) fn judge_with(context: &Context, taxonomy: Taxonomy, weights: Weights) -> Judge {
    Judge::new(taxonomy, context.site.providers.clone(), Profile::Default(weights))
        .for_languages(context.site.config.judge.languages.clone())
        .with_learned(context.site.learned.clone())
}

/// The machine's decisions on the articles of a story at the arrival of its newest article, before
/// it cooled, and without any override. `qualities` replace the stored ones.
pub(crate) fn fresh_decisions(
    context: &Context,
    story: &[&SnapshotRow],
    heat_inputs: &HeatInputs,
    qualities: Option<&HashMap<ArticleId, Quality>>,
) -> Vec<ArticleDecision> {
    let Some(newest) = story.iter().map(|row| row.first_seen).max() else { return Vec::new() };
    let rows: Vec<SnapshotRow> = story.iter().map(|row| with_quality(row, qualities)).collect();
    let members: Vec<StoryMember<'_>> =
        rows.iter().map(|row| StoryMember::row(row, row.member.story)).collect();
    Scorer::new(context, &Overrides::default(), newest).score(&members, heat_inputs).decisions
}

fn with_quality(row: &SnapshotRow, qualities: Option<&HashMap<ArticleId, Quality>>) -> SnapshotRow {
    let mut row = row.clone();
    if let Some(quality) = qualities.and_then(|qualities| qualities.get(&row.article.id)) {
        row.judgement.quality = *quality;
    }
    row
}

/// The stories of these rows with all their articles.
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
