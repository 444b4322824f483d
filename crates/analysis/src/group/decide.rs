//! The learned decision: does this article belong to that story?
//!
//! Boosted regression trees over [`Features`] (Friedman, *Greedy function approximation*, 2001), trained on the
//! logistic loss by the example `group_train` and kept as a versioned file beside the code. One set of trees
//! for all languages and lengths: what differs between headlines and full texts is learned from the features
//! that say how long the texts are.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::features::{FEATURES, Features};

/// A trained decision.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Grows with every training that is checked in.
    pub version: u32,
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

static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    serde_json::from_str(include_str!("model.json")).expect("the checked-in model is read by a test")
});

impl Model {
    /// The model that is part of the program.
    pub fn trained() -> &'static Self {
        &TRAINED
    }

    /// Why this model can't be used, where it can't.
    pub fn fault(&self) -> Option<String> {
        if !self.features.iter().eq(FEATURES) {
            return Some(format!("the model was trained for other features than {FEATURES:?}"));
        }
        self.trees.iter().position(|tree| !tree.is_sound()).map(|at| format!("tree {at} is damaged"))
    }

    /// How likely the article tells the story's event, from 0 to 1.
    pub fn probability(&self, features: &Features) -> f64 {
        let odds: f32 = self.trees.iter().fold(self.bias, |odds, tree| odds + tree.value_for(features));
        1.0 / (1.0 + (-f64::from(odds)).exp())
    }
}

impl Tree {
    fn is_sound(&self) -> bool {
        let nodes = self.feature.len();
        nodes > 0
            && self.value.len() == nodes
            && self.left.len() == nodes
            && self.feature.iter().all(|&feature| usize::from(feature) < FEATURES.len())
            && self
                .left
                .iter()
                .enumerate()
                .all(|(at, &left)| left == 0 || usize::from(left) > at && usize::from(left) + 1 < nodes)
    }

    /// What the tree adds to the log-odds.
    pub fn value_for(&self, features: &Features) -> f32 {
        let mut at = 0;
        loop {
            let left = usize::from(self.left[at]);
            if left == 0 {
                return self.value[at];
            }
            let above = features.0[usize::from(self.feature[at])] >= self.value[at];
            at = left + usize::from(above);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trained_model_fits_the_features() {
        assert_eq!(Model::trained().fault(), None);
    }

    #[test]
    fn damage_is_found() {
        let mut model = Model::trained().clone();
        model.trees[0].left[0] = 9_999;
        assert!(model.fault().is_some());
    }
}
