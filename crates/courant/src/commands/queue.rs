//! `courant queue`: the articles that wait for an editor.

use clap::Args;
use courant_pipeline::{Waiting, queue};

use super::since::{SinceHours, parse_hours};
use crate::{
    exit::Exit,
    output::{print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct QueueArgs {
    /// Limit to articles first seen within this time: 12h, 7d, 2w
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_hours)]
    pub(crate) since: SinceHours,
    /// Maximum number of articles to list
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

pub(crate) async fn run(session: &Session, args: &QueueArgs) -> anyhow::Result<Exit> {
    let (now, hours) = (session.clock.now(), args.since.0);
    let context = session.context_to_read().await?;
    let waiting = queue(&context.store, &context.site, now, hours, args.limit).await?;
    close(context).await;
    if session.json {
        print_json(&waiting)?;
    } else {
        print(&waiting);
    }
    Ok(Exit::Done)
}

fn print(waiting: &[Waiting]) {
    if waiting.is_empty() {
        say("Nothing is waiting for review.");
    }
    for article in waiting {
        say(format_args!(
            "{} ({}), quality {}, heat {}",
            article.title, article.provider, article.quality, article.heat
        ));
        say(format_args!("    {} by {}: {}", article.published_date_time, article.rule, article.because));
        say(format_args!("    {}", article.command));
    }
}
