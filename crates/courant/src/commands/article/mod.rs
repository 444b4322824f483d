//! `courant article`: one article: how it was judged, and an editor's decisions about it.

mod decide;
mod judge;
mod show;

use clap::{Args, Subcommand};

pub(crate) use self::{
    decide::{DecideArgs, UnsetArgs, hold, publish, unset},
    judge::JudgeArgs,
    show::ShowArgs,
};
use crate::{exit::Exit, session::Session};

#[derive(Debug, Args)]
pub(crate) struct ArticleArgs {
    #[command(subcommand)]
    pub(crate) action: ArticleAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ArticleAction {
    /// Show how an article was judged, point by point, and what editors decided about it
    Show(ShowArgs),
    /// Publish an article, whatever the gate decides
    Publish(DecideArgs),
    /// Hold an article, whatever the gate decides
    Hold(DecideArgs),
    /// Undo an editor's decision about a field of an article
    Unset(UnsetArgs),
    /// Judge stored articles again by the current weights, topics and providers
    Judge(JudgeArgs),
}

pub(crate) async fn run(session: &Session, action: ArticleAction) -> anyhow::Result<Exit> {
    match action {
        ArticleAction::Show(args) => show::run(session, &args.url).await,
        ArticleAction::Publish(args) => publish(session, &args).await,
        ArticleAction::Hold(args) => hold(session, &args).await,
        ArticleAction::Unset(args) => unset(session, &args).await,
        ArticleAction::Judge(args) => judge::run(session, args.since.0, args.dry_run).await,
    }
}

/// `courant judge`, which became `article show` and `article judge`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).args(["explain", "again"])))]
pub(crate) struct OldJudgeArgs {
    /// URL of the article, as on any page or in any feed
    #[arg(long, value_name = "URL")]
    pub(crate) explain: Option<String>,
    /// Judge stored articles again
    #[arg(long)]
    pub(crate) again: bool,
    #[command(flatten)]
    pub(crate) judge: JudgeArgs,
}

pub(crate) async fn run_old_judge(session: &Session, args: &OldJudgeArgs) -> anyhow::Result<Exit> {
    match &args.explain {
        Some(url) => show::run(session, url).await,
        None => judge::run(session, args.judge.since.0, args.judge.dry_run).await,
    }
}
