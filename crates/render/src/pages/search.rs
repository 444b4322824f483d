//! The search page: a form that works without scripts, and what was found.

use courant_model::ArticleId;
use serde::Serialize;

use super::{
    HTML,
    frame::{Frame, Pager, feed_links},
};
use crate::{
    Document, Publication, RenderError,
    card::Line,
    route::{List, Route},
    words::count,
};

/// What was searched for and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchView {
    /// The words as the reader typed them; empty for the bare form.
    pub query: String,
    /// The id of the topic to which the search is limited.
    pub topic: Option<String>,
    /// The page of results, from 1 (0 counts as 1).
    pub page: usize,
    /// How many results a page holds.
    pub page_size: usize,
    /// How many articles were found on all pages.
    pub total: usize,
    /// This page's results, best first.
    pub hits: Vec<FoundArticle>,
}

/// One article that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArticle {
    /// The article; one that is not public is left out.
    pub article: ArticleId,
    /// Words around what was found, with `\u{2}` before and `\u{3}` after each found word.
    pub snippet: String,
}

#[derive(Serialize)]
struct SearchPage<'a> {
    frame: Frame<'a>,
    query: &'a str,
    asked: bool,
    found: String,
    topics: Vec<TopicChoice<'a>>,
    hits: Vec<Hit<'a>>,
    pager: Pager,
}

#[derive(Serialize)]
struct TopicChoice<'a> {
    id: &'a str,
    name: &'a str,
    chosen: bool,
}

#[derive(Serialize)]
struct Hit<'a> {
    #[serde(flatten)]
    line: Line<'a>,
    story: String,
    snippet: Vec<Piece<'a>>,
}

/// A piece of a snippet.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Piece<'a> {
    text: &'a str,
    found: bool,
}

impl SearchView {
    pub(crate) fn page(&self) -> usize {
        self.page.max(1)
    }

    pub(crate) fn pages(&self) -> usize {
        self.total.div_ceil(self.page_size.max(1)).max(1)
    }

    /// The path of a page of this search, or of its feed in that file, with the query.
    pub(crate) fn path(&self, file: &str, page: usize) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &self.query);
        if let Some(topic) = &self.topic {
            query.append_pair("topic", topic);
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        format!("{}{file}?{}", Route::Search.path(), query.finish())
    }
}

/// The search page.
pub(crate) fn search(publication: &Publication, view: &SearchView) -> Result<Document, RenderError> {
    let asked = !view.query.trim().is_empty();
    let title = if asked { format!("Search: {}", view.query) } else { "Search".to_owned() };
    let mut frame = publication.frame(Route::Search, &title, "");
    frame.hidden = asked;
    frame.query = &view.query;
    let link = |file: &str, page| publication.root.clone() + &view.path(file, page)[1..];
    if asked {
        frame.own_feeds = feed_links(|syntax| link(syntax.file(), 1));
    }
    let topics = publication
        .snapshot
        .topics
        .iter()
        .filter(|topic| publication.list_len(List::Topic(&topic.id)) > 0)
        .map(|topic| TopicChoice {
            id: &topic.id,
            name: &topic.name,
            chosen: view.topic.as_deref() == Some(&topic.id),
        })
        .collect();
    let hits = view.hits.iter().filter_map(|hit| {
        let item = &publication.snapshot.items[publication.public_item(hit.article)?];
        Some(Hit {
            line: publication.line(item),
            story: publication.link(Route::Story(item.story)),
            snippet: pieces(&hit.snippet),
        })
    });
    let page = SearchPage {
        frame,
        query: &view.query,
        asked,
        found: count(view.total, "article", "articles"),
        topics,
        hits: hits.collect(),
        pager: pager(view, |page| link("", page)),
    };
    Ok(publication.document(HTML, publication.templates.render("search.html", &page)?))
}

fn pager(view: &SearchView, link: impl Fn(usize) -> String) -> Pager {
    let (page, pages) = (view.page(), view.pages());
    Pager {
        page,
        pages: Some(pages),
        newer: (page > 1).then(|| link((page - 1).min(pages))),
        older: (page < pages).then(|| link(page + 1)),
    }
}

/// A snippet cut at its marks. Marks that do not pair are dropped.
fn pieces(snippet: &str) -> Vec<Piece<'_>> {
    let mut found = false;
    let mut pieces = Vec::new();
    for part in snippet.split_inclusive(['\u{2}', '\u{3}']) {
        let text = part.trim_end_matches(['\u{2}', '\u{3}']);
        if !text.is_empty() {
            pieces.push(Piece { text, found });
        }
        found = part.ends_with('\u{2}');
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_cut_at_its_marks() {
        let cut: Vec<_> = pieces("a \u{2}b\u{3} c").iter().map(|piece| (piece.text, piece.found)).collect();
        assert_eq!(cut, [("a ", false), ("b", true), (" c", false)]);
        assert_eq!(pieces("\u{3}\u{2}"), []);
        assert_eq!(pieces("plain"), [Piece { text: "plain", found: false }]);
    }
}
