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
    /// Give a story degrees of heat, or take some, for a time; whatever an editor gave it before is replaced
    Boost {
        /// Address of one of its articles
        url: String,
        /// Degrees, below zero to take some; 0 takes back what was given
        #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-1000..=1000))]
        degrees: i32,
        /// For how many hours; all degrees hold until then
        #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=8760))]
        hours: u32,
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
