//! Published or held: rules as data, in order, the first that decides is named.

mod config;
mod decide;

pub use config::{Action, Conditions, Gate, GateError, GateProfile, GateRule};
pub use decide::GateInput;
