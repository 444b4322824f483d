//! Sweeps the store: a little is removed after each round of what is no longer kept.

use anyhow::Context as _;
use courant_model::Timestamp;
use courant_site::Site;
use courant_store::{Keep, Removed, SweepReport};
use jiff::SignedDuration;

use crate::context::Context;

/// Minimum time between two complete sweeps.
const INTERVAL: SignedDuration = SignedDuration::from_hours(1);
/// Maximum number of steps in one round, each some 500 rows or 8 MiB. A store that was never swept
/// takes several rounds.
const MAX_STEPS_PER_ROUND: usize = 40;

/// What the site keeps, as the store expects it.
pub fn keep_of(site: &Site) -> Keep {
    let keep = &site.config.keep;
    Keep {
        capture_days: keep.capture_days.0,
        published_capture_days: keep.published_capture_days.0,
        capture_row_days: keep.capture_row_days.0,
        unpublished_text_days: keep.unpublished_text_days.0,
        source_entry_days: keep.source_entry_days.0,
        dead_letter_days: keep.dead_letter_days.0,
        image_days: keep.image_days.0,
        click_days: keep.click_days.0,
        window_days: site.config.group.window_days.0,
    }
}

/// Removes what is no longer kept, up to the limit for one round, if an hour has passed since the
/// last sweep. A failed sweep does no harm and is logged; the next one continues.
pub async fn sweep_after_round(context: &Context) {
    match due(context).await {
        Ok(false) => {}
        Ok(true) => {
            match context.store.sweep(&keep_of(&context.site), context.clock.now(), MAX_STEPS_PER_ROUND).await
            {
                Ok(swept) => log(&swept),
                Err(error) => tracing::error!(%error, "cannot sweep the store; the next round tries again"),
            }
        }
        Err(error) => {
            tracing::error!(error = %format_args!("{error:#}"), "cannot sweep the store; the next round tries again");
        }
    }
}

/// Removes everything that is currently no longer kept.
pub async fn sweep_all(context: &Context) -> anyhow::Result<SweepReport> {
    let swept = context.store.sweep(&keep_of(&context.site), context.clock.now(), usize::MAX).await;
    let swept = swept.context("the store was swept only in part; the next sweep continues")?;
    log(&swept);
    Ok(swept)
}

async fn due(context: &Context) -> anyhow::Result<bool> {
    Ok(is_due(context.store.last_swept().await?, context.clock.now()))
}

/// Also due if the last sweep is in the future, because the clock was wrong.
fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last > now || now.duration_since(last) >= INTERVAL)
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

/// What was removed, or would be, in one line: "12 bodies of processed captures (340 kB), 3 pages
/// given up (1 kB)".
pub fn in_words(removed: &[Removed]) -> String {
    let parts: Vec<String> = removed
        .iter()
        .map(|removed| format!("{} {} ({})", removed.rows, removed.part.description(), size(removed.bytes)))
        .collect();
    if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") }
}

/// A number of bytes for people: "340 kB", "12.5 MB".
pub fn size(bytes: u64) -> String {
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
    fn a_sweep_is_due_an_hour_after_the_last_or_if_the_clock_jumped() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-01-14T12:00:00Z");
        assert!(is_due(None, now) && is_due(Some(at("2026-01-14T11:00:00Z")), now));
        assert!(!is_due(Some(at("2026-01-14T11:00:01Z")), now));
        assert!(is_due(Some(at("2036-01-14T11:00:00Z")), now));
    }

    #[test]
    fn removed_rows_are_summarised() {
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
