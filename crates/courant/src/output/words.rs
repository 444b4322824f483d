//! Counts and times for people.

use std::fmt::Display;

use jiff::Timestamp;

/// A number with what it counts: `1 article`, `2 articles`, `2 entries`.
pub(crate) fn counted(count: impl TryInto<u64>, singular: &str) -> String {
    let count = count.try_into().unwrap_or(u64::MAX);
    match (count, singular.strip_suffix('y')) {
        (1, _) => format!("1 {singular}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {singular}s"),
    }
}

/// A time in whole seconds: `2026-01-15T12:00:00Z`.
pub(crate) fn time(at: Timestamp) -> impl Display {
    at.strftime("%Y-%m-%dT%H:%M:%SZ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_plural() {
        assert_eq!(counted(1_u64, "article"), "1 article");
        assert_eq!(counted(0_usize, "entry"), "0 entries");
        assert_eq!(counted(2_u32, "new page"), "2 new pages");
    }

    #[test]
    fn a_time_has_no_fraction() {
        let at: Timestamp = "2026-01-15T12:00:00.123456Z".parse().unwrap();
        assert_eq!(time(at).to_string(), "2026-01-15T12:00:00Z");
    }
}
