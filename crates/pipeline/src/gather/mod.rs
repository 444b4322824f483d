//! Polls the sources that are due, queues the pages that their entries link to, and fetches them.
//!
//! `poll` requests each source with the HTTP client from `client`. `read_source` parses the
//! response into entries. `entries` queues the new ones within the limits of `quotas`;
//! `entry_fields` has what an entry states about its article. `fetch` fetches the queued pages, and
//! `images` copies lead images within the `image_budget`.
//! Besides polling, `websub` receives what hubs push, and `ingest` takes bulk input.
//!
//! For the commands about sources, `discover` finds feeds, `check` reports what a source
//! contains, and `source_health` reports its state.

pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod discover;
pub(crate) mod entries;
pub(crate) mod entry_fields;
pub(crate) mod fetch;
pub(crate) mod image_budget;
pub(crate) mod images;
pub(crate) mod ingest;
pub(crate) mod poll;
pub(crate) mod quotas;
pub(crate) mod read_source;
pub(crate) mod source_health;
pub(crate) mod websub;
