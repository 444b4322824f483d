//! What the running program adds to the web server: counting of readers, and figures for Prometheus.

mod clicks;
mod connection_metrics;
mod metrics;
mod store_metrics;

pub(crate) use clicks::ClickCounter;
pub(crate) use metrics::SiteMetrics;
