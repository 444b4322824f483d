//! What a snapshot holds: the publication, its articles and stories as they are published.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::{ArticleId, Heat, PublicUrls, Reason, Record, RecordPath, Signal, StoryId, TopicMatch, Verdict};

/// What readers see of the publication itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SiteInfo {
    /// The publication's name.
    pub title: String,
    /// What it is, in a sentence.
    pub description: String,
    /// The URL of the site, with a final slash.
    pub url: Url,
    /// Language of the site's own texts: an ISO 639-1 code.
    pub language: String,
    /// Number of stories or articles on a page of a list.
    pub page_size: usize,
    /// The heat at which a lead is published.
    pub threshold: i32,
    /// Heat's half-life in hours.
    pub half_life_h: f64,
    /// Hubs that push the site's feeds (WebSub), in the owner's order.
    #[serde(default)]
    pub hubs: Vec<Url>,
    /// Whether the site counts clicks on links to articles (`ping`, HTML standard, section 4.6.4).
    #[serde(default)]
    pub beacon: bool,
    /// Whether each story has feeds of its own.
    #[serde(default = "yes")]
    pub story_feeds: bool,
    /// The rule for URLs of others in links and images.
    #[serde(default)]
    pub addresses: PublicUrls,
}

const fn yes() -> bool {
    true
}

/// An article as it is published: its record and what the site shows in addition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The article.
    pub id: ArticleId,
    /// The path of its record.
    pub path: RecordPath,
    /// Its record, overrides applied, without `related`.
    pub record: Record,
    /// Its story.
    pub story: StoryId,
    /// The article whose text this one repeats.
    pub copy_of: Option<ArticleId>,
    /// Heat now; `None` if it does not lead its story.
    #[serde(with = "crate::published_heat")]
    pub heat: Option<Heat>,
    /// Published or held, and why.
    pub verdict: Verdict,
    /// When Courant first saw it.
    pub first_seen: Timestamp,
    /// The breakdown of the quality.
    pub signals: Vec<Signal>,
    /// The topics and the terms behind them.
    pub topics: Vec<TopicMatch>,
    /// Why it is in its story.
    pub because: Vec<Reason>,
    /// The path of this site's copy of the lead image, below the site's URL: `images/abcd….jpg`.
    pub picture: Option<String>,
    /// Smaller copies of it, narrowest first.
    pub thumbnails: Vec<Thumbnail>,
}

/// A smaller copy of an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thumbnail {
    /// Width in pixels.
    pub width: u32,
    /// Its path below the site's URL: `images/abcd…-400.webp`.
    pub path: String,
}

/// The heat of a story over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeatCurve {
    /// The first instant: that of the story's first report.
    pub start: Timestamp,
    /// Seconds from one instant to the next.
    pub step_s: i64,
    /// The heat at each instant; at least two values.
    pub degrees: Vec<i32>,
}

/// A story as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryView {
    /// The story.
    pub id: StoryId,
    /// The index among the snapshot's items of its lead.
    pub lead: usize,
    /// The indices of the others: best quality first, copies after the articles they repeat.
    pub related: Vec<usize>,
    /// The terms of the lead's heat.
    pub heat_because: Vec<Reason>,
    /// The heat over time; `None` if there is only one report, or the lead is not published.
    #[serde(default)]
    pub heat_curve: Option<HeatCurve>,
    /// Whether an editor has pinned it to the top of the front page.
    #[serde(default)]
    pub pinned: bool,
}
