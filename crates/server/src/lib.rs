//! HTTP in: the public site and its API.
//!
//! [`router()`] lists every route, and its handlers are thin. Every document comes from the current
//! [`courant_render::Publication`], so that the server sends the bytes that a static build writes;
//! only search, lists, events and images are added. The server knows neither the store nor the
//! pipeline: new publications arrive through a watch channel, and everything else through the
//! traits of an [`App`].

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
mod event_stream;
mod events;
mod headers;
mod host;
mod hsts;
mod hub_callbacks;
mod hub_links;
mod images;
mod listen;
mod lists;
mod metrics;
mod params;
mod paths;
mod problem;
mod rate_limit;
mod readiness;
mod rendering;
mod router;
mod search;
mod site;

pub use access::{Access, AccessRules, ApiKey, KeyPolicy};
pub use app::App;
pub use clicks::ClickCounting;
pub use connections::{ConnectionCounts, Counted, CountedIn, Limits, serve, serve_stream};
pub use events::Events;
pub use hub_callbacks::{HubSubscriptions, Pushed, Verification};
pub use listen::{ByteStream, InvalidListenAddress, ListenAddress, Listeners, LocalAddress};
pub use metrics::Metrics;
pub use readiness::{Readiness, ReadyState};
pub use router::{hub_callback_routes, metrics_router, router};
pub use search::{Search, SearchFailed, SearchQuery, SearchResults};
