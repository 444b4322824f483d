//! `courant store`: what the store takes, what it removes, and what to do about damage.

mod compact;
pub(crate) mod damage;
mod dead_letters;
mod show;
mod sweep;

use clap::{Args, Subcommand};

use crate::{exit::Exit, session::Session};

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) action: StoreAction,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StoreAction {
    /// Show what each part of the store takes and what the next sweep removes
    Show,
    /// Remove what `[keep]` of courant.toml no longer keeps, and shrink the file
    Sweep {
        /// Show what would be removed, without removing it
        #[arg(long)]
        dry_run: bool,
    },
    /// Rewrite the whole file without unused space
    Compact,
    /// Rebuild the search index from the stored articles
    RebuildSearch,
    /// Rebuild all indexes of the tables
    Repair,
    /// Recover what can be read of a damaged store into a new one
    Recover,
    /// List pages and captures that could not be processed, or retry them
    DeadLetters {
        /// Key of an entry to retry, as in the list
        #[arg(long, value_name = "KEY", conflicts_with = "retry_all")]
        retry: Vec<String>,
        /// Retry all of them
        #[arg(long)]
        retry_all: bool,
    },
}

pub(crate) async fn run(session: &Session, action: StoreAction) -> anyhow::Result<Exit> {
    match action {
        StoreAction::Show => show::run(session).await,
        StoreAction::Sweep { dry_run: true } => sweep::preview(session).await,
        StoreAction::Sweep { dry_run: false } => sweep::run(session).await,
        StoreAction::Compact => compact::run(session).await,
        StoreAction::RebuildSearch => damage::rebuild_search(session).await,
        StoreAction::Repair => damage::repair(session).await,
        StoreAction::Recover => damage::recover(session).await,
        StoreAction::DeadLetters { retry, retry_all } => dead_letters::run(session, &retry, retry_all).await,
    }
}
