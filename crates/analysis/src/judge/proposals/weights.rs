//! Other weights, under which the machine would have decided more often as the editor did.
//!
//! A search over whole numbers, one weight at a time, for the least loss: hinge losses of what an editor decided or
//! numbered, the decisions that nobody spoke about and that would turn over, and how far the weights move. The search
//! has no randomness: the same articles give the same proposal.

use std::cmp::Ordering;

use crate::judge::Weights;

/// An editor must have spoken about so many articles before weights are proposed.
pub const FEWEST_WORDS: usize = 10;

/// What the loss counts in: so many points are one.
const UNIT: f64 = 10.0;
/// The most that the distance of one article from where it should be can cost.
const MOST_DISTANCE: f64 = 3.0;
/// What a decision that nobody spoke about costs when it turns over: what was published was let stand before the eyes
/// of all, what was held may never have been looked at.
const TURNED_OFF: f64 = 0.3;
const TURNED_ON: f64 = 0.1;
/// What it costs to move a weight by one point.
const MOVED: f64 = 0.05;
/// A change must turn so many more spoken articles to what the editor said than away from it.
const WITNESSES: usize = 3;
/// By how much the loss of a numbered article must differ to count as nearer or farther.
const FELT: f64 = 0.1;
/// Steps of the search, in points.
const STEPS: [i32; 4] = [8, 4, 2, 1];
/// The most moves of one search; each lowers the loss, so that this is never reached in earnest.
const MOST_MOVES: usize = 500;
/// Into how many parts the stories are dealt, to try a proposal on words that it was not made from.
const FOLDS: u64 = 5;
/// A quality within so many points of the editor's is right.
const NEAR: i32 = 10;

/// Which share of each weight an article gets, 0 to 1, in the order of [`Weights::named`].
pub type Shares = [f64; Weights::COUNT];

/// An article's bill without the weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Bill {
    /// What it gets of each weight.
    pub shares: Shares,
    /// Degrees that its story adds to its quality.
    pub added: i32,
}

impl Bill {
    /// The shares in the signals of a bill that was made with [`Weights::all`] of `points`.
    pub fn shares_of<'a>(signals: impl IntoIterator<Item = (&'a str, i32)>, points: i32) -> Shares {
        let names = Weights::default().named().map(|(name, _)| name);
        let mut shares = [0.0; Weights::COUNT];
        for (signal, given) in signals {
            if let Some(at) = names.iter().position(|name| *name == signal) {
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

    /// What the sum gains when one weight goes from here to there.
    fn step(&self, at: usize, from: i32, to: i32) -> i32 {
        given(to, self.shares[at]) - given(from, self.shares[at])
    }
}

fn given(weight: i32, share: f64) -> i32 {
    (f64::from(weight) * share).round() as i32
}

/// What is known about how an article should stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lesson {
    /// An editor published it, or held it.
    Decided(bool),
    /// An editor gave it this quality.
    Numbered(i32),
    /// Nobody spoke; the machine published it, or held it for its heat.
    Stood(bool),
}

/// An article from which weights are learned. Only such whose publication is a matter of heat belong here.
#[derive(Debug, Clone, PartialEq)]
pub struct BillExample {
    /// Its bill.
    pub bill: Bill,
    /// How it should stand.
    pub lesson: Lesson,
    /// A number that the articles of its story share: they are tried together.
    pub story: u64,
}

/// How often the machine and the editor agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Agreement {
    /// Articles whose publication or quality an editor spoke about.
    pub spoken: usize,
    /// Of these, how many the machine would decide alike, or number within ten points.
    pub agreed: usize,
}

/// One weight that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightChange {
    /// Its name.
    pub name: &'static str,
    /// Points now and then.
    pub from: i32,
    /// See `from`.
    pub to: i32,
    /// Spoken articles, by their place among the examples, that it turns to the editor's word (or brings nearer to the
    /// editor's number).
    pub nearer: Vec<usize>,
    /// Those that it turns away.
    pub farther: Vec<usize>,
}

/// What the weights would be.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightProposal {
    /// All of them.
    pub weights: Weights,
    /// Those that differ; none where nothing better was found that holds on words not learned from.
    pub changes: Vec<WeightChange>,
    /// Agreement now.
    pub before: Agreement,
    /// Agreement with the proposed weights.
    pub after: Agreement,
    /// Agreement on each fifth of the stories with weights that the other four fifths propose.
    pub not_seen: Agreement,
}

/// Weights by which more is decided as the editor did, near `standing`. A heat of `threshold` publishes.
pub fn propose_weights(standing: &Weights, threshold: i32, examples: &[BillExample]) -> WeightProposal {
    let search = Search { standing: points(standing), threshold };
    let all: Vec<&BillExample> = examples.iter().collect();
    let before = search.agreement(&search.standing, &all);
    let mut found = search.standing;
    let mut not_seen = before;
    if before.spoken >= FEWEST_WORDS && before.agreed < before.spoken {
        not_seen = search.not_seen(&all);
        if not_seen.agreed > before.agreed {
            found = search.supported(&all);
        }
    }
    let changes = search.changes(&found, &all);
    let after = search.agreement(&found, &all);
    let mut weights = standing.clone();
    for change in &changes {
        weights.set(change.name, change.to);
    }
    WeightProposal { weights, changes, before, after, not_seen }
}

type Points = [i32; Weights::COUNT];

fn points(weights: &Weights) -> Points {
    weights.named().map(|(_, points)| points)
}

struct Search {
    standing: Points,
    threshold: i32,
}

impl Search {
    /// What an article costs when its quality is this.
    fn loss(&self, example: &BillExample, quality: i32) -> f64 {
        let heat = quality.saturating_add(example.bill.added);
        let distance = |points: i32| (f64::from(points.max(0)) / UNIT).min(MOST_DISTANCE);
        let wrong = |is_wrong: bool| f64::from(u8::from(is_wrong));
        match example.lesson {
            Lesson::Decided(true) => distance(self.threshold - heat) + wrong(heat < self.threshold),
            Lesson::Decided(false) => distance(heat - self.threshold + 1) + wrong(heat >= self.threshold),
            Lesson::Numbered(number) => distance((number - quality).abs()),
            Lesson::Stood(true) => TURNED_OFF * wrong(heat < self.threshold),
            Lesson::Stood(false) => TURNED_ON * wrong(heat >= self.threshold),
        }
    }

    fn agrees(&self, example: &BillExample, quality: i32) -> Option<bool> {
        let heat = quality.saturating_add(example.bill.added);
        match example.lesson {
            Lesson::Decided(published) => Some((heat >= self.threshold) == published),
            Lesson::Numbered(number) => Some((number - quality).abs() <= NEAR),
            Lesson::Stood(_) => None,
        }
    }

    fn agreement(&self, weights: &Points, examples: &[&BillExample]) -> Agreement {
        let mut agreement = Agreement::default();
        for example in examples {
            if let Some(agrees) = self.agrees(example, example.bill.sum(weights).max(0)) {
                agreement.spoken += 1;
                agreement.agreed += usize::from(agrees);
            }
        }
        agreement
    }

    /// The best weights that single moves lead to, where only those in `free` may move.
    fn best(&self, examples: &[&BillExample], free: &[bool; Weights::COUNT]) -> Points {
        let mut weights = self.standing;
        let having: [Vec<usize>; Weights::COUNT] = std::array::from_fn(|at| {
            (0..examples.len()).filter(|&place| examples[place].bill.shares[at] != 0.0).collect()
        });
        let mut sums: Vec<i32> = examples.iter().map(|example| example.bill.sum(&weights)).collect();
        for step in STEPS {
            for _ in 0..MOST_MOVES {
                let free = (0..Weights::COUNT).filter(|&at| free[at]);
                let moves =
                    free.flat_map(|at| [(at, moved(&weights, at, step)), (at, moved(&weights, at, -step))]);
                let best = moves
                    .filter(|(at, to)| *to != weights[*at])
                    .map(|(at, to)| {
                        let farther =
                            (to - self.standing[at]).abs() - (weights[at] - self.standing[at]).abs();
                        let gained: f64 = having[at]
                            .iter()
                            .map(|&place| {
                                let (example, sum) = (examples[place], sums[place]);
                                let after = sum + example.bill.step(at, weights[at], to);
                                self.loss(example, after.max(0)) - self.loss(example, sum.max(0))
                            })
                            .sum();
                        (gained + MOVED * f64::from(farther), at, to)
                    })
                    .min_by(|(one, ..), (other, ..)| one.total_cmp(other));
                let Some((_, at, to)) = best.filter(|(gain, ..)| *gain < -1e-9) else { break };
                for &place in &having[at] {
                    sums[place] += examples[place].bill.step(at, weights[at], to);
                }
                weights[at] = to;
            }
        }
        weights
    }

    /// The best weights each of which has enough witnesses; the one that has fewest is held fast, until all have.
    fn supported(&self, examples: &[&BillExample]) -> Points {
        let mut free = [true; Weights::COUNT];
        loop {
            let found = self.best(examples, &free);
            let support = |change: &WeightChange| change.nearer.len().saturating_sub(change.farther.len());
            let weakest = self.changes(&found, examples).into_iter().min_by_key(support);
            match weakest {
                Some(weakest) if support(&weakest) < WITNESSES => free[place_of(weakest.name)] = false,
                _ => return found,
            }
        }
    }

    /// What differs, with what each change does beside the others.
    fn changes(&self, found: &Points, examples: &[&BillExample]) -> Vec<WeightChange> {
        let names = Weights::default().named();
        let changed = (0..Weights::COUNT).filter(|&at| found[at] != self.standing[at]);
        changed
            .map(|at| {
                let mut without = *found;
                without[at] = self.standing[at];
                let mut change = WeightChange {
                    name: names[at].0,
                    from: self.standing[at],
                    to: found[at],
                    nearer: Vec::new(),
                    farther: Vec::new(),
                };
                for (place, example) in examples.iter().enumerate() {
                    let qualities = [&without, found].map(|weights| example.bill.sum(weights).max(0));
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

    /// Whether a spoken article is decided right by the second quality only (greater) or by the first only (less); a
    /// numbered one may also come nearer to its number.
    fn turns(&self, example: &BillExample, [without, with]: [i32; 2]) -> Ordering {
        match example.lesson {
            Lesson::Decided(_) => self.agrees(example, with).cmp(&self.agrees(example, without)),
            Lesson::Stood(_) => Ordering::Equal,
            Lesson::Numbered(_) => match self.loss(example, without) - self.loss(example, with) {
                gain if gain > FELT => Ordering::Greater,
                gain if gain < -FELT => Ordering::Less,
                _ => Ordering::Equal,
            },
        }
    }

    fn not_seen(&self, examples: &[&BillExample]) -> Agreement {
        let mut agreement = Agreement::default();
        for fold in 0..FOLDS {
            let (tried, learned): (Vec<&BillExample>, Vec<&BillExample>) =
                examples.iter().partition(|example| example.story % FOLDS == fold);
            let part = self.agreement(&self.supported(&learned), &tried);
            agreement.spoken += part.spoken;
            agreement.agreed += part.agreed;
        }
        agreement
    }
}

/// Where a weight comes to by so many points, within its bounds; what the owner has set beyond them stays allowed.
fn moved(weights: &Points, at: usize, by: i32) -> i32 {
    let (least, most) = bounds(at);
    (weights[at] + by).clamp(least.min(weights[at]), most.max(weights[at]))
}

fn place_of(name: &str) -> usize {
    Weights::default().named().iter().position(|(known, _)| *known == name).unwrap_or_default()
}

/// How far a weight may go: a reward stays one and a penalty stays one, and neither grows beyond twice what it is by
/// default, or twenty points.
fn bounds(at: usize) -> (i32, i32) {
    let default = Weights::default().named()[at].1;
    if default >= 0 { (0, (2 * default).max(20)) } else { ((2 * default).min(-20), 0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// An article with all of these signals and a base of 60 points.
    fn example(story: u64, signals: &[&str], lesson: Lesson) -> BillExample {
        let mut shares = Bill::shares_of(signals.iter().map(|name| (*name, 1_000)), 1_000);
        for name in ["trust", "depth", "image"] {
            shares[place_of(name)] = 1.0;
        }
        BillExample { bill: Bill { shares, added: 0 }, lesson, story }
    }

    /// A base of 60, and 8 for a byline: press releases (−25) are published by the editor all the same, lists (−6) with a
    /// long byline are held.
    fn words() -> Vec<BillExample> {
        (0..40)
            .map(|story| match story % 4 {
                0 => example(story, &["originality", "byline", "press_release"], Lesson::Decided(true)),
                1 => example(story, &["originality", "byline", "listicle"], Lesson::Decided(false)),
                2 => example(story, &["originality", "byline"], Lesson::Stood(true)),
                _ => example(story, &["thin"], Lesson::Stood(false)),
            })
            .collect()
    }

    #[test]
    fn what_an_editor_says_again_and_again_moves_the_weight_that_stood_in_the_way() {
        let proposal = propose_weights(&Weights::default(), 70, &words());
        assert_eq!(proposal.before, Agreement { spoken: 20, agreed: 0 });
        assert_eq!(proposal.after, Agreement { spoken: 20, agreed: 20 });
        assert_eq!(proposal.not_seen.agreed, 20);
        let names: Vec<&str> = proposal.changes.iter().map(|change| change.name).collect();
        assert_eq!(names, ["press_release", "listicle"]);
        assert!(proposal.weights.press_release >= -8 && proposal.weights.listicle <= -9);
        for change in &proposal.changes {
            assert_eq!((change.nearer.len(), change.farther.len()), (10, 0), "{}", change.name);
            assert!(change.nearer.iter().all(|&at| matches!(words()[at].lesson, Lesson::Decided(_))));
        }
    }

    #[test]
    fn few_words_and_words_without_a_rule_change_nothing() {
        let few: Vec<BillExample> = words().into_iter().take(12).collect();
        let proposal = propose_weights(&Weights::default(), 70, &few);
        assert_eq!((proposal.before.spoken, proposal.changes.len()), (6, 0));
        let contrary: Vec<BillExample> = (0..40)
            .map(|story| example(story, &["originality", "byline"], Lesson::Decided(story / 5 % 2 == 0)))
            .collect();
        let proposal = propose_weights(&Weights::default(), 70, &contrary);
        assert_eq!((proposal.changes, proposal.weights), (Vec::new(), Weights::default()));
    }

    #[test]
    fn what_nobody_spoke_about_holds_a_weight_fast() {
        let mut examples = words();
        // A hundred lists stand published beside those ten that were held.
        examples.extend(
            (40..140)
                .map(|story| example(story, &["originality", "byline", "listicle"], Lesson::Stood(true))),
        );
        let proposal = propose_weights(&Weights::default(), 70, &examples);
        assert!(proposal.changes.iter().all(|change| change.name != "listicle"), "{:?}", proposal.changes);
        assert_eq!(proposal.changes.len(), 1, "{proposal:?}");
    }

    #[test]
    fn numbers_of_an_editor_draw_the_quality_to_them() {
        let examples: Vec<BillExample> =
            (0..30).map(|story| example(story, &["paywall"], Lesson::Numbered(40))).collect();
        let proposal = propose_weights(&Weights::default(), 70, &examples);
        assert_eq!((proposal.before.agreed, proposal.after.agreed), (0, 30));
        // Many signals would do; all of the way is made up together.
        let moved: i32 = proposal.changes.iter().map(|change| change.from - change.to).sum();
        assert!((9..=19).contains(&moved), "{:?}", proposal.changes);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_proposal_agrees_less_or_leaves_the_bounds(
            chosen in prop::collection::vec((0..Weights::COUNT, 0..Weights::COUNT, any::<bool>(), -20..40_i32), 0..40),
        ) {
            let examples: Vec<BillExample> = chosen
                .into_iter()
                .enumerate()
                .map(|(story, (one, other, published, added))| {
                    let names = Weights::default().named();
                    let mut article =
                        example(story as u64, &[names[one].0, names[other].0], Lesson::Decided(published));
                    article.bill.added = added;
                    article
                })
                .collect();
            let proposal = propose_weights(&Weights::default(), 70, &examples);
            prop_assert!(proposal.changes.is_empty() || proposal.not_seen.agreed > proposal.before.agreed);
            for (at, (_, points)) in proposal.weights.named().into_iter().enumerate() {
                prop_assert!((bounds(at).0..=bounds(at).1).contains(&points));
            }
        }
    }
}
