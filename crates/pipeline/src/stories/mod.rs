//! Stories: which of their articles leads, and how much attention they get.

pub(crate) mod attention;
pub(crate) mod boost;
pub(crate) mod standing;
