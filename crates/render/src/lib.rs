//! A snapshot to bytes in memory: HTML, JSON documents, feeds, sitemaps and records.
//!
//! Everything that Courant publishes is made here, and it is made from one [`Snapshot`] and
//! one set of [`Templates`] alone: no clock, no socket, no database. Equal snapshots and templates give equal
//! bytes, so a static build and a live server answer the same.
//!
//! A [`Publication`] builds its indices once and then renders one document at a time, on demand.
//!
//! What is public: the stories whose lead is published, with all their articles as coverage, except articles
//! that an editor has held. Stories with a held lead appear nowhere.

#![warn(missing_docs)]

mod api;
mod card;
mod change;
mod chart;
mod classic;
mod collections;
mod cursor;
mod document;
mod feeds;
mod fold;
mod index;
mod json_ld;
mod listing;
mod news;
mod openapi;
mod pages;
mod paging;
mod policy;
mod publication;
mod record;
mod route;
mod shelf;
mod sitemap;
mod snapshot;
mod templates;
mod touched;
mod words;
mod xml;

pub use card::BEACON;
pub use change::{Change, StoryState};
pub use chart::{Bar, shares_svg};
pub use document::{Document, RenderError};
pub use feeds::FEED_ENTRIES;
pub use listing::{ListError, ListQuery, Listed};
pub use news::{NewsFilter, StoryNews, Told};
pub use pages::{FoundArticle, SearchView};
pub use policy::content_policy;
pub use publication::Publication;
pub use record::{record_of, records_of};
pub use route::Syntax as FeedSyntax;
pub use snapshot::Snapshot;
pub use templates::Templates;
pub use touched::Touched;
