//! The steps of a sweep, and how large one may be.

use courant_model::Timestamp;
use jiff::SignedDuration;

use crate::codec::micros;

/// Maximum number of rows that one step removes.
pub(super) const STEP_ROWS: usize = 500;
/// Maximum size of bodies and texts that one step removes, in bytes; but always at least one row.
pub(super) const STEP_BYTES: u64 = 8 << 20;

/// What one step removed, and whether it was the last of its part.
pub(super) struct Step {
    pub(super) rows: u64,
    pub(super) bytes: u64,
    pub(super) is_last: bool,
}

/// The first of the rows (key, bytes) whose bytes add up to at most `max_bytes`; the first in
/// any case.
pub(super) fn within(rows: &[(i64, i64)], max_bytes: u64) -> &[(i64, i64)] {
    let mut sum = 0u64;
    let fitting = rows.iter().take_while(|(_, bytes)| {
        sum = sum.saturating_add(bytes.unsigned_abs());
        sum <= max_bytes
    });
    &rows[..fitting.count().max(1).min(rows.len())]
}

/// The time this many days before `now`, in microseconds; `None` for 0 days, which mean for ever.
pub(super) fn days_before(now: Timestamp, days: u32) -> Option<i64> {
    let span = SignedDuration::from_hours(24 * i64::from(days));
    (days > 0).then(|| micros(now.checked_sub(span).unwrap_or(Timestamp::MIN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_bounded_by_bytes_and_takes_one_row_at_least() {
        assert_eq!(within(&[], 10), []);
        assert_eq!(within(&[(1, 100), (2, 1)], 10), [(1, 100)]);
        assert_eq!(within(&[(1, 4), (2, 6), (3, 1)], 10), [(1, 4), (2, 6)]);
    }

    #[test]
    fn zero_days_keep_for_ever() {
        let now: Timestamp = "2026-03-08T00:00:00Z".parse().unwrap();
        assert_eq!(days_before(now, 0), None);
        assert_eq!(days_before(now, 7), Some(micros("2026-03-01T00:00:00Z".parse().unwrap())));
        assert_eq!(days_before(Timestamp::MIN, 7), Some(micros(Timestamp::MIN)));
    }
}
