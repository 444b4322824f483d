//! Learns topics from articles that are known to be about them.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::{Bounds, Correction, LearnedTopic, LearnedTopics, NUMBERS, VERSION, features, scale};
use crate::{evaluate::Counts, judge::JudgeInput};

/// Minimum number of articles with the topic, and without it.
const MIN_EXAMPLES: usize = 20;

/// Number of parts for cross-validation: a model is tested on the part that it has not learned
/// from.
const FOLDS: usize = 5;

/// Number of passes over all articles.
const ROUNDS: usize = 40;

/// The first step size, and the weight decay.
const STEP: f32 = 1.0;
const DECAY: f32 = 2e-4;

/// Maximum number of weights per topic; the largest are kept.
const MAX_WEIGHTS: usize = 3_000;

/// Minimum precision of rescues and vetoes on articles that were not learned from, and the minimum
/// number of right ones.
const MIN_PRECISION: f64 = 0.97;
const MIN_WITNESSES: usize = 5;

/// An article to learn from.
#[derive(Debug, Clone)]
pub struct Example<'a> {
    /// The article; only its words and its language are used.
    pub input: JudgeInput<'a>,
    /// Ids of its topics, including their parents.
    pub topics: BTreeSet<&'a str>,
    /// Ids of the topics that the rules alone find.
    pub rules: BTreeSet<&'a str>,
}

/// What was learned, and how well it does.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The learned topics.
    pub learned: LearnedTopics,
    /// Each topic by its id.
    pub trials: BTreeMap<String, Result<TopicTrial, TooFewExamples>>,
}

/// How well a topic is found, on articles that were not learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TopicTrial {
    /// By the rules alone.
    pub rules: Counts,
    /// By the rules and what was learned.
    pub learned: Counts,
}

/// Too few articles to learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{about} articles are about it and {other} are not; at least {MIN_EXAMPLES} of each are needed")]
pub struct TooFewExamples {
    /// Number of articles about the topic.
    pub about: usize,
    /// Number of other articles.
    pub other: usize,
}

/// An article with its label for one topic.
struct LabelledArticle<'a> {
    features: &'a [u32],
    is_about: bool,
    rules: bool,
}

/// Learns the topics with these ids. The trials are made on parts of the articles that neither
/// weights nor bounds were learned from; the same examples in the same order with the same `seed`
/// give the same result.
pub fn train<'a>(topics: impl IntoIterator<Item = &'a str>, examples: &[Example<'_>], seed: u64) -> Trained {
    let all: Vec<Vec<u32>> = examples.iter().map(|example| features(&example.input)).collect();
    let topics: Vec<&str> = topics.into_iter().collect();
    let found: Vec<_> = topics.par_iter().map(|topic| learn_topic(topic, examples, &all, seed)).collect();
    let mut trained = Trained {
        learned: LearnedTopics { version: VERSION, topics: BTreeMap::new() },
        trials: BTreeMap::new(),
    };
    for (topic, found) in topics.into_iter().zip(found) {
        let trial = found.map(|(model, trial)| {
            if model.bounds != Bounds::default() {
                trained.learned.topics.insert(topic.to_owned(), model);
            }
            trial
        });
        trained.trials.insert(topic.to_owned(), trial);
    }
    trained
}

/// One topic, learned from the features of these examples.
fn learn_topic(
    topic: &str,
    examples: &[Example<'_>],
    features: &[Vec<u32>],
    seed: u64,
) -> Result<(LearnedTopic, TopicTrial), TooFewExamples> {
    let cases: Vec<LabelledArticle<'_>> = examples
        .iter()
        .zip(features)
        .map(|(example, features)| LabelledArticle {
            features,
            is_about: example.topics.contains(topic),
            rules: example.rules.contains(topic),
        })
        .collect();
    let about = cases.iter().filter(|case| case.is_about).count();
    let other = cases.len() - about;
    if about.min(other) < MIN_EXAMPLES {
        return Err(TooFewExamples { about, other });
    }
    let cases: Vec<&LabelledArticle<'_>> = cases.iter().collect();
    Ok((with_bounds(&cases, seed), cross_validated(&cases, seed)))
}

/// The rules alone and with a model, each part tested with what was learned from the others.
fn cross_validated(cases: &[&LabelledArticle<'_>], seed: u64) -> TopicTrial {
    let mut trial = TopicTrial::default();
    for (rest, part) in folds(cases, seed) {
        let model = with_bounds(&rest, seed);
        for case in part {
            let learned = match model.bounds.correction(case.rules, model.log_odds(case.features)) {
                Some(Correction::Rescue(_)) => true,
                Some(Correction::Veto(_)) => false,
                None => case.rules,
            };
            trial.rules.count(case.rules, case.is_about);
            trial.learned.count(learned, case.is_about);
        }
    }
    trial
}

/// A model with bounds that hold on parts that similar models have not learned from.
fn with_bounds(cases: &[&LabelledArticle<'_>], seed: u64) -> LearnedTopic {
    let mut scored: Vec<(f32, &LabelledArticle<'_>)> = Vec::with_capacity(cases.len());
    for (rest, part) in folds(cases, seed.wrapping_add(1)) {
        let model = fit(&rest, seed);
        scored.extend(part.into_iter().map(|case| (model.log_odds(case.features), case)));
    }
    scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let missed: Vec<(f32, bool)> =
        scored.iter().filter(|(_, case)| !case.rules).map(|(odds, case)| (*odds, case.is_about)).collect();
    let caught: Vec<(f32, bool)> = scored
        .iter()
        .rev()
        .filter(|(_, case)| case.rules)
        .map(|(odds, case)| (*odds, !case.is_about))
        .collect();
    LearnedTopic { bounds: Bounds { rescue: bound(&missed), veto: bound(&caught) }, ..fit(cases, seed) }
}

/// The last of these log-odds up to which enough are right, the most certain first.
fn bound(seen: &[(f32, bool)]) -> Option<f32> {
    let mut right = 0;
    let mut last = None;
    for (at, (odds, is_right)) in seen.iter().enumerate() {
        right += usize::from(*is_right);
        if *is_right && right >= MIN_WITNESSES && right as f64 >= MIN_PRECISION * (at + 1) as f64 {
            last = Some(*odds);
        }
    }
    last
}

/// Each part with all the others; the same for the same number of articles.
fn folds<'c, 'a>(
    cases: &[&'c LabelledArticle<'a>],
    seed: u64,
) -> Vec<(Vec<&'c LabelledArticle<'a>>, Vec<&'c LabelledArticle<'a>>)> {
    let order = shuffled(cases.len(), seed);
    (0..FOLDS)
        .map(|fold| {
            let (part, rest): (Vec<usize>, Vec<usize>) =
                (0..cases.len()).partition(|place| place % FOLDS == fold);
            let pick = |places: Vec<usize>| places.into_iter().map(|place| cases[order[place]]).collect();
            (pick(rest), pick(part))
        })
        .collect()
}

/// Logistic regression by gradient descent; articles about the topic together count as much as the
/// others.
fn fit(cases: &[&LabelledArticle<'_>], seed: u64) -> LearnedTopic {
    let about = cases.iter().filter(|case| case.is_about).count().max(1);
    let share = cases.len() as f32 / 2.0;
    let worth = [share / (cases.len() - about).max(1) as f32, share / about as f32];
    let mut weights = vec![0.0_f32; NUMBERS as usize];
    let mut bias = 0.0_f32;
    for round in 0..ROUNDS {
        let step = STEP / (1.0 + round as f32 / 8.0);
        for place in shuffled(cases.len(), seed.wrapping_add(round as u64)) {
            let case = cases[place];
            let scale = scale(case.features.len());
            let sum: f32 = case.features.iter().map(|feature| weights[*feature as usize]).sum();
            let guess = 1.0 / (1.0 + (-(bias + sum * scale)).exp());
            let wanted = f32::from(u8::from(case.is_about));
            let slope = step * (wanted - guess) * worth[usize::from(case.is_about)].min(8.0);
            bias += 0.1 * slope;
            for feature in case.features {
                let weight = &mut weights[*feature as usize];
                *weight += slope * scale - step * DECAY * *weight;
            }
        }
    }
    LearnedTopic { bias: rounded(bias), weights: strongest(&weights), bounds: Bounds::default() }
}

/// The largest weights, by feature.
fn strongest(weights: &[f32]) -> Vec<(u32, f32)> {
    let mut kept: Vec<(u32, f32)> =
        (0..).zip(weights.iter().copied()).filter(|(_, weight)| *weight != 0.0).collect();
    kept.sort_by(|(a, one), (b, other)| other.abs().total_cmp(&one.abs()).then(a.cmp(b)));
    kept.truncate(MAX_WEIGHTS);
    for (_, weight) in &mut kept {
        *weight = rounded(*weight);
    }
    kept.retain(|(_, weight)| *weight != 0.0);
    kept.sort_unstable_by_key(|(feature, _)| *feature);
    kept
}

fn rounded(number: f32) -> f32 {
    (number * 1_000.0).round() / 1_000.0
}

/// The numbers below `count` in a random order given by `seed` (Fisher and Yates, `SplitMix64`).
fn shuffled(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut state = seed;
    for last in (1..count).rev() {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = state;
        drawn = (drawn ^ drawn >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ drawn >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        order.swap(last, ((drawn ^ drawn >> 31) % (last as u64 + 1)) as usize);
    }
    order
}
