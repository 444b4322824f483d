//! `courant store dead-letters`: pages and captures that could not be processed, and retrying them.

use anyhow::bail;
use courant_store::{DeadKind, DeadLetter, Store};
use serde::Serialize;

use crate::{
    exit::Exit,
    output::{print_json, say, time},
    session::{Session, close},
};

/// A dead letter for programs.
#[derive(Serialize)]
struct Listed<'a> {
    what: &'static str,
    key: &'a str,
    url: &'a str,
    reason: &'a str,
    at: String,
}

pub(super) async fn run(session: &Session, retry: &[String], all: bool) -> anyhow::Result<Exit> {
    if retry.is_empty() && !all { list(session).await } else { try_again(session, retry, all).await }
}

async fn list(session: &Session) -> anyhow::Result<Exit> {
    let store = session.store_to_read(&session.site()?).await?;
    let letters = store.dead_letters(usize::MAX).await?;
    store.close().await?;
    if session.json {
        print_json(&letters.iter().map(listed).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    if letters.is_empty() {
        say("No dead letters.");
    }
    for letter in &letters {
        say(format_args!("{} {}", letter.kind.as_str(), letter.url));
        say(format_args!("    {} {}", time(letter.at), letter.reason));
        say(format_args!("    courant store dead-letters --retry '{}'", letter.key));
    }
    Ok(Exit::Done)
}

fn listed(letter: &DeadLetter) -> Listed<'_> {
    Listed {
        what: letter.kind.as_str(),
        key: &letter.key,
        url: &letter.url,
        reason: &letter.reason,
        at: letter.at.to_string(),
    }
}

async fn try_again(session: &Session, keys: &[String], all: bool) -> anyhow::Result<Exit> {
    let context = session.context().await?;
    let letters = context.store.dead_letters(usize::MAX).await?;
    let unknown = keys.iter().find(|key| !letters.iter().any(|letter| letter.key == **key));
    if let Some(key) = unknown {
        bail!("no dead letter has the key {key:?}; courant store dead-letters lists them");
    }
    let mut revived = 0;
    for letter in letters.iter().filter(|letter| all || keys.contains(&letter.key)) {
        revived += u64::from(revive(&context.store, letter, session.clock.now()).await?);
    }
    close(context).await;
    say(format_args!("{revived} back in the queue; the next round retries them"));
    Ok(Exit::Done)
}

/// Whether it is back in the queue.
async fn revive(store: &Store, letter: &DeadLetter, now: jiff::Timestamp) -> anyhow::Result<bool> {
    Ok(match (letter.kind, letter.key.parse()) {
        (DeadKind::Page, _) => store.retry_dead_page(&letter.key, now).await?,
        (DeadKind::Capture, Ok(number)) => store.retry_dead_capture(number, now).await?,
        (DeadKind::Capture, Err(_)) => false,
    })
}
