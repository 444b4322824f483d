//! Publishing: from the store to a snapshot, and from the snapshot to record files and static files.

use std::{
    collections::{BTreeMap, HashMap},
    fs, io,
    path::Path,
    sync::Arc,
};

use anyhow::Context;
use courant_analysis::story::{self, StoryArticle};
use courant_formats::record;
use courant_model::{
    ArticleId, Gift, Item, Reason, Record, RecordPath, Snapshot, StoryId, StoryView, Thumbnail, Timestamp,
    Verdict,
};
use courant_net::image::thumbnail_file;
use courant_render::{Publication, Templates};
use courant_store::{Batch, ChangeMark, ImageRow, RecordVersion, SnapshotRow, Standing, StoreSnapshot};
use serde::Serialize;

use super::{
    Desk,
    attention::Attention,
    collections,
    files::write_atomically,
    git,
    hand_edits::{self, HandEdits},
    standing::{Placed, Words, standings},
};

/// What publishing did.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublishSummary {
    /// Records that were written.
    pub(crate) written: u64,
    /// Records that stayed as they were.
    pub(crate) unchanged: u64,
    /// Fields that an editor had changed in record files.
    pub(crate) overrides: u64,
    /// Record files that were left alone because they can't be read.
    pub(crate) broken: Vec<(String, String)>,
    /// Articles that readers see.
    pub(crate) published: u64,
    /// Of the records that were written, those in which readers see something new.
    #[serde(skip)]
    pub(crate) visible: u64,
}

/// Reads back hand edits, weighs all stories at this moment, writes the records that changed and gives the
/// snapshot that they show.
pub(crate) async fn publish_records(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    let (summary, snapshot) = write_round(desk).await?;
    if desk.site.config.git.commit && summary.visible > 0 {
        commit_records(desk, summary.written).await;
    }
    Ok((summary, snapshot))
}

/// Commits the record files to git. A failure is logged: what readers see does not wait for it.
async fn commit_records(desk: &Desk, written: u64) {
    let site = Arc::clone(&desk.site);
    let done = tokio::task::spawn_blocking(move || {
        // Git is started in the site's folder, which may itself be named from somewhere else.
        let records = site.records_dir();
        let below = records.strip_prefix(&site.dir).unwrap_or(&records);
        git::commit(&site.dir, &below.to_string_lossy(), written, &site.config.git)
    });
    match done.await {
        Ok(Ok(done)) => tracing::info!(?done, "records committed"),
        Ok(Err(error)) => tracing::error!("records not committed: {error}"),
        Err(error) => tracing::error!("records not committed: {error}"),
    }
}

async fn write_round(desk: &Desk) -> anyhow::Result<(PublishSummary, Arc<Snapshot>)> {
    // No batch may be placed in between: the snapshot shows one state of the store.
    let _placing = desk.grouper.lock().await;
    let now = desk.clock.now();
    let edits = hand_edits::read_back(desk, now).await?;
    let (mut snapshot, mark) = snapshot(desk, now, |path| edits.known.contains_key(path)).await?;
    let collections = collections::load(&desk.site);
    (snapshot.collections, snapshot.classic) = (collections.harmless, collections.classic);
    let mut summary = write_records(desk, &snapshot, mark, &edits).await?;
    summary.overrides = edits.overrides;
    summary.broken.extend(edits.broken.into_iter().map(|(path, reason)| (path.to_string(), reason)));
    summary.broken.extend(collections.broken);
    summary.published = snapshot.items.iter().filter(|item| item.verdict.published).count() as u64;
    Ok((summary, Arc::new(snapshot)))
}

/// The snapshot of this moment, while nothing is written.
pub(super) async fn present(desk: &Desk, now: Timestamp) -> anyhow::Result<Snapshot> {
    let _placing = desk.grouper.lock().await;
    Ok(snapshot(desk, now, |_| false).await?.0)
}

/// The snapshot ready to be rendered.
pub(crate) fn publication(desk: &Desk, snapshot: Arc<Snapshot>) -> anyhow::Result<Publication> {
    Ok(Publication::new(snapshot, Arc::new(templates(desk)?))?)
}

/// The site's templates as they are now.
pub(super) fn templates(desk: &Desk) -> anyhow::Result<Templates> {
    Ok(match desk.site.templates_dir() {
        Some(dir) => Templates::with_overrides(&dir)?,
        None => Templates::bundled(),
    })
}

/// The snapshot of the store as of `now`. What is off topic has no place in it, unless it `has_record` from a time when
/// it was not: that record must go on saying what holds.
async fn snapshot(
    desk: &Desk,
    now: Timestamp,
    has_record: impl Fn(&RecordPath) -> bool,
) -> anyhow::Result<(Snapshot, ChangeMark)> {
    let StoreSnapshot { mark, mut rows, overrides, moved } = desk.store.snapshot().await?;
    let words = Words::of(&overrides);
    let mut attention =
        Attention::of_all(&desk.store, &desk.rules.heat, now).await?.with_boosts_of(&rows, &overrides, now);
    weigh(desk, &mut rows, &words, &mut attention, now).await?;
    let every = desk.site.topics.is_empty();
    let on_topic = |row: &SnapshotRow| every || words.belongs(row.article.id, &row.judgement);
    rows.retain(|row| on_topic(row) || has_record(&row.path));
    seal(desk, &mut rows).await?;
    let images = lead_images(desk, &rows).await?;
    let items: Vec<Arc<Item>> = rows.into_iter().map(|row| Arc::new(item(row, &images, &words))).collect();
    let stories = stories(&items, desk, now, &words, &attention);
    let site = &desk.site;
    let snapshot = Snapshot {
        taken: now,
        site: site.info(),
        topics: site.topics.clone(),
        providers: site.providers.clone(),
        items,
        stories,
        moved,
        collections: Arc::default(),
        classic: None,
    };
    Ok((snapshot, mark))
}

/// Brings heat and verdict of all stories to this moment: heat cools while nothing else happens.
async fn weigh(
    desk: &Desk,
    rows: &mut [SnapshotRow],
    words: &Words<'_>,
    attention: &mut Attention,
    now: Timestamp,
) -> anyhow::Result<()> {
    let every = desk.site.topics.is_empty();
    let mut stories: BTreeMap<StoryId, Vec<Placed<'_>>> = BTreeMap::new();
    for row in &*rows {
        stories.entry(row.member.story).or_default().push(Placed::row(row, row.member.story));
    }
    let weighed = |attention: &Attention| -> Vec<Standing> {
        let changed = |members: &Vec<Placed<'_>>| {
            let standings = standings(members, now, &desk.rules, every, words, attention);
            let pairs = standings.into_iter().zip(members);
            pairs.filter(|(new, old)| old.differs_from(new)).map(|(new, _)| new).collect::<Vec<_>>()
        };
        stories.values().flat_map(changed).collect()
    };
    let mut changed = weighed(attention);
    if attention.note_dropped(&changed) {
        changed = weighed(attention);
    }
    if changed.is_empty() {
        return Ok(());
    }
    let position: HashMap<ArticleId, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.article.id, at)).collect();
    for standing in &changed {
        let row = &mut rows[position[&standing.article]];
        row.heat = standing.heat;
        row.verdict = standing.verdict.clone();
    }
    desk.store.commit(&Batch { standings: changed, ..Batch::default() }).await?;
    Ok(())
}

/// Seals the private part of articles that have none yet, where the site has a key.
async fn seal(desk: &Desk, rows: &mut [SnapshotRow]) -> anyhow::Result<()> {
    if !desk.rules.keys.can_seal() {
        return Ok(());
    }
    for row in rows.iter_mut().filter(|row| row.secured.is_none()) {
        let (text, _) = desk.store.article_text(row.article.id).await?.unwrap_or_default();
        let payload = serde_json::json!({
            "article": row.article.id,
            "source": row.article.source,
            "text": text,
            "signals": row.judgement.signals,
            "topics": row.judgement.topics,
            "story": row.member,
        });
        let sealed = desk.rules.keys.seal(row.path.as_str(), payload.to_string().as_bytes())?;
        desk.store.set_secured(row.article.id, &sealed).await?;
        row.secured = Some(sealed);
    }
    Ok(())
}

async fn lead_images(desk: &Desk, rows: &[SnapshotRow]) -> anyhow::Result<HashMap<String, ImageRow>> {
    let urls: Vec<String> =
        rows.iter().filter_map(|row| row.article.images.first()).map(|image| image.url.clone()).collect();
    Ok(desk.store.images(&urls).await?.into_iter().map(|row| (row.url.clone(), row)).collect())
}

fn item(row: SnapshotRow, images: &HashMap<String, ImageRow>, words: &Words<'_>) -> Item {
    let mut record = Record::of(&row.article, &row.judgement, row.heat, &row.verdict);
    record.extra = row.extra;
    record.secured = row.secured;
    let mut picture = None;
    let mut thumbnails = Vec::new();
    if let Some(image) = record.images.first_mut() {
        if let Some(copy) = images.get(&image.url)
            && let Some(file) = &copy.file
        {
            image.width = copy.width.or(image.width);
            image.height = copy.height.or(image.height);
            image.is_cached = Some(true);
            picture = Some(public_name(file));
            let narrower = |&width| Thumbnail { width, path: public_name(&thumbnail_file(file, width)) };
            thumbnails = copy.thumbnails.iter().map(narrower).collect();
        } else {
            // What another program held a copy of is no copy of this site's.
            image.is_cached = None;
        }
    }
    let record = hand_edits::with_overrides(record, words.about(row.article.id));
    Item {
        id: row.article.id,
        path: row.path,
        record,
        story: row.member.story,
        copy_of: row.member.copy_of,
        heat: row.heat,
        verdict: row.verdict,
        first_seen: row.first_seen,
        signals: row.judgement.signals,
        topics: row.judgement.topics,
        because: row.member.because,
        picture,
        thumbnails,
    }
}

/// Where the site shows a copy: the cache's folders are its own business.
fn public_name(file: &str) -> String {
    format!("images/{}", file.rsplit('/').next().unwrap_or(file))
}

fn stories(
    items: &[Arc<Item>],
    desk: &Desk,
    now: Timestamp,
    words: &Words<'_>,
    attention: &Attention,
) -> Vec<Arc<StoryView>> {
    let every = desk.site.topics.is_empty();
    let belongs = |item: &Item| !item.record.topics.is_empty() || words.published(item.id) == Some(true);
    let mut members: BTreeMap<StoryId, Vec<usize>> = BTreeMap::new();
    for (at, item) in items.iter().enumerate() {
        members.entry(item.story).or_default().push(at);
    }
    let position: HashMap<ArticleId, usize> =
        items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    let mut stories: Vec<Arc<StoryView>> = members
        .into_iter()
        .filter_map(|(id, members)| {
            let pinned = members.iter().any(|&at| words.pins(items[at].id));
            let articles: Vec<StoryArticle> = members
                .iter()
                .filter(|&&at| !items[at].verdict.dropped && (every || belongs(&items[at])))
                .map(|&at| story_article(&items[at], words))
                .collect();
            let heated = attention.of_story(id, articles.iter().map(|article| article.id));
            let mut standing = story::standing(&articles, &heated, now, &desk.rules.heat)?;
            let lead = position[&standing.lead];
            standing.because.extend(boosts(&items[lead].verdict));
            // Only a story that has a page shows it, and it takes as long as weighing two dozen stories.
            let curve = || story::heat_curve(&articles, &heated, now, &desk.rules.heat);
            let heat_curve = if items[lead].verdict.published { curve() } else { None };
            Some(Arc::new(StoryView {
                id,
                lead,
                related: standing.related.iter().map(|article| position[article]).collect(),
                heat_because: standing.because,
                heat_curve,
                pinned,
            }))
        })
        .collect();
    stories.sort_by(|a, b| {
        let (left, right) = (&items[a.lead], &items[b.lead]);
        let published = |item: &Item| item.record.published_date_time;
        right
            .heat
            .cmp(&left.heat)
            .then_with(|| published(right).cmp(&published(left)))
            .then_with(|| a.id.cmp(&b.id))
    });
    stories
}

/// What rules added to the heat of a lead.
fn boosts(verdict: &Verdict) -> impl Iterator<Item = Reason> {
    verdict.effects.iter().filter_map(|effect| match effect.gives {
        Gift::Boost(points) => {
            Some(Reason::new("rule", format!("{points:+} by the rule {}: {}", effect.rule, effect.because)))
        }
        Gift::Tag(_) => None,
    })
}

fn story_article(item: &Item, words: &Words<'_>) -> StoryArticle {
    let record = &item.record;
    StoryArticle {
        id: item.id,
        quality: courant_model::Quality::from_points(record.quality.unwrap_or(0) as i32),
        published: record.published_date_time.unwrap_or(item.first_seen),
        first_seen: item.first_seen,
        provider: record.provider.as_ref().map(|provider| provider.domain.clone()).unwrap_or_default(),
        copy_of: item.copy_of,
        chosen: words.leads(item.id),
    }
}

/// Records that are announced to the store and written together.
const WRITE_BATCH: usize = 256;

struct ChangedRecord {
    path: RecordPath,
    article: ArticleId,
    version: RecordVersion,
    bytes: Vec<u8>,
}

async fn write_records(
    desk: &Desk,
    snapshot: &Snapshot,
    mark: ChangeMark,
    edits: &HandEdits,
) -> anyhow::Result<PublishSummary> {
    let mut summary = PublishSummary::default();
    let mut changed = Vec::new();
    let mut clean = Vec::new();
    for (item, record) in snapshot.items.iter().zip(courant_render::records_of(snapshot)) {
        if edits.broken.contains_key(&item.path) {
            continue;
        }
        let bytes = record::write(&record).into_bytes();
        let known = edits.known.get(&item.path);
        let before = known.and_then(|known| known.written.as_ref()).map(|version| version.hash);
        if before == Some(hand_edits::hash(&bytes)) && !edits.stale.contains(&item.path) {
            clean.push(item.id);
            summary.unchanged += 1;
            continue;
        }
        if known.is_none() && is_foreign(&desk.site.records_dir().join(item.path.as_str()), &bytes)? {
            let reason = "a file that Courant did not write is there already; it is left as it is";
            summary.broken.push((item.path.to_string(), reason.to_owned()));
            continue;
        }
        let version = hand_edits::version(&record, &bytes);
        let known = known.and_then(|known| known.written.as_ref());
        summary.visible += u64::from(shows_more(record.published, known, &version));
        changed.push(ChangedRecord { path: item.path.clone(), article: item.id, version, bytes });
        if changed.len() == WRITE_BATCH {
            write_batch(desk, &mut changed, mark, &mut summary).await?;
        }
    }
    write_batch(desk, &mut changed, mark, &mut summary).await?;
    desk.store.records_clean(mark, &clean).await?;
    Ok(summary)
}

/// Whether readers see something new in a record: it is published, or was until now, and more has changed than
/// its heat, which cools without news, and what only holders of a key can read.
fn shows_more(published: Option<bool>, before: Option<&RecordVersion>, after: &RecordVersion) -> bool {
    let Some(before) = before else { return published == Some(true) };
    let changed = hand_edits::changed_fields(before, after);
    let is_seen = published == Some(true) || changed.iter().any(|field| field == "published");
    is_seen && changed.iter().any(|field| !matches!(field.as_str(), "heat" | "secured"))
}

async fn write_batch(
    desk: &Desk,
    changed: &mut Vec<ChangedRecord>,
    mark: ChangeMark,
    summary: &mut PublishSummary,
) -> anyhow::Result<()> {
    let announced: Vec<(ArticleId, RecordVersion)> =
        changed.iter().map(|file| (file.article, file.version.clone())).collect();
    desk.store.announce_records(&announced).await?;
    for file in changed.drain(..) {
        let place = desk.site.records_dir().join(file.path.as_str());
        write_atomically(&place, &file.bytes).with_context(|| format!("cannot write {}", place.display()))?;
        summary.written += 1;
    }
    let articles: Vec<ArticleId> = announced.into_iter().map(|(article, _)| article).collect();
    desk.store.records_written(mark, &articles).await?;
    Ok(())
}

/// Whether a file stands where a new record would, with other content.
fn is_foreign(file: &Path, bytes: &[u8]) -> io::Result<bool> {
    match fs::read(file) {
        Ok(there) => Ok(there != bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(title: &str, heat: i64, published: bool) -> (Option<bool>, RecordVersion) {
        let record = Record {
            category: "news".into(),
            title: title.into(),
            heat: Some(heat),
            published: Some(published),
            ..Record::default()
        };
        (record.published, hand_edits::version(&record, b""))
    }

    #[test]
    fn readers_see_what_is_published_and_more_than_cooling() {
        let before = version("One", 90, true).1;
        for (title, heat, published, shows) in
            [("One", 80, true, false), ("Two", 80, true, true), ("One", 60, false, true)]
        {
            let (published, after) = version(title, heat, published);
            assert_eq!(shows_more(published, Some(&before), &after), shows, "{title} {heat} {published:?}");
        }
        let (held, after) = version("Two", 10, false);
        assert!(!shows_more(held, Some(&version("One", 10, false).1), &after));
        assert!(!shows_more(held, None, &after));
        assert!(shows_more(Some(true), None, &before));
    }
}
