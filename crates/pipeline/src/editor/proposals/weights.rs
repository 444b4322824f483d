//! Other weights of the signals of quality.

use std::collections::{BTreeSet, HashMap};

use courant_analysis::judge::{
    Profile, Weights,
    proposals::{Agreement, Bill, BillExample, Lesson, WeightProposal, propose_weights},
};
use courant_model::{ArticleId, Quality};
use courant_store::SnapshotRow;
use serde::Serialize;

use crate::{
    context::Context,
    editor::proposals::{
        Sample,
        past::{Past, PastArticle, WHOLE, fresh_standings},
    },
};

/// Weights that would decide more often as the editor did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposedWeights {
    pub changes: Vec<ProposedWeight>,
    /// How many articles are decided (or numbered) as the editor did, of those that an editor spoke about.
    pub before: Agreement,
    pub after: Agreement,
    /// The same on each fifth of the stories, with weights learned from the other four.
    pub not_seen: Agreement,
    /// What would have been published by the machine, and was not.
    pub newly_published: Sample,
    /// What would have been held by the machine, and was not.
    pub newly_held: Sample,
}

/// One of them.
#[derive(Debug, Serialize)]
pub struct ProposedWeight {
    pub name: &'static str,
    pub from: i32,
    pub to: i32,
    /// Articles that it turns to what the editor said.
    pub evidence: Sample,
    /// Articles that it turns away from it.
    pub against: Sample,
}

/// `None` where nothing better was found, or the site does not weigh by these weights.
pub(crate) fn propose(context: &Context, past: &Past<'_>) -> Option<ProposedWeights> {
    let Profile::Default(standing) = context.site.config.profile() else { return None };
    let (places, examples): (Vec<usize>, Vec<BillExample>) = past
        .articles
        .iter()
        .enumerate()
        .filter_map(|(at, article)| example(article).map(|example| (at, example)))
        .unzip();
    let found = propose_weights(&standing, context.rules.gate.threshold, &examples);
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
    let (newly_published, newly_held) = effect(context, past, &standing, &found);
    let WeightProposal { before, after, not_seen, .. } = found;
    Some(ProposedWeights { changes, before, after, not_seen, newly_published, newly_held })
}

/// What an article teaches about weights: only where its publication was a matter of its heat, or an editor gave it a
/// quality. Who takes all topics from an article holds it for what it is about, not for how good it is.
fn example(article: &PastArticle<'_>) -> Option<BillExample> {
    let is_weighed = article.stood.verdict.rule == "threshold";
    let lesson = match (article.numbered, article.published) {
        (Some(number), _) => Lesson::Numbered(number),
        (None, Some(false)) if article.topics.as_ref().is_some_and(BTreeSet::is_empty) => {
            return None;
        }
        (None, Some(published)) if is_weighed => Lesson::Decided(published),
        (None, None) if is_weighed => Lesson::Stood(article.stood.verdict.published),
        (None, _) => return None,
    };
    let added = article.stood.heat.degrees() - article.row.judgement.quality.points();
    let bill = Bill { shares: shares(article), added: if is_weighed { added } else { 0 } };
    Some(BillExample { bill, lesson, story: article.story })
}

fn shares(article: &PastArticle<'_>) -> courant_analysis::judge::proposals::Shares {
    Bill::shares_of(article.judged.signals.iter().map(|signal| (signal.name.as_str(), signal.points)), WHOLE)
}

/// Which publications of the machine alone would turn over, leads and heat found anew.
fn effect(
    context: &Context,
    past: &Past<'_>,
    standing: &Weights,
    found: &WeightProposal,
) -> (Sample, Sample) {
    let qualities = |weights: &Weights| -> HashMap<ArticleId, Quality> {
        let points = |article: &PastArticle<'_>| {
            let bill = Bill { shares: shares(article), added: 0 };
            Quality::from_points(bill.quality(weights))
        };
        past.articles.iter().map(|article| (article.row.article.id, points(article))).collect()
    };
    let (before, after) = (qualities(standing), qualities(&found.weights));
    let place: HashMap<ArticleId, usize> =
        past.articles.iter().enumerate().map(|(at, article)| (article.row.article.id, at)).collect();
    let (mut published, mut held) = (Vec::new(), Vec::new());
    let differs = |row: &&SnapshotRow| before.get(&row.article.id) != after.get(&row.article.id);
    for story in past.stories.iter().filter(|story| story.iter().any(differs)) {
        let alone = fresh_standings(context, story, &past.heat_inputs, Some(&before));
        let then = fresh_standings(context, story, &past.heat_inputs, Some(&after));
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
