//! `courant new`: creates the folder of a new site.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Folder to create; it must be empty or missing
    pub(crate) dir: PathBuf,
    /// Start with sources and a taxonomy for this subject
    #[arg(long)]
    pub(crate) subject: Option<Subject>,
}

/// A subject with a bundled taxonomy and sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// Artificial intelligence
    Ai,
}

impl From<Subject> for courant_site::Subject {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Ai => Self::Ai,
        }
    }
}

pub(crate) fn run(session: &Session, args: &NewArgs) -> anyhow::Result<Exit> {
    let key = super::keys::fresh_key()?;
    let written = courant_site::create(&args.dir, args.subject.map(Into::into), &key)?;
    if session.json {
        print_json(&written)?;
        return Ok(Exit::Done);
    }
    let dir = args.dir.display();
    say(format_args!("Created a new site in {dir}: {}.", counted(written.len(), "file")));
    if args.subject.is_none() {
        say("It has no taxonomy and accepts every article. Next:");
        say(format_args!(
            "  courant sources add --site {dir} https://… a feed, or a page that announces one"
        ));
    } else {
        say("Next:");
    }
    say(format_args!("  courant run --site {dir}      polls, publishes and serves it"));
    say(format_args!("  {dir}/courant.toml            title, URL, thresholds: each key with its default"));
    Ok(Exit::Done)
}
