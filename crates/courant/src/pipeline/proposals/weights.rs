//! Other weights of the signals of quality.

use std::collections::{BTreeSet, HashMap};

use courant_analysis::judge::{
    Profile, Weights,
    proposals::{Agreement, Breakdown, Outcome, WeightExample, WeightProposal, propose_weights},
};
use courant_model::{ArticleId, Quality};
use courant_store::SnapshotRow;
use serde::Serialize;

use super::{
    Sample,
    past::{Past, PastArticle, WHOLE, fresh_standings},
};
use crate::pipeline::Desk;

/// Weights that would decide more often as the editor did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProposedWeights {
    pub(crate) changes: Vec<ProposedWeight>,
    /// How many articles are decided (or numbered) as the editor did, of those that an editor spoke about.
    pub(crate) before: Agreement,
    pub(crate) after: Agreement,
    /// The same on each fifth of the stories, with weights learned from the other four.
    pub(crate) not_seen: Agreement,
    /// What would have been published by the machine, and was not.
    pub(crate) newly_published: Sample,
    /// What would have been held by the machine, and was not.
    pub(crate) newly_held: Sample,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(crate) struct ProposedWeight {
    pub(crate) name: &'static str,
    pub(crate) from: i32,
    pub(crate) to: i32,
    /// Articles that it turns to what the editor said.
    pub(crate) evidence: Sample,
    /// Articles that it turns away from it.
    pub(crate) against: Sample,
}

/// `None` where nothing better was found, or the site does not weigh by these weights.
pub(super) fn propose(desk: &Desk, past: &Past<'_>) -> Option<ProposedWeights> {
    let Profile::Default(standing) = desk.site.config.profile() else { return None };
    let (places, examples): (Vec<usize>, Vec<WeightExample>) = past
        .articles
        .iter()
        .enumerate()
        .filter_map(|(at, article)| example(article).map(|example| (at, example)))
        .unzip();
    let found = propose_weights(&standing, desk.rules.gate.threshold, &examples);
    if found.changes.is_empty() {
        return None;
    }
    let sample = |of: &[usize]| past.sample(of.iter().map(|&at| places[at]));
    let changes = found
        .changes
        .iter()
        .map(|change| ProposedWeight {
            name: change.name,
            from: change.from,
            to: change.to,
            evidence: sample(&change.nearer),
            against: sample(&change.farther),
        })
        .collect();
    let (newly_published, newly_held) = effect(desk, past, &standing, &found);
    let WeightProposal { before, after, held_out: not_seen, .. } = found;
    Some(ProposedWeights { changes, before, after, not_seen, newly_published, newly_held })
}

/// What an article teaches about weights: only where its publication was a matter of its heat, or an editor gave it a
/// quality. Who takes all topics from an article holds it for what it is about, not for how good it is.
fn example(article: &PastArticle<'_>) -> Option<WeightExample> {
    let is_weighed = article.stood.verdict.rule == "threshold";
    let outcome = match (article.numbered, article.published) {
        (Some(number), _) => Outcome::Scored(number),
        (None, Some(false)) if article.topics.as_ref().is_some_and(BTreeSet::is_empty) => {
            return None;
        }
        (None, Some(published)) if is_weighed => Outcome::Decided(published),
        (None, None) if is_weighed => Outcome::Unreviewed(article.stood.verdict.published),
        (None, _) => return None,
    };
    let added = article.stood.heat.degrees() - article.row.judgement.quality.points();
    let breakdown = Breakdown { shares: shares(article), added: if is_weighed { added } else { 0 } };
    Some(WeightExample { breakdown, outcome, story: article.story })
}

fn shares(article: &PastArticle<'_>) -> courant_analysis::judge::proposals::Shares {
    Breakdown::shares_of(
        article.judged.signals.iter().map(|signal| (signal.name.as_str(), signal.points)),
        WHOLE,
    )
}

/// Which publications of the machine alone would turn over, leads and heat found anew.
fn effect(desk: &Desk, past: &Past<'_>, standing: &Weights, found: &WeightProposal) -> (Sample, Sample) {
    let qualities = |weights: &Weights| -> HashMap<ArticleId, Quality> {
        let points = |article: &PastArticle<'_>| {
            let breakdown = Breakdown { shares: shares(article), added: 0 };
            Quality::from_points(breakdown.quality(weights))
        };
        past.articles.iter().map(|article| (article.row.article.id, points(article))).collect()
    };
    let (before, after) = (qualities(standing), qualities(&found.weights));
    let place: HashMap<ArticleId, usize> =
        past.articles.iter().enumerate().map(|(at, article)| (article.row.article.id, at)).collect();
    let (mut published, mut held) = (Vec::new(), Vec::new());
    let differs = |row: &&SnapshotRow| before.get(&row.article.id) != after.get(&row.article.id);
    for story in past.stories.iter().filter(|story| story.iter().any(differs)) {
        let alone = fresh_standings(desk, story, &past.attention, Some(&before));
        let then = fresh_standings(desk, story, &past.attention, Some(&after));
        for (alone, then) in alone.iter().zip(&then) {
            let Some(&at) = place.get(&alone.article) else { continue };
            match (alone.verdict.published, then.verdict.published) {
                (false, true) => published.push(at),
                (true, false) => held.push(at),
                _ => {}
            }
        }
    }
    published.sort_unstable();
    held.sort_unstable();
    (past.sample(published), past.sample(held))
}
