//! `courant store sweep`: removing what the site no longer keeps.

use courant_pipeline::{keep_of, size, sweep_all};

use super::show::{print_removed, row_of};
use crate::{
    exit::Exit,
    output::{print_json, say},
    session::{Session, close},
};

pub(super) async fn preview(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let store = session.store_to_read(&site).await?;
    let next = store.sweep_preview(&keep_of(&site), session.clock.now()).await?;
    store.close().await?;
    if session.json {
        print_json(&next.iter().map(row_of).collect::<Vec<_>>())?;
    } else {
        print_removed("Would be removed", &next);
    }
    Ok(Exit::Done)
}

pub(super) async fn run(session: &Session) -> anyhow::Result<Exit> {
    let context = session.context().await?;
    let swept = sweep_all(&context).await?;
    let compaction = context.store.compaction().await?;
    close(context).await;
    if session.json {
        print_json(&swept.removed.iter().map(row_of).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    print_removed("Removed", &swept.removed);
    say(format_args!("{} freed; the store takes {}", size(swept.returned), size(compaction.bytes)));
    if !compaction.shrinks && compaction.free > 0 {
        say(format_args!(
            "{} in it are free and will be reused; to shrink the file: courant store compact",
            size(compaction.free)
        ));
    }
    Ok(Exit::Done)
}
