//! Gradient boosting of small regression trees on the logistic loss, with features cut into bins.
//!
//! Every tree sees a random part of the rows and of the features (Friedman, *Stochastic gradient boosting*,
//! 2002), and where more likeness can only speak for a story, no split may say otherwise: both keep small
//! tracks from being learned by heart.

use super::rows::Rows;
use crate::group::{Forest, Tree};

/// Bins per feature.
const BINS: usize = 64;

/// Features that never speak against a story when they grow.
const RISING: &[&str] = &[
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

/// How trees are grown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growing {
    /// How many.
    pub trees: usize,
    /// Splits from the root to a leaf.
    pub depth: usize,
    /// How much of each tree is added.
    pub rate: f64,
    /// Least sum of second derivatives in a leaf.
    pub least: f64,
    /// Added to every leaf's sum of second derivatives.
    pub ridge: f64,
    /// The part of the rows, and of the features, that a tree sees.
    pub sample: f64,
    /// Whether features that tell likeness must not speak against a story when they grow.
    pub rising: bool,
}

/// A small generator (Marsaglia's xorshift): the same data gives the same model.
struct Dice(u64);

impl Dice {
    fn below(&mut self, part: f64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) as f64) < part * (1_u64 << 53) as f64
    }
}

impl Growing {
    /// Trains on these rows.
    pub(super) fn fit<const W: usize>(&self, rows: &Rows<W>, names: [&str; W]) -> Forest {
        let cuts: Vec<Vec<f32>> = (0..W).map(|feature| cuts(rows, feature)).collect();
        let binned: Vec<[u8; W]> = rows.features.iter().map(|row| bins(row, &cuts)).collect();
        let rising = names.map(|feature| self.rising && RISING.contains(&feature));
        let bias = bias(rows);
        let mut odds = vec![bias; rows.labels.len()];
        let mut trees = Vec::with_capacity(self.trees);
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
        for _ in 0..self.trees {
            let slopes = slopes(rows, &odds);
            let sampled: Vec<u32> =
                (0..rows.labels.len() as u32).filter(|_| dice.below(self.sample)).collect();
            let asked = names.map(|_| dice.below(self.sample));
            let growth =
                Growth { settings: self, cuts: &cuts, binned: &binned, slopes: &slopes, asked, rising };
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
fn bias<const W: usize>(rows: &Rows<W>) -> f32 {
    let total: f64 = rows.weights.iter().sum();
    let right: f64 =
        rows.labels.iter().zip(&rows.weights).filter(|(label, _)| **label).map(|(_, weight)| weight).sum();
    (right / (total - right).max(1e-9)).max(1e-9).ln() as f32
}

/// First and second derivatives of the loss, by row; a row weighs 1 on the average.
fn slopes<const W: usize>(rows: &Rows<W>, odds: &[f32]) -> Vec<(f32, f32)> {
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

/// Values between which a feature may be split, so that bins hold about equally many rows.
fn cuts<const W: usize>(rows: &Rows<W>, feature: usize) -> Vec<f32> {
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
    settings: &'a Growing,
    cuts: &'a [Vec<f32>],
    binned: &'a [[u8; W]],
    slopes: &'a [(f32, f32)],
    asked: [bool; W],
    rising: [bool; W],
}

/// A node whose split is still to be found.
struct Open {
    node: usize,
    rows: Vec<u32>,
    histogram: Histogram,
    depth: usize,
    /// What its leaves may say at least and at most.
    bounds: (f64, f64),
}

/// A way to part a node's rows.
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
        let mut open = vec![Open { node: 0, rows, histogram, depth: self.settings.depth, bounds }];
        while let Some(next) = open.pop() {
            let (s, c) = next.histogram[0].iter().fold((0.0, 0.0), |sum, bin| (sum.0 + bin.0, sum.1 + bin.1));
            let split = if next.depth == 0 { None } else { self.best_split(&next, s, c) };
            let Some(split) = split else {
                tree.value[next.node] = (self.settings.rate * self.says(s, c, next.bounds)) as f32;
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

    fn children(&self, parent: Open, split: &Split, left: usize) -> [Open; 2] {
        let (below, above): (Vec<u32>, Vec<u32>) = parent
            .rows
            .into_iter()
            .partition(|&row| usize::from(self.binned[row as usize][split.feature]) <= split.bin);
        // Only the smaller side is counted; the other is what remains.
        let mut rest = parent.histogram;
        let fewer = self.histogram(if below.len() <= above.len() { &below } else { &above });
        for (rest, fewer) in rest.iter_mut().flatten().zip(fewer.iter().flatten()) {
            rest.0 -= fewer.0;
            rest.1 -= fewer.1;
        }
        let (of_below, of_above) = if below.len() <= above.len() { (fewer, rest) } else { (rest, fewer) };
        let (lowest, highest) = parent.bounds;
        let between = f64::midpoint(split.below, split.above);
        let (to, from) = if self.rising[split.feature] { (between, between) } else { (highest, lowest) };
        let depth = parent.depth - 1;
        [
            Open { node: left, rows: below, histogram: of_below, depth, bounds: (lowest, to) },
            Open { node: left + 1, rows: above, histogram: of_above, depth, bounds: (from, highest) },
        ]
    }

    fn histogram(&self, rows: &[u32]) -> Histogram {
        let mut sums = vec![[(0.0, 0.0); BINS]; W];
        for &row in rows {
            let (s, c) = self.slopes[row as usize];
            for (sums, &bin) in sums.iter_mut().zip(&self.binned[row as usize]) {
                let sum = &mut sums[usize::from(bin)];
                sum.0 += f64::from(s);
                sum.1 += f64::from(c);
            }
        }
        sums
    }

    /// What a leaf with these sums says.
    fn says(&self, slope: f64, curve: f64, (lowest, highest): (f64, f64)) -> f64 {
        (slope / (curve + self.settings.ridge)).max(lowest).min(highest)
    }

    /// The feature and the bin after which a split helps most.
    fn best_split(&self, open: &Open, slope: f64, curve: f64) -> Option<Split> {
        let worth = |slope: f64, curve: f64, says: f64| {
            2.0 * slope * says - (curve + self.settings.ridge) * says * says
        };
        let whole = worth(slope, curve, self.says(slope, curve, open.bounds));
        let mut best: Option<Split> = None;
        for (feature, bins) in open.histogram.iter().enumerate().filter(|(feature, _)| self.asked[*feature]) {
            let (mut s, mut c) = (0.0, 0.0);
            for (bin, sum) in bins.iter().enumerate().take(self.cuts[feature].len()) {
                s += sum.0;
                c += sum.1;
                if c < self.settings.least || curve - c < self.settings.least {
                    continue;
                }
                let below = self.says(s, c, open.bounds);
                let above = self.says(slope - s, curve - c, open.bounds);
                if self.rising[feature] && below > above {
                    continue;
                }
                let gain = worth(s, c, below) + worth(slope - s, curve - c, above) - whole;
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
