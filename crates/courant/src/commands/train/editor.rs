//! `courant train`: proposals learned from editors' decisions; on request, applies them.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args;
use courant_analysis::judge::Profile;
use courant_pipeline::{Chosen, Proposals, Sample, proposals};

use crate::{
    commands::since::{SinceHours, parse_hours},
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct TrainEditorArgs {
    /// Limit to articles first seen within this time: 4w, 52w
    #[arg(long, value_name = "TIME", default_value = "52w", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// Apply proposals: all, or these numbers [default: only show them]
    #[arg(long, value_name = "all|1,3", value_parser = parse_chosen)]
    pub(crate) apply: Option<Chosen>,
}

fn parse_chosen(text: &str) -> Result<Chosen, String> {
    if text == "all" {
        return Ok(Chosen::All);
    }
    let number = |part: &str| part.trim().parse::<usize>().ok().filter(|number| *number > 0);
    let numbers = text.split(',').map(number).collect::<Option<_>>();
    numbers.map(Chosen::These).ok_or_else(|| format!("{text:?} is neither \"all\" nor numbers such as 1,3"))
}

pub(super) async fn run(session: &Session, args: &TrainEditorArgs) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    if matches!(context.site.config.profile(), Profile::Classic(_)) {
        bail!("the classic profile judges by the predecessor's fixed rules; it has no weights to change");
    }
    let found = proposals(&context, args.since.0).await?;
    let changed = match &args.apply {
        Some(chosen) => {
            check(chosen, found.len())?;
            found.apply(&context.site, chosen)?
        }
        None => Vec::new(),
    };
    close(context).await;
    if session.json {
        print_json(&serde_json::json!({ "proposals": found, "changed": changed }))?;
    } else {
        print(&found);
        print_end(&found, args, &changed);
    }
    Ok(Exit::Done)
}

/// Fails on a number without a proposal, so that nothing is changed by mistake.
fn check(chosen: &Chosen, count: usize) -> anyhow::Result<()> {
    if let Chosen::These(numbers) = chosen
        && let Some(number) = numbers.iter().find(|number| **number > count)
    {
        bail!("proposal {number} does not exist; there are {count}");
    }
    Ok(())
}

fn print(found: &Proposals) {
    say(format_args!("{}, {} with editor decisions", counted(found.articles, "article"), found.spoken));
    let mut number = 0;
    if let Some(weights) = &found.weights {
        number += 1;
        say(format_args!("\n{number}. Other weights, [judge.weights] of courant.toml"));
        for change in &weights.changes {
            say(format_args!("   {} = {}, now {}", change.kind, change.to, change.from));
            print_sample("now agrees with the editor", &change.evidence);
            print_sample("no longer agrees", &change.against);
        }
        say(format_args!(
            "   of {} articles with editor decisions or scores the machine agrees on {} now and {} then; on stories not \
             used for learning {}",
            weights.before.edited, weights.before.agreed, weights.after.agreed, weights.held_out.agreed
        ));
        print_sample("would have been published", &weights.newly_published);
        print_sample("would have been held", &weights.newly_held);
    }
    for entry in &found.entries {
        number += 1;
        let what = match entry.change {
            "keyword" => "add the keyword",
            "exclude" => "add the exclusion",
            _ => "remove the keyword",
        };
        say(format_args!("\n{number}. Topic {}: {what} “{}”", entry.topic, entry.entry));
        print_sample("fixes", &entry.mended);
        print_sample("breaks", &entry.broken);
        print_sample("others that would get the topic", &entry.gained);
        print_sample("others that would lose it", &entry.lost);
    }
}

fn print_sample(what: &str, sample: &Sample) {
    if sample.count == 0 {
        return;
    }
    say(format_args!("     {what}: {}", sample.count));
    for article in &sample.some {
        say(format_args!("       {}  {}", article.title, article.url));
    }
}

fn print_end(found: &Proposals, args: &TrainEditorArgs, changed: &[PathBuf]) {
    if found.is_empty() {
        say("No proposals: no rule would have agreed better with the editors' decisions so far.");
    } else if args.apply.is_none() {
        say("\nNothing was changed. To apply proposals: `courant train --apply all`, or their numbers.");
    }
    for path in changed {
        say(format_args!("{} was changed.", path.display()));
    }
    if !changed.is_empty() {
        say(
            "New articles are judged by it after the next start; `courant article judge` judges stored articles again.",
        );
    }
}
