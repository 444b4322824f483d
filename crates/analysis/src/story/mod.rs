//! The ranking of a story's articles: its lead, the order of its related articles, and its heat.
//!
//! Grouping tells which articles tell one event; their qualities, times and providers determine
//! which of them a reader sees first and how much attention the story currently gets. Every number
//! has its terms as reasons.

mod article;
mod cooling;
mod curve;
mod external_signals;
mod heat;
mod ranking;

pub use article::StoryArticle;
pub use curve::heat_curve;
pub use external_signals::{Boost, Clicks, ExternalSignals, Link};
pub use heat::{HeatConfig, HeatRule};
pub use ranking::{RankedStory, rank};
