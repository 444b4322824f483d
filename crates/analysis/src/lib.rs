//! Analysis without I/O: extraction, identity, grouping, topics, quality, heat and the gate.
//!
//! Everything here is a function of its arguments: no clock, no socket, no file. The same input
//! gives the same result, and every result has its reasons.

#![warn(missing_docs)]

pub mod evaluate;
pub mod extract;
pub mod gate;
mod glob;
pub mod group;
pub mod identity;
pub mod judge;
mod plural;
pub mod story;
