//! `courant keys`: the keys that seal the private part of records.

mod seal;

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use courant_formats::sealed::{Key, KeyRing};
use courant_pipeline::Context;
use courant_site::Site;
use courant_store::Store;
use serde::Serialize;

pub(crate) use self::seal::{SealArgs, UnsealArgs, seal, unseal};
use crate::{
    exit::Exit,
    output::{counted, print_json, say},
    session::{Session, close},
};

#[derive(Debug, Args)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    pub(crate) action: KeysAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysAction {
    /// Create a key that nothing uses yet
    New,
    /// List the keys, and how many payloads each has sealed
    List,
    /// Create a key that seals from now on, and seal all payloads again with it
    Rotate,
    /// Seal standard input for a record
    Seal(SealArgs),
    /// Print the private part of record files
    Unseal(UnsealArgs),
}

/// Number of payloads that are read, and sealed again, in one transaction.
const PAGE: u32 = 500;

/// Id under which payloads of the classic form are counted; they do not name their key.
const CLASSIC: &str = "classic";

pub(crate) async fn run(session: &Session, action: KeysAction) -> anyhow::Result<Exit> {
    match action {
        KeysAction::New => new(session),
        KeysAction::List => list(session).await,
        KeysAction::Rotate => rotate(session).await,
        KeysAction::Seal(args) => seal::seal(session, &args),
        KeysAction::Unseal(args) => seal::unseal(session, &args),
    }
}

/// A key that nothing uses yet.
fn new(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let (file, id) = make(&site)?;
    if session.json {
        print_json(&serde_json::json!({ "id": id, "file": file }))?;
        return Ok(Exit::Done);
    }
    say(format_args!("Created key {id} in {}.", file.display()));
    say(
        "It seals once it is the first of [seal] keys in courant.toml; `courant keys rotate` creates a key and does that.",
    );
    Ok(Exit::Done)
}

fn make(site: &Site) -> anyhow::Result<(PathBuf, String)> {
    let key = fresh_key()?;
    let id = key.id();
    let file = PathBuf::from(format!("keys/{id}.key"));
    courant_site::write_key(&site.dir.join(&file), &key)?;
    Ok((file, id))
}

/// A key of random bytes.
pub(crate) fn fresh_key() -> anyhow::Result<Key> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut())
        .map_err(|error| anyhow::anyhow!("cannot get random numbers for a key: {error}"))?;
    Ok(Key::from_bytes(*bytes))
}

/// One key, as `keys list` shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    /// Its id: the first eight hexadecimal digits of a hash of it.
    id: String,
    /// Where it comes from: a file, or the environment.
    from: String,
    /// The first key seals, the others only open.
    seals: bool,
    /// Number of payloads that it has sealed.
    payloads: u64,
}

async fn list(session: &Session) -> anyhow::Result<Exit> {
    let context = session.context_to_read().await?;
    let mut counts = payloads_by_key(&context.store).await?;
    let listed: Vec<Listed> = context
        .site
        .named_keys()
        .into_iter()
        .enumerate()
        .map(|(at, (from, key))| {
            let id = key.id();
            Listed { payloads: counts.remove(&id).unwrap_or_default(), id, from, seals: at == 0 }
        })
        .collect();
    close(context).await;
    if session.json {
        print_json(&serde_json::json!({ "keys": listed, "otherPayloads": counts }))?;
        return Ok(Exit::Done);
    }
    for key in &listed {
        let does = if key.seals { "seals and opens" } else { "opens" };
        say(format_args!("{}  {does}, {}, {}", key.id, counted(key.payloads, "payload"), key.from));
    }
    if listed.is_empty() {
        say("No keys: records are published without a private part; `courant keys rotate` creates one");
    }
    for (id, count) in &counts {
        say(format_args!(
            "{id}  {}, {}",
            if id == CLASSIC { "classic form" } else { "missing" },
            counted(*count, "payload")
        ));
    }
    Ok(Exit::Done)
}

async fn payloads_by_key(store: &Store) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let mut arrival = 0;
    loop {
        let page = store.sealed_payloads(arrival, PAGE).await?;
        let Some(last) = page.last() else { return Ok(counts) };
        arrival = last.arrival;
        for payload in &page {
            *counts.entry(KeyRing::key_of(&payload.sealed).unwrap_or(CLASSIC).to_owned()).or_default() += 1;
        }
    }
}

/// Creates a key that seals from now on, and seals again what the others have sealed.
async fn rotate(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    if courant_site::has_keys_in_environment() {
        bail!("the sealing key comes from {}; rotate it there", courant_site::KEYS_FROM_ENVIRONMENT);
    }
    let (file, id) = make(&site)?;
    // The key is on disk before the configuration names it, and named before anything is sealed by
    // it.
    courant_site::put_key_first(&site.dir, &file)?;
    let context = session.context().await?;
    let Resealed { sealed, closed } = seal_again(&context, &id).await?;
    close(context).await;
    if session.json {
        print_json(&serde_json::json!({ "id": id, "file": file, "sealedAnew": sealed, "closed": closed }))?;
    } else {
        say(format_args!("Key {id} in {} seals from now on.", file.display()));
        say(format_args!(
            "{} sealed again; their records are written in the next round.",
            counted(sealed, "payload")
        ));
        say(
            "Older copies of the records still need the older keys: keep them, or remove them from [seal] keys.",
        );
        for what in &closed {
            say(format_args!("not opened: {what}"));
        }
    }
    Ok(if closed.is_empty() { Exit::Done } else { Exit::Partly })
}

struct Resealed {
    sealed: usize,
    /// Payloads that no key opens, with the reason.
    closed: Vec<String>,
}

async fn seal_again(context: &Context, id: &str) -> anyhow::Result<Resealed> {
    let keys = &context.rules.keys;
    let mut resealed = Resealed { sealed: 0, closed: Vec::new() };
    let mut arrival = 0;
    loop {
        let page = context.store.sealed_payloads(arrival, PAGE).await?;
        let Some(last) = page.last() else { return Ok(resealed) };
        arrival = last.arrival;
        let mut replaced = Vec::new();
        for old in page.iter().filter(|old| KeyRing::key_of(&old.sealed) != Some(id)) {
            match keys.open(old.path.as_str(), &old.sealed) {
                Ok(payload) => replaced.push((old.article, keys.seal(old.path.as_str(), &payload)?)),
                Err(error) => resealed.closed.push(format!("{}: {error}", old.path)),
            }
        }
        resealed.sealed += replaced.len();
        context
            .store
            .replace_sealed(&replaced)
            .await
            .context("cannot store the payloads that were sealed again")?;
    }
}
