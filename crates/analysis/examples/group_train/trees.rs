//! Gradient boosting of small regression trees on the logistic loss, with features cut into bins.

use courant_analysis::group::{FEATURES, Features, Model, Tree};

use super::rows::Rows;

/// Bins per feature.
const BINS: usize = 64;

/// How trees are grown.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) trees: usize,
    pub(crate) depth: usize,
    /// How much of each tree is added.
    pub(crate) rate: f64,
    /// Least sum of second derivatives in a leaf.
    pub(crate) least: f64,
    /// Added to every leaf's sum of second derivatives.
    pub(crate) ridge: f64,
}

impl Settings {
    /// Trains on these rows.
    pub(crate) fn fit(&self, rows: &Rows) -> Model {
        let cuts: Vec<Vec<f32>> = (0..FEATURES.len()).map(|feature| cuts(rows, feature)).collect();
        let binned = binned(rows, &cuts);
        let right: f64 = rows
            .labels
            .iter()
            .zip(&rows.weights)
            .filter(|(label, _)| **label)
            .map(|(_, weight)| weight)
            .sum();
        let total: f64 = rows.weights.iter().sum();
        let bias = (right / (total - right).max(1e-9)).max(1e-9).ln() as f32;
        let mut odds = vec![bias; rows.labels.len()];
        let mut trees = Vec::with_capacity(self.trees);
        for _ in 0..self.trees {
            let slopes: Vec<(f64, f64)> = odds
                .iter()
                .zip(&rows.labels)
                .zip(&rows.weights)
                .map(|((&odds, &label), &weight)| {
                    let p = 1.0 / (1.0 + (-f64::from(odds)).exp());
                    (weight * (f64::from(u8::from(label)) - p), weight * p * (1.0 - p))
                })
                .collect();
            let tree = Growth { settings: self, cuts: &cuts, binned: &binned, slopes: &slopes }.grow();
            for (odds, features) in odds.iter_mut().zip(&rows.features) {
                *odds += tree.value_for(features);
            }
            trees.push(tree);
        }
        Model { version: 0, features: Vec::new(), bias, trees }
    }
}

/// Values between which a feature may be split, so that bins hold about equally many rows.
fn cuts(rows: &Rows, feature: usize) -> Vec<f32> {
    let step = (rows.features.len() / 20_000).max(1);
    let mut values: Vec<f32> = rows.features.iter().step_by(step).map(|row| row.0[feature]).collect();
    values.sort_by(f32::total_cmp);
    let mut cuts: Vec<f32> =
        (1..BINS).filter_map(|bin| values.get(bin * values.len() / BINS)).copied().collect();
    cuts.dedup();
    cuts
}

fn binned(rows: &Rows, cuts: &[Vec<f32>]) -> Vec<[u8; FEATURES.len()]> {
    rows.features.iter().map(|row| bins(row, cuts)).collect()
}

fn bins(row: &Features, cuts: &[Vec<f32>]) -> [u8; FEATURES.len()] {
    let mut bins = [0; FEATURES.len()];
    for ((bin, value), cuts) in bins.iter_mut().zip(row.0).zip(cuts) {
        *bin = cuts.partition_point(|cut| *cut <= value) as u8;
    }
    bins
}

struct Growth<'a> {
    settings: &'a Settings,
    cuts: &'a [Vec<f32>],
    binned: &'a [[u8; FEATURES.len()]],
    slopes: &'a [(f64, f64)],
}

impl Growth<'_> {
    fn grow(&self) -> Tree {
        let mut tree = Tree::default();
        let all: Vec<u32> = (0..self.binned.len() as u32).collect();
        tree.feature.push(0);
        tree.value.push(0.0);
        tree.left.push(0);
        let mut open = vec![(0_usize, all, self.settings.depth)];
        while let Some((node, rows, depth)) = open.pop() {
            let (slope, curve) = rows.iter().fold((0.0, 0.0), |(slope, curve), &row| {
                let (s, c) = self.slopes[row as usize];
                (slope + s, curve + c)
            });
            let split = if depth == 0 { None } else { self.best_split(&rows, slope, curve) };
            let Some((feature, bin)) = split else {
                tree.value[node] = (self.settings.rate * slope / (curve + self.settings.ridge)) as f32;
                continue;
            };
            let left = tree.feature.len();
            tree.feature[node] = feature as u8;
            tree.value[node] = self.cuts[feature][bin];
            tree.left[node] = left as u16;
            for _ in 0..2 {
                tree.feature.push(0);
                tree.value.push(0.0);
                tree.left.push(0);
            }
            let (below, above): (Vec<u32>, Vec<u32>) =
                rows.into_iter().partition(|&row| usize::from(self.binned[row as usize][feature]) <= bin);
            open.push((left, below, depth - 1));
            open.push((left + 1, above, depth - 1));
        }
        tree
    }

    /// The feature and the bin after which a split helps most.
    fn best_split(&self, rows: &[u32], slope: f64, curve: f64) -> Option<(usize, usize)> {
        let mut sums = vec![[(0.0_f64, 0.0_f64); BINS]; FEATURES.len()];
        for &row in rows {
            let (s, c) = self.slopes[row as usize];
            for (feature, &bin) in self.binned[row as usize].iter().enumerate() {
                let sum = &mut sums[feature][usize::from(bin)];
                sum.0 += s;
                sum.1 += c;
            }
        }
        let ridge = self.settings.ridge;
        let worth = |slope: f64, curve: f64| slope * slope / (curve + ridge);
        let mut best = (1e-3, None);
        for (feature, bins) in sums.iter().enumerate() {
            let (mut s, mut c) = (0.0, 0.0);
            for bin in 0..self.cuts[feature].len() {
                s += bins[bin].0;
                c += bins[bin].1;
                if c < self.settings.least || curve - c < self.settings.least {
                    continue;
                }
                let gain = worth(s, c) + worth(slope - s, curve - c) - worth(slope, curve);
                if gain > best.0 {
                    best = (gain, Some((feature, bin)));
                }
            }
        }
        best.1
    }
}
