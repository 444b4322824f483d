//! The learned decisions: does this article belong to that story, and are these two stories one?
//!
//! Both are boosted trees, over [`FEATURES`] and over [`BRIDGE_FEATURES`], trained on the logistic loss by
//! [`train`](crate::group::train) and kept as a versioned file beside the code. One set of trees for all languages and
//! lengths: what differs between headlines and full texts is learned from the features that say how long the
//! texts are.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{bridge::BRIDGE_FEATURES, forest::Forest};
use crate::group::index::features::FEATURES;

/// The trained decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Grows with every training that is checked in.
    pub version: u32,
    /// Whether an article tells a story's event, by [`FEATURES`].
    pub join: Forest,
    /// Whether two stories are one, by [`BRIDGE_FEATURES`].
    pub merge: Forest,
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
        self.join.fault(&FEATURES).or_else(|| self.merge.fault(&BRIDGE_FEATURES))
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
        model.join.trees[0].left[0] = 9_999;
        assert!(model.fault().is_some());
    }
}
