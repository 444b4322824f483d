//! `courant queue`: the articles that wait for an editor.

use courant_pipeline::{Waiting, queue};

use super::{Session, close};
use crate::{
    cli::QueueArgs,
    output::{Exit, print_json, say},
};

pub(super) async fn run(session: &Session, args: &QueueArgs) -> anyhow::Result<Exit> {
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
        say("no article waits");
    }
    for article in waiting {
        say(format_args!(
            "{} ({}), quality {}, heat {}",
            article.title,
            article.provider,
            article.quality,
            article.heat.degrees()
        ));
        say(format_args!("    {} by {}: {}", article.published_date_time, article.rule, article.because));
        say(format_args!("    {}", article.command));
    }
}
