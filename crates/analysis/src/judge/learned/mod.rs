//! What a site's own articles teach about its topics, beside the rules.
//!
//! For each topic that has enough examples a logistic regression over the words of title, excerpt and lead. It may
//! rescue what the rules miss and veto what they catch wrongly, each only beyond a bound at which it was right on
//! articles from which it had not learned; in between the rules stand.

mod features;
mod train;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use train::{Example, TooFew, TopicTrial, Trained, train};

use features::NUMBERS;

pub(super) use features::features;

/// The form of the file. Another number means other features, which old weights do not fit.
const VERSION: u32 = 1;

/// Why learned topics are not used.
#[derive(Debug, thiserror::Error)]
pub enum LearnedError {
    /// No JSON of this form.
    #[error("no learned topics: {0}")]
    Syntax(#[from] serde_json::Error),
    /// Written by another version of the program.
    #[error("learned topics of version {0}, wanted {VERSION}: train them again")]
    Version(u32),
    /// A number that is none, or weights out of order.
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

/// From which log-odds on a model is heard.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Bounds {
    /// At or above: it is the topic, whatever the rules say.
    #[serde(skip_serializing_if = "Option::is_none")]
    rescue: Option<f32>,
    /// At or below: it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    veto: Option<f32>,
}

/// What a model says against the rules.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Say {
    /// It is the topic; how sure it is, 0 to 1.
    Rescue(f32),
    /// It is not; how sure it is that it were, 0 to 1.
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

    /// The file, the same for the same topics.
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

    /// What is said of a topic about which the rules said this.
    pub(super) fn say(&self, topic: &str, rules: bool, features: &[u32]) -> Option<Say> {
        let topic = self.topics.get(topic)?;
        topic.bounds.say(rules, topic.log_odds(features))
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
    fn say(self, rules: bool, log_odds: f32) -> Option<Say> {
        let sure = 1.0 / (1.0 + (-log_odds).exp());
        match (rules, self.rescue, self.veto) {
            (false, Some(bound), _) if log_odds >= bound => Some(Say::Rescue(sure)),
            (true, _, Some(bound)) if log_odds <= bound => Some(Say::Veto(sure)),
            _ => None,
        }
    }
}

/// What makes articles of any length alike: features count in all as one.
fn scale(features: usize) -> f32 {
    1.0 / (features.max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests;
