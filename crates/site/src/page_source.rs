//! `[[source]]` of `courant.toml`: pages that list articles, for sites without a feed.

use courant_model::{Source, SourceKind};
use dom_query::Matcher;
use serde::{Deserialize, Serialize};
use url::Url;

/// A page that lists articles, and how to find them there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageSource {
    /// The page.
    pub url: Url,
    /// What the source is called; the page's own title without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its folder, as in `sources.opml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    pub list: ListSelectors,
}

/// `[source.list]`: CSS selectors. All but `item` are looked for within an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSelectors {
    /// One article of the list.
    pub item: String,
    /// The element whose `href` leads to it; the item itself or its first link without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The element with its title; the link without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The element with its date, in `datetime` or as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

impl PageSource {
    /// The source that it is.
    pub fn source(&self) -> Source {
        Source {
            url: self.url.clone(),
            kind: SourceKind::Page,
            title: self.title.clone(),
            site: Some(self.url.clone()),
            tags: self.folder.iter().cloned().collect(),
        }
    }

    /// What is wrong with it, where something is.
    pub fn problem(&self) -> Option<String> {
        if !matches!(self.url.scheme(), "http" | "https") {
            return Some(format!("url {} is no http or https address", self.url));
        }
        let ListSelectors { item, link, title, date } = &self.list;
        [("item", Some(item)), ("link", link.as_ref()), ("title", title.as_ref()), ("date", date.as_ref())]
            .into_iter()
            .filter_map(|(name, selector)| Some((name, selector?)))
            .find(|(_, selector)| Matcher::new(selector).is_err())
            .map(|(name, selector)| format!("[source.list] {name} {selector:?} is no CSS selector"))
    }
}
