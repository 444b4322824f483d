//! Proposes weights under which the machine would have decided more often like the editor.
//!
//! A search over whole numbers, one weight at a time, for the least loss: hinge losses of what an
//! editor decided or scored, unreviewed decisions that would change, and how far the weights move.
//! The search is not random: the same articles give the same proposal.

use std::cmp::Ordering;

use courant_model::SignalKind;

use crate::judge::Weights;

/// Minimum number of edited articles for a proposal.
pub const MIN_DECISIONS: usize = 10;

/// Points that count as a loss of 1.
const POINTS_PER_LOSS: f64 = 10.0;
/// Maximum loss of one article by its distance from where it should be.
const MAX_DISTANCE: f64 = 3.0;
/// Loss of an unreviewed decision that changes: what was published was visible to all and left
/// unchanged, what was held may never have been looked at.
const UNPUBLISH_COST: f64 = 0.3;
const PUBLISH_COST: f64 = 0.1;
/// Loss of moving a weight by one point.
const MOVE_COST: f64 = 0.05;
/// Minimum number by which edited articles that a change improves exceed those that it worsens.
const MIN_SUPPORT: usize = 3;
/// Minimum change of a scored article's loss that counts.
const MIN_GAIN: f64 = 0.1;
/// Steps of the search, in points.
const STEPS: [i32; 4] = [8, 4, 2, 1];
/// Maximum number of moves of one search; each lowers the loss, so that this is never reached in
/// practice.
const MAX_MOVES: usize = 500;
/// Number of parts into which the stories are divided, to test a proposal on decisions that it was
/// not made from.
const FOLDS: u64 = 5;
/// Maximum difference from the editor's quality that counts as agreement, in points.
const QUALITY_TOLERANCE: i32 = 10;

/// The share of each weight that an article gets, 0 to 1, in the order of [`Weights::by_kind`].
pub type Shares = [f64; Weights::COUNT];

/// The breakdown of an article's quality without the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Breakdown {
    /// The shares of the weights that it gets.
    pub shares: Shares,
    /// Degrees that its story adds to its quality.
    pub added: i32,
}

impl Breakdown {
    /// The shares in the signals of a breakdown that was made with [`Weights::all`] of `points`.
    pub fn shares_of<'a>(signals: impl IntoIterator<Item = (&'a SignalKind, i32)>, points: i32) -> Shares {
        let kinds = Weights::default().by_kind().map(|(kind, _)| kind);
        let mut shares = [0.0; Weights::COUNT];
        for (signal, given) in signals {
            if let Some(at) = kinds.iter().position(|kind| kind == signal) {
                shares[at] = f64::from(given) / f64::from(points);
            }
        }
        shares
    }

    /// The quality that these weights give: the sum of the rounded points, never below 0.
    pub fn quality(&self, weights: &Weights) -> i32 {
        self.sum(&points(weights)).max(0)
    }

    fn sum(&self, weights: &Points) -> i32 {
        weights.iter().zip(&self.shares).map(|(weight, share)| given(*weight, *share)).sum()
    }

    /// The change of the sum when one weight changes.
    fn step(&self, at: usize, from: i32, to: i32) -> i32 {
        given(to, self.shares[at]) - given(from, self.shares[at])
    }
}

fn given(weight: i32, share: f64) -> i32 {
    (f64::from(weight) * share).round() as i32
}

/// What is known about how an article should be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// An editor published or held it.
    Decided(bool),
    /// An editor gave it this quality.
    Scored(i32),
    /// Not reviewed; the machine published it, or held it because of its heat.
    Unreviewed(bool),
}

/// An article to learn weights from. Only articles whose publication depends on heat are valid.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightExample {
    /// Its breakdown.
    pub breakdown: Breakdown,
    /// How it should be decided.
    pub outcome: Outcome,
    /// A number shared by the articles of its story: they are tested together.
    pub story: u64,
}

/// How often the machine and the editor agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Articles whose publication or quality an editor decided.
    #[serde(rename = "spoken")]
    pub edited: usize,
    /// How many of these the machine would decide alike, or score within ten points.
    pub agreed: usize,
}

/// A weight that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightChange {
    /// The signal that it weighs.
    pub kind: SignalKind,
    /// Current points.
    pub from: i32,
    /// Proposed points.
    pub to: i32,
    /// Edited articles, by their position among the examples, that it decides like the editor (or
    /// whose quality it moves towards the editor's).
    pub nearer: Vec<usize>,
    /// Edited articles that it worsens.
    pub farther: Vec<usize>,
}

/// The proposed weights.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightProposal {
    /// All of them.
    pub weights: Weights,
    /// Those that differ; empty if nothing better was found that holds on decisions not learned
    /// from.
    pub changes: Vec<WeightChange>,
    /// Agreement now.
    pub before: Agreement,
    /// Agreement with the proposed weights.
    pub after: Agreement,
    /// Agreement on each fifth of the stories with weights proposed from the other four fifths.
    pub held_out: Agreement,
}

/// Weights near `current` by which more is decided like the editor. A heat of `threshold`
/// publishes.
pub fn propose_weights(current: &Weights, threshold: i32, examples: &[WeightExample]) -> WeightProposal {
    let search = Search { current: points(current), threshold };
    let all: Vec<&WeightExample> = examples.iter().collect();
    let before = search.agreement(&search.current, &all);
    let mut found = search.current;
    let mut held_out = before;
    if before.edited >= MIN_DECISIONS && before.agreed < before.edited {
        held_out = search.held_out(&all);
        if held_out.agreed > before.agreed {
            found = search.supported(&all);
        }
    }
    let changes = search.changes(&found, &all);
    let after = search.agreement(&found, &all);
    let mut weights = current.clone();
    for change in &changes {
        weights.set(&change.kind, change.to);
    }
    WeightProposal { weights, changes, before, after, held_out }
}

type Points = [i32; Weights::COUNT];

fn points(weights: &Weights) -> Points {
    weights.by_kind().map(|(_, points)| points)
}

struct Search {
    current: Points,
    threshold: i32,
}

impl Search {
    /// The loss of an article with this quality.
    fn loss(&self, example: &WeightExample, quality: i32) -> f64 {
        let heat = quality.saturating_add(example.breakdown.added);
        let distance = |points: i32| (f64::from(points.max(0)) / POINTS_PER_LOSS).min(MAX_DISTANCE);
        let wrong = |is_wrong: bool| f64::from(u8::from(is_wrong));
        match example.outcome {
            Outcome::Decided(true) => distance(self.threshold - heat) + wrong(heat < self.threshold),
            Outcome::Decided(false) => distance(heat - self.threshold + 1) + wrong(heat >= self.threshold),
            Outcome::Scored(number) => distance((number - quality).abs()),
            Outcome::Unreviewed(true) => UNPUBLISH_COST * wrong(heat < self.threshold),
            Outcome::Unreviewed(false) => PUBLISH_COST * wrong(heat >= self.threshold),
        }
    }

    fn agrees(&self, example: &WeightExample, quality: i32) -> Option<bool> {
        let heat = quality.saturating_add(example.breakdown.added);
        match example.outcome {
            Outcome::Decided(published) => Some((heat >= self.threshold) == published),
            Outcome::Scored(number) => Some((number - quality).abs() <= QUALITY_TOLERANCE),
            Outcome::Unreviewed(_) => None,
        }
    }

    fn agreement(&self, weights: &Points, examples: &[&WeightExample]) -> Agreement {
        let mut agreement = Agreement::default();
        for example in examples {
            if let Some(agrees) = self.agrees(example, example.breakdown.sum(weights).max(0)) {
                agreement.edited += 1;
                agreement.agreed += usize::from(agrees);
            }
        }
        agreement
    }

    /// The best weights reached by single moves, where only those in `free` may move.
    fn best(&self, examples: &[&WeightExample], free: &[bool; Weights::COUNT]) -> Points {
        let mut weights = self.current;
        let having: [Vec<usize>; Weights::COUNT] = std::array::from_fn(|at| {
            (0..examples.len()).filter(|&place| examples[place].breakdown.shares[at] != 0.0).collect()
        });
        let mut sums: Vec<i32> = examples.iter().map(|example| example.breakdown.sum(&weights)).collect();
        for step in STEPS {
            for _ in 0..MAX_MOVES {
                let free = (0..Weights::COUNT).filter(|&at| free[at]);
                let moves =
                    free.flat_map(|at| [(at, moved(&weights, at, step)), (at, moved(&weights, at, -step))]);
                let best = moves
                    .filter(|(at, to)| *to != weights[*at])
                    .map(|(at, to)| {
                        let farther = (to - self.current[at]).abs() - (weights[at] - self.current[at]).abs();
                        let gained: f64 = having[at]
                            .iter()
                            .map(|&place| {
                                let (example, sum) = (examples[place], sums[place]);
                                let after = sum + example.breakdown.step(at, weights[at], to);
                                self.loss(example, after.max(0)) - self.loss(example, sum.max(0))
                            })
                            .sum();
                        (gained + MOVE_COST * f64::from(farther), at, to)
                    })
                    .min_by(|(one, ..), (other, ..)| one.total_cmp(other));
                let Some((_, at, to)) = best.filter(|(gain, ..)| *gain < -1e-9) else { break };
                for &place in &having[at] {
                    sums[place] += examples[place].breakdown.step(at, weights[at], to);
                }
                weights[at] = to;
            }
        }
        weights
    }

    /// The best weights each with enough support; the one with least support is fixed, until all
    /// have enough.
    fn supported(&self, examples: &[&WeightExample]) -> Points {
        let mut free = [true; Weights::COUNT];
        loop {
            let found = self.best(examples, &free);
            let support = |change: &WeightChange| change.nearer.len().saturating_sub(change.farther.len());
            let weakest = self.changes(&found, examples).into_iter().min_by_key(support);
            match weakest {
                Some(weakest) if support(&weakest) < MIN_SUPPORT => free[place_of(&weakest.kind)] = false,
                _ => return found,
            }
        }
    }

    /// The changes, each with its effect in addition to the others.
    fn changes(&self, found: &Points, examples: &[&WeightExample]) -> Vec<WeightChange> {
        let kinds = Weights::default().by_kind();
        let changed = (0..Weights::COUNT).filter(|&at| found[at] != self.current[at]);
        changed
            .map(|at| {
                let mut without = *found;
                without[at] = self.current[at];
                let mut change = WeightChange {
                    kind: kinds[at].0.clone(),
                    from: self.current[at],
                    to: found[at],
                    nearer: Vec::new(),
                    farther: Vec::new(),
                };
                for (place, example) in examples.iter().enumerate() {
                    let qualities = [&without, found].map(|weights| example.breakdown.sum(weights).max(0));
                    match self.turns(example, qualities) {
                        Ordering::Greater => change.nearer.push(place),
                        Ordering::Less => change.farther.push(place),
                        Ordering::Equal => {}
                    }
                }
                change
            })
            .collect()
    }

    /// Whether an edited article is decided right by the second quality only (greater) or by the
    /// first only (less); a scored one may also get nearer to its score.
    fn turns(&self, example: &WeightExample, [without, with]: [i32; 2]) -> Ordering {
        match example.outcome {
            Outcome::Decided(_) => self.agrees(example, with).cmp(&self.agrees(example, without)),
            Outcome::Unreviewed(_) => Ordering::Equal,
            Outcome::Scored(_) => match self.loss(example, without) - self.loss(example, with) {
                gain if gain > MIN_GAIN => Ordering::Greater,
                gain if gain < -MIN_GAIN => Ordering::Less,
                _ => Ordering::Equal,
            },
        }
    }

    fn held_out(&self, examples: &[&WeightExample]) -> Agreement {
        let mut agreement = Agreement::default();
        for fold in 0..FOLDS {
            let (tried, learned): (Vec<&WeightExample>, Vec<&WeightExample>) =
                examples.iter().partition(|example| example.story % FOLDS == fold);
            let part = self.agreement(&self.supported(&learned), &tried);
            agreement.edited += part.edited;
            agreement.agreed += part.agreed;
        }
        agreement
    }
}

/// A weight moved by a number of points, within its bounds; values that the owner has set beyond
/// them stay allowed.
fn moved(weights: &Points, at: usize, by: i32) -> i32 {
    let (least, most) = bounds(at);
    (weights[at] + by).clamp(least.min(weights[at]), most.max(weights[at]))
}

fn place_of(kind: &SignalKind) -> usize {
    Weights::default().by_kind().iter().position(|(known, _)| known == kind).unwrap_or_default()
}

/// The bounds of a weight: rewards and penalties keep their sign, and don't exceed twice their
/// default, or twenty points.
fn bounds(at: usize) -> (i32, i32) {
    let default = Weights::default().by_kind()[at].1;
    if default >= 0 { (0, (2 * default).max(20)) } else { ((2 * default).min(-20), 0) }
}

#[cfg(test)]
mod tests {
    use SignalKind::{Byline, Listicle, Originality, Paywall, PressRelease, Thin};
    use proptest::prelude::*;

    use super::*;

    /// An article with all of these signals and a base of 60 points.
    fn example(story: u64, signals: &[SignalKind], outcome: Outcome) -> WeightExample {
        let mut shares = Breakdown::shares_of(signals.iter().map(|kind| (kind, 1_000)), 1_000);
        for kind in [SignalKind::Trust, SignalKind::Depth, SignalKind::Image] {
            shares[place_of(&kind)] = 1.0;
        }
        WeightExample { breakdown: Breakdown { shares, added: 0 }, outcome, story }
    }

    /// A base of 60, and 8 for a byline: press releases (−25) are still published by the editor,
    /// lists (−6) with a long byline are held.
    fn decisions() -> Vec<WeightExample> {
        (0..40)
            .map(|story| match story % 4 {
                0 => example(story, &[Originality, Byline, PressRelease], Outcome::Decided(true)),
                1 => example(story, &[Originality, Byline, Listicle], Outcome::Decided(false)),
                2 => example(story, &[Originality, Byline], Outcome::Unreviewed(true)),
                _ => example(story, &[Thin], Outcome::Unreviewed(false)),
            })
            .collect()
    }

    #[test]
    fn repeated_decisions_move_the_responsible_weight() {
        let proposal = propose_weights(&Weights::default(), 70, &decisions());
        assert_eq!(proposal.before, Agreement { edited: 20, agreed: 0 });
        assert_eq!(proposal.after, Agreement { edited: 20, agreed: 20 });
        assert_eq!(proposal.held_out.agreed, 20);
        let kinds: Vec<&SignalKind> = proposal.changes.iter().map(|change| &change.kind).collect();
        assert_eq!(kinds, [&PressRelease, &Listicle]);
        assert!(proposal.weights.press_release >= -8 && proposal.weights.listicle <= -9);
        for change in &proposal.changes {
            assert_eq!((change.nearer.len(), change.farther.len()), (10, 0), "{}", change.kind);
            assert!(change.nearer.iter().all(|&at| matches!(decisions()[at].outcome, Outcome::Decided(_))));
        }
    }

    #[test]
    fn few_or_inconsistent_decisions_change_nothing() {
        let few: Vec<WeightExample> = decisions().into_iter().take(12).collect();
        let proposal = propose_weights(&Weights::default(), 70, &few);
        assert_eq!((proposal.before.edited, proposal.changes.len()), (6, 0));
        let contrary: Vec<WeightExample> = (0..40)
            .map(|story| example(story, &[Originality, Byline], Outcome::Decided(story / 5 % 2 == 0)))
            .collect();
        let proposal = propose_weights(&Weights::default(), 70, &contrary);
        assert_eq!((proposal.changes, proposal.weights), (Vec::new(), Weights::default()));
    }

    #[test]
    fn unreviewed_articles_keep_a_weight_fixed() {
        let mut examples = decisions();
        // A hundred lists are published besides those ten that were held.
        examples.extend(
            (40..140)
                .map(|story| example(story, &[Originality, Byline, Listicle], Outcome::Unreviewed(true))),
        );
        let proposal = propose_weights(&Weights::default(), 70, &examples);
        assert!(proposal.changes.iter().all(|change| change.kind != Listicle), "{:?}", proposal.changes);
        assert_eq!(proposal.changes.len(), 1, "{proposal:?}");
    }

    #[test]
    fn editor_scores_move_the_quality_towards_them() {
        let examples: Vec<WeightExample> =
            (0..30).map(|story| example(story, &[Paywall], Outcome::Scored(40))).collect();
        let proposal = propose_weights(&Weights::default(), 70, &examples);
        assert_eq!((proposal.before.agreed, proposal.after.agreed), (0, 30));
        // Many signals would do; together they make up the whole difference.
        let moved: i32 = proposal.changes.iter().map(|change| change.from - change.to).sum();
        assert!((9..=19).contains(&moved), "{:?}", proposal.changes);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_proposal_agrees_less_or_exceeds_the_bounds(
            chosen in prop::collection::vec((0..Weights::COUNT, 0..Weights::COUNT, any::<bool>(), -20..40_i32), 0..40),
        ) {
            let examples: Vec<WeightExample> = chosen
                .into_iter()
                .enumerate()
                .map(|(story, (one, other, published, added))| {
                    let kinds = Weights::default().by_kind();
                    let signals = [kinds[one].0.clone(), kinds[other].0.clone()];
                    let mut article = example(story as u64, &signals, Outcome::Decided(published));
                    article.breakdown.added = added;
                    article
                })
                .collect();
            let proposal = propose_weights(&Weights::default(), 70, &examples);
            prop_assert!(proposal.changes.is_empty() || proposal.held_out.agreed > proposal.before.agreed);
            for (at, (_, points)) in proposal.weights.by_kind().into_iter().enumerate() {
                prop_assert!((bounds(at).0..=bounds(at).1).contains(&points));
            }
        }
    }
}
