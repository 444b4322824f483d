//! The paths of the routes. Every other path is a page or file of the publication.

/// Whether the server answers at all, and the time of its publication.
pub(crate) const HEALTH: &str = "/healthz";
/// Whether the program does its work.
pub(crate) const READY: &str = "/readyz";
/// Figures for a monitoring system, on a listener of their own.
pub(crate) const METRICS: &str = "/metrics";

/// Search for people; its feeds are below it.
pub(crate) const SEARCH: &str = "/search/";
/// Cached images.
pub(crate) const IMAGE: &str = "/images/{file}";

/// Everything that problems (RFC 9457) and CORS apply to.
pub(crate) const APIS: &str = "/api/";
/// The API, and its description for people.
pub(crate) const API: &str = "/api/v1/";
/// The description of the API for programs.
pub(crate) const API_DESCRIPTION: &str = "/api/v1/openapi.json";
pub(crate) const API_STORIES: &str = "/api/v1/stories/";
pub(crate) const API_STORIES_PAGE: &str = "/api/v1/stories/page/{page}/";
pub(crate) const API_STORY: &str = "/api/v1/stories/{id}/";
pub(crate) const API_ARTICLES: &str = "/api/v1/articles/";
pub(crate) const API_ARTICLE: &str = "/api/v1/articles/{id}/";
pub(crate) const API_EVENTS: &str = "/api/v1/events/";
pub(crate) const API_SEARCH: &str = "/api/v1/search/";
pub(crate) const API_TOPICS: &str = "/api/v1/topics/";
pub(crate) const API_PROVIDERS: &str = "/api/v1/providers/";
pub(crate) const API_COLLECTIONS: &str = "/api/v1/collections/";
pub(crate) const API_COLLECTION: &str = "/api/v1/collections/{kind}/";
pub(crate) const API_RECORD: &str = "/api/v1/collections/{kind}/{id}/";
pub(crate) const API_NEWSLETTERS: &str = "/api/v1/newsletters/";
pub(crate) const API_NEWSLETTER: &str = "/api/v1/newsletters/{id}/";

/// Paths with a final slash at which the publication has no document: only the live server answers.
pub(crate) const LIVE_ONLY: [&str; 4] = [SEARCH, API_SEARCH, API_ARTICLES, API_EVENTS];
