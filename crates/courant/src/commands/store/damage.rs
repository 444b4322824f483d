//! Damage in a store: what it is, which command repairs it, and these commands.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use courant_site::Site;
use courant_store::{Damaged, Health, Recovery, Store, StoreError, UnreadableRow};

use crate::{
    exit::Exit,
    output::{counted, say},
    session::{Session, close},
};

/// The last resort, if nothing of the store can be recovered.
const LAST_RESORT: &str = "restore the last backup of .courant/store.db, or start from the records: \
    courant new OTHER, then courant ingest --site OTHER --records records/news";

/// The commands that repair the damage, in the order in which to run them.
pub(crate) fn advice(health: &Health) -> String {
    match health.damaged.iter().max() {
        None => String::new(),
        Some(Damaged::SearchIndex) => {
            "stop the site, then: courant store rebuild-search (rebuilds it from the articles)".to_owned()
        }
        Some(Damaged::Index(_)) => {
            let mut steps =
                "stop the site, then: courant store repair (rebuilds the indexes from the tables)".to_owned();
            if health.damaged.contains(&Damaged::SearchIndex) {
                steps.push_str(", then: courant store rebuild-search");
            }
            steps
        }
        Some(Damaged::Table(_) | Damaged::File) => {
            format!(
                "stop the site, then: courant store recover (recovers what can be read, keeps the damaged file); if that fails: {LAST_RESORT}"
            )
        }
    }
}

/// The damage in a few words, with the first problem.
pub(crate) fn found(health: &Health) -> String {
    let names: Vec<String> = health
        .damaged
        .iter()
        .map(|what| match what {
            Damaged::SearchIndex => "the search index".to_owned(),
            Damaged::Index(name) => format!("index {name}"),
            Damaged::Table(name) => format!("table {name}"),
            Damaged::File => "the file".to_owned(),
        })
        .collect();
    let problems = health.problems.iter().chain(&health.search_problem);
    let first = problems.map(String::as_str).find(|problem| !problem.is_empty());
    let count = health.problems.len() + usize::from(health.search_problem.is_some());
    let mut text = format!("damaged: {} ({}", names.join(", "), first.unwrap_or("no reason given"));
    if count > 1 {
        let _ = write!(text, "; {} further problems", count - 1);
    }
    text.push(')');
    text
}

/// What to do if a store cannot be opened.
pub(crate) fn advice_on(error: &StoreError) -> String {
    match error {
        StoreError::Corrupt(_) => {
            format!("stop the site, then: courant store recover; if that fails: {LAST_RESORT}")
        }
        StoreError::InUse { .. } => "stop the process that uses it".to_owned(),
        StoreError::DiskFull(_) => "free disk space".to_owned(),
        StoreError::UnreleasedSchema { .. } => {
            "move .courant/store.db away, then: courant ingest --records records/news".to_owned()
        }
        StoreError::NewerSchema { .. } => "use the newer version of Courant".to_owned(),
        StoreError::OlderSchema { .. } => {
            "run a command that writes to the store once, such as courant poll".to_owned()
        }
        _ => "see docs/OPERATIONS.md, “Store”".to_owned(),
    }
}

/// Rows that cannot be read: how many, and the first.
pub(crate) fn unreadable(rows: &[UnreadableRow]) -> Option<String> {
    let first = rows.first()?;
    let (table, key, because) = (first.table, &first.key, &first.because);
    Some(format!(
        "{} unreadable and skipped; the first: {table} {key}: {because}",
        counted(rows.len(), "row")
    ))
}

/// `courant store rebuild-search`.
pub(super) async fn rebuild_search(session: &Session) -> anyhow::Result<Exit> {
    let store = opened(&session.site()?).await?;
    store.rebuild_search().await.context("the search index was not rebuilt")?;
    say("The search index was rebuilt from the stored articles.");
    checked(store).await
}

/// `courant store repair`.
pub(super) async fn repair(session: &Session) -> anyhow::Result<Exit> {
    let store = opened(&session.site()?).await?;
    match store.rebuild_indexes().await {
        Ok(()) => say("The indexes were rebuilt from their tables."),
        Err(StoreError::Corrupt(problem)) => {
            bail!(
                "the indexes were not rebuilt, a table is damaged too ({problem}): run courant store recover"
            )
        }
        Err(error) => return Err(error).context("the indexes were not rebuilt"),
    }
    checked(store).await
}

/// Prints that the store is sound now, or fails.
async fn checked(store: Store) -> anyhow::Result<Exit> {
    let health = store.check_deep().await?;
    store.close().await?;
    if health.is_sound() {
        say("The store is sound.");
        return Ok(Exit::Done);
    }
    bail!("the store is still {}: {}", found(&health), advice(&health))
}

async fn opened(site: &Site) -> anyhow::Result<Store> {
    let file = site.store_file();
    Store::open(&file).await.with_context(|| format!("store {}", file.display()))
}

/// `courant store recover`.
pub(super) async fn recover(session: &Session) -> anyhow::Result<Exit> {
    let site = session.site()?;
    let file = site.store_file();
    if !file.exists() {
        bail!("{} does not exist, so there is nothing to recover", file.display());
    }
    let recovery = match Store::recover(&file, session.clock.now()).await {
        Err(error @ StoreError::Corrupt(_)) => {
            return Err(error).with_context(|| format!("nothing was changed; {LAST_RESORT}"));
        }
        done => done.with_context(|| format!("store {}; nothing was changed", file.display()))?,
    };
    print(&recovery);
    // Opened as by any command, so that it is migrated.
    close(session.context().await?).await;
    let lost: u64 = recovery.tables.iter().map(|table| table.lost).sum();
    Ok(if lost == 0 { Exit::Done } else { Exit::Partly })
}

fn print(recovery: &Recovery) {
    for table in recovery.tables.iter().filter(|table| table.saved + table.lost > 0) {
        say(format_args!("{:>9} rows recovered, {:>6} lost  {}", table.saved, table.lost, table.table));
    }
    say(format_args!(
        "The recovered store is in place. The damaged one is kept as {};",
        recovery.damaged.display()
    ));
    say("remove it when you no longer need it. The next round checks all record files.");
    let articles = recovery.tables.iter().find(|table| table.table == "articles");
    if articles.is_some_and(|table| table.lost > 0) {
        say("Lost articles that have a record can be restored: courant ingest --records records/news");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(damaged: &[Damaged], problems: &[&str]) -> Health {
        Health {
            problems: problems.iter().map(|problem| (*problem).to_owned()).collect(),
            search_problem: None,
            damaged: damaged.to_vec(),
            schema: 1,
            bytes: 1,
        }
    }

    #[test]
    fn each_kind_of_damage_has_its_command() {
        let index = Damaged::Index("articles_by_story".to_owned());
        let table = Damaged::Table("articles".to_owned());
        for (damaged, wanted) in [
            (vec![Damaged::SearchIndex], "courant store rebuild-search"),
            (vec![index.clone()], "courant store repair"),
            (vec![Damaged::SearchIndex, index.clone()], "courant store rebuild-search"),
            (vec![index, table], "courant store recover"),
            (vec![Damaged::File], "--records records/news"),
        ] {
            assert!(advice(&health(&damaged, &["x"])).contains(wanted), "{damaged:?}");
        }
    }

    #[test]
    fn damage_is_never_reported_without_a_reason() {
        let table = [Damaged::Table("articles".to_owned())];
        assert_eq!(found(&health(&table, &[])), "damaged: table articles (no reason given)");
        assert_eq!(
            found(&health(&table, &["table articles: Tree 9 page 9: x", "y", "z"])),
            "damaged: table articles (table articles: Tree 9 page 9: x; 2 further problems)"
        );
    }
}
