//! Times such as `12h`, `7d` or `2w` on the command line.

/// A span of whole hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SinceHours(pub(crate) i64);

/// Reads a number with `h`, `d` or `w`; more than 1,000,000 counts as that.
pub(crate) fn parse_hours(text: &str) -> Result<SinceHours, String> {
    let wanted = || format!("{text:?} is not a time; expected a number of hours, days or weeks: 12h, 7d, 2w");
    let unit = text.chars().next_back().ok_or_else(wanted)?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 7 * 24,
        _ => return Err(wanted()),
    };
    let count: u32 = text[..text.len() - 1].parse().map_err(|_| wanted())?;
    Ok(SinceHours(i64::from(count.min(1_000_000)) * hours))
}
