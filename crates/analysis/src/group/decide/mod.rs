//! The learned decisions and their reasons.

pub(super) mod forest;
pub(super) mod merge_features;
pub(super) mod model;
pub(super) mod reasons;
