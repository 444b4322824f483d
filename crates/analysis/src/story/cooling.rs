//! How heat cools: what is left of a report, a link or a click after a time.

use courant_model::Timestamp;
use jiff::SignedDuration;

/// After so many half-lives nothing counts any more: less than a thousandth is left.
const FORGOTTEN_AFTER: f64 = 10.0;

/// A curve ends so many half-lives after the last report: what follows is the way down to the quality.
pub(super) const CURVE_AFTER_LAST: f64 = 4.0;

/// What is left of 1 after a time that halves it every `half_life_h` hours; 1 for the future.
pub(super) fn cooled(at: Timestamp, now: Timestamp, half_life_h: f64) -> f64 {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    if half_life_h > 0.0 { (-(seconds as f64 / 3600.0) / half_life_h).exp2() } else { 0.0 }
}

/// The moment before which nothing counts any more.
pub(super) fn forgotten_before(now: Timestamp, half_life_h: f64) -> Timestamp {
    let hours = (FORGOTTEN_AFTER * half_life_h).ceil();
    // NaN and what lies below zero become 0; what is too long for a calendar becomes all time.
    let hours = (hours as i64).clamp(0, 24 * 366 * 20_000);
    now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}
