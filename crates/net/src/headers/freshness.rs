//! How long a response stays fresh (RFC 9111, section 4.2).

use std::time::Duration;

use jiff::Timestamp;

use super::http_date::http_date;
use crate::messages::find;

/// How long after `now` a response with these headers stays fresh; `None` if they do not say or the
/// time is over.
///
/// `max-age` has priority over `Expires`; `s-maxage` is for shared caches and is ignored; `Age` is
/// subtracted. `no-cache` and `no-store` do not say how often to ask and give `None` even with
/// `max-age`.
pub fn freshness(headers: &[(String, String)], now: Timestamp) -> Option<Duration> {
    let lifetime = match cache_control(headers) {
        CacheControl::MaxAge(seconds) => Duration::from_secs(seconds),
        CacheControl::NoCache => return None,
        CacheControl::Absent => {
            let expires = http_date(find(headers, "expires")?)?;
            let from = find(headers, "date").and_then(http_date).unwrap_or(now);
            Duration::try_from(expires.duration_since(from)).ok()?
        }
    };
    let age = find(headers, "age").and_then(seconds).map_or(Duration::ZERO, Duration::from_secs);
    lifetime.checked_sub(age).filter(|left| !left.is_zero())
}

enum CacheControl {
    MaxAge(u64),
    NoCache,
    Absent,
}

fn cache_control(headers: &[(String, String)]) -> CacheControl {
    let mut max_age = None;
    let values = headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
    for directive in values.flat_map(|(_, value)| value.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return CacheControl::NoCache,
            "max-age" => max_age = max_age.or_else(|| seconds(value.trim().trim_matches('"'))),
            _ => {}
        }
    }
    max_age.map_or(CacheControl::Absent, CacheControl::MaxAge)
}

/// Delta seconds (RFC 9111, section 1.2.2); a number that is too large is taken as 2^31.
fn seconds(text: &str) -> Option<u64> {
    let text = text.trim();
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().unwrap_or(1 << 31).min(1 << 31))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh(headers: &[(&str, &str)]) -> Option<u64> {
        let now = "1994-11-06T08:00:00Z".parse().unwrap();
        let headers: Vec<_> = headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        freshness(&headers, now).map(|left| left.as_secs())
    }

    #[test]
    fn lifetimes() {
        assert_eq!(fresh(&[]), None);
        assert_eq!(fresh(&[("cache-control", "public, max-age=43200")]), Some(43_200));
        assert_eq!(fresh(&[("cache-control", "s-maxage=5, max-age=\"3600\"")]), Some(3600));
        assert_eq!(fresh(&[("cache-control", "s-maxage=5")]), None);
        assert_eq!(fresh(&[("cache-control", "no-cache, max-age=60")]), None);
        assert_eq!(fresh(&[("Cache-Control", "private"), ("Cache-Control", "Max-Age=60")]), Some(60));
        assert_eq!(fresh(&[("cache-control", "max-age=7200"), ("age", "3600")]), Some(3600));
        assert_eq!(fresh(&[("cache-control", "max-age=60"), ("age", "3600")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=-1")]), None);
        assert_eq!(fresh(&[("cache-control", "max-age=99999999999999999999")]), Some(1 << 31));
    }

    #[test]
    fn expires_is_relative_to_the_servers_date() {
        let expires = ("expires", "Sun, 06 Nov 1994 10:00:00 GMT");
        assert_eq!(fresh(&[expires]), Some(7200));
        assert_eq!(fresh(&[expires, ("date", "Sun, 06 Nov 1994 09:00:00 GMT")]), Some(3600));
        assert_eq!(fresh(&[("expires", "0")]), None);
        assert_eq!(fresh(&[expires, ("cache-control", "max-age=60")]), Some(60));
    }
}
