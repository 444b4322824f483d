//! `courant article judge`: stored articles judged again by the current rules.

use clap::Args;
use courant_pipeline::{publish_records, rejudge};

use crate::{
    commands::since::{SinceHours, parse_hours},
    exit::Exit,
    output::{counted, print_json, say},
    round::print_unwritten,
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// Limit to articles first seen within this time: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "4w", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// Show what would change, without storing it
    #[arg(long)]
    pub(crate) dry_run: bool,
}

pub(super) async fn run(session: &Session, hours: i64, dry_run: bool) -> anyhow::Result<Exit> {
    let context = if dry_run {
        session.context_to_read().await?
    } else {
        session.clock.check()?;
        session.context().await?
    };
    let done = rejudge(&context, hours, dry_run).await?;
    let publish = if dry_run { None } else { Some(publish_records(&context).await?.0) };
    close(context).await;
    let exit = if publish.as_ref().is_none_or(|publish| publish.unwritten.is_empty()) {
        Exit::Done
    } else {
        Exit::Partly
    };
    let written = publish.as_ref().map(|publish| publish.written);
    if session.json {
        print_json(&serde_json::json!({ "judged": done, "recordsWritten": written }))?;
        return Ok(exit);
    }
    let verb = if dry_run { "would change" } else { "changed" };
    say(format_args!(
        "{}, {} {verb}, {} with another quality",
        counted(done.articles, "article"),
        done.changed,
        done.quality
    ));
    if done.without_text > 0 {
        say(format_args!(
            "{} not judged: the text is no longer kept ([keep] unpublished_text_days)",
            counted(done.without_text, "article")
        ));
    }
    for (topic, (got, lost)) in &done.topics {
        say(format_args!("{got:>7} get and {lost:>5} lose {topic}"));
    }
    match written {
        Some(written) => say(format_args!("{} written.", counted(written, "record"))),
        None => say("Nothing was stored."),
    }
    if let Some(publish) = &publish {
        print_unwritten(publish);
    }
    Ok(exit)
}
