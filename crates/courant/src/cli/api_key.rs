//! `courant api-key`: who may ask the API.

use std::num::NonZeroU32;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct ApiKeyArgs {
    #[command(subcommand)]
    pub(crate) action: ApiKeyAction,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ApiKeyAction {
    /// Make a key and show it, this once
    New {
        /// Your word for it: who uses it, or for what
        name: String,
        /// Requests a minute
        #[arg(long, value_name = "N", default_value = "600")]
        rate: NonZeroU32,
    },
    /// List the keys by name
    List,
    /// Make a key worthless
    Revoke {
        /// Its name
        name: String,
    },
}
