//! `[push]`: WebSub, in both directions.

use url::Url;

use super::section::config_section;

config_section! {
    /// WebSub: news by push, in both directions.
    ["push"]
    pub struct PushConfig {
        /// Subscribe at the hubs that feeds name, if hubs can reach this site.
        pub subscribe: bool = true,
        /// Hubs to notify when this site's own feeds change: `["https://hub.example/"]`.
        pub hubs: Vec<Url> = Vec::new(),
    }
}
