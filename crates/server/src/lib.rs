//! HTTP in: the public site and its API.
//!
//! Handlers are thin. Every document comes from the present [`courant_render::Publication`], so that the
//! server answers the bytes that a static build writes; search and pictures are the only things added. The
//! server knows neither the store nor the pipeline: a new publication reaches it through a watch channel,
//! and searches go through the [`Search`] trait.

#![warn(missing_docs)]

mod access;
mod app;
mod clicks;
mod client_address;
mod compression;
mod conditional;
mod connections;
mod cors;
mod documents;
mod events;
mod headers;
mod host;
mod hsts;
mod hub_callbacks;
mod images;
mod listen;
mod lists;
mod metrics;
mod params;
mod problem;
mod rate_limit;
mod readiness;
mod rendering;
mod router;
mod search;
mod site;

pub use access::{Access, AccessRules, ApiKey, Keys};
pub use app::AppState;
pub use clicks::{Beacon, beacon_router};
pub use connections::{ConnectionCounts, Counted, CountedIn, Limits, serve, serve_stream};
pub use events::Events;
pub use hsts::with_hsts;
pub use hub_callbacks::{Push, Pushed, Verification, push_router, with_hubs};
pub use listen::{ByteStream, InvalidListenAddress, ListenAddress, Listeners, LocalAddress};
pub use metrics::{Metrics, metrics_router};
pub use readiness::{Readiness, ReadyAnswer, full_ready_router, ready_router};
pub use router::router;
pub use search::{Search, SearchAnswer, SearchFailed, SearchQuery};
