//! Reading the dates that the web writes.

use jiff::{Timestamp, fmt::rfc2822};

/// The instant that a date text means, or `None` where it is no date. A text without a zone is taken as UTC.
pub fn parse_date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}
