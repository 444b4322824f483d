//! What an editor asks, carried out here or by the program that works on the site; and `courant publish`, `hold` and
//! `unset`.

use std::time::Duration;

use anyhow::{Context, bail};
use courant_store::StoreError;

use super::{Session, close};
use crate::{
    cli::{ArticleArgs, UnsetArgs},
    output::{Exit, print_json, say},
    pipeline::{ArticleShown, EditorAnswer, EditorRequest, EditorWish, publish_records, request_box},
};

/// How often the answer of another process is looked for.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How many times: for a minute. A batch in hand takes seconds.
const LOOKS: u32 = 300;

pub(super) async fn publish(session: &Session, args: &ArticleArgs) -> anyhow::Result<Exit> {
    run(session, EditorWish::Publish { url: args.url.clone() }, &args.by).await
}

pub(super) async fn hold(session: &Session, args: &ArticleArgs) -> anyhow::Result<Exit> {
    run(session, EditorWish::Hold { url: args.url.clone() }, &args.by).await
}

pub(super) async fn unset(session: &Session, args: &UnsetArgs) -> anyhow::Result<Exit> {
    let wish = EditorWish::Unset { url: args.url.clone(), field: args.field.clone() };
    run(session, wish, "an editor").await
}

async fn run(session: &Session, wish: EditorWish, by: &str) -> anyhow::Result<Exit> {
    let answer = carried_out(session, &EditorRequest { wish, by: by.to_owned() }).await?;
    if session.json {
        print_json(&answer)?;
    } else if let EditorAnswer::Article(article) = &answer {
        print(article);
    }
    Ok(Exit::Done)
}

/// Carries out a request here, or has the program do it that works on the site.
pub(super) async fn carried_out(session: &Session, request: &EditorRequest) -> anyhow::Result<EditorAnswer> {
    if request.changes() {
        session.clock.check()?;
    }
    match session.desk().await {
        Ok(desk) => {
            let answer = request.carry_out(&desk).await?;
            if request.changes() {
                publish_records(&desk).await?;
            }
            close(desk).await;
            Ok(answer)
        }
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::InUse { .. })) => {
            asked_of_the_running(session, request).await
        }
        Err(error) => Err(error),
    }
}

/// Leaves the request for the process that works on the store and waits for its answer.
async fn asked_of_the_running(session: &Session, request: &EditorRequest) -> anyhow::Result<EditorAnswer> {
    let letters = request_box(&session.site()?).await?;
    let number = request.leave(&letters, session.clock).await?;
    for _ in 0..LOOKS {
        tokio::time::sleep(LOOK_EVERY).await;
        match letters.answer(number).await? {
            Some(Ok(answer)) => {
                return serde_json::from_str(&answer)
                    .context("the answer of the running program can't be read");
            }
            Some(Err(refusal)) => bail!("{refusal}"),
            None => {}
        }
    }
    bail!(
        "the program that works on this site has not answered within a minute; the request is kept, and is carried \
         out as soon as `courant run` or `courant serve` looks at it"
    )
}

fn print(article: &ArticleShown) {
    let word = if article.published { "published" } else { "held" };
    say(format_args!("{} ({}), heat {}", article.title, article.provider, article.heat));
    say(format_args!("    {word} by {}: {}", article.rule, article.because));
    for word in &article.words {
        say(format_args!("    {} was set by {} at {}", word.field, word.by, word.at));
    }
}
