//! Reads a page that lists articles, with CSS selectors (`[source.list]` in `courant.toml`).

use dom_query::{Document, Selection};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use crate::feed::{Entry, Feed, Text};

/// Maximum number of articles read from one page; the rest is ignored.
const MAX_ITEMS: usize = 500;

/// `[source.list]`: CSS selectors. All but `item` apply within an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSelectors {
    /// One article of the list.
    pub item: String,
    /// The element whose `href` is its URL; without it, the item itself or its first link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// The element with its title; without it, the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The element with its date, in `datetime` or as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
}

/// Why no article was found in a list, for the site's owner.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// A selector matches nothing.
    #[error("nothing on the page matches [source.list] {key} {selector:?}")]
    NoMatch {
        /// The selector's key.
        key: &'static str,
        /// The selector.
        selector: String,
    },
    /// The `href` of an item.
    #[error("{0:?} is not a URL")]
    NotAUrl(String),
    /// A link without text.
    #[error("the link has no text; set [source.list] title to a selector")]
    NoTitle,
}

/// Reads the list of the page `html` as a feed, in the order of the page. `url` is the base of its
/// links, unless the page names another.
///
/// Errors: no article was found, because the selectors do not match the page; the problem of the
/// first item.
pub fn feed_in_list(html: &str, url: &Url, list: &ListSelectors) -> Result<Feed, ListError> {
    let document = Document::from(html);
    let base = document.base_uri().and_then(|base| url.join(&base).ok()).unwrap_or_else(|| url.clone());
    let items = document.try_select(&list.item).ok_or_else(|| no_match("item", &list.item))?;
    let mut entries: Vec<Entry> = Vec::new();
    let mut first_problem = None;
    for item in items.iter().take(MAX_ITEMS) {
        match entry(list, &item, &base) {
            Ok(entry) if entries.iter().all(|known| known.link != entry.link) => entries.push(entry),
            Ok(_) => {}
            Err(problem) => first_problem = first_problem.or(Some(problem)),
        }
    }
    if entries.is_empty() {
        return Err(first_problem.unwrap_or_else(|| no_match("item", &list.item)));
    }
    let title = text_of(&document.select_single("title"));
    Ok(Feed { title: title.map(plain), link: Some(base.to_string()), entries, ..Feed::default() })
}

fn no_match(key: &'static str, selector: &str) -> ListError {
    ListError::NoMatch { key, selector: selector.to_owned() }
}

fn entry(list: &ListSelectors, item: &Selection<'_>, base: &Url) -> Result<Entry, ListError> {
    let link = match &list.link {
        Some(selector) => item.select_single(selector),
        None if item.is("a[href]") => item.clone(),
        None => item.select_single("a[href]"),
    };
    let href =
        link.attr("href").ok_or_else(|| no_match("link", list.link.as_deref().unwrap_or("a[href]")))?;
    let url = base.join(href.trim()).map_err(|_| ListError::NotAUrl(href.to_string()))?;
    let title = match &list.title {
        Some(selector) => {
            text_of(&item.select_single(selector)).ok_or_else(|| no_match("title", selector))?
        }
        None => text_of(&link).ok_or(ListError::NoTitle)?,
    };
    let date = list.date.as_ref().map(|selector| item.select_single(selector));
    let published = date.and_then(|date| {
        let stated = date.attr("datetime").or_else(|| date.attr("content")).map(|text| text.to_string());
        courant_model::parse_date(&stated.or_else(|| text_of(&date))?)
    });
    Ok(Entry { link: Some(url.into()), title: Some(plain(title)), published, ..Entry::default() })
}

/// The text on one line; `None` if it is empty.
fn text_of(selection: &Selection<'_>) -> Option<String> {
    let text = selection.text().split_whitespace().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

fn plain(value: String) -> Text {
    Text { value, ..Text::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(list: &ListSelectors) -> Result<Feed, ListError> {
        feed_in_list(PAGE, &Url::parse("https://harbour.example/news").unwrap(), list)
    }

    fn list(item: &str) -> ListSelectors {
        ListSelectors { item: item.to_owned(), link: None, title: None, date: None }
    }

    const PAGE: &str = "<title>Harbour news</title><ul>\
        <li><a href='/a'> The <b>quay</b>\n reopens</a> <time datetime='2025-06-03T09:00:00Z'>3 June</time></li>\
        <li><a href='b?x=1'>Dredging begins</a> <time>4 June 2025</time></li>\
        <li>no link</li><li><a href='/a'>again</a></li></ul>";

    #[test]
    fn items_become_entries() {
        let selectors = ListSelectors { date: Some("time".to_owned()), ..list("li") };
        let feed = read(&selectors).unwrap();
        assert_eq!(feed.title.unwrap().value, "Harbour news");
        let found: Vec<_> = feed
            .entries
            .iter()
            .map(|entry| {
                (
                    entry.link.as_deref().unwrap(),
                    entry.title.as_ref().unwrap().value.as_str(),
                    entry.published.unwrap().to_string(),
                )
            })
            .collect();
        assert_eq!(
            found,
            [
                ("https://harbour.example/a", "The quay reopens", "2025-06-03T09:00:00Z".to_owned()),
                ("https://harbour.example/b?x=1", "Dredging begins", "2025-06-04T00:00:00Z".to_owned()),
            ]
        );
        assert_eq!(read(&list("li a")).unwrap().entries.len(), 2);
    }

    #[test]
    fn the_error_names_the_selector_that_matches_nothing() {
        let error = |list: &ListSelectors| read(list).unwrap_err().to_string();
        assert!(error(&list("article")).contains("item \"article\""));
        assert!(
            error(&ListSelectors { link: Some("a.more".to_owned()), ..list("li") })
                .contains("link \"a.more\"")
        );
        assert!(
            error(&ListSelectors { title: Some("h2".to_owned()), ..list("li") }).contains("title \"h2\"")
        );
    }
}
