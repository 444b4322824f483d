//! Reads a page that lists articles, with the selectors of its `[source.list]` in `courant.toml`.

use courant_formats::{
    encoding::decode_html,
    feed::{Entry, Feed, Text},
};
use courant_net::Fetched;
use courant_site::ListSelectors;
use dom_query::{Document, Selection};
use url::Url;

/// Maximum number of articles read from one page; the rest is ignored.
const MAX_ITEMS: usize = 500;

/// Reads the list as a feed, in the order of the page.
///
/// Errors: a message for the site's owner if no article was found, because the selectors do not
/// match the page.
pub(crate) fn read(list: &ListSelectors, fetched: &Fetched) -> Result<Feed, String> {
    let page = decode_html(&fetched.body, fetched.header("content-type")).text;
    let document = Document::from(page.as_ref());
    let base = document
        .base_uri()
        .and_then(|base| fetched.final_url.join(&base).ok())
        .unwrap_or_else(|| fetched.final_url.clone());
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

fn no_match(name: &str, selector: &str) -> String {
    format!("nothing on the page matches [source.list] {name} {selector:?}")
}

fn entry(list: &ListSelectors, item: &Selection<'_>, base: &Url) -> Result<Entry, String> {
    let link = match &list.link {
        Some(selector) => item.select_single(selector),
        None if item.is("a[href]") => item.clone(),
        None => item.select_single("a[href]"),
    };
    let href =
        link.attr("href").ok_or_else(|| no_match("link", list.link.as_deref().unwrap_or("a[href]")))?;
    let url = base.join(href.trim()).map_err(|_| format!("{href:?} is not a URL"))?;
    let title = match &list.title {
        Some(selector) => {
            text_of(&item.select_single(selector)).ok_or_else(|| no_match("title", selector))?
        }
        None => text_of(&link).ok_or("the link has no text; set [source.list] title to a selector")?,
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
    use courant_net::Validators;

    use super::*;

    fn fetched(page: &str) -> Fetched {
        Fetched {
            url: Url::parse("https://harbour.example/news").unwrap(),
            final_url: Url::parse("https://harbour.example/news").unwrap(),
            permanent: None,
            status: 200,
            validators: Validators::default(),
            headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
            body: page.to_owned().into(),
            fetched: courant_model::Timestamp::UNIX_EPOCH,
        }
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
        let feed = read(&selectors, &fetched(PAGE)).unwrap();
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
        assert_eq!(read(&list("li a"), &fetched(PAGE)).unwrap().entries.len(), 2);
    }

    #[test]
    fn the_error_names_the_selector_that_matches_nothing() {
        let error = |list: &ListSelectors| read(list, &fetched(PAGE)).unwrap_err();
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
