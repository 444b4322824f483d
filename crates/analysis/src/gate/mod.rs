//! Publishes or holds articles by rules in order; the first that decides is named.

mod config;
mod decide;

pub use config::{Action, Conditions, Gate, GateError, GateProfile, SiteRule};
pub use decide::GateInput;
