//! `courant gate`: what the gate decides, and what other rules would change.

use std::{fs, sync::Arc};

use anyhow::Context;

use super::{Session, close};
use crate::{
    cli::GateArgs,
    output::{Exit, print_json, say},
    pipeline::{GateChange, GateTrial, Rules, try_gate},
    site::Config,
};

pub(super) async fn run(session: &Session, args: &GateArgs) -> anyhow::Result<Exit> {
    let desk = session.desk().await?;
    let rules = match &args.config {
        None => Arc::clone(&desk.rules),
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let mut site = desk.site.as_ref().clone();
            site.config = Config::parse(&text, file)?;
            Arc::new(Rules::of(&site)?)
        }
    };
    let mut trial = try_gate(&desk, &rules, args.since.0).await?;
    close(desk).await;
    if !args.dry_run {
        trial.changes.clear();
    }
    if session.json {
        print_json(&trial)?;
    } else {
        print(&trial, args.dry_run);
    }
    Ok(Exit::Done)
}

fn print(trial: &GateTrial, shows_changes: bool) {
    say(format_args!("{} articles, {} published", trial.articles, trial.published));
    for (rule, count) in &trial.by_rule {
        say(format_args!("{count:>8}  decided by {rule}"));
    }
    if !shows_changes {
        return;
    }
    let (gained, lost): (Vec<&GateChange>, Vec<&GateChange>) =
        trial.changes.iter().partition(|change| change.now.published);
    say(format_args!("{} would be published, {} would be held:", gained.len(), lost.len()));
    for change in gained.into_iter().chain(lost) {
        let sign = if change.now.published { '+' } else { '-' };
        say(format_args!("{sign} {} (quality {}, heat {})", change.title, change.quality, change.heat));
        say(format_args!("    {}", change.url));
        say(format_args!("    now {}: {}", change.now.rule, change.now.because));
        say(format_args!("    was {}: {}", change.was.rule, change.was.because));
    }
}
