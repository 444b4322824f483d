//! The sweep of the store: what is no longer kept goes, a little after each round.

use anyhow::Context;
use courant_model::Timestamp;
use courant_store::{Keep, Removed, SweepReport};
use jiff::SignedDuration;

use super::Desk;
use crate::site::Site;

/// A sweep that came to its end is not begun again sooner than this.
const PAUSE: SignedDuration = SignedDuration::from_hours(1);
/// Steps that one round makes at most, each some 500 rows or 8 MiB: a store that was never swept is done in as many
/// rounds as it takes.
const STEPS_A_ROUND: usize = 40;

/// What the site keeps, as the store wants it.
pub(crate) fn keep_of(site: &Site) -> Keep {
    site.config.keep.of_store(site.config.group.window_days)
}

/// Removes what is no longer kept, as far as one round may, where an hour has passed since the last sweep. A sweep that
/// fails harms nothing and is logged: what it leaves, the next one finds.
pub(crate) async fn sweep_after_round(desk: &Desk) {
    match due(desk).await {
        Ok(false) => {}
        Ok(true) => match desk.store.sweep(&keep_of(&desk.site), desk.clock.now(), STEPS_A_ROUND).await {
            Ok(swept) => log(&swept),
            Err(error) => tracing::error!("the store was not swept, the next round tries again: {error}"),
        },
        Err(error) => tracing::error!("the store was not swept, the next round tries again: {error:#}"),
    }
}

/// Removes all that is no longer kept at this moment.
pub(crate) async fn sweep_all(desk: &Desk) -> anyhow::Result<SweepReport> {
    let swept = desk.store.sweep(&keep_of(&desk.site), desk.clock.now(), usize::MAX).await;
    let swept =
        swept.context("the store was swept in part; what went is gone, the rest stays for the next time")?;
    log(&swept);
    Ok(swept)
}

async fn due(desk: &Desk) -> anyhow::Result<bool> {
    Ok(is_due(desk.store.last_swept().await?, desk.clock.now()))
}

/// Also where the last sweep lies in the future: a clock was wrong, then or now.
fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last > now || now.duration_since(last) >= PAUSE)
}

fn log(swept: &SweepReport) {
    if swept.removed.is_empty() && swept.returned == 0 {
        return;
    }
    tracing::info!(
        rows = swept.rows(),
        bytes = swept.bytes(),
        returned = swept.returned,
        complete = swept.is_complete,
        "store swept: {}",
        in_words(&swept.removed)
    );
}

/// What went, or would go, in one line: "12 bodies of processed captures (340 kB), 3 pages given up (1 kB)".
pub(crate) fn in_words(removed: &[Removed]) -> String {
    let parts: Vec<String> = removed
        .iter()
        .map(|removed| format!("{} {} ({})", removed.rows, removed.part.description(), size(removed.bytes)))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// Bytes as a person reads them: "340 kB", "12.5 MB".
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use courant_store::Part;

    use super::*;

    #[test]
    fn a_sweep_is_due_an_hour_after_the_last_or_when_a_clock_jumped() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-01-14T12:00:00Z");
        assert!(is_due(None, now) && is_due(Some(at("2026-01-14T11:00:00Z")), now));
        assert!(!is_due(Some(at("2026-01-14T11:00:01Z")), now));
        assert!(is_due(Some(at("2036-01-14T11:00:00Z")), now));
    }

    #[test]
    fn what_went_is_told_in_words() {
        assert_eq!(in_words(&[]), "nothing");
        let removed = [
            Removed { part: Part::Captures, rows: 12, bytes: 340_999 },
            Removed { part: Part::DeadPages, rows: 3, bytes: 12_500_000 },
        ];
        assert_eq!(
            in_words(&removed),
            "12 bodies of processed captures (340 kB), 3 pages given up (12.5 MB)"
        );
    }
}
