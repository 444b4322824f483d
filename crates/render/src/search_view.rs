//! A search and its results, as callers give them.

use courant_model::ArticleId;

use crate::route::Route;

/// A search and one page of its results.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchView {
    /// The query as typed; empty for the form alone.
    pub query: String,
    /// The id of the topic to which the search is limited.
    pub topic: Option<String>,
    /// The page of results, from 1 (0 counts as 1).
    pub page: usize,
    /// Number of results per page.
    pub page_size: usize,
    /// Number of results on all pages.
    pub total: usize,
    /// This page's results, best first.
    pub hits: Vec<FoundArticle>,
}

/// One search result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundArticle {
    /// The article. Pages leave out one that is not public.
    pub article: ArticleId,
    /// Text around the found words, with `\u{2}` before and `\u{3}` after each of them.
    pub snippet: String,
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
