//! `courant story`: an editor's word on stories.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct StoryArgs {
    /// Who says so, as the reasons name it
    #[arg(long, global = true, value_name = "NAME", default_value = "an editor")]
    pub(crate) by: String,
    #[command(subcommand)]
    pub(crate) action: StoryAction,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum StoryAction {
    /// The articles of a story, and why each is in it
    Show {
        /// Address of one of its articles
        url: String,
    },
    /// Make the stories of these articles one: that of the first
    Merge {
        /// Addresses of articles, at least two
        #[arg(required = true, num_args = 2..)]
        urls: Vec<String>,
    },
    /// Take articles out of their story into a new one; the two are never made one again but by an editor
    Split {
        /// Addresses of the articles that leave; their copies go with them
        #[arg(required = true)]
        urls: Vec<String>,
    },
    /// Make an article the lead of its story
    Lead {
        /// Its address
        url: String,
        /// Let the machine choose again
        #[arg(long)]
        undo: bool,
    },
    /// Pin a story to the top of the front page, however hot it is
    Pin {
        /// Address of one of its articles
        url: String,
        /// Take the pin out
        #[arg(long)]
        undo: bool,
    },
}
