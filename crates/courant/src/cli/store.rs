//! `courant store`: the database of a site.

use clap::{Args, Subcommand};

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
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Rewrite the whole file without unused space
    Compact,
    /// Rebuild the search index from the stored articles
    RebuildSearch,
    /// Rebuild all indexes of the tables
    Repair,
    /// Save what can be read of a damaged store into a new one
    Recover,
    /// List pages and captures that were given up, or try them again
    DeadLetters {
        /// Try this one again, by its key in the list
        #[arg(long, value_name = "KEY", conflicts_with = "retry_all")]
        retry: Vec<String>,
        /// Try all of them again
        #[arg(long)]
        retry_all: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Also compare every index of the store with its table (takes several times as long)
    #[arg(long)]
    pub(crate) deep: bool,
}
