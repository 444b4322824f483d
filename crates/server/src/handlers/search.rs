//! Search: a page, a JSON document, and feeds of the results, which come from the [`Search`] trait.

use std::future::Future;

use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use courant_render::{
    Document, FEED_ENTRIES, FeedSyntax, FoundArticle, Publication, RenderError, SearchView, api::SearchAnswer,
};

use super::{
    params::{self, MAX_PAGES, MAX_QUERY, MAX_TOPIC},
    site::{CACHED, REVALIDATE, failed, respond},
};
use crate::{
    app::SiteState,
    documents::{Documents, Ready},
    openapi::{parameters, responses},
    paths,
    problem::Problem,
};

/// Results per page.
const PAGE_SIZE: usize = 20;

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchQuery {
    /// The text as typed: 1 to 200 characters, no control characters. Any text is valid.
    pub text: String,
    /// The id of a topic to which the search is limited.
    pub topic: Option<String>,
    /// Whether the newest results come first instead of the best.
    pub newest_first: bool,
    /// Maximum number of results.
    pub limit: usize,
    /// Number of results to skip.
    pub offset: usize,
}

/// The results of a search. It should contain only published articles and the coverage of published
/// stories; pages leave out others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchResults {
    /// Number of all matching articles.
    pub total: usize,
    /// The requested part of them, in the requested order.
    pub hits: Vec<FoundArticle>,
}

/// A search that failed because of the store. The text is for the log.
#[derive(Debug, thiserror::Error)]
#[error("search failed: {0}")]
pub struct SearchFailed(pub String);

/// Searches the store.
pub trait Search: Clone + Send + Sync + 'static {
    /// The articles that match a query.
    fn search(&self, query: SearchQuery) -> impl Future<Output = Result<SearchResults, SearchFailed>> + Send;
}

/// The format of a response.
#[derive(Debug, Clone, Copy)]
enum Format {
    Page,
    Api,
    Feed(FeedSyntax),
}

impl Format {
    fn render(self, publication: &Publication, view: &SearchView) -> Result<Document, RenderError> {
        match self {
            Self::Page => publication.search_page(view),
            Self::Api => publication.search_answer(view),
            Self::Feed(syntax) => publication.search_feed(view, syntax),
        }
    }

    const fn is_feed(self) -> bool {
        matches!(self, Self::Feed(_))
    }

    /// Results per response.
    const fn size(self) -> usize {
        if self.is_feed() { FEED_ENTRIES } else { PAGE_SIZE }
    }

    /// Feed readers poll regularly, so their responses may be cached.
    const fn cache_control(self) -> &'static str {
        if self.is_feed() { CACHED } else { REVALIDATE }
    }
}

/// The parameters of a search.
#[derive(Debug, PartialEq, Eq)]
struct SearchParams {
    text: String,
    topic: Option<String>,
    page: usize,
}

impl SearchParams {
    fn of(uri: &Uri) -> Self {
        let mut params = Self { text: String::new(), topic: None, page: 1 };
        for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
            match &name[..] {
                "q" => params.text = single_line(&value),
                "topic" if !value.is_empty() && value.chars().count() <= MAX_TOPIC => {
                    params.topic = Some(single_line(&value));
                }
                "page" => params.page = value.parse().unwrap_or(1).clamp(1, MAX_PAGES),
                _ => {}
            }
        }
        params
    }

    /// The name under which the response is cached.
    fn cache_name(&self, format: Format) -> String {
        format!("search {format:?} {} {:?} {:?}", self.page, self.topic, self.text)
    }

    /// As [`Self::of`], for programs: mistakes that the page ignores are problems here.
    fn strict(uri: &Uri, format: Format) -> Result<Self, Problem> {
        for (name, value) in params::pairs(uri) {
            match &name[..] {
                "q" => {}
                "topic" if value.chars().count() <= MAX_TOPIC => {}
                "topic" => {
                    return Err(Problem::parameter(
                        &name,
                        format!("must have at most {MAX_TOPIC} characters"),
                    ));
                }
                "page" if !format.is_feed() => drop(params::integer(&name, &value, 1, MAX_PAGES as u32)?),
                _ => return Err(params::unknown(&name)),
            }
        }
        let params = Self::of(uri);
        if params.text.is_empty() {
            return Err(Problem::parameter("q", "is required: the words to search for"));
        }
        Ok(params)
    }
}

/// The text on one line, cut to [`MAX_QUERY`] characters.
fn single_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().chars().take(MAX_QUERY).collect()
}

/// `/search/?q=&topic=&page=`; without words, the search form as in the static site.
pub(crate) async fn page<S: Search>(
    State(state): State<SiteState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let params = SearchParams::of(&uri);
    if params.text.is_empty() {
        let publication = state.current();
        return rendered(publication.search_page(&SearchView::default()), &headers);
    }
    respond_with_results(&state, &documents, Format::Page, params, &headers).await
}

/// `/search/feed.xml?q=&topic=`, and the same as Atom and JSON Feed.
pub(crate) async fn feed<S: Search>(
    State(state): State<SiteState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let syntax = FeedSyntax::ALL.into_iter().find(|syntax| uri.path().ends_with(syntax.file()));
    respond_strictly(&state, &documents, Format::Feed(syntax.unwrap_or(FeedSyntax::Rss)), &uri, &headers)
        .await
}

/// Search the articles
///
/// Best first, twenty per page, at most fifty pages. Needs the live server.
#[utoipa::path(
    get,
    path = paths::API_SEARCH,
    operation_id = "search",
    tag = "Articles",
    params(parameters::Search),
    responses(
        (status = 200, description = "The results.", body = SearchAnswer<'_>),
        responses::Document,
        responses::Checked,
        responses::Keyed,
    ),
)]
pub(crate) async fn api<S: Search>(
    State(state): State<SiteState<S>>,
    Extension(documents): Extension<Documents>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    respond_strictly(&state, &documents, Format::Api, &uri, &headers).await
}

/// The response to a program: the results, or the problem with its parameters.
async fn respond_strictly<S: Search>(
    state: &SiteState<S>,
    documents: &Documents,
    format: Format,
    uri: &Uri,
    headers: &HeaderMap,
) -> Response {
    match SearchParams::strict(uri, format) {
        Ok(params) => respond_with_results(state, documents, format, params, headers).await,
        Err(problem) => problem.into_response(),
    }
}

/// The response to a search, which is cached while the publication is current. Articles published
/// in the meantime appear with the next publication.
async fn respond_with_results<S: Search>(
    state: &SiteState<S>,
    documents: &Documents,
    format: Format,
    params: SearchParams,
    headers: &HeaderMap,
) -> Response {
    let publication = state.current();
    let name = params.cache_name(format);
    if let Some(ready) = documents.named(&publication, &name) {
        return ready.respond(headers, format.cache_control());
    }
    let query = SearchQuery {
        text: params.text.clone(),
        topic: params.topic.clone(),
        newest_first: format.is_feed(),
        limit: format.size(),
        offset: (params.page - 1) * format.size(),
    };
    match state.search.search(query).await {
        Ok(results) => {
            let view = SearchView {
                query: params.text,
                topic: params.topic,
                page: params.page,
                page_size: format.size(),
                // Results after the last page cannot be requested.
                total: results.total.min(MAX_PAGES * PAGE_SIZE),
                hits: results.hits,
            };
            match format.render(&publication, &view).map(Ready::from) {
                Ok(ready) => {
                    documents.insert_named(&publication, name, ready.clone());
                    ready.respond(headers, format.cache_control())
                }
                Err(error) => failed("/search/", &error),
            }
        }
        Err(error) => {
            tracing::error!(error = error.to_string(), "a search failed");
            let detail = "search is not available at the moment; try again later";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
        }
    }
}

fn rendered(document: Result<Document, RenderError>, headers: &HeaderMap) -> Response {
    match document {
        Ok(document) => respond(document, headers, REVALIDATE),
        Err(error) => failed("/search/", &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_limited() {
        let uri: Uri = format!("/search/?q=%00{}%0a&topic=ai&page=9999999", "x".repeat(500)).parse().unwrap();
        let params = SearchParams::of(&uri);
        assert_eq!(params.text, "x".repeat(MAX_QUERY));
        assert_eq!(params.topic.as_deref(), Some("ai"));
        assert_eq!(params.page, MAX_PAGES);
        let bare = SearchParams::of(&"/search/?page=-1&topic=".parse().unwrap());
        assert_eq!(bare, SearchParams { text: String::new(), topic: None, page: 1 });
    }
}
