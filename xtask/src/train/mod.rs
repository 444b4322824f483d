//! `cargo xtask train`: what comes with the program, learned from data outside of a site.

mod group;
mod packed_file;
mod words;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Trainer {
    /// Learn from labelled streams when articles join stories and stories merge
    Group(group::TrainGroupArgs),
    /// Create a dictionary from word embeddings of two languages in one space
    Words(words::TrainWordsArgs),
}

pub(crate) fn run(trainer: &Trainer) -> anyhow::Result<()> {
    match trainer {
        Trainer::Group(args) => group::run(args),
        Trainer::Words(args) => words::run(args),
    }
}
