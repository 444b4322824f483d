//! Response headers that say when to ask again.

mod freshness;
mod http_date;
mod retry_after;

pub use freshness::freshness;
pub use retry_after::{RETRY_AFTER_MAX, retry_after};
