//! Topics learned from a site's own articles, in addition to the rules.
//!
//! For each topic with enough examples, a logistic regression over the words of title, excerpt and
//! lead. It may rescue topics that the rules miss and veto topics that they find wrongly, each only
//! beyond a bound at which it was right on articles that it had not learned from; in between the
//! rules decide.

mod features;
mod train;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use train::{Example, TooFewExamples, TopicTrial, Trained, train};

use features::NUMBERS;

pub(super) use features::features;

/// The version of the file. Another version means other features, for which the weights are not
/// valid.
const VERSION: u32 = 1;

/// Why learned topics can't be used.
#[derive(Debug, thiserror::Error)]
pub enum LearnedError {
    /// Not JSON of this form.
    #[error("invalid file of learned topics: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Written by another version of the program.
    #[error("learned topics have version {0}, expected {VERSION}; train them again")]
    Version(u32),
    /// A number that is not finite, or weights out of order.
    #[error("learned topic `{0}` has a number that is not finite, or weights that are not in order")]
    Damaged(String),
}

/// The learned topics of a site.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LearnedTopics {
    version: u32,
    topics: BTreeMap<String, LearnedTopic>,
}

/// What was learned about one topic.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LearnedTopic {
    bias: f32,
    /// By feature, in the order of the features.
    weights: Vec<(u32, f32)>,
    #[serde(flatten)]
    bounds: Bounds,
}

/// The log-odds from which a model overrules the rules.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Bounds {
    /// At or above: the article has the topic, even if the rules don't find it.
    #[serde(skip_serializing_if = "Option::is_none")]
    rescue: Option<f32>,
    /// At or below: the article does not have the topic.
    #[serde(skip_serializing_if = "Option::is_none")]
    veto: Option<f32>,
}

/// A correction of the rules by a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Correction {
    /// The article has the topic; the probability, 0 to 1.
    Rescue(f32),
    /// The article does not have the topic; the probability that it has, 0 to 1.
    Veto(f32),
}

impl LearnedTopics {
    /// Reads the file.
    pub fn from_json(json: &str) -> Result<Self, LearnedError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } = serde_json::from_str(json)?;
        if version != VERSION {
            return Err(LearnedError::Version(version));
        }
        let learned: Self = serde_json::from_str(json)?;
        for (id, topic) in &learned.topics {
            let bounds = [topic.bounds.rescue, topic.bounds.veto].into_iter().flatten();
            let mut numbers =
                topic.weights.iter().map(|(_, weight)| *weight).chain(bounds).chain([topic.bias]);
            let known = topic.weights.is_sorted_by(|(one, _), (other, _)| one < other);
            if !known || !numbers.all(f32::is_finite) {
                return Err(LearnedError::Damaged(id.clone()));
            }
        }
        Ok(learned)
    }

    /// The file; the same for the same topics.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// How many topics were learned.
    pub fn len(&self) -> usize {
        self.topics.len()
    }

    /// Whether nothing was learned.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// The correction for a topic, given whether the rules found it.
    pub(super) fn correction(&self, topic: &str, rules: bool, features: &[u32]) -> Option<Correction> {
        let topic = self.topics.get(topic)?;
        topic.bounds.correction(rules, topic.log_odds(features))
    }
}

impl LearnedTopic {
    /// Log-odds of the topic; features are sorted and distinct.
    fn log_odds(&self, features: &[u32]) -> f32 {
        let weight = |feature: &u32| {
            self.weights
                .binary_search_by_key(feature, |(known, _)| *known)
                .map_or(0.0, |at| self.weights[at].1)
        };
        let sum: f32 = features.iter().map(weight).sum();
        self.bias + sum * scale(features.len())
    }
}

impl Bounds {
    fn correction(self, rules: bool, log_odds: f32) -> Option<Correction> {
        let sure = 1.0 / (1.0 + (-log_odds).exp());
        match (rules, self.rescue, self.veto) {
            (false, Some(bound), _) if log_odds >= bound => Some(Correction::Rescue(sure)),
            (true, _, Some(bound)) if log_odds <= bound => Some(Correction::Veto(sure)),
            _ => None,
        }
    }
}

/// A factor that makes articles of any length comparable: the features together count as one.
fn scale(features: usize) -> f32 {
    1.0 / (features.max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests;
