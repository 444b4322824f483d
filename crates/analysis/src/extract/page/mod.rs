//! The page itself: made safe to parse, measured, and read once for everything that it states.

pub(super) mod class_hints;
pub(super) mod dom;
pub(super) mod elements;
pub(super) mod facts;
mod hints;
pub(super) mod json_ld;
pub(super) mod lazy_images;
pub(super) mod limits;
pub(super) mod measure;
