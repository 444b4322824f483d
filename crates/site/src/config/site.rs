//! `[site]`: what readers see of the publication.

use url::Url;

use super::section::{Invalid, config_section};

config_section! {
    /// The publication.
    ["site"]
    pub struct SiteConfig {
        /// Its name.
        pub title: String = "My news desk".to_owned(),
        /// What it is about, in one sentence.
        pub description: String = "News, gathered and weighed by Courant".to_owned(),
        /// The URL at which readers find it; used in feeds, sitemaps and links.
        pub url: Url = Url::parse("http://127.0.0.1:8080/").expect("a constant URL"),
        /// Language of the site's own texts (ISO 639-1).
        pub language: String = "en".to_owned(),
        /// Stories or articles on each page of a list.
        #[range(1..=500)]
        pub page_size: usize = 30,
    }
}

impl SiteConfig {
    pub(super) fn validate(&self) -> Result<(), Invalid> {
        if self.title.trim().is_empty() {
            return Err(Invalid::new("title", "must not be empty"));
        }
        if !matches!(self.url.scheme(), "http" | "https") {
            return Err(Invalid::new("url", "must begin with http:// or https://"));
        }
        Ok(())
    }
}
