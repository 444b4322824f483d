//! The only way to the outside.
//!
//! Everything that Courant requests from other servers goes through one [`Client`]. It blocks
//! addresses that are not public, is polite (few requests at a time, validators, `Retry-After`,
//! robots.txt, an honest name), limits every response in bytes and time, and reports failures as
//! typed errors. [`image`] measures and stores images; [`schedule`] computes when to poll a source
//! again, without I/O.

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
pub use messages::{Fetched, NotModified, Purpose, Request, Response, Validators};
pub use redirect::{RedirectProblem, Step, next_step};
pub use resolve::{Resolve, Resolving, SystemResolver};
