//! A snapshot to bytes in memory: HTML, JSON documents, feeds, sitemaps and records.
//!
//! Everything that Courant publishes is rendered here, from one [`crate::Snapshot`] and one
//! set of [`Templates`] alone: no clock, no socket, no database. Equal snapshots and templates give
//! equal bytes, so a static build and a live server show the same.
//!
//! A [`Publication`] indexes its snapshot once and then renders one document at a time, on demand.
//! When a [`SnapshotDelta`] is applied to it, it says which documents that invalidates.
//!
//! The stories whose lead is published are public, with all their articles as coverage except those
//! that an editor has withdrawn. Stories with a held lead appear nowhere.

#![warn(missing_docs)]

pub mod api;
mod card_parts;
mod chart;
mod classic;
mod collections;
mod context;
mod cursor;
mod delta;
mod document;
mod escaping;
mod feeds;
mod formatting;
mod grouped_copies;
mod index;
mod invalidation;
mod json_ld;
mod kept;
mod lead_image;
mod listing;
mod openapi;
mod page_cache;
mod pages;
mod paging;
mod policy;
mod publication;
mod record;
mod route;
mod search_view;
mod sitemap;
mod snapshot;
mod story_card;
mod story_events;
mod template_data;
mod templates;
mod xml;

pub use chart::{Bar, shares_svg};
pub use delta::{SnapshotDelta, StoryState};
pub use document::{Document, RenderError};
pub use feeds::FEED_ENTRIES;
pub use invalidation::Invalidation;
pub use listing::{ListError, ListQuery, Listed};
pub use policy::content_policy;
pub use publication::Publication;
pub use record::{record_of, records_of};
pub use route::Syntax as FeedSyntax;
pub use search_view::{FoundArticle, SearchView};
pub use snapshot::Snapshot;
pub use story_card::BEACON;
pub use story_events::{EventFilter, StoryEvent, StoryEventKind};
pub use templates::Templates;
