//! `courant queue`: the articles that wait for an editor.

use anyhow::Context;
use courant_store::{Store, StoreError};

use super::{Session, close};
use crate::{
    cli::QueueArgs,
    output::{Exit, print_json, say},
    pipeline::{Waiting, queue},
};

pub(super) async fn run(session: &Session, args: &QueueArgs) -> anyhow::Result<Exit> {
    let (now, hours) = (session.clock.now(), args.since.0);
    let waiting = match session.desk().await {
        Ok(desk) => {
            let waiting = queue(&desk.store, &desk.site, now, hours, args.limit).await?;
            close(desk).await;
            waiting
        }
        // Reading needs nobody's leave.
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse { .. })) => {
            let site = session.site()?;
            let file = site.store_file();
            let store =
                Store::open_to_read(&file).await.with_context(|| format!("store {}", file.display()))?;
            let waiting = queue(&store, &site, now, hours, args.limit).await?;
            store.close().await?;
            waiting
        }
        Err(error) => return Err(error),
    };
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
