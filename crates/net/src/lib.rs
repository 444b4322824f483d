//! The only door to the outside.
//!
//! Everything that Courant asks of other people's servers goes through one [`Client`]: it refuses addresses that
//! are not public, keeps the manners that publishers expect of a guest (few requests at a time, validators,
//! `Retry-After`, robots.txt, an honest name), bounds every answer in bytes and time, and says in typed errors
//! what went wrong. Images are measured and kept by [`image`]. When to ask again is computed here too
//! ([`schedule`]), from values alone.

#![warn(missing_docs)]

mod answer;
mod body;
mod client;
mod config;
mod decoding;
mod error;
mod freshness;
mod guard;
mod http_date;
pub mod image;
mod lanes;
mod pauses;
mod redirect;
mod resolve;
mod retry_after;
mod robots;
mod robots_lines;
mod robots_rules;
pub mod schedule;
mod send_error;
pub mod temporary;
pub mod visit;
pub mod websub;

pub use courant_model::{SpecialRange, special_range};

pub use answer::{Answer, Fetched, NotModified, Purpose, Request, Validators};
pub use client::Client;
pub use config::{ClientConfig, Clock, OriginOverride, user_agent};
pub use error::{BlockReason, FetchError, NetError, TimeoutStage};
pub use freshness::freshness;
pub use redirect::{RedirectProblem, Step, next_step};
pub use resolve::{Resolve, Resolving, SystemResolver};
pub use retry_after::{RETRY_AFTER_MAX, retry_after};
