//! `courant judge --again`: stored articles judged by the rules as they are now.

use super::{Session, close};
use crate::{
    output::{Exit, print_json, say},
    pipeline::{publish_records, rejudge},
};

pub(super) async fn run(session: &Session, hours: i64, dry_run: bool) -> anyhow::Result<Exit> {
    session.clock.check()?;
    let desk = session.desk().await?;
    let done = rejudge(&desk, hours, dry_run).await?;
    let written = if dry_run { None } else { Some(publish_records(&desk).await?.0.written) };
    close(desk).await;
    if session.json {
        print_json(&serde_json::json!({ "judged": done, "recordsWritten": written }))?;
        return Ok(Exit::Done);
    }
    let tense = if dry_run { "would be" } else { "are" };
    say(format_args!(
        "{} articles, {} {tense} judged otherwise, {} with another quality",
        done.articles, done.changed, done.quality
    ));
    for (topic, (got, lost)) in &done.topics {
        say(format_args!("{got:>7} get and {lost:>5} lose {topic}"));
    }
    match written {
        Some(written) => say(format_args!("{written} records were written.")),
        None => say("Nothing was changed."),
    }
    Ok(Exit::Done)
}
