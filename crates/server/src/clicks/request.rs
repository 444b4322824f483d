//! What a request must be to be counted: a browser's own word that a reader followed a link on this site, from a reader
//! who minds no counting.

use axum::http::{HeaderMap, header};
use url::Url;

/// The longest body that a ping may announce, in bytes; it has four. It is not read.
const MAX_BODY: u64 = 1_000;
/// What no browser of a reader calls itself.
const MACHINES: [&str; 16] = [
    "bot",
    "crawl",
    "spider",
    "slurp",
    "preview",
    "headless",
    "python",
    "curl",
    "wget",
    "phantom",
    "lighthouse",
    "monitor",
    "scan",
    "archive",
    "validator",
    "http-client",
];

/// Why a ping is not counted; `None` where it may be. `site` is the address of the site.
pub(super) fn objection(headers: &HeaderMap, site: &Url) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let is = |name: &str, wanted: &str| text(name) == Some(wanted);
    if is("dnt", "1") || is("sec-gpc", "1") {
        return Some("the reader does not want to be counted");
    }
    if text(header::CONTENT_TYPE.as_str()).is_none_or(|kind| !kind.eq_ignore_ascii_case("text/ping")) {
        return Some("no ping (HTML, 4.6.4)");
    }
    if [text("sec-purpose"), text("purpose")]
        .into_iter()
        .flatten()
        .any(|purpose| purpose.contains("prefetch"))
    {
        return Some("nobody has followed the link yet");
    }
    if text(header::USER_AGENT.as_str()).is_none_or(is_machine) {
        return Some("a machine");
    }
    (!is_from_this_site(&text, site)).then_some("another site")
}

/// Whether a request announces a larger body than a ping has.
pub(super) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: u64| length > MAX_BODY))
}

/// Whether a `User-Agent` is no browser's: each begins with `Mozilla/5.0`, for reasons older than most readers.
fn is_machine(user_agent: &str) -> bool {
    let name = user_agent.to_ascii_lowercase();
    !name.starts_with("mozilla/5.0") || MACHINES.iter().any(|machine| name.contains(machine))
}

/// Whether all that the browser says of where the link stood speaks of this site, and something does: the origin, the page
/// (`Ping-From`), the relation (`Sec-Fetch-Site`). A page of this site is one at its address, or at the `Host` that was
/// asked, for a site may be read at more than one name.
fn is_from_this_site<'a>(text: &impl Fn(&str) -> Option<&'a str>, site: &Url) -> bool {
    let is_here = |address: &str| {
        Url::parse(address).is_ok_and(|url| {
            let authority = || &url[url::Position::BeforeHost..url::Position::AfterPort];
            url.origin() == site.origin()
                || text("host").is_some_and(|host| host.eq_ignore_ascii_case(authority()))
        })
    };
    let claims = [
        text("sec-fetch-site").map(|relation| relation == "same-origin"),
        // `null` says nothing: a browser may keep its page to itself.
        text("origin").filter(|origin| *origin != "null").map(is_here),
        text("ping-from").map(is_here),
    ];
    let mut said = claims.into_iter().flatten().peekable();
    said.peek().is_some() && said.all(|claim| claim)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(header).collect()
    }

    fn ping(more: &[(&'static str, &str)]) -> Option<&'static str> {
        let mut all =
            vec![("content-type", "text/ping"), ("user-agent", BROWSER), ("host", "127.0.0.1:8080")];
        all.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        all.extend(more.iter().filter(|(_, value)| !value.is_empty()));
        objection(&headers(&all), &Url::parse("https://desk.example/news/").unwrap())
    }

    #[test]
    fn pings_of_readers_on_this_site_count() {
        for from_here in [
            vec![("origin", "https://desk.example")],
            vec![("ping-from", "https://desk.example/news/stories/1/")],
            vec![("sec-fetch-site", "same-origin")],
            vec![("origin", "http://127.0.0.1:8080")],
            vec![("origin", "null"), ("sec-fetch-site", "same-origin")],
            vec![("origin", "https://desk.example:443"), ("sec-fetch-site", "same-origin"), ("dnt", "0")],
        ] {
            assert_eq!(ping(&from_here), None, "{from_here:?}");
        }
    }

    #[test]
    fn what_comes_from_elsewhere_or_nowhere_does_not() {
        for elsewhere in [
            vec![],
            vec![("origin", "https://evil.example")],
            vec![("origin", "null")],
            vec![("origin", "http://desk.example")],
            vec![("origin", "https://desk.example"), ("sec-fetch-site", "cross-site")],
            vec![("origin", "https://desk.example"), ("ping-from", "https://evil.example/")],
            vec![("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(ping(&elsewhere), Some("another site"), "{elsewhere:?}");
        }
    }

    #[test]
    fn machines_prefetches_and_those_who_mind_do_not_count() {
        let here = ("origin", "https://desk.example");
        let google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (more, why) in [
            (("user-agent", google), "a machine"),
            (("user-agent", "curl/8.5.0"), "a machine"),
            (("user-agent", ""), "a machine"),
            (("user-agent", "Mozilla/5.0 HeadlessChrome/131.0"), "a machine"),
            (("sec-purpose", "prefetch;prerender"), "nobody has followed the link yet"),
            (("purpose", "prefetch"), "nobody has followed the link yet"),
            (("dnt", "1"), "the reader does not want to be counted"),
            (("sec-gpc", "1"), "the reader does not want to be counted"),
            (("content-type", "application/x-www-form-urlencoded"), "no ping (HTML, 4.6.4)"),
            (("content-type", ""), "no ping (HTML, 4.6.4)"),
        ] {
            assert_eq!(ping(&[here, more]), Some(why), "{more:?}");
        }
    }

    #[test]
    fn bodies_are_bounded_by_what_they_announce() {
        assert!(!is_too_large(&headers(&[("content-length", "4")])) && !is_too_large(&headers(&[])));
        assert!(is_too_large(&headers(&[("content-length", "1001")])));
        assert!(is_too_large(&headers(&[("content-length", "many")])));
    }
}
