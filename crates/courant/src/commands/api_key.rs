//! `courant api-key`: API keys. They can be created and revoked while the site is served.

use std::{num::NonZeroU32, path::Path};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use courant_site::{KeyRule, private};
use courant_store::{ApiKeyRow, ApiKeys, Store, StoreError};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{
    exit::Exit,
    output::{print_json, say, say_plainly, tell},
    session::Session,
};

#[derive(Debug, Args)]
pub(crate) struct ApiKeyArgs {
    #[command(subcommand)]
    pub(crate) action: ApiKeyAction,
}

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ApiKeyAction {
    /// Create an API key (shown once)
    New {
        /// Name of the key: who uses it, or for what
        name: String,
        /// Maximum number of requests per minute
        #[arg(long, value_name = "N", default_value = "600")]
        rate: NonZeroU32,
    },
    /// List the API keys by name
    List,
    /// Revoke an API key
    Revoke {
        /// Name of the key
        name: String,
    },
}

/// Prefix of every key, so that a leaked key is recognised.
const PREFIX: &str = "courant_";
/// Maximum length of a name in characters.
const MAX_NAME: usize = 100;

/// A key as it is listed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    name: &'a str,
    rate: u32,
    created: String,
}

pub(crate) async fn run(session: &Session, action: ApiKeyAction) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let keys = open(&site.store_file()).await?;
    let done = match action {
        ApiKeyAction::New { name, rate } => {
            let made = new(session, &keys, &name, rate).await;
            if made.is_ok() && site.config.api.keys == KeyRule::Off {
                tell("courant: [api] keys in courant.toml is \"off\", so the API works without a key");
            }
            made
        }
        ApiKeyAction::List => list(session, &keys).await,
        ApiKeyAction::Revoke { name } => match keys.revoke(&name).await {
            Ok(true) => {
                say(format_args!("{name} is revoked; a running server stops accepting it within seconds."));
                Ok(Exit::Done)
            }
            Ok(false) => {
                Err(anyhow::anyhow!("no key has the name {name:?}; `courant api-key list` shows all"))
            }
            Err(error) => Err(error.into()),
        },
    };
    keys.close().await;
    done
}

/// The keys of the site, even if another process uses it.
async fn open(file: &Path) -> anyhow::Result<ApiKeys> {
    let there = || format!("store {}", file.display());
    if let Some(folder) = file.parent() {
        private::folder(folder).with_context(there)?;
    }
    // Creates a new store or migrates an old one; if it is in use, that is done already.
    match Store::open(file).await {
        Ok(store) => store.close().await.with_context(there)?,
        Err(StoreError::InUse { .. }) => {}
        Err(error) => return Err(error).with_context(there),
    }
    ApiKeys::open(file).await.with_context(there)
}

async fn new(session: &Session, keys: &ApiKeys, name: &str, rate: NonZeroU32) -> anyhow::Result<Exit> {
    let plain = !name.trim().is_empty() && !name.chars().any(char::is_control);
    if !plain || name.chars().count() > MAX_NAME {
        bail!("invalid name: expected one line of 1 to {MAX_NAME} characters");
    }
    let token = fresh_token()?;
    let digest = Sha256::digest(token.as_bytes()).into();
    let row = ApiKeyRow { name: name.to_owned(), digest, rate: rate.get(), created: session.clock.now() };
    if !keys.add(&row).await? {
        bail!("a key with the name {name:?} exists; revoke it or choose another name");
    }
    if session.json {
        print_json(&serde_json::json!({ "name": name, "rate": rate, "key": *token }))?;
    } else {
        say_plainly(token.as_str());
        tell(format_args!(
            "courant: the key of {name} is shown only once; limit: {rate} requests per minute"
        ));
    }
    Ok(Exit::Done)
}

/// A key: the prefix and 32 random bytes as 64 hexadecimal digits.
fn fresh_token() -> anyhow::Result<Zeroizing<String>> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())
        .map_err(|error| anyhow::anyhow!("cannot get random numbers for a key: {error}"))?;
    let mut token = Zeroizing::new(String::with_capacity(PREFIX.len() + 2 * bytes.len()));
    token.push_str(PREFIX);
    for byte in *bytes {
        for digit in [byte >> 4, byte & 15] {
            token.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    Ok(token)
}

async fn list(session: &Session, keys: &ApiKeys) -> anyhow::Result<Exit> {
    let rows = keys.all().await?;
    if session.json {
        let listed: Vec<Listed<'_>> = rows
            .iter()
            .map(|row| Listed { name: &row.name, rate: row.rate, created: row.created.to_string() })
            .collect();
        print_json(&serde_json::json!({ "keys": listed }))?;
        return Ok(Exit::Done);
    }
    for row in &rows {
        let day = row.created.strftime("%F");
        say(format_args!("{}  {} requests per minute, created on {day}", row.name, row.rate));
    }
    if rows.is_empty() {
        say("No keys; `courant api-key new NAME` creates one");
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_differ_and_fit_a_header() {
        let (one, other) = (fresh_token().unwrap(), fresh_token().unwrap());
        assert_ne!(*one, *other);
        assert_eq!(one.len(), PREFIX.len() + 64);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    }
}
