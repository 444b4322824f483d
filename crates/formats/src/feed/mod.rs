//! Readers of feeds of every kind, giving one set of values.
//!
//! RSS 0.9x to 2.0, RDF (RSS 0.90 and 1.0), Atom 0.3 and 1.0 (RFC 4287), JSON Feed 1.0 and 1.1,
//! CDF, and sitemaps with their news, image and video extensions are read into [`Feed`]. Feeds mix
//! their vocabularies, so one reader knows all elements in any position; the format decides only
//! what an ambiguous one means. Nothing here fetches anything, and no input makes it panic, recurse
//! without bound or use memory out of proportion to its size.

mod batch;
mod discover;
mod entry;
mod error;
mod fields;
mod hfeed;
mod identity;
mod json;
mod known_feeds;
mod media;
mod mojibake;
mod neutral;
mod page_list;
mod people;
mod sitemap;
mod syntax;
mod text;
mod values;

pub use batch::{BatchError, BatchLine};
pub use discover::{FeedLink, feeds_in_page};
pub use error::FeedError;
pub use hfeed::feed_in_page;
pub use identity::entry_keys;
pub use known_feeds::{COMMON_PATHS, known_feed};
pub use neutral::neutral;
pub use page_list::{ListError, ListSelectors, feed_in_list};
pub use syntax::{FeedContext, parse};
pub use values::{Category, Entry, Feed, FeedKind, Link, MediaFile, Origin, Person, Text, TextKind};
