//! The settings of the HTTP library, and what URLs, statuses and headers mean to the client.

use std::{net::SocketAddr, time::Duration};

use reqwest::header::{HeaderMap, HeaderValue};
use url::Url;

use crate::{config::ClientConfig, resolve::FilteringResolver};

/// Maximum number of header fields in a response.
const MAX_HEADERS: usize = 256;

/// Whether a status means that there is no robots.txt. 429 is an overloaded server, not a missing
/// file.
pub(super) const fn is_unavailable(code: u16) -> bool {
    matches!(code, 400..=499) && code != 429
}

pub(super) fn http_builder(
    config: &ClientConfig,
    agent: HeaderValue,
    resolver: FilteringResolver,
) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(resolver)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(Duration::from_secs(15))
        .pool_max_idle_per_host(config.host_in_flight)
        .http1_max_headers(MAX_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http2_max_header_list_size(64 << 10)
}

/// Whether a response is a challenge to robots instead of the document, by the headers of the large
/// protection services.
pub(super) fn is_challenge(code: u16, headers: &HeaderMap) -> bool {
    let has = |name, value: &str| {
        headers.get(name).is_some_and(|found| found.as_bytes().eq_ignore_ascii_case(value.as_bytes()))
    };
    matches!(code, 202 | 403 | 405 | 429 | 503)
        && (has("cf-mitigated", "challenge")
            || has("x-amzn-waf-action", "challenge")
            || has("x-amzn-waf-action", "captcha"))
}

/// The name of a host in the list of pauses.
pub(super) fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

pub(super) fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// Host and port for the `Host` header.
pub(super) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The same path and query at another address, over plain HTTP.
pub(super) fn at_origin(url: &Url, origin: SocketAddr) -> Url {
    Url::parse(&format!("http://{origin}{}", path_and_query(url)))
        .expect("a socket address with the path and query of a parsed URL is a URL")
}
