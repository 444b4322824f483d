//! `courant article publish`, `hold` and `unset`: an editor's decision about one article.

use clap::Args;
use courant_pipeline::{ArticleShown, EditorAnswer, EditorCommand, EditorRequest};

use crate::{
    commands::editor_request::{carry_out, exit_of},
    exit::Exit,
    output::{print_json, say, time},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct DecideArgs {
    /// URL of the article, as on any page or in any feed
    pub(crate) url: String,
    /// Editor's name for the log
    #[arg(long, value_name = "NAME", default_value = "an editor")]
    pub(crate) by: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnsetArgs {
    /// URL of the article, as on any page or in any feed
    pub(crate) url: String,
    /// Field of the record: published, title, topics …
    pub(crate) field: String,
}

pub(crate) async fn publish(session: &Session, args: &DecideArgs) -> anyhow::Result<Exit> {
    run(session, EditorCommand::Publish { url: args.url.clone() }, &args.by).await
}

pub(crate) async fn hold(session: &Session, args: &DecideArgs) -> anyhow::Result<Exit> {
    run(session, EditorCommand::Hold { url: args.url.clone() }, &args.by).await
}

pub(crate) async fn unset(session: &Session, args: &UnsetArgs) -> anyhow::Result<Exit> {
    let command = EditorCommand::Unset { url: args.url.clone(), field: args.field.clone() };
    run(session, command, "an editor").await
}

async fn run(session: &Session, command: EditorCommand, by: &str) -> anyhow::Result<Exit> {
    let answer = carry_out(session, &EditorRequest { wish: command, by: by.to_owned() }).await?;
    if session.json {
        print_json(&answer)?;
    } else if let EditorAnswer::Article(article) = &answer.answer {
        print(article);
    }
    Ok(exit_of(&answer))
}

fn print(article: &ArticleShown) {
    let verdict = if article.published { "published" } else { "held" };
    say(format_args!("{} ({}), heat {}", article.title, article.provider, article.heat));
    say(format_args!("    {verdict} by {}: {}", article.rule, article.because));
    for decision in &article.words {
        say(format_args!("    {} was set by {} at {}", decision.field, decision.by, time(decision.at)));
    }
}
