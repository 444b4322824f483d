//! `courant inspect`: one stage alone, on files, addresses or JSON Lines.
//!
//! The shapes are public and documented in `docs/FORMATS.md`. Each stage is a function from one JSON value to
//! one JSON value; [`batch`] applies it to lines.

mod batch;
mod feed;
mod group;
mod input;
mod judge;
mod page;
mod record;
mod url;

use super::commands::Session;
use crate::{cli::Stage, output::Exit};

/// Runs one stage.
pub(crate) async fn run(session: &Session, stage: Stage) -> anyhow::Result<Exit> {
    match stage {
        Stage::Feed(input) => feed::run(session, &input).await,
        Stage::Page(args) => page::run(session, &args).await,
        Stage::Url(args) => url::run(session, &args),
        Stage::Record(args) => record::run(&args),
        Stage::Judge(args) => judge::run(session, &args),
        Stage::Group(input) => group::run(&input),
    }
}
