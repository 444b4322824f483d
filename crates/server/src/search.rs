//! Search: a page for people, an answer for programs, and feeds of what is found. What is found comes through the [`Search`] trait.

use std::future::Future;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use courant_render::{
    Document, FEED_ENTRIES, FeedSyntax, FoundArticle, Publication, RenderError, SearchView,
};

use crate::{
    AppState,
    documents::{Documents, Ready},
    params,
    problem::Problem,
    site::{ASK_AGAIN, CACHED, answer, failed},
};

/// The longest query, in characters; what follows is cut off.
const MOST_QUERY: usize = 200;
/// The longest topic id, in characters.
const MOST_TOPIC: usize = 100;
/// How many results a page holds.
const PAGE_SIZE: usize = 20;
/// The last page of results: who looks further needs better words. Totals are cut there too.
const MOST_PAGES: usize = 50;

/// What is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// The words as typed: never empty, at most 200 characters, no control characters. Nothing in it may be
    /// a syntax error.
    pub text: String,
    /// The id of a topic to which the search is limited.
    pub topic: Option<String>,
    /// Whether the newest results are wanted, and not the best.
    pub newest_first: bool,
    /// How many results are wanted at most.
    pub limit: usize,
    /// How many of the first results are skipped.
    pub offset: usize,
}

/// What was found. Only published articles and the coverage of published stories are shown; others are left out
/// by the page, so an answer should hold none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchAnswer {
    /// How many articles were found in all.
    pub total: usize,
    /// The wanted ones, in the wanted order.
    pub hits: Vec<FoundArticle>,
}

/// A search that could not be made: the store failed. The words are for the log.
#[derive(Debug, thiserror::Error)]
#[error("could not search: {0}")]
pub struct SearchFailed(pub String);

/// What answers searches: the store.
pub trait Search: Clone + Send + Sync + 'static {
    /// The articles that match a query.
    fn search(&self, query: SearchQuery) -> impl Future<Output = Result<SearchAnswer, SearchFailed>> + Send;
}

/// In which form an answer is given.
#[derive(Debug, Clone, Copy)]
enum Form {
    Page,
    Api,
    Feed(FeedSyntax),
}

impl Form {
    fn show(self, publication: &Publication, view: &SearchView) -> Result<Document, RenderError> {
        match self {
            Self::Page => publication.search_page(view),
            Self::Api => publication.search_answer(view),
            Self::Feed(syntax) => publication.search_feed(view, syntax),
        }
    }

    const fn is_feed(self) -> bool {
        matches!(self, Self::Feed(_))
    }

    /// How many results an answer holds.
    const fn size(self) -> usize {
        if self.is_feed() { FEED_ENTRIES } else { PAGE_SIZE }
    }

    /// Readers of feeds come again by themselves, and may do so through caches.
    const fn caching(self) -> &'static str {
        if self.is_feed() { CACHED } else { ASK_AGAIN }
    }
}

/// What stands in the address.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    text: String,
    topic: Option<String>,
    page: usize,
}

impl Asked {
    fn of(uri: &Uri) -> Self {
        let mut asked = Self { text: String::new(), topic: None, page: 1 };
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &name[..] {
                "q" => asked.text = plain(&value),
                "topic" if !value.is_empty() && value.chars().count() <= MOST_TOPIC => {
                    asked.topic = Some(plain(&value));
                }
                "page" => asked.page = value.parse().unwrap_or(1).clamp(1, MOST_PAGES),
                _ => {}
            }
        }
        asked
    }

    /// A name for the answer in this form; different questions have different ones.
    fn name(&self, form: Form) -> String {
        format!("search {form:?} {} {:?} {:?}", self.page, self.topic, self.text)
    }

    /// As [`Self::of`], for programs: what a page passes over in silence is a problem here.
    fn strictly(uri: &Uri, form: Form) -> Result<Self, Problem> {
        for (name, value) in params::pairs(uri) {
            match &name[..] {
                "q" => {}
                "topic" if value.chars().count() <= MOST_TOPIC => {}
                "topic" => {
                    return Err(Problem::parameter(
                        &name,
                        format!("at most {MOST_TOPIC} letters are wanted"),
                    ));
                }
                "page" if !form.is_feed() => drop(params::whole(&name, &value, 1, MOST_PAGES as u32)?),
                _ => return Err(params::unknown(&name)),
            }
        }
        let asked = Self::of(uri);
        if asked.text.is_empty() {
            return Err(Problem::parameter("q", "give the words to search for"));
        }
        Ok(asked)
    }
}

/// The words on one line, bounded.
fn plain(text: &str) -> String {
    let spaced: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    spaced.trim().chars().take(MOST_QUERY).collect()
}

/// `/search/?q=&topic=&page=`: without words, the bare form as a static build writes it.
pub(crate) async fn page<S: Search>(
    State(state): State<AppState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = Asked::of(&uri);
    if asked.text.is_empty() {
        let publication = state.present();
        return sent(publication.search_page(&SearchView::default()), &headers);
    }
    found(&state, &documents, Form::Page, asked, &headers).await
}

/// `/search/feed.xml?q=&topic=`, and the same as Atom and JSON Feed.
pub(crate) async fn feed<S: Search>(
    State(state): State<AppState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let syntax = FeedSyntax::ALL.into_iter().find(|syntax| uri.path().ends_with(syntax.file()));
    strictly(&state, &documents, Form::Feed(syntax.unwrap_or(FeedSyntax::Rss)), &uri, &headers).await
}

/// `/api/v1/search/?q=&topic=&page=`.
pub(crate) async fn api<S: Search>(
    State(state): State<AppState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    strictly(&state, &documents, Form::Api, &uri, &headers).await
}

/// The answer to a search by a program, which is told what is wrong with its question.
async fn strictly<S: Search>(
    state: &AppState<S>,
    documents: &Documents,
    form: Form,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    match Asked::strictly(uri, form) {
        Ok(asked) => found(state, documents, form, asked, headers).await,
        Err(problem) => problem.into_response(),
    }
}

/// The answer to a search, which is found once for each publication while many ask for the same. What was published in
/// the meantime comes with the next one.
async fn found<S: Search>(
    state: &AppState<S>,
    documents: &Documents,
    form: Form,
    asked: Asked,
    headers: &HeaderMap,
) -> Response {
    let publication = state.present();
    let name = asked.name(form);
    if let Some(ready) = documents.kept(&publication, &name) {
        return ready.answer(headers, form.caching());
    }
    let query = SearchQuery {
        text: asked.text.clone(),
        topic: asked.topic.clone(),
        newest_first: form.is_feed(),
        limit: form.size(),
        offset: (asked.page - 1) * form.size(),
    };
    match state.search.search(query).await {
        Ok(result) => {
            let view = SearchView {
                query: asked.text,
                topic: asked.topic,
                page: asked.page,
                page_size: form.size(),
                // What lies behind the last page cannot be asked for.
                total: result.total.min(MOST_PAGES * PAGE_SIZE),
                hits: result.hits,
            };
            match form.show(&publication, &view).map(Ready::from) {
                Ok(ready) => {
                    documents.keep(&publication, name, ready.clone());
                    ready.answer(headers, form.caching())
                }
                Err(error) => failed("/search/", &error),
            }
        }
        Err(error) => {
            tracing::error!(error = error.to_string(), "a search failed");
            let detail = "the search does not answer now; try again later";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
    }
}

fn sent(document: Result<Document, RenderError>, headers: &HeaderMap) -> Response {
    match document {
        Ok(document) => answer(document, headers, ASK_AGAIN),
        Err(error) => failed("/search/", &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_bounded() {
        let uri: Uri = format!("/search/?q=%00{}%0a&topic=ai&page=9999999", "x".repeat(500)).parse().unwrap();
        let asked = Asked::of(&uri);
        assert_eq!(asked.text, "x".repeat(MOST_QUERY));
        assert_eq!(asked.topic.as_deref(), Some("ai"));
        assert_eq!(asked.page, MOST_PAGES);
        let bare = Asked::of(&"/search/?page=-1&topic=".parse().unwrap());
        assert_eq!(bare, Asked { text: String::new(), topic: None, page: 1 });
    }
}
