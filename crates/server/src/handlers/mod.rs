//! The handlers of the routes. Those of `/api/v1/` carry their part of its description, see
//! [`crate::openapi`].

pub(crate) mod articles;
pub(crate) mod clicks;
pub(crate) mod description;
pub(crate) mod directory;
pub(crate) mod event_stream;
pub(crate) mod hub_callbacks;
pub(crate) mod images;
mod lists;
pub(crate) mod metrics;
pub(crate) mod params;
pub(crate) mod readiness;
pub(crate) mod records;
pub(crate) mod search;
pub(crate) mod site;
pub(crate) mod stories;
