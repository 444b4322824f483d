//! What a request must say of where it goes (RFC 9112 §3.2): one host, and one only.

use axum::{
    http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, Version, header, uri::Authority},
    response::{IntoResponse, Response},
};

use crate::{connections::Counted, cors, headers, problem::Problem};

/// Why a request is refused before it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NoHost,
    SeveralHosts,
    InvalidHost,
    OtherHost,
    AddressTooLong,
}

impl Refusal {
    pub(crate) fn counted(self) -> Counted {
        if self == Self::AddressTooLong { Counted::AddressTooLong } else { Counted::BadHost }
    }

    /// The answer; the connection is closed, for what follows may be meant for another host too.
    pub(crate) fn answer(self) -> Response {
        let (status, detail) = match self {
            Self::NoHost => (StatusCode::BAD_REQUEST, "the request has no Host header"),
            Self::SeveralHosts => (StatusCode::BAD_REQUEST, "the request has more than one Host header"),
            Self::InvalidHost => {
                (StatusCode::BAD_REQUEST, "invalid Host header: expected a host and perhaps a port")
            }
            Self::OtherHost => {
                (StatusCode::BAD_REQUEST, "the Host header names another host than the request's URL")
            }
            Self::AddressTooLong => return too_long(),
        };
        closing(Problem::new(status, detail).into_response())
    }
}

/// The answer to an address that is too long.
pub(crate) fn too_long() -> Response {
    let detail = format!("an address has at most {} bytes here", headers::MAX_URI_BYTES);
    closing(Problem::new(StatusCode::URI_TOO_LONG, detail).into_response())
}

fn closing(mut answer: Response) -> Response {
    let fields = answer.headers_mut();
    fields.insert(header::CONNECTION, HeaderValue::from_static("close"));
    headers::secure(fields, None);
    // It has nothing to hide from anybody.
    cors::open(fields);
    answer
}

/// Why this request is to be refused, whatever it asks for; `None` where it is not.
pub(crate) fn objection<B>(request: &Request<B>) -> Option<Refusal> {
    host_objection(request.version(), request.headers(), request.uri())
        .or_else(|| is_too_long(request.uri()).then_some(Refusal::AddressTooLong))
}

/// Whether path and query are longer than is read.
pub(crate) fn is_too_long(uri: &Uri) -> bool {
    uri.path_and_query().is_some_and(|address| address.as_str().len() > headers::MAX_URI_BYTES)
}

fn host_objection(version: Version, headers: &HeaderMap, uri: &Uri) -> Option<Refusal> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let Some(host) = hosts.next() else {
        // HTTP/1.0 has no such header (RFC 1945); proxies still speak it.
        return (version >= Version::HTTP_11).then_some(Refusal::NoHost);
    };
    if hosts.next().is_some() {
        return Some(Refusal::SeveralHosts);
    }
    let Some(host) = authority(host) else { return Some(Refusal::InvalidHost) };
    // A URL in full (RFC 9112 §3.2.2) must name the same; where it does not, somebody in between may have looked at
    // the other.
    let scheme = uri.scheme_str();
    let is_other = uri.authority().is_some_and(|named| !is_same(named, &host, scheme));
    is_other.then_some(Refusal::OtherHost)
}

/// The value of a `Host` header: a host, and perhaps a port (RFC 9110 §7.2).
fn authority(value: &HeaderValue) -> Option<Authority> {
    let authority = Authority::try_from(value.to_str().ok()?).ok()?;
    let text = authority.as_str();
    let rest = text.strip_prefix(authority.host())?;
    let is_port = |port: &str| port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit());
    let has_port = rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port);
    // Of what a URL allows besides (RFC 3986 §3.2.2, sub-delims), no host has anything: `a,b` is two.
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~%:[]".contains(&byte);
    let is_plain = !authority.host().is_empty() && authority.host().bytes().all(is_host);
    (has_port && is_plain).then_some(authority)
}

fn is_same(one: &Authority, other: &Authority, scheme: Option<&str>) -> bool {
    let usual = if scheme == Some("https") { 443 } else { 80 };
    let port = |of: &Authority| of.port_u16().unwrap_or(usual);
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
        objection(&request.body(()).unwrap())
    }

    #[test]
    fn a_request_names_one_host() {
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
    fn a_url_in_full_agrees_with_the_host() {
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
    fn long_addresses_are_refused_whoever_would_answer_them() {
        let long = format!("/websub/{}", "x".repeat(headers::MAX_URI_BYTES));
        assert_eq!(of(Version::HTTP_11, &long, &[b"a.example"]), Some(Refusal::AddressTooLong));
        let answer = Refusal::AddressTooLong.answer();
        assert_eq!(answer.status(), StatusCode::URI_TOO_LONG);
        assert_eq!(answer.headers()[header::CONNECTION], "close");
        assert_eq!(answer.headers()[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }
}
