//! `[beacon]`: click counting.

use super::section::config_section;

config_section! {
    /// Click counting.
    ["beacon"]
    pub struct BeaconConfig {
        /// Let browsers report which links to articles readers follow (the `ping` attribute), and
        /// count them by article and day. No cookies, no script, no addresses are stored.
        pub enabled: bool = false,
    }
}
