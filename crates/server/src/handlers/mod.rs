//! The handlers of the routes.

pub(crate) mod clicks;
pub(crate) mod event_stream;
pub(crate) mod hub_callbacks;
pub(crate) mod images;
pub(crate) mod lists;
pub(crate) mod metrics;
pub(crate) mod params;
pub(crate) mod readiness;
pub(crate) mod search;
pub(crate) mod site;
