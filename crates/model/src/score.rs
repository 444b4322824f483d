//! The scores of an article: topics, quality and heat, each with its reasons.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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

/// How much attention a story gets now, carried by its lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Heat(i32);

impl Heat {
    /// The heat of every article that is not its story's lead.
    pub const NOT_LEAD: Self = Self(-1);

    /// The heat of a lead; degrees below zero count as zero.
    pub const fn from_degrees(degrees: i32) -> Self {
        Self(if degrees < 0 { 0 } else { degrees })
    }

    /// The heat with this many degrees added; unchanged for an article that is not a lead.
    #[must_use]
    pub const fn boosted(self, degrees: i32) -> Self {
        if self.0 < 0 { self } else { Self::from_degrees(self.0.saturating_add(degrees)) }
    }

    /// The number written in records: −1 if the article is not its story's lead.
    pub const fn degrees(self) -> i32 {
        self.0
    }
}

/// A signal behind a quality. The points of all signals add up to the quality exactly (a signal
/// `floor` is added if the sum would be negative).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// Short permanent name: `image`, `title_length`.
    pub name: String,
    /// May be negative.
    pub points: i32,
    /// What was found.
    pub because: String,
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

/// Topics and quality of one article.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Judgement {
    /// Most relevant first; ties by the order of the taxonomy.
    pub topics: Vec<TopicMatch>,
    /// The sum of the signals.
    pub quality: Quality,
    /// The breakdown of the quality.
    pub signals: Vec<Signal>,
    /// Topics that the rules found and the site's learned weights refused, with the reasons of
    /// both.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<TopicMatch>,
}
