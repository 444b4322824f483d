//! `courant store`: the database of a site.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    pub(crate) action: StoreAction,
}

#[derive(Debug, Clone, Copy, Subcommand)]
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
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Also compare every index of the store with its table (takes several times as long)
    #[arg(long)]
    pub(crate) deep: bool,
}
