//! Checks the host and the length of a request's URL (RFC 9112 §3.2): exactly one valid host.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, Version, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{cors, headers};
use crate::{
    connections::{Counted, note},
    problem::Problem,
};

/// Maximum length of the path and query of a request, in bytes.
const MAX_URI_BYTES: usize = 4096;

/// Why a request is refused before routing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoHost,
    SeveralHosts,
    InvalidHost,
    OtherHost,
    UriTooLong,
}

impl Refusal {
    pub(crate) fn counted(self) -> Counted {
        if self == Self::UriTooLong { Counted::UriTooLong } else { Counted::BadHost }
    }

    /// The response. The connection is closed, because further requests may be for another host,
    /// too.
    pub(crate) fn response(self) -> Response {
        let (status, detail) = match self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "the request has no Host header"),
            Self::SeveralHosts => (StatusCode::BAD_REQUEST, "the request has more than one Host header"),
            Self::InvalidHost => {
                (StatusCode::BAD_REQUEST, "invalid Host header: expected a host and optionally a port")
            }
            Self::OtherHost => {
                (StatusCode::BAD_REQUEST, "the Host header names another host than the request's URL")
            }
            Self::UriTooLong => return too_long(),
        };
        closing(Problem::new(status, detail).into_response())
    }
}

/// Refuses requests whose URL is too long. Connections do so, too; this is for routes that are used
/// without one.
pub(crate) async fn limit_url(request: Request<Body>, next: Next) -> Response {
    if is_too_long(request.uri()) {
        note(request.extensions(), Counted::UriTooLong);
        too_long()
    } else {
        next.run(request).await
    }
}

/// The response to a URL that is too long.
fn too_long() -> Response {
    let detail = format!("URL too long: the maximum is {MAX_URI_BYTES} bytes");
    closing(Problem::new(StatusCode::URI_TOO_LONG, detail).into_response())
}

fn closing(mut response: Response) -> Response {
    let fields = response.headers_mut();
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers::secure(fields, None);
    // It reveals nothing, so scripts of every origin may read it.
    cors::allow_every_origin(fields);
    response
}

/// The reason to refuse this request whatever its path; `None` if it is valid.
pub(crate) fn refusal<B>(request: &Request<B>) -> Option<Refusal> {
    host_refusal(request.version(), request.headers(), request.uri())
        .or_else(|| is_too_long(request.uri()).then_some(Refusal::UriTooLong))
}

/// Whether path and query are longer than [`MAX_URI_BYTES`].
fn is_too_long(uri: &Uri) -> bool {
    uri.path_and_query().is_some_and(|target| target.as_str().len() > MAX_URI_BYTES)
}

fn host_refusal(version: Version, headers: &HeaderMap, uri: &Uri) -> Option<Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else {
        // HTTP/1.0, which some proxies still use, does not require the header (RFC 1945).
        return (version >= Version::HTTP_11).then_some(Refusal::NoHost);
    };
    if hosts.next().is_some() {
        return Some(Refusal::SeveralHosts);
    }
    let Some(host) = authority(host) else { return Some(Refusal::InvalidHost) };
    // An absolute URL (RFC 9112 §3.2.2) must have the same host; otherwise a proxy may have used
    // the other one.
    let scheme = uri.scheme_str();
    let is_other = uri.authority().is_some_and(|named| !is_same(named, &host, scheme));
    is_other.then_some(Refusal::OtherHost)
}

/// Parses a `Host` header: a host, and optionally a port (RFC 9110 §7.2).
fn authority(value: &HeaderValue) -> Option<Authority> {
    let authority = Authority::try_from(value.to_str().ok()?).ok()?;
    let text = authority.as_str();
    let rest = text.strip_prefix(authority.host())?;
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    // Hosts do not contain the other characters that a URL allows (RFC 3986 §3.2.2, sub-delims):
    // `a,b` is two.
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%:[]".contains(&byte);
    let is_plain = !authority.host().is_empty() && authority.host().bytes().all(is_host);
    (has_port && is_plain).then_some(authority)
}

fn is_same(one: &Authority, other: &Authority, scheme: Option<&str>) -> bool {
    let default_port = if scheme == Some("https") { 443 } else { 80 };
    let port = |of: &Authority| of.port_u16().unwrap_or(default_port);
    one.host().eq_ignore_ascii_case(other.host()) && port(one) == port(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(version: Version, target: &str, hosts: &[&[u8]]) -> Option<Refusal> {
        let mut request = Request::builder().version(version).uri(target);
        for host in hosts {
            request = request.header(header::HOST, HeaderValue::from_bytes(host).unwrap());
        }
        refusal(&request.body(()).unwrap())
    }

    #[test]
    fn a_request_needs_exactly_one_valid_host() {
        let now = Version::HTTP_11;
        for host in
            ["news.example", "news.example:8080", "NEWS.example", "127.0.0.1:80", "[::1]:8080", "a_b", "a:"]
        {
            assert_eq!(of(now, "/", &[host.as_bytes()]), None, "{host}");
        }
        assert_eq!(of(now, "/", &[]), Some(Refusal::NoHost));
        assert_eq!(of(Version::HTTP_10, "/", &[]), None);
        for version in [Version::HTTP_10, now] {
            assert_eq!(of(version, "/", &[b"a.example", b"a.example"]), Some(Refusal::SeveralHosts));
            for bad in [
                "", " ", "a b", "a/b", "a,b", "user@a", "a:port", "a:123456", "http://a", ":80", "a?b",
                "[::1",
            ] {
                assert_eq!(of(version, "/", &[bad.as_bytes()]), Some(Refusal::InvalidHost), "{bad:?}");
            }
            assert_eq!(of(version, "/", &[b"\xff"]), Some(Refusal::InvalidHost));
        }
    }

    #[test]
    fn an_absolute_url_must_agree_with_the_host() {
        let now = Version::HTTP_11;
        for (target, host, wanted) in [
            ("http://a.example/x", "a.example", None),
            ("http://A.example:80/x", "a.example", None),
            ("http://a.example/x", "b.example", Some(Refusal::OtherHost)),
            ("http://a.example:81/x", "a.example", Some(Refusal::OtherHost)),
        ] {
            assert_eq!(of(now, target, &[host.as_bytes()]), wanted, "{target} {host}");
        }
    }

    #[test]
    fn long_urls_are_refused_on_every_route() {
        let long = format!("/websub/{}", "x".repeat(MAX_URI_BYTES));
        assert_eq!(of(Version::HTTP_11, &long, &[b"a.example"]), Some(Refusal::UriTooLong));
        let response = Refusal::UriTooLong.response();
        assert_eq!(response.status(), StatusCode::URI_TOO_LONG);
        assert_eq!(response.headers()[header::CONNECTION], "close");
        assert_eq!(response.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
