//! Gradient boosting of small regression trees on the logistic loss, with binned features.
//!
//! Every tree sees a random part of the rows and of the features (Friedman, *Stochastic gradient
//! boosting*, 2002), and splits must be monotone for features where more similarity can only favour
//! a story: both prevent overfitting to small tracks.

use super::rows::TrainingRows;
use crate::group::{Forest, Tree};

/// Bins per feature.
const BINS: usize = 64;

/// Features that must not lower the probability when they increase.
const MONOTONE: &[&str] = &[
    "all_max",
    "title_max",
    "lead_max",
    "name_max",
    "all_mean",
    "title_mean",
    "lead_mean",
    "name_mean",
    "shared_all",
    "shared_names",
    "title_in_all",
    "all_in_title",
    "margin",
    "all_by_names",
    "blend",
    "story_mean",
    "names_contained",
    "words_contained",
    "all_second",
    "title_covered",
    "title_backed",
    "all_backed",
    "all_centre",
    "title_centre",
    "name_centre",
    "all_linked",
    "name_linked",
];

/// Parameters of the trees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeParams {
    /// Number of trees.
    pub trees: usize,
    /// Maximum number of splits from the root to a leaf.
    pub depth: usize,
    /// Learning rate: the share of each tree that is added.
    pub rate: f64,
    /// Minimum sum of second derivatives in a leaf.
    pub min_leaf_weight: f64,
    /// Added to every leaf's sum of second derivatives (L2 regularisation).
    pub ridge: f64,
    /// The share of the rows, and of the features, that a tree sees.
    pub sample: f64,
    /// Whether splits on similarity features must be monotone.
    pub monotone: bool,
}

/// A small random number generator (Marsaglia's xorshift): the same data gives the same model.
struct Rng(u64);

impl Rng {
    fn below(&mut self, subset: f64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64) < subset * (1_u64 << 53) as f64
    }
}

impl TreeParams {
    /// Trains on these rows.
    pub(super) fn fit<const W: usize>(&self, rows: &TrainingRows<W>, names: [&str; W]) -> Forest {
        let cuts: Vec<Vec<f32>> = (0..W).map(|feature| cuts(rows, feature)).collect();
        let binned: Vec<[u8; W]> = rows.features.iter().map(|row| bins(row, &cuts)).collect();
        let monotone = names.map(|feature| self.monotone && MONOTONE.contains(&feature));
        let bias = bias(rows);
        let mut odds = vec![bias; rows.labels.len()];
        let mut trees = Vec::with_capacity(self.trees);
        let mut rng = Rng(0x9E37_79B9_7F4A_7C15);
        for _ in 0..self.trees {
            let derivatives = derivatives(rows, &odds);
            let sampled: Vec<u32> =
                (0..rows.labels.len() as u32).filter(|_| rng.below(self.sample)).collect();
            let sampled_features = names.map(|_| rng.below(self.sample));
            let growth = Growth {
                settings: self,
                cuts: &cuts,
                binned: &binned,
                derivatives: &derivatives,
                sampled_features,
                monotone,
            };
            let tree = growth.grow(sampled);
            for (odds, features) in odds.iter_mut().zip(&rows.features) {
                *odds += tree.value_for(features);
            }
            trees.push(tree);
        }
        Forest { features: names.map(str::to_owned).to_vec(), bias, trees }
    }
}

/// The log-odds of all rows together.
fn bias<const W: usize>(rows: &TrainingRows<W>) -> f32 {
    let total: f64 = rows.weights.iter().sum();
    let right: f64 =
        rows.labels.iter().zip(&rows.weights).filter(|(label, _)| **label).map(|(_, weight)| weight).sum();
    (right / (total - right).max(1e-9)).max(1e-9).ln() as f32
}

/// First and second derivatives of the loss, by row; the mean weight of a row is 1.
fn derivatives<const W: usize>(rows: &TrainingRows<W>, odds: &[f32]) -> Vec<(f32, f32)> {
    let mean = rows.weights.iter().sum::<f64>() / rows.weights.len().max(1) as f64;
    odds.iter()
        .zip(&rows.labels)
        .zip(&rows.weights)
        .map(|((&odds, &label), &weight)| {
            let p = 1.0 / (1.0 + (-f64::from(odds)).exp());
            let weight = weight / mean;
            ((weight * (f64::from(u8::from(label)) - p)) as f32, (weight * p * (1.0 - p)) as f32)
        })
        .collect()
}

/// Values at which a feature may be split, so that bins hold about the same number of rows.
fn cuts<const W: usize>(rows: &TrainingRows<W>, feature: usize) -> Vec<f32> {
    let step = (rows.features.len() / 20_000).max(1);
    let mut values: Vec<f32> = rows.features.iter().step_by(step).map(|row| row[feature]).collect();
    values.sort_by(f32::total_cmp);
    let mut cuts: Vec<f32> =
        (1..BINS).filter_map(|bin| values.get(bin * values.len() / BINS)).copied().collect();
    cuts.dedup();
    cuts
}

fn bins<const W: usize>(row: &[f32; W], cuts: &[Vec<f32>]) -> [u8; W] {
    let mut bins = [0; W];
    for ((bin, value), cuts) in bins.iter_mut().zip(row).zip(cuts) {
        *bin = cuts.partition_point(|cut| cut <= value) as u8;
    }
    bins
}

/// Sums of derivatives by feature and bin.
type Histogram = Vec<[(f64, f64); BINS]>;

struct Growth<'a, const W: usize> {
    settings: &'a TreeParams,
    cuts: &'a [Vec<f32>],
    binned: &'a [[u8; W]],
    derivatives: &'a [(f32, f32)],
    sampled_features: [bool; W],
    monotone: [bool; W],
}

/// A node whose split is still to be found.
struct OpenNode {
    node: usize,
    rows: Vec<u32>,
    histogram: Histogram,
    depth: usize,
    /// Minimum and maximum value of its leaves.
    bounds: (f64, f64),
}

/// A way to divide a node's rows.
struct Split {
    feature: usize,
    bin: usize,
    gain: f64,
    below: f64,
    above: f64,
}

impl<const W: usize> Growth<'_, W> {
    fn grow(&self, rows: Vec<u32>) -> Tree {
        let mut tree = Tree::default();
        add_leaf(&mut tree);
        let histogram = self.histogram(&rows);
        let bounds = (f64::NEG_INFINITY, f64::INFINITY);
        let mut open = vec![OpenNode { node: 0, rows, histogram, depth: self.settings.depth, bounds }];
        while let Some(next) = open.pop() {
            let (s, c) = next.histogram[0].iter().fold((0.0, 0.0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
            let split = if next.depth == 0 { None } else { self.best_split(&next, s, c) };
            let Some(split) = split else {
                tree.value[next.node] = (self.settings.rate * self.leaf_value(s, c, next.bounds)) as f32;
                continue;
            };
            let left = tree.feature.len();
            tree.feature[next.node] = split.feature as u8;
            tree.value[next.node] = self.cuts[split.feature][split.bin];
            tree.left[next.node] = left as u16;
            add_leaf(&mut tree);
            add_leaf(&mut tree);
            open.extend(self.children(next, &split, left));
        }
        tree
    }

    fn children(&self, parent: OpenNode, split: &Split, left: usize) -> [OpenNode; 2] {
        let (below, above): (Vec<u32>, Vec<u32>) = parent
            .rows
            .into_iter()
            .partition(|&row| usize::from(self.binned[row as usize][split.feature]) <= split.bin);
        // Only the smaller side is counted; the other is the difference.
        let mut rest = parent.histogram;
        let fewer = self.histogram(if below.len() <= above.len() { &below } else { &above });
        for (rest, fewer) in rest.iter_mut().flatten().zip(fewer.iter().flatten()) {
            rest.0 -= fewer.0;
            rest.1 -= fewer.1;
        }
        let (of_below, of_above) = if below.len() <= above.len() { (fewer, rest) } else { (rest, fewer) };
        let (lowest, highest) = parent.bounds;
        let between = f64::midpoint(split.below, split.above);
        let (to, from) = if self.monotone[split.feature] { (between, between) } else { (highest, lowest) };
        let depth = parent.depth - 1;
        [
            OpenNode { node: left, rows: below, histogram: of_below, depth, bounds: (lowest, to) },
            OpenNode { node: left + 1, rows: above, histogram: of_above, depth, bounds: (from, highest) },
        ]
    }

    fn histogram(&self, rows: &[u32]) -> Histogram {
        let mut sums = vec![[(0.0, 0.0); BINS]; W];
        for &row in rows {
            let (s, c) = self.derivatives[row as usize];
            for (sums, &bin) in sums.iter_mut().zip(&self.binned[row as usize]) {
                let sum = &mut sums[usize::from(bin)];
                sum.0 += f64::from(s);
                sum.1 += f64::from(c);
            }
        }
        sums
    }

    /// The value of a leaf with these sums.
    fn leaf_value(&self, slope: f64, curve: f64, (lowest, highest): (f64, f64)) -> f64 {
        (slope / (curve + self.settings.ridge)).max(lowest).min(highest)
    }

    /// The feature and the bin after which a split gains most.
    fn best_split(&self, open: &OpenNode, slope: f64, curve: f64) -> Option<Split> {
        let objective = |slope: f64, curve: f64, leaf_value: f64| {
            2.0 * slope * leaf_value - (curve + self.settings.ridge) * leaf_value * leaf_value
        };
        let whole = objective(slope, curve, self.leaf_value(slope, curve, open.bounds));
        let mut best: Option<Split> = None;
        for (feature, bins) in
            open.histogram.iter().enumerate().filter(|(feature, _)| self.sampled_features[*feature])
        {
            let (mut s, mut c) = (0.0, 0.0);
            for (bin, sum) in bins.iter().enumerate().take(self.cuts[feature].len()) {
                s += sum.0;
                c += sum.1;
                if c < self.settings.min_leaf_weight || curve - c < self.settings.min_leaf_weight {
                    continue;
                }
                let below = self.leaf_value(s, c, open.bounds);
                let above = self.leaf_value(slope - s, curve - c, open.bounds);
                if self.monotone[feature] && below > above {
                    continue;
                }
                let gain = objective(s, c, below) + objective(slope - s, curve - c, above) - whole;
                if gain > best.as_ref().map_or(1e-3, |best| best.gain) {
                    best = Some(Split { feature, bin, gain, below, above });
                }
            }
        }
        best
    }
}

fn add_leaf(tree: &mut Tree) {
    tree.feature.push(0);
    tree.value.push(0.0);
    tree.left.push(0);
}
