//! Which requests count: pings in which a browser says that a reader followed a link on this site,
//! unless the reader has asked not to be tracked.

use axum::http::{HeaderMap, header};
use url::Url;

/// Maximum announced length of a ping's body, in bytes; it has four. It is not read.
const MAX_BODY: u64 = 1_000;
/// Parts of the `User-Agent` of programs that are not a reader's browser.
const BOT_NAMES: [&str; 16] = [
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

/// The reason not to count a ping; `None` if it counts. `site` is the URL of the site.
pub(super) fn rejection(headers: &HeaderMap, site: &Url) -> Option<&'static str> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let is = |name: &str, value: &str| text(name) == Some(value);
    if is("dnt", "1") || is("sec-gpc", "1") {
        return Some("the reader does not want to be counted");
    }
    if text(header::CONTENT_TYPE.as_str()).is_none_or(|kind| !kind.eq_ignore_ascii_case("text/ping")) {
        return Some("not a ping (HTML, 4.6.4)");
    }
    if [text("sec-purpose"), text("purpose")]
        .into_iter()
        .flatten()
        .any(|purpose| purpose.contains("prefetch"))
    {
        return Some("a prefetch");
    }
    if text(header::USER_AGENT.as_str()).is_none_or(is_bot) {
        return Some("not a browser");
    }
    (!is_from_this_site(&text, site)).then_some("another site")
}

/// Whether the announced body is larger than a ping's.
pub(super) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: u64| length > MAX_BODY))
}

/// Whether a `User-Agent` is not a browser's: all of them begin with `Mozilla/5.0` for historical
/// reasons.
fn is_bot(user_agent: &str) -> bool {
    let name = user_agent.to_ascii_lowercase();
    !name.starts_with("mozilla/5.0") || BOT_NAMES.iter().any(|bot| name.contains(bot))
}

/// Whether the request names the page of the link and everything in it says that the page is on
/// this site: the origin, the page (`Ping-From`), the relation (`Sec-Fetch-Site`). A page of this
/// site has the origin of its URL or the `Host` of the request, because a site may have several
/// host names.
fn is_from_this_site<'a>(text: &impl Fn(&str) -> Option<&'a str>, site: &Url) -> bool {
    let is_this_site = |page: &str| {
        Url::parse(page).is_ok_and(|url| {
            let authority = || &url[url::Position::BeforeHost..url::Position::AfterPort];
            url.origin() == site.origin()
                || text("host").is_some_and(|host| host.eq_ignore_ascii_case(authority()))
        })
    };
    let claims = [
        text("sec-fetch-site").map(|relation| relation == "same-origin"),
        // A browser sends `null` to keep the origin private.
        text("origin").filter(|origin| *origin != "null").map(is_this_site),
        text("ping-from").map(is_this_site),
    ];
    let mut given = claims.into_iter().flatten().peekable();
    given.peek().is_some() && given.all(|claim| claim)
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
        rejection(&headers(&all), &Url::parse("https://desk.example/news/").unwrap())
    }

    #[test]
    fn pings_from_pages_of_this_site_count() {
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
    fn pings_from_other_sites_or_without_a_page_do_not_count() {
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
    fn bots_prefetches_and_readers_who_opted_out_do_not_count() {
        let here = ("origin", "https://desk.example");
        let google = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (more, why) in [
            (("user-agent", google), "not a browser"),
            (("user-agent", "curl/8.5.0"), "not a browser"),
            (("user-agent", ""), "not a browser"),
            (("user-agent", "Mozilla/5.0 HeadlessChrome/131.0"), "not a browser"),
            (("sec-purpose", "prefetch;prerender"), "a prefetch"),
            (("purpose", "prefetch"), "a prefetch"),
            (("dnt", "1"), "the reader does not want to be counted"),
            (("sec-gpc", "1"), "the reader does not want to be counted"),
            (("content-type", "application/x-www-form-urlencoded"), "not a ping (HTML, 4.6.4)"),
            (("content-type", ""), "not a ping (HTML, 4.6.4)"),
        ] {
            assert_eq!(ping(&[here, more]), Some(why), "{more:?}");
        }
    }

    #[test]
    fn the_announced_length_of_a_body_is_limited() {
        assert!(!is_too_large(&headers(&[("content-length", "4")])) && !is_too_large(&headers(&[])));
        assert!(is_too_large(&headers(&[("content-length", "1001")])));
        assert!(is_too_large(&headers(&[("content-length", "many")])));
    }
}
