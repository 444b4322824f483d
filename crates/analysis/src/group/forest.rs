//! Boosted regression trees (Friedman, *Greedy function approximation*, 2001) over named features.

use serde::{Deserialize, Serialize};

/// Trees that say together how likely something is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Forest {
    /// The names of the features for which it was trained, in order.
    pub features: Vec<String>,
    /// The log-odds before any tree has spoken.
    pub bias: f32,
    /// What the trees say is added up.
    pub trees: Vec<Tree>,
}

/// A regression tree. Nodes stand before their children.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The feature asked at each node.
    pub feature: Vec<u8>,
    /// Below this value the left child is next; at a leaf, the log-odds added.
    pub value: Vec<f32>,
    /// The left child, the right one follows it; 0 at a leaf.
    pub left: Vec<u16>,
}

impl Forest {
    /// Why it can't be asked with these features, where it can't.
    pub(super) fn fault(&self, features: &[&str]) -> Option<String> {
        if !self.features.iter().eq(features) {
            return Some(format!("the model was trained for other features than {features:?}"));
        }
        let width = features.len();
        self.trees.iter().position(|tree| !tree.is_sound(width)).map(|at| format!("tree {at} is damaged"))
    }

    /// How likely it is, from 0 to 1.
    pub fn probability(&self, features: &[f32]) -> f64 {
        let odds: f32 = self.trees.iter().fold(self.bias, |odds, tree| odds + tree.value_for(features));
        to_probability(odds)
    }
}

fn to_probability(odds: f32) -> f64 {
    1.0 / (1.0 + (-f64::from(odds)).exp())
}

/// Trees laid out to be asked often: the nodes of all trees one after the other.
///
/// A leaf leads to itself, so that every way down a tree takes the same steps and many can be walked side by side.
#[derive(Debug, Clone, Default)]
pub(super) struct Judge {
    bias: f32,
    nodes: Vec<Node>,
    trees: Vec<Laid>,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// Below this the left child is next; at a leaf, infinite.
    least: f32,
    feature: u16,
    /// From its tree's root; the right child follows the left one.
    left: u16,
    /// What a leaf adds.
    says: f32,
}

/// Where a tree stands.
#[derive(Debug, Clone, Copy)]
struct Laid {
    root: u32,
    end: u32,
    depth: u32,
}

/// Ways down a tree that are walked side by side.
const ABREAST: usize = 8;

impl Judge {
    /// Lays sound trees out.
    pub(super) fn new(model: &Forest) -> Self {
        let mut judge = Self { bias: model.bias, ..Self::default() };
        for tree in &model.trees {
            let root = judge.nodes.len() as u32;
            judge.nodes.extend(tree.nodes());
            judge.trees.push(Laid { root, end: judge.nodes.len() as u32, depth: tree.depth() });
        }
        judge
    }

    /// [`Forest::probability`] of each of these.
    pub(super) fn probabilities(&self, all: &[&[f32]]) -> Vec<f64> {
        all.chunks(ABREAST)
            .flat_map(|few| self.odds(few).into_iter().take(few.len()))
            .map(to_probability)
            .collect()
    }

    fn odds(&self, few: &[&[f32]]) -> [f32; ABREAST] {
        let mut odds = [self.bias; ABREAST];
        // Where fewer are asked, the last is asked again.
        let Some(last) = few.last() else { return odds };
        let few: [&[f32]; ABREAST] = std::array::from_fn(|at| few.get(at).copied().unwrap_or(last));
        for laid in &self.trees {
            let tree = &self.nodes[laid.root as usize..laid.end as usize];
            let mut at = [0_u16; ABREAST];
            for _ in 0..laid.depth {
                for (at, features) in at.iter_mut().zip(&few) {
                    let node = tree[usize::from(*at)];
                    *at = node.left + u16::from(features[usize::from(node.feature)] >= node.least);
                }
            }
            for (odds, at) in odds.iter_mut().zip(at) {
                *odds += tree[usize::from(at)].says;
            }
        }
        odds
    }
}

impl Tree {
    fn nodes(&self) -> impl Iterator<Item = Node> {
        let fields = self.feature.iter().zip(&self.value).zip(&self.left).enumerate();
        fields.map(|(at, ((&feature, &value), &left))| {
            let feature = u16::from(feature);
            if left == 0 {
                Node { least: f32::INFINITY, feature, left: at as u16, says: value }
            } else {
                Node { least: value, feature, left, says: 0.0 }
            }
        })
    }

    /// The longest way down.
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
    }

    /// What the tree adds to the log-odds.
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
    fn trees_laid_out_say_the_same() {
        let forest = &Model::trained().join;
        let judge = Judge::new(forest);
        let samples: Vec<Vec<f32>> = (0..50_u16)
            .map(|seed| {
                (0..forest.features.len())
                    .map(|at| f32::from(seed * 31 % 17) / (1.0 + at as f32 / 3.0))
                    .collect()
            })
            .collect();
        let said = judge.probabilities(&samples.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(said.len(), samples.len());
        for (said, features) in said.iter().zip(&samples) {
            assert_eq!(said.to_bits(), forest.probability(features).to_bits());
        }
    }
}
