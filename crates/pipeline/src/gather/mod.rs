//! Gathering: which sources are due, what they name, and the bytes of the pages.

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
