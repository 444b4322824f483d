//! `[fetch]`: how Courant sends requests to other servers.

use std::{net::IpAddr, path::Path};

use courant_model::PublicUrls;
use ipnet::IpNet;

use super::{
    section::{Invalid, config_section},
    units::{Milliseconds, Seconds},
};
use crate::error::SiteError;

config_section! {
    /// Requests to other servers.
    ["fetch"]
    pub struct FetchConfig {
        /// How publishers can reach you: a URL or an email address. It is sent with every request;
        /// if empty, the url of the site is.
        pub contact: String = String::new(),
        /// Fetch the page behind each entry; false makes articles from the feeds alone.
        pub pages: bool = true,
        /// Obey robots.txt when fetching pages.
        pub robots: bool = true,
        /// Maximum time for one request, in seconds.
        #[range(1..=600)]
        pub timeout_s: Seconds = Seconds(30),
        /// Maximum size of one response after decompression, in bytes.
        #[range(10_000..)]
        pub max_bytes: u64 = 10_000_000,
        /// Maximum number of redirects to follow.
        pub max_redirects: usize = 5,
        /// Maximum concurrent requests to one host.
        #[range(1..=16)]
        pub host_requests: usize = 2,
        /// Pause between two requests to one host, in milliseconds.
        pub host_pause_ms: Milliseconds = Milliseconds(500),
        /// Maximum concurrent requests to all hosts together.
        #[range(1..=512)]
        pub parallel: usize = 32,
        /// Attempts to fetch a page before giving up.
        #[range(1..=20)]
        pub attempts: u32 = 4,
        /// Parts of your own network that may be fetched and published although they are private:
        /// address ranges such as "192.168.1.20/32" and host names such as "wiki.lan". Links to any
        /// other private address, and images there, are removed.
        pub allow: Vec<String> = Vec::new(),
        /// Ports that are allowed besides 80 and 443.
        pub ports: Vec<u16> = Vec::new(),
    }
}

impl FetchConfig {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        self.checked_addresses().map(|_| ()).map_err(|message| Invalid::new("allow", message))
    }

    /// Which addresses may be published: public ones, and those that `allow` names.
    ///
    /// # Errors
    /// If an entry of `allow` is neither an address range nor a host name.
    pub fn public_addresses(&self) -> Result<PublicUrls, SiteError> {
        self.checked_addresses()
            .map_err(|message| SiteError::file(Path::new("courant.toml"), format!("[fetch] allow {message}")))
    }

    fn checked_addresses(&self) -> Result<PublicUrls, String> {
        PublicUrls::allowing(&self.allow).map_err(|entry| {
            format!(
                "has an invalid entry {entry:?}: expected an address range such as \"192.168.1.0/24\" or a host name"
            )
        })
    }

    /// The address ranges that `allow` names. Host names are left out: their addresses must be in
    /// one of these ranges.
    pub fn allowed_ranges(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.allow.iter().filter_map(|entry| {
            let entry = entry.trim();
            entry.parse::<IpAddr>().map(IpNet::from).or_else(|_| entry.parse()).ok()
        })
    }
}
