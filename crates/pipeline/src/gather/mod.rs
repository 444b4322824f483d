//! Polls the sources that are due, queues the pages that their entries link to, and fetches them.

pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod discover;
pub(crate) mod entries;
pub(crate) mod entry_fields;
pub(crate) mod fetch;
pub(crate) mod image_budget;
pub(crate) mod images;
pub(crate) mod ingest;
pub(crate) mod known_feeds;
pub(crate) mod page_list;
pub(crate) mod poll;
pub(crate) mod quotas;
pub(crate) mod read_source;
pub(crate) mod source_health;
pub(crate) mod websub;
