//! What stands for a story: its lead, the order of its related articles, and its heat.
//!
//! Grouping says which articles tell one event; here their qualities, times and providers say which of them a
//! reader sees first and how much attention the story gets now. Every figure comes with its terms.

mod article;
mod attention;
mod cooling;
mod curve;
mod heat;
mod standing;

pub use article::StoryArticle;
pub use attention::{Attention, Boost, Clicks, Link};
pub use curve::heat_curve;
pub use heat::{HeatConfig, HeatRule};
pub use standing::{Standing, standing};
