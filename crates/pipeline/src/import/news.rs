//! Imports the news of an older site as articles, each field as in its record.
//!
//! The values of a record were decided by the older site. Where Courant would compute another value
//! (a heat that came from clicks, an image that is cached elsewhere), the record's value is stored
//! as an override: it takes precedence, and an editor can remove it.

use std::{collections::HashMap, path::Path};

use courant_formats::record;
use courant_model::{EditorDecision, Override, Record, RecordPath, Value};
use tokio_util::sync::CancellationToken;

use crate::{
    context::Context,
    import::{
        KindSummary,
        collections::{files_of, read_text},
    },
    process::record_capture,
    publish::round as publish,
    stories::overrides,
};

/// The author of overrides that come from imported records.
pub(crate) const IMPORT_AUTHOR: &str = "import";
/// Number of captures stored in one transaction.
const BATCH: usize = 64;
/// Number of overrides stored in one transaction.
const OVERRIDE_BATCH: usize = 2000;

/// The news of an import.
#[derive(Debug, Default)]
pub struct NewsImport {
    pub summary: KindSummary,
    records: Vec<(RecordPath, Record)>,
}

/// Queues the news records below `dir`.
pub async fn read_news(
    context: &Context,
    dir: &Path,
    stop: &CancellationToken,
) -> anyhow::Result<NewsImport> {
    let mut import = NewsImport { summary: KindSummary::of("news"), records: Vec::new() };
    let schema = context.site.schemas.iter().find(|schema| schema.id == "news");
    let Some(schema) = schema else { return Ok(import) };
    let folder = dir.join(&schema.folder);
    let found = files_of(dir, &schema.folder);
    let now = context.clock.now();
    import.summary.found = found.files.len() as u64;
    import.summary.refused = found.refused;
    let mut taken = 0;
    for chunk in found.files.chunks(BATCH) {
        if stop.is_cancelled() {
            break;
        }
        let mut captures = Vec::with_capacity(chunk.len());
        for path in chunk {
            match read_news_record(&folder, path) {
                Ok((text, record_path, record)) => {
                    match record_capture::capture_of(text, &record, &record_path, now) {
                        Some(capture) => {
                            captures.push(capture);
                            import.records.push((record_path, record));
                        }
                        None => import
                            .summary
                            .refused
                            .push((path.clone(), "neither webUrl nor originalUrl is a URL".to_owned())),
                    }
                }
                Err(error) => import.summary.refused.push((path.clone(), format!("{error:#}"))),
            }
        }
        taken += captures.len() as u64;
        import.summary.new += context.store.add_captures(&captures, context.clock.now()).await? as u64;
    }
    import.summary.unchanged = taken - import.summary.new;
    Ok(import)
}

fn read_news_record(folder: &Path, path: &str) -> anyhow::Result<(String, RecordPath, Record)> {
    let text = read_text(&folder.join(path))?;
    let record = record::read(&text)?;
    anyhow::ensure!(
        record.category == "news",
        "category {:?}; only news records are articles",
        record.category
    );
    let record_path = RecordPath::parse(&format!("news/{path}"));
    Ok((
        text,
        record_path.ok_or_else(|| anyhow::anyhow!("not a .md file directly in the news folder"))?,
        record,
    ))
}

/// Stores an override for each field whose value in the record differs from the computed one, and
/// returns their number. Call it after the queue is processed. Overrides by editors of this site
/// stay.
pub async fn settle_news(context: &Context, import: &mut NewsImport) -> anyhow::Result<u64> {
    let now = context.clock.now();
    let snapshot = publish::current_snapshot(context, now).await?;
    let at: HashMap<&RecordPath, usize> =
        snapshot.items.iter().enumerate().map(|(at, item)| (&item.path, at)).collect();
    let stored = context.store.overrides().await?;
    let editors: std::collections::HashSet<_> = stored
        .iter()
        .filter(|one| one.by != IMPORT_AUTHOR)
        .map(|one| (one.article, one.decision.name()))
        .collect();
    let mut overrides = Vec::new();
    for (path, record) in &import.records {
        let Some(&at) = at.get(path) else {
            let reason =
                "not published under its file name: no topic of this site matches, or the name is taken"
                    .to_owned();
            import.summary.remarks.push((path.to_string(), reason));
            continue;
        };
        let article = snapshot.items[at].id;
        let present = courant_render::record_of(&snapshot, at);
        overrides.extend(
            differences(record, &present)
                .into_iter()
                .filter(|(field, _)| !editors.contains(&(article, field.as_str())))
                .map(|(field, value)| Override {
                    article,
                    decision: EditorDecision::from_stored(&field, value),
                    by: IMPORT_AUTHOR.to_owned(),
                    at: now,
                }),
        );
    }
    for chunk in overrides.chunks(OVERRIDE_BATCH) {
        context.store.put_overrides(chunk).await?;
    }
    Ok(overrides.len() as u64)
}

/// Fields that may be missing from an imported record without being overridden as empty.
const OPTIONAL_FIELDS: [&str; 2] = ["language", "related"];

/// The fields whose value in the record differs from the computed one; null for a field that the
/// record lacks.
fn differences(record: &Record, machine: &Record) -> Vec<(String, Value)> {
    let (imported, present) = (overrides::fields(record), overrides::fields(machine));
    let has = |fields: &[(String, Value)], name: &str| fields.iter().any(|(field, _)| field == name);
    let removed: Vec<(String, Value)> = present
        .iter()
        .filter(|(field, _)| !OPTIONAL_FIELDS.contains(&field.as_str()) && !has(&imported, field))
        .map(|(field, _)| (field.clone(), Value::Null))
        .collect();
    let changed = imported.into_iter().filter(|field| !present.contains(field));
    changed.chain(removed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_differ_from_the_computed_ones_are_overridden() {
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
