//! `courant gate`: what the gate decides, and what other rules would change.

use std::{fs, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use clap::Args;
use courant_pipeline::{GateChange, GateTrial, Rules, try_gate};
use courant_site::Config;

use super::since::{SinceHours, parse_hours};
use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct GateArgs {
    /// Decide again about the stored articles and show what would change; nothing is stored
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Limit to articles first seen within this time: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// File whose rules to try with --dry-run [default: the site's courant.toml]
    #[arg(long, value_name = "FILE", requires = "dry_run")]
    pub(crate) config: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, args: &GateArgs) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    let rules = match &args.config {
        None => Arc::clone(&context.rules),
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            let mut site = context.site.as_ref().clone();
            site.config = Config::parse(&text, file)?;
            Arc::new(Rules::of(&site)?)
        }
    };
    let mut trial = try_gate(&context, &rules, args.since.0).await?;
    close(context).await;
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
    say(format_args!("{}, {} published", counted(trial.articles, "article"), trial.published));
    for (rule, count) in &trial.by_rule {
        say(format_args!("{count:>8}  decided by {rule}"));
    }
    for (rule, count) in &trial.given_by_rule {
        say(format_args!("{count:>8}  got points or tags from {rule}"));
    }
    if trial.dropped > 0 {
        say(format_args!("{:>8}  dropped", trial.dropped));
    }
    if !shows_changes {
        return;
    }
    for (sign, what) in SIGNS {
        let changes: Vec<&GateChange> =
            trial.changes.iter().filter(|change| sign_of(change) == sign).collect();
        if !changes.is_empty() || sign != OTHERWISE {
            say(format_args!("{} {what}:", changes.len()));
        }
        for change in changes {
            print_change(sign, change);
        }
    }
}

/// The sign of changes that neither publish, hold nor drop.
const OTHERWISE: char = '~';

/// The kinds of changes, with their signs in lists.
const SIGNS: [(char, &str); 4] = [
    ('+', "would be published"),
    ('-', "would be held"),
    ('x', "would be dropped"),
    (OTHERWISE, "would get other points or tags, or wait for the editor again"),
];

const fn sign_of(change: &GateChange) -> char {
    match (&change.was, &change.now) {
        (was, now) if now.dropped && !was.dropped => 'x',
        (was, now) if now.published && !was.published => '+',
        (was, now) if !now.published && was.published => '-',
        _ => OTHERWISE,
    }
}

fn print_change(sign: char, change: &GateChange) {
    say(format_args!("{sign} {} (quality {}, heat {})", change.title, change.quality, change.heat));
    say(format_args!("    {}", change.url));
    for (when, verdict) in [("now", &change.now), ("was", &change.was)] {
        say(format_args!("    {when} {}: {}", verdict.rule, verdict.because));
        for effect in &verdict.effects {
            say(format_args!("        {} by {}: {}", effect.kind, effect.rule, effect.because));
        }
    }
}
