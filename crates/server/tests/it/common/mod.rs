//! What the tests of the API share.

pub(crate) mod app;
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod site;
