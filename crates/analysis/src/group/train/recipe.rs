//! How a model is trained.

use thiserror::Error;

use super::trees::Growing;

/// How a model is trained; the default is what the model in the program was trained with.
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    /// The trees of the decision to join.
    pub join: Growing,
    /// The trees of the decision to merge.
    pub merge: Growing,
    /// Trees of the models that only serve to show the next one its mistakes.
    pub first_trees: usize,
    /// How many times a model is trained, each on what the one before has made too.
    pub rounds: usize,
    /// A track with `n` pairs weighs as `n` to this power.
    pub balance: f64,
    /// How much titles alone weigh beside the articles as they are.
    pub titles: f64,
    /// How much streams of half the density weigh.
    pub thin: f64,
}

impl Default for Recipe {
    fn default() -> Self {
        let join =
            Growing { trees: 200, depth: 6, rate: 0.1, least: 5.0, ridge: 5.0, sample: 0.7, rising: false };
        Self {
            join,
            merge: Growing { trees: 60, depth: 3, least: 10.0, rising: true, ..join },
            first_trees: 60,
            rounds: 3,
            balance: 0.15,
            titles: 0.0,
            thin: 0.3,
        }
    }
}

/// A setting that a recipe has not.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is no setting of the training; there are {names}", names = Recipe::NAMES.join(", "))]
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

    /// Sets what has this name. Whole numbers are cut, and what can't be below 0 is not.
    ///
    /// Errors: a name that is none.
    pub fn set(&mut self, name: &str, value: f64) -> Result<(), UnknownSetting> {
        let whole = value.max(0.0) as usize;
        match name {
            "trees" => self.join.trees = whole,
            "depth" => self.join.depth = whole,
            "rate" => (self.join.rate, self.merge.rate) = (value, value),
            "least" => self.join.least = value,
            "ridge" => (self.join.ridge, self.merge.ridge) = (value, value),
            "sample" => (self.join.sample, self.merge.sample) = (value, value),
            "merge-trees" => self.merge.trees = whole,
            "merge-depth" => self.merge.depth = whole,
            "merge-least" => self.merge.least = value,
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
    fn every_name_sets_something() {
        for name in Recipe::NAMES {
            let mut recipe = Recipe::default();
            recipe.set(name, 7.0).unwrap();
            assert_ne!(recipe, Recipe::default(), "{name}");
        }
        let error = Recipe::default().set("leaves", 1.0).unwrap_err();
        assert!(error.to_string().contains("merge-least"), "{error}");
    }
}
