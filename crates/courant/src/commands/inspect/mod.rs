//! `courant inspect`: one stage alone, on files, URLs or JSON Lines.
//!
//! The shapes are public and documented in `docs/FORMATS.md`. Each stage is a function from one
//! JSON value to one JSON value; [`batch`] applies it to lines.

mod batch;
mod feed;
mod group;
mod input;
mod judge;
mod page;
mod record;
mod url;

use clap::{Args, Subcommand};

use crate::{exit::Exit, session::Session};

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    #[command(subcommand)]
    pub(crate) stage: Stage,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Stage {
    /// Read a feed or sitemap: its entries
    Feed(input::StageInput),
    /// Read a page: the article in it
    Page(page::PageArgs),
    /// Identify a URL: canonical form, trackers, AMP, provider
    Url(url::UrlArgs),
    /// Read a record: as JSON, or written again
    Record(record::RecordArgs),
    /// Judge an article: topics, quality and the reasons
    Judge(judge::JudgeArgs),
    /// Group a stream of articles: stories and copies
    Group(input::StageInput),
}

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
