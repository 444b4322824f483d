//! `courant store compact`: the file without unused space.

use std::path::Path;

use anyhow::{Context as _, bail};
use courant_pipeline::size;

use crate::{
    exit::Exit,
    output::say,
    session::{Session, close},
};

pub(super) async fn run(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let context = session.context().await?;
    let before = context.store.compaction().await?;
    enough_room(&site.state_dir(), before.bytes - before.free)?;
    let after = context.store.compact().await.context(
        "the store was not compacted and is unchanged; compacting needs space for two copies of the store, one of them \
         in the folder for temporary files (TMPDIR, else /var/tmp)",
    )?;
    close(context).await;
    say(format_args!("{} before, {} now", size(before.bytes), size(after.bytes)));
    Ok(Exit::Done)
}

/// Fails if the disk has no space for two copies of the store's content: one in its log, and one in
/// the folder for temporary files if that is on the same disk.
fn enough_room(folder: &Path, held: u64) -> anyhow::Result<()> {
    let Ok(disk) = rustix::fs::statvfs(folder) else { return Ok(()) };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let needed = held.saturating_mul(2);
    if free < needed {
        bail!(
            "compacting needs {} of free disk space at {}, and {} are free; free disk space, or leave the store as it is: \
             free space in the file is reused",
            size(needed),
            folder.display(),
            size(free)
        );
    }
    Ok(())
}
