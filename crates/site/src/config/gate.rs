//! `[gate]`: what is published.

use courant_analysis::gate::Gate;

use super::section::{Invalid, config_section};

config_section! {
    /// What is published and what is held.
    ["gate"] describes Gate {
        /// A lead is published at this heat or above.
        threshold,
        /// Articles older than this many days when first seen are held.
        window_days,
        /// Built-in rules to apply after your own: "default". The classic profile of quality brings
        /// its own.
        profile,
        /// Your own rules, tried first and in order; docs/OPERATIONS.md shows the form of
        /// [[gate.rules]].
        rules,
    }
}

pub(super) fn validate(gate: &Gate) -> Result<(), Invalid> {
    gate.check().map_err(|error| Invalid::new("rules", format!("must be valid: {error}")))
}
