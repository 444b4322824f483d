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
    pub(in crate::group) fn fault(&self, features: &[&str]) -> Option<String> {
        if !self.features.iter().eq(features) {
            return Some(format!("the model was trained for other features than {features:?}"));
        }
        let width = features.len();
        if width > WIDEST {
            return Some(format!("the model asks for more than {WIDEST} features"));
        }
        let unsound = self.trees.iter().position(|tree| !tree.is_sound(width));
        unsound.map(|at| format!("tree {at} is damaged or more than {DEEPEST} questions deep"))
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

/// Trees laid out to be asked often.
///
/// Every tree is full: a leaf above the last level asks a question that all answer with no, and its children say what
/// it says. So a node needs no word about its children, every way down takes the same steps, and many can be walked
/// side by side.
#[derive(Debug, Clone, Default)]
pub(in crate::group) struct Judge {
    bias: f32,
    trees: Vec<Laid>,
}

/// No tree is deeper.
const DEEPEST: usize = 6;
/// Leaves of the deepest tree; it has one question less.
const LEAVES: usize = 1 << DEEPEST;
/// No question is about a feature with a higher number.
const WIDEST: usize = 64;

#[derive(Debug, Clone, Copy, Default)]
struct Question {
    /// Below this the left child is next.
    least: f32,
    feature: u32,
}

#[derive(Debug, Clone)]
struct Laid {
    depth: u32,
    /// Level by level; the children of node n are 2n + 1 and 2n + 2.
    questions: [Question; LEAVES],
    says: [f32; LEAVES],
}

/// After so many trees,
const FIRST_TREES: usize = 40;
/// what has no better log-odds than this is given up: nearly all stories that an article is compared with are far off, and
/// no later tree brings them back.
const HOPELESS: f32 = -4.0;

/// Ways down a tree that are walked side by side, at most.
const ABREAST: usize = 8;

impl Judge {
    /// Lays sound trees out.
    pub(in crate::group) fn new(model: &Forest) -> Self {
        Self { bias: model.bias, trees: model.trees.iter().map(Laid::new).collect() }
    }

    /// [`Forest::probability`] of each of these; of those that the first trees call hopeless, what these say.
    pub(in crate::group) fn probabilities(&self, all: &[&[f32]]) -> Vec<f64> {
        let (first, rest) = self.trees.split_at(self.trees.len().min(FIRST_TREES));
        let mut odds = vec![self.bias; all.len()];
        ask(first, all, &mut odds);
        let hopeful: Vec<usize> = (0..all.len()).filter(|&at| odds[at] > HOPELESS).collect();
        let features: Vec<&[f32]> = hopeful.iter().map(|&at| all[at]).collect();
        let mut further: Vec<f32> = hopeful.iter().map(|&at| odds[at]).collect();
        ask(rest, &features, &mut further);
        for (at, said) in hopeful.into_iter().zip(further) {
            odds[at] = said;
        }
        odds.into_iter().map(to_probability).collect()
    }
}

/// Adds to the log-odds of each what these trees say.
fn ask(trees: &[Laid], all: &[&[f32]], odds: &mut [f32]) {
    for (few, odds) in all.chunks(ABREAST).zip(odds.chunks_mut(ABREAST)) {
        match few.len() {
            1 => ask_few::<1>(trees, few, odds),
            2 => ask_few::<2>(trees, few, odds),
            3 | 4 => ask_few::<4>(trees, few, odds),
            _ => ask_few::<ABREAST>(trees, few, odds),
        }
    }
}

/// As [`ask`], for at most so many.
fn ask_few<const WAYS: usize>(trees: &[Laid], few: &[&[f32]], said: &mut [f32]) {
    let mut features = [[0_f32; WIDEST]; WAYS];
    let mut odds = [0_f32; WAYS];
    for ((to, from), (odds, said)) in features.iter_mut().zip(few).zip(odds.iter_mut().zip(&*said)) {
        let width = from.len().min(WIDEST);
        to[..width].copy_from_slice(&from[..width]);
        *odds = *said;
    }
    for tree in trees {
        let mut at = [0_usize; WAYS];
        for _ in 0..tree.depth {
            for (at, features) in at.iter_mut().zip(&features) {
                let question = tree.questions[*at % LEAVES];
                let above = features[question.feature as usize % WIDEST] >= question.least;
                *at = 2 * *at + 1 + usize::from(above);
            }
        }
        let before = (1_usize << tree.depth) - 1;
        for (odds, at) in odds.iter_mut().zip(at) {
            *odds += tree.says[(at - before) % LEAVES];
        }
    }
    for (said, odds) in said.iter_mut().zip(odds) {
        *said = odds;
    }
}

impl Laid {
    fn new(tree: &Tree) -> Self {
        let mut laid =
            Self { depth: tree.depth(), questions: [Question::default(); LEAVES], says: [0.0; LEAVES] };
        laid.lay(tree, 0, 0, 0);
        laid
    }

    /// Lays the part of a tree below a node out from this place on.
    fn lay(&mut self, tree: &Tree, node: usize, place: usize, level: u32) {
        let left = usize::from(tree.left[node]);
        if level == self.depth {
            self.says[place + 1 - (1 << level)] = tree.value[node];
            return;
        }
        let (question, children) = if left == 0 {
            (Question { least: f32::INFINITY, feature: 0 }, [node, node])
        } else {
            let feature = u32::from(tree.feature[node]);
            (Question { least: tree.value[node], feature }, [left, left + 1])
        };
        self.questions[place] = question;
        for (side, child) in children.into_iter().enumerate() {
            self.lay(tree, child, 2 * place + 1 + side, level + 1);
        }
    }
}

impl Tree {
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
            && self.depth() as usize <= DEEPEST
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
        let begun = Forest { trees: forest.trees[..FIRST_TREES].to_vec(), ..forest.clone() };
        let said = judge.probabilities(&samples.iter().map(Vec::as_slice).collect::<Vec<_>>());
        assert_eq!(said.len(), samples.len());
        let mut given_up = 0;
        for (said, features) in said.iter().zip(&samples) {
            let hopeless = begun.probability(features) <= to_probability(HOPELESS);
            given_up += usize::from(hopeless);
            let wanted = if hopeless { &begun } else { forest }.probability(features);
            assert_eq!(said.to_bits(), wanted.to_bits());
        }
        assert!(given_up > 0 && given_up < samples.len(), "{given_up} of {}", samples.len());
    }
}
