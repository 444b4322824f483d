//! `courant train`: learning from editors' decisions and from the site's articles.

mod editor;
mod topics;

use clap::{Args, Subcommand};

use super::evaluate::{self, EvaluateArgs};
use crate::{exit::Exit, session::Session};

/// Without a subcommand: proposals for weights and topic files, learned from editors' decisions.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct TrainArgs {
    #[command(subcommand)]
    pub(crate) action: Option<TrainAction>,
    #[command(flatten)]
    pub(crate) editor: editor::TrainEditorArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TrainAction {
    /// Compare the machine's decisions with those of editors
    Evaluate(EvaluateArgs),
    /// Learn topics from the site's own articles, in addition to the rules, into topics/model.json
    Topics(topics::TrainTopicsArgs),
}

pub(crate) async fn run(session: &Session, args: TrainArgs) -> anyhow::Result<Exit> {
    match args.action {
        None => editor::run(session, &args.editor).await,
        Some(TrainAction::Evaluate(args)) => evaluate::run(session, &args).await,
        Some(TrainAction::Topics(args)) => topics::run(session, &args).await,
    }
}
