//! The table of weights behind the default quality.

use serde::{Deserialize, Serialize};

/// The points of each signal: `[quality]` in the site's configuration, where each can be changed. Rewards are
/// the most that a signal can give; penalties are taken whole.
///
/// With the standing weights an article of an unknown provider with a picture, an author and a text of some
/// length reaches about 80, and nothing exceeds 110.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Source trust: this many points at trust 100, in proportion below.
    pub trust: i32,
    /// Title, excerpt, time, language and topic are there: a fifth each.
    pub completeness: i32,
    /// Length of the text, full at 800 words.
    pub depth: i32,
    /// A picture, full at 1,200 pixels' width.
    pub image: i32,
    /// A named author.
    pub byline: i32,
    /// Paragraphs of readable length.
    pub structure: i32,
    /// The text is its own.
    pub originality: i32,
    /// The site's subject stands in the title; half where it stands in the excerpt.
    pub focus: i32,
    /// Sources are named: people and papers to whom the text attributes what it says, and addresses.
    pub sources: i32,
    /// A video or podcast is embedded in a piece of that kind.
    pub featured: i32,
    /// An AMP page is known.
    pub amp: i32,
    /// The text is another article's.
    pub copy: i32,
    /// It is a press release.
    pub press_release: i32,
    /// It advertises a market report.
    pub market_report: i32,
    /// The title withholds what it is about.
    pub clickbait: i32,
    /// The title is a counted list.
    pub listicle: i32,
    /// It is an advertisement or full of affiliate links.
    pub promotion: i32,
    /// The text was turned out by a machine or by template: it repeats itself or fits every subject.
    pub spun: i32,
    /// The sentences are too long to be read.
    pub readability: i32,
    /// It was published long before it was first seen.
    pub stale: i32,
    /// It is in none of the site's languages.
    pub wrong_language: i32,
    /// The page has hardly any text.
    pub thin: i32,
    /// Only the beginning can be read.
    pub paywall: i32,
    /// The title is written in capitals or with repeated exclamation marks.
    pub shouting: i32,
    /// The title is shorter than three words or longer than thirty.
    pub title_length: i32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            trust: 30,
            completeness: 10,
            depth: 15,
            image: 15,
            byline: 8,
            structure: 5,
            originality: 10,
            focus: 10,
            sources: 5,
            featured: 5,
            amp: 2,
            copy: -20,
            press_release: -25,
            market_report: -60,
            clickbait: -15,
            listicle: -6,
            promotion: -25,
            spun: -25,
            readability: -5,
            stale: -10,
            wrong_language: -15,
            thin: -12,
            paywall: -6,
            shouting: -10,
            title_length: -5,
        }
    }
}
