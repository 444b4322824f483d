//! News of an imported site: into the store as articles, each field as the record had it.
//!
//! A record was decided by the site that it comes from. Where the machine would say something else (a heat
//! that readers brought about, a picture that is cached elsewhere), the record's word is kept as an override:
//! it beats the machine, and an editor can take it back.

use std::{collections::HashMap, path::Path};

use courant_formats::record;
use courant_model::{Override, Record, RecordPath, Value};
use tokio_util::sync::CancellationToken;

use super::KindSummary;
use crate::pipeline::{
    Desk,
    collections::{files_of, read_text},
    hand_edits, publish, record_capture,
};

/// Who is named as the author of what an imported record says.
pub(in crate::pipeline) const BY: &str = "import";
/// Captures that are stored in one transaction.
const BATCH: usize = 64;
/// Overrides that are stored in one transaction.
const WORDS: usize = 2000;

/// The news of an import.
#[derive(Debug, Default)]
pub(crate) struct NewsImport {
    pub(crate) summary: KindSummary,
    records: Vec<(RecordPath, Record)>,
}

/// Takes the news below `dir` into the queue of the store.
pub(crate) async fn read_news(
    desk: &Desk,
    dir: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<NewsImport> {
    let mut import = NewsImport { summary: KindSummary::of("news"), records: Vec::new() };
    let schema = desk.site.schemas.iter().find(|schema| schema.id == "news");
    let Some(schema) = schema else { return Ok(import) };
    let folder = dir.join(&schema.folder);
    let found = files_of(dir, &schema.folder);
    let now = desk.clock.now();
    import.summary.found = found.files.len() as u64;
    import.summary.refused = found.refused;
    let mut taken = 0;
    for chunk in found.files.chunks(BATCH) {
        if stop.is_cancelled() {
            break;
        }
        let mut captures = Vec::with_capacity(chunk.len());
        for path in chunk {
            match understood(&folder, path) {
                Ok((text, record_path, record)) => {
                    match record_capture::capture_of(text, &record, &record_path, now) {
                        Some(capture) => {
                            captures.push(capture);
                            import.records.push((record_path, record));
                        }
                        None => import
                            .summary
                            .refused
                            .push((path.clone(), "neither webUrl nor originalUrl is an address".to_owned())),
                    }
                }
                Err(error) => import.summary.refused.push((path.clone(), format!("{error:#}"))),
            }
        }
        taken += captures.len() as u64;
        import.summary.new += desk.store.add_captures(&captures, desk.clock.now()).await? as u64;
    }
    import.summary.unchanged = taken - import.summary.new;
    Ok(import)
}

fn understood(folder: &Path, path: &str) -> anyhow::Result<(String, RecordPath, Record)> {
    let text = read_text(&folder.join(path))?;
    let record = record::read(&text)?;
    anyhow::ensure!(
        record.category == "news",
        "category {:?}; only news records are articles",
        record.category
    );
    let record_path = RecordPath::parse(&format!("news/{path}"));
    Ok((text, record_path.ok_or_else(|| anyhow::anyhow!("news are .md files"))?, record))
}

/// Keeps what the records say where the machine says something else. Call it once the queue is processed. What
/// an editor of this site has said is left alone.
pub(crate) async fn settle_news(desk: &Desk, import: &mut NewsImport) -> anyhow::Result<u64> {
    let now = desk.clock.now();
    let snapshot = publish::present(desk, now).await?;
    let at: HashMap<&RecordPath, usize> =
        snapshot.items.iter().enumerate().map(|(at, item)| (&item.path, at)).collect();
    let said = desk.store.overrides().await?;
    let editors: std::collections::HashSet<_> =
        said.iter().filter(|word| word.by != BY).map(|word| (word.article, word.field.as_str())).collect();
    let mut words = Vec::new();
    for (path, record) in &import.records {
        let Some(&at) = at.get(path) else {
            let reason =
                "not published under its name: no topic of this site, or its name was taken".to_owned();
            import.summary.remarks.push((path.to_string(), reason));
            continue;
        };
        let article = snapshot.items[at].id;
        let present = courant_render::record_of(&snapshot, at);
        words.extend(
            differences(record, &present)
                .into_iter()
                .filter(|(field, _)| !editors.contains(&(article, field.as_str())))
                .map(|(field, value)| Override { article, field, value, by: BY.to_owned(), at: now }),
        );
    }
    for chunk in words.chunks(WORDS) {
        desk.store.put_overrides(chunk).await?;
    }
    Ok(words.len() as u64)
}

/// What the machine may know where a record is silent: that is no contradiction.
const ADDED: [&str; 2] = ["language", "related"];

/// The fields in which a record says something else than the machine; null for what it does not have.
fn differences(record: &Record, machine: &Record) -> Vec<(String, Value)> {
    let (said, present) = (hand_edits::fields(record), hand_edits::fields(machine));
    let named = |fields: &[(String, Value)], name: &str| fields.iter().any(|(field, _)| field == name);
    let gone: Vec<(String, Value)> = present
        .iter()
        .filter(|(field, _)| !ADDED.contains(&field.as_str()) && !named(&said, field))
        .map(|(field, _)| (field.clone(), Value::Null))
        .collect();
    let changed = said.into_iter().filter(|field| !present.contains(field));
    changed.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_beats_the_machine_field_by_field() {
        let machine = Record {
            category: "news".into(),
            title: "T".into(),
            heat: Some(72),
            web_url: Some("https://a.example/".into()),
            language: Some("en".into()),
            ..Record::default()
        };
        let record = Record { heat: Some(75), web_url: None, language: None, ..machine.clone() };
        let wanted = [("heat".to_owned(), Value::Int(75)), ("webUrl".to_owned(), Value::Null)];
        assert_eq!(differences(&record, &machine), wanted);
        assert!(differences(&machine, &machine).is_empty());
    }
}
