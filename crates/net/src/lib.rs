//! The only door to the outside.
//!
//! Everything that Courant asks of other people's servers goes through one [`Client`]: it refuses addresses that
//! are not public, keeps the manners that publishers expect of a guest (few requests at a time, validators,
//! `Retry-After`, robots.txt, an honest name), bounds every answer in bytes and time, and says in typed errors
//! what went wrong. Images are measured and kept by [`image`]. When to ask again is computed here too
//! ([`schedule`]), from values alone.

#![warn(missing_docs)]

mod address_filter;
mod client;
mod config;
mod error;
mod guard;
mod headers;
pub mod image;
mod limits;
mod messages;
pub mod poll_outcome;
mod redirect;
mod resolve;
mod robots;
pub mod schedule;
pub mod temporary;
pub mod websub;

pub use courant_model::{SpecialRange, special_range};

pub use client::Client;
pub use config::{ClientConfig, Clock, OriginOverride, user_agent};
pub use error::{BlockReason, FetchError, NetError, TimeoutStage};
pub use headers::{RETRY_AFTER_MAX, freshness, retry_after};
pub use messages::{Answer, Fetched, NotModified, Purpose, Request, Validators};
pub use redirect::{RedirectProblem, Step, next_step};
pub use resolve::{Resolve, Resolving, SystemResolver};
