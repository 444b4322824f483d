//! `[api]`: access to `/api/v1/`.

use serde::{Deserialize, Serialize};

use super::section::config_section;

/// Whether clients of the API need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyRule {
    /// Open to all; requests are not counted.
    Off,
    /// Clients without a key have a limit.
    Optional,
    /// Clients without a key are refused.
    Required,
}

config_section! {
    /// Access to /api/v1/.
    ["api"]
    pub struct ApiConfig {
        /// Whether clients need a key (`courant api-key`): "off" (open to all, requests are not
        /// counted), "optional" (a key lifts the limit below) or "required".
        pub keys: KeyRule = KeyRule::Off,
        /// Maximum requests per minute from one address without a key, unless keys are off.
        #[range(1..)]
        pub rate: u32 = 60,
    }
}
