//! The learned decisions and their reasons.

pub(super) mod because;
pub(super) mod bridge;
pub(super) mod forest;
pub(super) mod model;
