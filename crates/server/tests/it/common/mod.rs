//! What the tests of the API share.

pub(crate) mod app;
#[allow(dead_code, reason = "other crates use what is not used here")]
#[path = "../../../../render/tests/common/mod.rs"]
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod site;
