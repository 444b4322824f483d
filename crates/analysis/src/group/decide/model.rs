//! The learned decisions: does this article belong to that story, and are these two stories one?
//!
//! Both are boosted trees, over [`JOIN_FEATURES`] and over [`MERGE_FEATURES`], trained on the
//! logistic loss by [`train`](crate::group::train) and kept as a versioned file next to the code.
//! One set of trees serves all languages and lengths: how headlines and full texts differ is
//! learned from the features for the lengths of texts.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::{forest::Forest, merge_features::MERGE_FEATURES};
use crate::group::index::join_features::JOIN_FEATURES;

/// The trained decisions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Increases with every training that is checked in.
    pub version: u32,
    /// Whether an article belongs to a story, by [`JOIN_FEATURES`].
    pub join: Forest,
    /// Whether two stories are one, by [`MERGE_FEATURES`].
    pub merge: Forest,
}

static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    serde_json::from_str(include_str!("model.json")).expect("a test reads the checked-in model")
});

impl Model {
    /// The model that is part of the program.
    pub fn trained() -> &'static Self {
        &TRAINED
    }

    /// Why this model can't be used; `None` if it can.
    pub fn fault(&self) -> Option<String> {
        self.join.fault(&JOIN_FEATURES).or_else(|| self.merge.fault(&MERGE_FEATURES))
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
