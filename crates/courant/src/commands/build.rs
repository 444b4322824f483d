//! `courant build`: writes the site as files.

use std::path::{Path, PathBuf};

use clap::Args;
use courant_pipeline::{
    Context, PublishSummary, build_static, check_static, publication, publish_records, snapshot_to_read,
};
use courant_render::Publication;
use tokio_util::sync::CancellationToken;

use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    round::print_unwritten,
    session::{Session, close},
    stop::{self, on_signal, unless_stopped},
};

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct BuildArgs {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Folder to compare with what would be written; nothing is written
    #[arg(long, value_name = "DIR")]
    pub(crate) check: Option<PathBuf>,
}

/// Maximum number of names of each list that are printed.
const MAX_NAMED: usize = 100;

pub(crate) async fn run(session: &Session, args: &BuildArgs) -> anyhow::Result<Exit> {
    let stop = on_signal();
    session.clock.check()?;
    let context = session.context_to_read().await?;
    let exit = build(session, &context, args, &stop).await;
    // Also after a signal, so that the log of the store is merged into its file.
    close(context).await;
    exit
}

async fn build(
    session: &Session,
    context: &Context,
    args: &BuildArgs,
    stop: &CancellationToken,
) -> anyhow::Result<Exit> {
    // If another process uses the site, it alone writes records and verdicts. Records are written
    // one by one, and the next command completes what was interrupted.
    let (publish, snapshot) = if context.store.is_read_only() {
        unless_stopped(stop, snapshot_to_read(context)).await?
    } else {
        unless_stopped(stop, publish_records(context)).await?
    };
    let publication = publication(context, snapshot)?;
    match (&args.out, &args.check) {
        (Some(out), _) => write(session, context, &publication, out, &publish, stop),
        (None, Some(dir)) => check(session, context, &publication, dir, stop),
        (None, None) => anyhow::bail!("give a folder with --out or --check"),
    }
}

fn write(
    session: &Session,
    context: &Context,
    publication: &Publication,
    out: &Path,
    publish: &PublishSummary,
    stop: &CancellationToken,
) -> anyhow::Result<Exit> {
    let summary = build_static(publication, &context.site.images_dir(), out, stop);
    // The error names the signal.
    stop::check()?;
    let summary = summary?;
    if session.json {
        print_json(&summary)?;
    } else {
        say(format_args!(
            "{}: {} written, {} unchanged, {} removed",
            out.display(),
            counted(summary.written, "file"),
            summary.unchanged,
            summary.removed
        ));
        for (path, reason) in &publish.broken {
            say(format_args!("  {path}: {reason}"));
        }
        print_unwritten(publish);
    }
    Ok(if publish.is_complete() { Exit::Done } else { Exit::Partly })
}

fn check(
    session: &Session,
    context: &Context,
    publication: &Publication,
    dir: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<Exit> {
    let check = check_static(publication, &context.site.images_dir(), dir, stop);
    stop::check()?;
    let check = check?;
    if session.json {
        print_json(&check)?;
    } else {
        let lists = [("missing", &check.missing), ("differs", &check.differing), ("surplus", &check.surplus)];
        for (what, names) in lists {
            for name in names.iter().take(MAX_NAMED) {
                say(format_args!("{what}: {name}"));
            }
            if names.len() > MAX_NAMED {
                say(format_args!("{what}: … and {} more; --json lists all", names.len() - MAX_NAMED));
            }
        }
        say(format_args!(
            "{}: {} equal, {} missing, {} differ, {} surplus",
            dir.display(),
            check.equal,
            check.missing.len(),
            check.differing.len(),
            check.surplus.len()
        ));
    }
    Ok(if check.is_clean() { Exit::Done } else { Exit::Differs })
}
