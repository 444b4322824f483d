//! `[classic]`: the API of an imported site.

use url::Url;

use super::{
    empty_text,
    section::{Invalid, config_section},
};

config_section! {
    /// The API of an imported site.
    ["classic"]
    pub struct ClassicConfig {
        /// Publish that API as well: /api/news/, /api/learning/ …; see docs/API.md.
        pub enabled: bool = false,
        /// URL of that API, used for links to its own documents and images; "" for the url of the
        /// site.
        #[serde(with = "empty_text")]
        pub api_url: Option<Url> = None,
        /// URL of the pages that the API links to; "" for the url of the site.
        #[serde(with = "empty_text")]
        pub pages_url: Option<Url> = None,
        /// Return the HTML of records exactly as in their files. true passes scripts, event
        /// handlers and javascript: links from anyone who wrote a record on to everyone who reads
        /// that API: use it only for records that nobody else can write.
        pub raw_html: bool = false,
    }
}

impl ClassicConfig {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        for (key, url) in [("api_url", &self.api_url), ("pages_url", &self.pages_url)] {
            if url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
                return Err(Invalid::new(key, "must be empty or begin with http:// or https://"));
            }
        }
        Ok(())
    }
}
