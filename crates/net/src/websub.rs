//! WebSub (W3C Recommendation, 23 January 2018), without I/O: the hub of a document, the forms that
//! are sent to hubs, signatures of pushed documents, and leases.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Sha256, Sha384, Sha512};
use url::Url;

/// The requested duration of a subscription, in seconds: ten days.
pub const LEASE_S: u32 = 864_000;

/// The longest accepted lease: 90 days.
pub const LEASE_MAX: SignedDuration = SignedDuration::from_hours(90 * 24);

/// The hub of a document, and the document's URL at that hub.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubOffer {
    /// The URL of the hub.
    pub hub: Url,
    /// The URL to subscribe to (`rel="self"`).
    pub topic: Url,
}

/// The first hub of a document: from the `Link` headers, or if they have none from the body
/// (section 4). `body` has the links of the document as pairs of relation and URL; `url` is the URL
/// of the document, which is the topic if there is no `self` link.
pub fn hub_offer<'a>(
    headers: &[(String, String)],
    body: impl IntoIterator<Item = (&'a str, &'a str)>,
    url: &Url,
) -> Option<HubOffer> {
    let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let in_headers: Vec<(String, String)> = values.flat_map(|(_, value)| links(value)).collect();
    let in_headers = in_headers.iter().map(|(rel, href)| (rel.as_str(), href.as_str()));
    offer(in_headers, url).or_else(|| offer(body, url))
}

fn offer<'a>(links: impl IntoIterator<Item = (&'a str, &'a str)>, base: &Url) -> Option<HubOffer> {
    let (mut hub, mut topic) = (None, None);
    for (rel, href) in links {
        let resolved = || base.join(href.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        for relation in rel.split_ascii_whitespace() {
            match relation.to_ascii_lowercase().as_str() {
                "hub" => hub = hub.or_else(resolved),
                "self" => topic = topic.or_else(resolved),
                _ => {}
            }
        }
    }
    Some(HubOffer { hub: hub?, topic: topic.unwrap_or_else(|| base.clone()) })
}

/// Relations and targets of a `Link` header (RFC 8288, section 3).
fn links(value: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((target, params)) = after.split_once('>') else { break };
        let end = end_of_params(params);
        if let Some(rel) = rel_of(&params[..end]) {
            found.push((rel, target.trim().to_owned()));
        }
        rest = &params[end..];
    }
    found
}

/// The end of the parameters of one link: the first comma that is not quoted.
fn end_of_params(params: &str) -> usize {
    let mut quoted = false;
    for (at, c) in params.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => return at,
            _ => {}
        }
    }
    params.len()
}

fn rel_of(params: &str) -> Option<String> {
    let rel = params.split(';').filter_map(|param| param.split_once('='));
    rel.filter(|(name, _)| name.trim().eq_ignore_ascii_case("rel"))
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
        .next()
}

/// Whether documents from this hub can be authenticated: a secret may be sent only over HTTPS
/// (section 5.1), and without one anybody could push.
pub fn can_sign(hub: &Url) -> bool {
    hub.scheme() == "https"
}

/// The form that subscribes at a hub (section 5.1). `secret` is left out if the hub's URL is plain
/// HTTP, see [`can_sign`].
pub fn subscribe_form(hub: &Url, topic: &Url, callback: &Url, secret: &str) -> Vec<(&'static str, String)> {
    let mut form = vec![
        ("hub.mode", "subscribe".to_owned()),
        ("hub.topic", topic.to_string()),
        ("hub.callback", callback.to_string()),
        ("hub.lease_seconds", LEASE_S.to_string()),
    ];
    if can_sign(hub) {
        form.push(("hub.secret", secret.to_owned()));
    }
    form
}

/// The form that tells a hub that a feed has changed; common practice, not part of the
/// recommendation.
pub fn publish_form(topic: &Url) -> Vec<(&'static str, String)> {
    vec![("hub.mode", "publish".to_owned()), ("hub.topic", topic.to_string()), ("hub.url", topic.to_string())]
}

/// The end of a lease of `seconds` granted at `now`: at least a minute, at most [`LEASE_MAX`].
pub fn lease_end(now: Timestamp, seconds: Option<u64>) -> Timestamp {
    let seconds = i64::try_from(seconds.unwrap_or_else(|| LEASE_S.into())).unwrap_or(i64::MAX);
    let lease = SignedDuration::from_secs(seconds.max(60)).min(LEASE_MAX);
    now.checked_add(lease).unwrap_or(Timestamp::MAX)
}

/// Whether a subscription requested at `requested` that ends at `end` is to be renewed: when a
/// tenth of the time is left. A subscription that was never verified (`end` is `None`) is requested
/// again after a day.
pub fn needs_renewal(requested: Timestamp, end: Option<Timestamp>, now: Timestamp) -> bool {
    match end {
        Some(end) => now.duration_since(requested) >= end.duration_since(requested) * 9 / 10,
        None => now.duration_since(requested) >= SignedDuration::from_hours(24),
    }
}

/// Whether `signature`, the value of `X-Hub-Signature` (`sha256=…`, section 8), is valid for `body`
/// and `secret`. Compared in constant time. SHA-1 is accepted because most hubs still use it, and
/// HMAC-SHA-1 is not broken.
pub fn is_signed(secret: &str, signature: &str, body: &[u8]) -> bool {
    let Some((method, hex)) = signature.trim().split_once('=') else { return false };
    let Ok(given) = data_encoding::HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()) else { return false };
    let secret = secret.as_bytes();
    match method.trim().to_ascii_lowercase().as_str() {
        "sha1" => verifies::<Hmac<sha1::Sha1>>(secret, &given, body),
        "sha256" => verifies::<Hmac<Sha256>>(secret, &given, body),
        "sha384" => verifies::<Hmac<Sha384>>(secret, &given, body),
        "sha512" => verifies::<Hmac<Sha512>>(secret, &given, body),
        _ => false,
    }
}

fn verifies<M: Mac + KeyInit>(secret: &[u8], given: &[u8], body: &[u8]) -> bool {
    <M as KeyInit>::new_from_slice(secret).is_ok_and(|mac| mac.chain_update(body).verify_slice(given).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn found(header: &str, body: &[(&str, &str)]) -> Option<(String, String)> {
        let headers = [("Link".to_owned(), header.to_owned())];
        let offer = hub_offer(&headers, body.iter().copied(), &url("http://lake.example/feed?x"))?;
        Some((offer.hub.to_string(), offer.topic.to_string()))
    }

    #[test]
    fn the_header_has_priority_over_the_body() {
        let named = |hub: &str, topic: &str| Some((hub.to_owned(), topic.to_owned()));
        let body = [("hub", "http://hub.example/body"), ("self", "/own")];
        assert_eq!(
            found(
                "<http://hub.example/>; title=\"a, b\"; rel=\"hub\", <http://lake.example/f>; rel=self",
                &body
            ),
            named("http://hub.example/", "http://lake.example/f")
        );
        assert_eq!(
            found("</a>; rel=next", &body),
            named("http://hub.example/body", "http://lake.example/own")
        );
        assert_eq!(
            found("</h>; rel=\"other HUB\"", &[]),
            named("http://lake.example/h", "http://lake.example/feed?x")
        );
        assert_eq!(found("<mailto:a@lake.example>; rel=hub", &[("self", "/")]), None);
        assert_eq!(found("<http://hub.example/", &[]), None);
    }

    #[test]
    fn signatures() {
        // RFC 4231, test case 2, and RFC 2202, test case 2.
        let body = b"what do ya want for nothing?";
        let sha256 = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert!(is_signed("Jefe", sha256, body));
        assert!(is_signed("Jefe", &sha256.to_uppercase(), body));
        assert!(is_signed("Jefe", "sha1=effcdf6ae5eb2fa2d27416d5f184df9c259a7c79", body));
        assert!(is_signed(
            "Jefe",
            "sha512=164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6\
             fdcaeab1a34d4a6b4b636e070a38bce737",
            body
        ));
        assert!(!is_signed("jefe", sha256, body));
        assert!(!is_signed("Jefe", &sha256[..40], body));
        assert!(!is_signed("Jefe", "sha256=", body));
        assert!(!is_signed("Jefe", "md5=00", body));
        assert!(!is_signed("Jefe", "", body));
    }

    #[test]
    fn secrets_are_sent_only_over_https() {
        let form = |hub| {
            subscribe_form(
                &url(hub),
                &url("https://lake.example/f"),
                &url("https://desk.example/c"),
                "s3cret",
            )
        };
        let holds = |hub| form(hub).iter().any(|(_, value)| value.contains("s3cret"));
        assert!(holds("https://hub.example/") && holds("HTTPS://hub.example:8443/"));
        assert!(!holds("http://hub.example/") && !holds("http://127.0.0.1:80/") && !holds("http://[::1]/"));
        assert_eq!(form("http://hub.example/").len(), 4);
    }

    #[test]
    fn leases() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let end = lease_end(at(0), Some(86_400));
        assert_eq!(end, at(86_400));
        assert!(!needs_renewal(at(0), Some(end), at(77_000)));
        assert!(needs_renewal(at(0), Some(end), at(78_000)));
        assert_eq!(lease_end(at(0), Some(u64::MAX)), at(90 * 86_400));
        assert_eq!(lease_end(at(0), None), at(864_000));
        assert!(!needs_renewal(at(0), None, at(3600)) && needs_renewal(at(0), None, at(86_400)));
    }
}
