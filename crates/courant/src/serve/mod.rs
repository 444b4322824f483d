//! The running program: the application around the web server.

mod access;
mod app;
mod clicks;
mod connection_metrics;
mod editors;
mod hubs;
pub(crate) mod listening;
mod metrics;
mod publisher;
mod reload;
mod search;
mod self_check;
pub(crate) mod server;
mod store_metrics;
mod work_loop;

use clicks::ClickCounter;
use metrics::SiteMetrics;

pub(crate) use app::{App, until_stopped};
pub(crate) use work_loop::{keep_published, keep_working};
