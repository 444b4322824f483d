//! placeholder
pub mod group;
pub mod story;
