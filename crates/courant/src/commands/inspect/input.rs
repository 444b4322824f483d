//! Input of a stage: a file (compressed or not), a URL, standard input.

use std::{io, path::PathBuf};

use anyhow::Context as _;
use clap::Args;
use courant_net::{Purpose, Request, Response};
use courant_pipeline::client_of;
use courant_site::{Site, read_bounded};
use url::Url;

use crate::session::Session;
pub(super) use courant_site::read_file;

/// Arguments of a stage: files or URLs, or JSON Lines on standard input.
#[derive(Debug, Args)]
pub(crate) struct StageInput {
    /// Files or URLs (- for standard input)
    #[arg(value_name = "FILE|URL", required_unless_present = "batch")]
    pub(crate) inputs: Vec<String>,
    /// Read JSON Lines from standard input, answer JSON Lines in the same order (see
    /// docs/FORMATS.md)
    #[arg(long, conflicts_with = "inputs")]
    pub(crate) batch: bool,
}

/// The bytes, with URL and headers if known.
pub(super) struct Input {
    pub(super) bytes: Vec<u8>,
    pub(super) url: Option<Url>,
    pub(super) headers: Vec<(String, String)>,
}

impl Input {
    /// The first header of this (lower-case) name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a file, a URL, or standard input (`-`).
pub(super) async fn read(session: &Session, name: &str, purpose: Purpose) -> anyhow::Result<Input> {
    if name == "-" {
        let bytes = read_bounded(io::stdin().lock()).context("cannot read standard input")?;
        return Ok(Input { bytes, url: None, headers: Vec::new() });
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        return fetch(session, name, purpose).await;
    }
    let path = PathBuf::from(name);
    let bytes = tokio::task::spawn_blocking(move || read_file(&path)).await?;
    let bytes = bytes.with_context(|| format!("cannot read {name}"))?;
    Ok(Input { bytes, url: None, headers: Vec::new() })
}

async fn fetch(session: &Session, name: &str, purpose: Purpose) -> anyhow::Result<Input> {
    let url = Url::parse(name).with_context(|| format!("{name:?} is not a URL"))?;
    let site = if session.dir.join("courant.toml").exists() { session.site()? } else { Site::bare() };
    let client = client_of(&site, session.clock, Vec::new())?;
    match client.get(&Request::new(url, purpose)).await? {
        Response::Fetched(fetched) => {
            Ok(Input { bytes: fetched.body.to_vec(), url: Some(fetched.final_url), headers: fetched.headers })
        }
        Response::NotModified(_) => anyhow::bail!("{name} answered 304 to a request without validators"),
    }
}
