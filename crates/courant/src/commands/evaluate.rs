//! `courant train evaluate`: compares the machine's decisions with those of editors.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use courant_analysis::evaluate::{Counts, Evaluation};
use courant_pipeline::evaluation;
use courant_render::{Bar, shares_svg};
use courant_site::files::write_atomically;

use super::since::{SinceHours, parse_hours};
use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct EvaluateArgs {
    /// Limit to articles first seen within this time: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "4w", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// File to draw the figures into (SVG)
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,
}

pub(crate) async fn run(session: &Session, args: &EvaluateArgs) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    let found = evaluation(&context, args.since.0).await?;
    close(context).await;
    if let Some(file) = &args.svg {
        let svg = shares_svg("Machine and editors compared", &note(&found), &bars(&found));
        write_atomically(file, svg.as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if session.json {
        print_json(&found)?;
    } else {
        print(&found);
    }
    Ok(Exit::Done)
}

fn note(found: &Evaluation) -> String {
    format!(
        "{}, {} with editor decisions; unchanged articles count as agreement. Above precision, below recall.",
        counted(found.articles, "article"),
        found.edited
    )
}

/// Publication and topics, then each topic, sorted by cases, most first.
fn bars(found: &Evaluation) -> Vec<Bar> {
    let bar = |label: &str, counts: &Counts| Bar {
        label: label.to_owned(),
        cases: counts.right + counts.wrong + counts.missed,
        shares: [counts.precision(), counts.recall()],
    };
    let mut topics: Vec<Bar> = found.by_topic.iter().map(|(name, counts)| bar(name, counts)).collect();
    topics.sort_by_key(|topic| std::cmp::Reverse(topic.cases));
    let mut bars = vec![bar("Publication", &found.publication), bar("All topics", &found.topics)];
    bars.extend(topics);
    bars
}

fn print(found: &Evaluation) {
    say(format_args!("{}, {} with editor decisions", counted(found.articles, "article"), found.edited));
    let percent =
        |share: Option<f64>| share.map_or("–".to_owned(), |share| format!("{:.1}", share * 100.0));
    say(format_args!("{:>10} {:>10} {:>7}", "precision", "recall", "cases"));
    for bar in bars(found) {
        let [precision, recall] = bar.shares.map(percent);
        say(format_args!("{precision:>10} {recall:>10} {:>7}  {}", bar.cases, bar.label));
    }
    match found.quality_agreement {
        Some(agreement) => say(format_args!(
            "quality: rank correlation {agreement:.2} over {} articles with editor scores",
            found.quality_edited
        )),
        None => say(format_args!(
            "quality: rank correlation needs 3 articles with different editor scores; found {} with scores",
            found.quality_edited
        )),
    }
}
