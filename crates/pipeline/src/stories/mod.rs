//! Stories: which of their articles leads, and how much attention they get.

pub(crate) mod boost;
pub(crate) mod heat_inputs;
pub(crate) mod member;
pub(crate) mod overrides;
pub(crate) mod rescore;
pub(crate) mod score;
