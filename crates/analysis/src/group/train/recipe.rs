//! How a model is trained.

use thiserror::Error;

use super::trees::TreeParams;

/// Training parameters; the default is that of the built-in model.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The trees of the decision to join.
    pub join: TreeParams,
    /// The trees of the decision to merge.
    pub merge: TreeParams,
    /// Number of trees of the intermediate models, whose mistakes the next one learns from.
    pub first_trees: usize,
    /// Number of times a model is trained, each time also on the stories made by the one before.
    pub rounds: usize,
    /// A track with `n` pairs weighs as `n` to this power.
    pub balance: f64,
    /// Weight of titles alone relative to full articles.
    pub titles: f64,
    /// Weight of streams of half the density.
    pub thin: f64,
}

impl Default for Recipe {
    fn default() -> Self {
        let join = TreeParams {
            trees: 200,
            depth: 6,
            rate: 0.1,
            min_leaf_weight: 5.0,
            ridge: 5.0,
            sample: 0.7,
            monotone: false,
        };
        Self {
            join,
            merge: TreeParams { trees: 60, depth: 3, min_leaf_weight: 10.0, monotone: true, ..join },
            first_trees: 60,
            rounds: 3,
            balance: 0.15,
            titles: 0.0,
            thin: 0.3,
        }
    }
}

/// An unknown setting.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("unknown training setting {0:?}; expected one of {names}", names = Recipe::NAMES.join(", "))]
pub struct UnknownSetting(String);

impl Recipe {
    /// The names that [`Recipe::set`] knows.
    pub const NAMES: [&'static str; 13] = [
        "trees",
        "depth",
        "rate",
        "least",
        "ridge",
        "sample",
        "merge-trees",
        "merge-depth",
        "merge-least",
        "first-trees",
        "rounds",
        "titles",
        "thin",
    ];

    /// Sets the parameter of this name. Counts are rounded down and never negative.
    ///
    /// Errors: an unknown name.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), UnknownSetting> {
        let whole = value.max(0.0) as usize;
        match name {
            "trees" => self.join.trees = whole,
            "depth" => self.join.depth = whole,
            "rate" => (self.join.rate, self.merge.rate) = (value, value),
            "least" => self.join.min_leaf_weight = value,
            "ridge" => (self.join.ridge, self.merge.ridge) = (value, value),
            "sample" => (self.join.sample, self.merge.sample) = (value, value),
            "merge-trees" => self.merge.trees = whole,
            "merge-depth" => self.merge.depth = whole,
            "merge-least" => self.merge.min_leaf_weight = value,
            "first-trees" => self.first_trees = whole,
            "rounds" => self.rounds = whole,
            "titles" => self.titles = value,
            "thin" => self.thin = value,
            _ => return Err(UnknownSetting(name.to_owned())),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_changes_the_recipe() {
        for name in Recipe::NAMES {
            let mut recipe = Recipe::default();
            recipe.set(name, 7.0).unwrap();
            assert_ne!(recipe, Recipe::default(), "{name}");
        }
        let error = Recipe::default().set("leaves", 1.0).unwrap_err();
        assert!(error.to_string().contains("merge-least"), "{error}");
    }
}
