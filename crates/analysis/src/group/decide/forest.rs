//! Boosted regression trees (Friedman, *Greedy function approximation*, 2001) over named features.

use serde::{Deserialize, Serialize};

/// An ensemble of regression trees that gives a probability.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// The names of the features for which it was trained, in order.
    pub features: Vec<String>,
    /// The log-odds before the first tree.
    pub bias: f32,
    /// Trees whose values are added up.
    pub trees: Vec<Tree>,
}

/// A regression tree. Nodes come before their children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The feature tested at each node.
    pub feature: Vec<u8>,
    /// At an inner node, the value below which the left child follows; at a leaf, the log-odds to
    /// add.
    pub value: Vec<f32>,
    /// The left child, followed by the right one; 0 at a leaf.
    pub left: Vec<u16>,
}

impl Forest {
    /// Why the model can't be used with these features; `None` if it can.
    pub(in crate::group) fn fault(&self, features: &[&str]) -> Option<String> {
        if !self.features.iter().eq(features) {
            return Some(format!("the model was trained for other features than {features:?}"));
        }
        let width = features.len();
        if width > MAX_FEATURES {
            return Some(format!("the model asks for more than {MAX_FEATURES} features"));
        }
        let unsound = self.trees.iter().position(|tree| !tree.is_sound(width));
        unsound.map(|at| format!("tree {at} is damaged or more than {MAX_DEPTH} questions deep"))
    }

    /// The probability, from 0 to 1.
    pub fn probability(&self, features: &[f32]) -> f64 {
        let odds: f32 = self.trees.iter().fold(self.bias, |odds, tree| odds + tree.value_for(features));
        to_probability(odds)
    }
}

fn to_probability(odds: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(odds)).exp())
}

/// Trees laid out for fast evaluation.
///
/// Every tree is full: a leaf above the last level becomes a test whose children both have its
/// value. So a node needs no reference to its children, every path has the same length, and many
/// inputs can be evaluated side by side.
#[derive(Debug, Clone, Default)]
pub(in crate::group) struct ForestEvaluator {
    bias: f32,
    trees: Vec<FullTree>,
}

/// Maximum depth of a tree.
const MAX_DEPTH: usize = 6;
/// Leaves of the deepest tree; it has one test fewer.
const LEAVES: usize = 1 << MAX_DEPTH;
/// Maximum number of features.
const MAX_FEATURES: usize = 64;

#[derive(Debug, Clone, Copy, Default)]
struct Split {
    /// The left child follows below this value.
    threshold: f32,
    feature: u32,
}

#[derive(Debug, Clone)]
struct FullTree {
    depth: u32,
    /// Level by level; the children of node n are 2n + 1 and 2n + 2.
    splits: [Split; LEAVES],
    leaf_values: [f32; LEAVES],
}

/// Number of trees after which an input may be given up.
const TREES_BEFORE_GIVING_UP: usize = 40;
/// Log-odds at or below which an input is given up: nearly all stories that an article is compared
/// with are far from it, and no later tree changes that.
const GIVE_UP_BELOW: f32 = -4.0;

/// Maximum number of inputs that are evaluated side by side.
const MAX_BATCH: usize = 8;

impl ForestEvaluator {
    /// Lays out sound trees.
    pub(in crate::group) fn new(model: &Forest) -> Self {
        Self { bias: model.bias, trees: model.trees.iter().map(FullTree::new).collect() }
    }

    /// [`Forest::probability`] of each input; for inputs that are given up, the probability by the
    /// first trees.
    pub(in crate::group) fn probabilities(&self, all: &[&[f32]]) -> Vec<f64> {
        let (first, rest) = self.trees.split_at(self.trees.len().min(TREES_BEFORE_GIVING_UP));
        let mut odds = vec![self.bias; all.len()];
        add_log_odds(first, all, &mut odds);
        let remaining: Vec<usize> = (0..all.len()).filter(|&at| odds[at] > GIVE_UP_BELOW).collect();
        let features: Vec<&[f32]> = remaining.iter().map(|&at| all[at]).collect();
        let mut further: Vec<f32> = remaining.iter().map(|&at| odds[at]).collect();
        add_log_odds(rest, &features, &mut further);
        for (at, totals) in remaining.into_iter().zip(further) {
            odds[at] = totals;
        }
        odds.into_iter().map(to_probability).collect()
    }
}

/// Adds the values of these trees to the log-odds of each input.
fn add_log_odds(trees: &[FullTree], all: &[&[f32]], odds: &mut [f32]) {
    for (batch, odds) in all.chunks(MAX_BATCH).zip(odds.chunks_mut(MAX_BATCH)) {
        match batch.len() {
            1 => evaluate_batch::<1>(trees, batch, odds),
            2 => evaluate_batch::<2>(trees, batch, odds),
            3 | 4 => evaluate_batch::<4>(trees, batch, odds),
            _ => evaluate_batch::<MAX_BATCH>(trees, batch, odds),
        }
    }
}

/// Like [`add_log_odds`], for at most `BATCH` inputs.
fn evaluate_batch<const BATCH: usize>(trees: &[FullTree], batch: &[&[f32]], totals: &mut [f32]) {
    let mut features = [[0_f32; MAX_FEATURES]; BATCH];
    let mut odds = [0_f32; BATCH];
    for ((to, from), (odds, totals)) in features.iter_mut().zip(batch).zip(odds.iter_mut().zip(&*totals)) {
        let width = from.len().min(MAX_FEATURES);
        to[..width].copy_from_slice(&from[..width]);
        *odds = *totals;
    }
    for tree in trees {
        let mut at = [0_usize; BATCH];
        for _ in 0..tree.depth {
            for (at, features) in at.iter_mut().zip(&features) {
                let split = tree.splits[*at % LEAVES];
                let above = features[split.feature as usize % MAX_FEATURES] >= split.threshold;
                *at = 2 * *at + 1 + usize::from(above);
            }
        }
        let before = (1_usize << tree.depth) - 1;
        for (odds, at) in odds.iter_mut().zip(at) {
            *odds += tree.leaf_values[(at - before) % LEAVES];
        }
    }
    for (totals, odds) in totals.iter_mut().zip(odds) {
        *totals = odds;
    }
}

impl FullTree {
    fn new(tree: &Tree) -> Self {
        let mut full =
            Self { depth: tree.depth(), splits: [Split::default(); LEAVES], leaf_values: [0.0; LEAVES] };
        full.fill(tree, 0, 0, 0);
        full
    }

    /// Lays out the subtree below a node from this position on.
    fn fill(&mut self, tree: &Tree, node: usize, place: usize, level: u32) {
        let left = usize::from(tree.left[node]);
        if level == self.depth {
            self.leaf_values[place + 1 - (1 << level)] = tree.value[node];
            return;
        }
        let (split, children) = if left == 0 {
            (Split { threshold: f32::INFINITY, feature: 0 }, [node, node])
        } else {
            let feature = u32::from(tree.feature[node]);
            (Split { threshold: tree.value[node], feature }, [left, left + 1])
        };
        self.splits[place] = split;
        for (side, child) in children.into_iter().enumerate() {
            self.fill(tree, child, 2 * place + 1 + side, level + 1);
        }
    }
}

impl Tree {
    /// The length of the longest path.
    fn depth(&self) -> u32 {
        let mut depths = vec![0_u32; self.left.len()];
        for (at, &left) in self.left.iter().enumerate().filter(|(_, left)| **left > 0) {
            let below = depths[at] + 1;
            depths[usize::from(left)..usize::from(left) + 2].fill(below);
        }
        depths.into_iter().max().unwrap_or_default()
    }
}

impl Tree {
    fn is_sound(&self, width: usize) -> bool {
        let nodes = self.feature.len();
        nodes > 0
            && self.value.len() == nodes
            && self.left.len() == nodes
            && self.feature.iter().all(|&feature| usize::from(feature) < width)
            && self
                .left
                .iter()
                .enumerate()
                .all(|(at, &left)| left == 0 || usize::from(left) > at && usize::from(left) + 1 < nodes)
            && self.depth() as usize <= MAX_DEPTH
    }

    /// The tree's contribution to the log-odds.
    pub fn value_for(&self, features: &[f32]) -> f32 {
        let mut at = 0;
        loop {
            let left = usize::from(self.left[at]);
            if left == 0 {
                return self.value[at];
            }
            let above = features[usize::from(self.feature[at])] >= self.value[at];
            at = left + usize::from(above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::Model;

    #[test]
    fn full_trees_give_the_same_probabilities() {
        let forest = &Model::trained().join;
        let evaluator = ForestEvaluator::new(forest);
        let samples: Vec<Vec<f32>> = (0..50_u16)
            .map(|seed| {
                (0..forest.features.len())
                    .map(|at| f32::from(seed * 31 % 17) / (1.0 + at as f32 / 3.0))
                    .collect()
            })
            .collect();
        let begun = Forest { trees: forest.trees[..TREES_BEFORE_GIVING_UP].to_vec(), ..forest.clone() };
        let totals = evaluator.probabilities(&samples.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(totals.len(), samples.len());
        let mut given_up = 0;
        for (totals, features) in totals.iter().zip(&samples) {
            let hopeless = begun.probability(features) <= to_probability(GIVE_UP_BELOW);
            given_up += usize::from(hopeless);
            let wanted = if hopeless { &begun } else { forest }.probability(features);
            assert_eq!(totals.to_bits(), wanted.to_bits());
        }
        assert!(given_up > 0 && given_up < samples.len(), "{given_up} of {}", samples.len());
    }
}
