//! The scores of an article: topics, quality and heat, each with its reasons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Signal, names::named};

/// How good an article is by itself: an integer, about 0 to 110 (imported classic records go up to
/// 189), never negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quality(i32);

impl Quality {
    /// The quality with this many points; points below zero count as zero.
    pub const fn from_points(points: i32) -> Self {
        Self(if points < 0 { 0 } else { points })
    }

    /// The points.
    pub const fn points(self) -> i32 {
        self.0
    }
}

/// How much attention a story gets now, in degrees, never negative. Its lead carries it; an article
/// that does not lead its story has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Heat(i32);

impl Heat {
    /// The heat of a lead; degrees below zero count as zero.
    pub const fn from_degrees(degrees: i32) -> Self {
        Self(if degrees < 0 { 0 } else { degrees })
    }

    /// The heat with this many degrees added.
    #[must_use]
    pub const fn boosted(self, degrees: i32) -> Self {
        Self::from_degrees(self.0.saturating_add(degrees))
    }

    /// The degrees.
    pub const fn degrees(self) -> i32 {
        self.0
    }

    /// The number that records and the API publish: the degrees, or −1 for an article that does not
    /// lead its story.
    pub const fn published_number(heat: Option<Self>) -> i32 {
        match heat {
            Some(heat) => heat.0,
            None => -1,
        }
    }

    /// The heat that is published as this number.
    pub const fn from_published_number(number: i32) -> Option<Self> {
        if number < 0 { None } else { Some(Self(number)) }
    }
}

/// Serialises a heat as the number that is published.
pub mod published_heat {
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Heat;

    /// Writes the published number.
    pub fn serialize<S: Serializer>(heat: &Option<Heat>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i32(Heat::published_number(*heat))
    }

    /// Reads the published number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Heat>, D::Error> {
        i32::deserialize(deserializer).map(Heat::from_published_number)
    }
}

/// A topic of an article, and why it has it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TopicMatch {
    /// The topic's id.
    pub id: String,
    /// The topic's name, as records write it.
    pub name: String,
    /// Relevance, above 0; comparable within one article only.
    pub score: f64,
    /// The terms that indicate it and where they were found.
    pub because: Vec<String>,
}

named! {
    /// Where the topics of an article are from.
    #[derive(Default)]
    pub enum TopicOrigin ("origin of topics") {
        /// The rules of the taxonomy found them, or found none.
        #[default]
        Rules = "rules",
        /// The rules found them, and the site's learned weights added or refused some.
        Learned = "learned",
        /// They came with the article (an imported record) and are never judged.
        Given = "given",
    }
}

/// Topics and quality of one article.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Judgement {
    /// Most relevant first; ties by the order of the taxonomy.
    pub topics: Vec<TopicMatch>,
    /// Where the topics are from. Not part of the JSON: the store has a column for it.
    #[serde(skip)]
    pub topics_from: TopicOrigin,
    /// The sum of the signals.
    pub quality: Quality,
    /// The breakdown of the quality.
    pub signals: Vec<Signal>,
    /// Topics that the rules found and the site's learned weights refused, with the reasons of
    /// both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<TopicMatch>,
}

impl Judgement {
    /// The names of the topics that came with the article; `None` if none did.
    pub fn given_topics(&self) -> Option<Vec<String>> {
        (self.topics_from == TopicOrigin::Given)
            .then(|| self.topics.iter().map(|topic| topic.name.clone()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_heat_is_published_as_minus_one() {
        for (heat, number) in
            [(None, -1), (Some(Heat::from_degrees(-5)), 0), (Some(Heat::from_degrees(70)), 70)]
        {
            assert_eq!(Heat::published_number(heat), number);
            assert_eq!(Heat::from_published_number(number), heat);
        }
        assert!(None < Some(Heat::from_degrees(0)), "a list by heat ends with what has none");
    }

    #[test]
    fn every_origin_of_topics_is_read_back_by_its_name() {
        for origin in TopicOrigin::ALL {
            assert_eq!(origin.as_str().parse(), Ok(*origin));
        }
        let error = "guessed".parse::<TopicOrigin>().unwrap_err();
        assert_eq!(error.to_string(), "unknown origin of topics: “guessed”");
    }
}
