//! HTTP in: the public site and its API.
//!
//! [`router()`] lists every route, and its handlers are thin. Every document comes from the current
//! [`courant_render::Publication`], so that the server sends the bytes that a static build writes;
//! only search, lists, events and images are added. The server knows neither the store nor the
//! pipeline: new publications arrive through a watch channel, and everything else through the
//! traits of an [`App`].

#![warn(missing_docs)]

mod app;
mod client_address;
mod connections;
mod documents;
mod events;
mod handlers;
mod listen;
mod middleware;
mod openapi;
mod paths;
mod problem;
mod router;

pub use app::App;
pub use connections::{ConnectionCounts, Counted, CountedIn, Limits, serve, serve_stream};
pub use events::Events;
pub use handlers::{
    clicks::ClickCounting,
    hub_callbacks::{HubSubscriptions, Pushed, Verification},
    metrics::Metrics,
    readiness::{Readiness, ReadyState},
    search::{Search, SearchFailed, SearchQuery, SearchResults},
};
pub use listen::{ByteStream, Listeners, LocalAddress};
pub use middleware::access::{Access, AccessRules, ApiKey, KeyPolicy};
pub use openapi::openapi;
pub use router::{hub_callback_routes, metrics_router, router};
