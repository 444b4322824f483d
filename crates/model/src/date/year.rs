//! Two-digit years.

/// A two-digit year in its century (RFC 2822 §4.3).
pub(super) const fn century(year: i16) -> i16 {
    match year {
        0..=49 => year + 2000,
        50..=999 => year + 1900,
        _ => year,
    }
}
