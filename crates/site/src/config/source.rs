//! `[[source]]`: pages that list articles, for sites without a feed.

use courant_formats::feed::ListSelectors;
use courant_model::{Source, SourceKind};
use dom_query::Matcher;
use serde::{Deserialize, Serialize};
use url::Url;

/// How `courant.toml` explains them, and an example.
pub(super) const ABOUT: &str =
    "Pages that are sources, for sites without a feed; docs/OPERATIONS.md explains all keys.";
pub(super) const EXAMPLE: &str = r#"[[source]]
url = "https://harbour.example/news"
[source.list]
item = "ul.news > li"
"#;

/// A page that lists articles, and how to find them there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSource {
    /// URL of the page.
    pub url: Url,
    /// Name of the source; without it, the title of the page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its folder, as in `sources.opml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// Where the articles are.
    pub list: ListSelectors,
}

impl PageSource {
    /// The page as a source.
    pub fn source(&self) -> Source {
        Source {
            url: self.url.clone(),
            kind: SourceKind::Page,
            title: self.title.clone(),
            site: Some(self.url.clone()),
            tags: self.folder.iter().cloned().collect(),
        }
    }

    /// What is wrong with it, if anything.
    pub(super) fn problem(&self) -> Option<String> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Some("url must begin with http:// or https://".to_owned());
        }
        let ListSelectors { item, link, title, date } = &self.list;
        [("item", Some(item)), ("link", link.as_ref()), ("title", title.as_ref()), ("date", date.as_ref())]
            .into_iter()
            .filter_map(|(name, selector)| Some((name, selector?)))
            .find(|(_, selector)| Matcher::new(selector).is_err())
            .map(|(name, selector)| format!("[source.list] {name} {selector:?} is not a valid CSS selector"))
    }
}
