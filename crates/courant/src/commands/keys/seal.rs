//! `courant keys seal` and `courant keys unseal`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use clap::Args;
use courant_formats::sealed::KeyRing;
use courant_site::Site;

use crate::{
    exit::Exit,
    output::{say_plainly, tell},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct SealArgs {
    /// Record below `records/`: news/2026-03-04-a-headline.md
    pub(crate) record: String,
    /// Use the classic form, which is not bound to one record
    #[arg(long)]
    pub(crate) classic: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UnsealArgs {
    /// Record files
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Seals standard input for a record.
pub(crate) fn seal(session: &Session, args: &SealArgs) -> anyhow::Result<Exit> {
    let keys = session.site()?.keys();
    let mut payload = Vec::new();
    std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut payload)?;
    let sealed = if args.classic {
        let mut iv = [0; 16];
        getrandom::fill(&mut iv).map_err(|error| anyhow::anyhow!("cannot get random numbers: {error}"))?;
        keys.seal_classic(&payload, iv)?
    } else {
        keys.seal(&args.record, &payload)?
    };
    say_plainly(sealed);
    Ok(Exit::Done)
}

/// Prints the private part of records.
pub(crate) fn unseal(session: &Session, args: &UnsealArgs) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let keys = site.keys();
    let mut exit = Exit::Done;
    for file in &args.files {
        match opened(&site, &keys, file) {
            Ok(payload) => say_plainly(payload),
            Err(error) => {
                tell(format_args!("courant: {}: {error:#}", file.display()));
                exit = Exit::Partly;
            }
        }
    }
    Ok(exit)
}

/// The payload of a record file of the site, or of one of another site that lies below a folder
/// `records/`.
fn opened(site: &Site, keys: &KeyRing, file: &Path) -> anyhow::Result<String> {
    let text = fs::read_to_string(file)?;
    let record = courant_formats::record::read(&text)?;
    let sealed = record.secured.as_deref().context("the record has no private part")?;
    let whole = fs::canonicalize(file)?;
    let records = fs::canonicalize(site.records_dir()).unwrap_or_default();
    let path = match whole.strip_prefix(&records) {
        Ok(below) => below.to_path_buf(),
        Err(_) => whole.iter().skip_while(|part| *part != "records").skip(1).collect(),
    };
    let payload = keys.open(&path.to_string_lossy(), sealed)?;
    String::from_utf8(payload).context("the payload is not text")
}
