//! How heat cools: what remains of a report, a link or a click after a time.

use courant_model::Timestamp;
use jiff::SignedDuration;

/// Half-lives after which nothing counts any more: less than a thousandth remains.
const MAX_HALF_LIVES: f64 = 10.0;

/// Half-lives after the last report at which a curve ends; afterwards heat only falls to the
/// quality.
pub(super) const CURVE_HALF_LIVES: f64 = 4.0;

/// What remains of 1 after a time that halves it every `half_life_h` hours; 1 for the future.
pub(super) fn remaining(at: Timestamp, now: Timestamp, half_life_h: f64) -> f64 {
    let seconds = now.as_second().saturating_sub(at.as_second()).max(0);
    if half_life_h > 0.0 { (-(seconds as f64 / 3600.0) / half_life_h).exp2() } else { 0.0 }
}

/// The instant before which nothing counts any more.
pub(super) fn counts_since(now: Timestamp, half_life_h: f64) -> Timestamp {
    let hours = (MAX_HALF_LIVES * half_life_h).ceil();
    // NaN and negative values become 0; what is too long for a calendar becomes all time.
    let hours = (hours as i64).clamp(0, 24 * 366 * 20_000);
    now.checked_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN)
}
