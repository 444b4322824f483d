//! `Retry-After` (RFC 9110, section 10.2.3).

use std::time::Duration;

use jiff::Timestamp;

use super::http_date::http_date;

/// The longest wait that is honoured: 31 days. A server that asks for a year is misconfigured.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(31 * 24);

/// The wait from `now`, given as seconds or as a date, at most [`RETRY_AFTER_MAX`]. A date in the
/// past is a wait of zero; an invalid value gives `None`.
pub fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    let seconds = value.split_once('.').map_or(value, |(whole, _)| whole);
    let wait = if !seconds.is_empty() && seconds.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(seconds.parse().unwrap_or(u64::MAX))
    } else {
        Duration::try_from(http_date(value)?.duration_since(now)).unwrap_or(Duration::ZERO)
    };
    Some(wait.min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates() {
        let now: Timestamp = "1994-11-06T08:00:00Z".parse().unwrap();
        let seconds = |value| retry_after(value, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("7200"), Some(7200));
        assert_eq!(seconds(" 0 "), Some(0));
        assert_eq!(seconds("1.5"), Some(1));
        assert_eq!(seconds("604800"), Some(604_800));
        assert_eq!(seconds("31536000"), Some(2_678_400));
        assert_eq!(seconds("99999999999999999999999"), Some(2_678_400));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(2977));
        assert_eq!(seconds("Sun, 06 Nov 1994 07:49:37 GMT"), Some(0));
        assert_eq!(seconds("-5"), None);
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds(""), None);
    }
}
