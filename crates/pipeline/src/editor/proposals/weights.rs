//! Proposals for other weights of the quality signals.

use std::collections::{BTreeSet, HashMap};

use courant_analysis::judge::{
    Profile, Weights,
    proposals::{Agreement, Breakdown, Outcome, WeightExample, WeightProposal, propose_weights},
};
use courant_model::{ArticleId, BuiltInRule, Quality, SignalKind};
use courant_store::SnapshotRow;
use serde::Serialize;

use crate::{
    context::Context,
    editor::proposals::{
        Sample,
        past::{FULL_POINTS, Past, PastArticle, fresh_decisions},
    },
};

/// Weights that would agree with the editor more often.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProposedWeights {
    pub changes: Vec<ProposedWeight>,
    /// How often the machine agrees with editors' decisions and qualities, with the current
    /// weights.
    pub before: Agreement,
    /// The same with the proposed weights.
    pub after: Agreement,
    /// The same on each fifth of the stories, with weights learned from the other four fifths.
    #[serde(rename = "notSeen")]
    pub held_out: Agreement,
    /// Articles that the machine would publish and did not.
    pub newly_published: Sample,
    /// Articles that the machine would hold and did not.
    pub newly_held: Sample,
}

/// One proposed weight.
#[derive(Debug, Serialize)]
pub struct ProposedWeight {
    /// The signal that it weighs.
    #[serde(rename = "name")]
    pub kind: SignalKind,
    pub from: i32,
    pub to: i32,
    /// Articles whose result comes closer to the editor's decision.
    pub evidence: Sample,
    /// Articles whose result moves away from it.
    pub against: Sample,
}

/// `None` if no better weights were found, or the site uses another quality profile.
pub(crate) fn propose(context: &Context, past: &Past<'_>) -> Option<ProposedWeights> {
    let Profile::Default(current) = context.site.config.profile() else { return None };
    let (places, examples): (Vec<usize>, Vec<WeightExample>) = past
        .articles
        .iter()
        .enumerate()
        .filter_map(|(at, article)| example(article).map(|example| (at, example)))
        .unzip();
    let found = propose_weights(&current, context.rules.gate.threshold, &examples);
    if found.changes.is_empty() {
        return None;
    }
    let sample = |of: &[usize]| past.sample(of.iter().map(|&at| places[at]));
    let changes = found
        .changes
        .iter()
        .map(|change| ProposedWeight {
            kind: change.kind.clone(),
            from: change.from,
            to: change.to,
            evidence: sample(&change.nearer),
            against: sample(&change.farther),
        })
        .collect();
    let (newly_published, newly_held) = effect(context, past, &current, &found);
    let WeightProposal { before, after, held_out, .. } = found;
    Some(ProposedWeights { changes, before, after, held_out, newly_published, newly_held })
}

/// The training example of an article: only if its heat decided its publication, or an editor set
/// its quality. An editor who removes all topics of an article holds it for its subject, not for
/// its quality.
fn example(article: &PastArticle<'_>) -> Option<WeightExample> {
    let is_by_threshold = article.machine_decision.verdict.is_by(BuiltInRule::Threshold);
    let outcome = match (article.numbered, article.published) {
        (Some(number), _) => Outcome::Scored(number),
        (None, Some(false)) if article.topics.as_ref().is_some_and(BTreeSet::is_empty) => {
            return None;
        }
        (None, Some(published)) if is_by_threshold => Outcome::Decided(published),
        (None, None) if is_by_threshold => Outcome::Unreviewed(article.machine_decision.verdict.published),
        (None, _) => return None,
    };
    // The threshold decides about leads alone, which have a heat.
    let heat = article.machine_decision.heat.filter(|_| is_by_threshold);
    let added = heat.map_or(0, |heat| heat.degrees() - article.row.judgement.quality.points());
    let breakdown = Breakdown { shares: shares(article), added };
    Some(WeightExample { breakdown, outcome, story: article.story })
}

fn shares(article: &PastArticle<'_>) -> courant_analysis::judge::proposals::Shares {
    Breakdown::shares_of(
        article.judged.signals.iter().map(|signal| (&signal.kind, signal.points)),
        FULL_POINTS,
    )
}

/// The articles that the machine would newly publish and newly hold, with leads and heat computed
/// again.
fn effect(context: &Context, past: &Past<'_>, current: &Weights, found: &WeightProposal) -> (Sample, Sample) {
    let qualities = |weights: &Weights| -> HashMap<ArticleId, Quality> {
        let points = |article: &PastArticle<'_>| {
            let breakdown = Breakdown { shares: shares(article), added: 0 };
            Quality::from_points(breakdown.quality(weights))
        };
        past.articles.iter().map(|article| (article.row.article.id, points(article))).collect()
    };
    let (before, after) = (qualities(current), qualities(&found.weights));
    let place: HashMap<ArticleId, usize> =
        past.articles.iter().enumerate().map(|(at, article)| (article.row.article.id, at)).collect();
    let (mut published, mut held) = (Vec::new(), Vec::new());
    let differs = |row: &&SnapshotRow| before.get(&row.article.id) != after.get(&row.article.id);
    for story in past.stories.iter().filter(|story| story.iter().any(differs)) {
        let alone = fresh_decisions(context, story, &past.heat_inputs, Some(&before));
        let then = fresh_decisions(context, story, &past.heat_inputs, Some(&after));
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
