//! `courant completions` and `courant man`: shell completions and manual pages, from the same
//! definitions as `--help`.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::{
    exit::Exit,
    output::{Stdout, say},
};

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// Shell to complete commands in
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Folder to write the manual pages to
    pub(crate) dir: PathBuf,
}

/// Prints the completion script for a shell. `command` is the whole command line.
pub(crate) fn completions(mut command: Command, args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "courant", &mut script);
    Stdout.write_all(&script)?;
    Stdout.flush()?;
    Ok(Exit::Done)
}

/// Writes a manual page for each command.
pub(crate) fn man(command: Command, args: &ManArgs) -> anyhow::Result<Exit> {
    let count = write_pages(command, &args.dir)?;
    say(format_args!("{} manual pages in {}", count, args.dir.display()));
    Ok(Exit::Done)
}

/// Writes `courant.1`, `courant-article.1`, `courant-article-publish.1` …; gives how many. Hidden
/// commands have none.
fn write_pages(mut command: Command, dir: &Path) -> anyhow::Result<usize> {
    fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
    command.build();
    write_page(&command, dir)
}

fn write_page(command: &Command, dir: &Path) -> anyhow::Result<usize> {
    let page = clap_mangen::Man::new(command.clone());
    let file = dir.join(page.get_filename());
    let mut bytes = Vec::new();
    page.render(&mut bytes)?;
    fs::write(&file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
    let mut count = 1;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        count += write_page(below, dir)?;
    }
    Ok(count)
}
