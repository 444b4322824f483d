//! A snapshot, or a part of one, made from rows of the store: stories weighed, editors' words applied.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use courant_analysis::story::{self, StoryArticle};
use courant_model::{
    ArticleId, EffectKind, Item, Override, PublicAddresses, Reason, Record, RecordPath, Snapshot, StoryId,
    StoryView, Thumbnail, Timestamp, Verdict,
};
use courant_net::image::thumbnail_file;
use courant_store::{Batch, ChangeMark, ImageRow, SnapshotRow, Standing, StoreSnapshot};

use crate::{
    health,
    pipeline::{
        Desk,
        attention::Attention,
        hand_edits, publishable,
        standing::{Placed, Words, standings},
    },
};

/// What a snapshot is made from: all articles, or all those of some stories.
#[derive(Debug)]
pub(super) struct Ground {
    /// Newest publication first, ties by id.
    pub(super) rows: Vec<SnapshotRow>,
    /// What editors said of these articles.
    pub(super) overrides: Vec<Override>,
    /// Merged stories: old name, present name; by old name.
    pub(super) moved: Vec<(StoryId, StoryId)>,
    /// What heats these stories, boosts included.
    pub(super) attention: Attention,
}

impl Ground {
    /// All that is stored, with what heats it at this moment; and which changes are in it.
    pub(super) async fn of_all(desk: &Desk, now: Timestamp) -> anyhow::Result<(Self, ChangeMark)> {
        let StoreSnapshot { mark, rows, overrides, moved } = desk.store.snapshot().await?;
        let attention = Attention::of_all(&desk.store, &desk.rules.heat, now).await?;
        let attention = attention.with_boosts_of(&rows, &overrides, now);
        Ok((Self { rows, overrides, moved, attention }, mark))
    }

    /// Brings heat and verdict of all stories to this moment, here and in the store: heat cools while nothing else
    /// happens.
    pub(super) async fn weigh(&mut self, desk: &Desk, now: Timestamp) -> anyhow::Result<()> {
        let changed = self.reweigh(desk, now);
        if !changed.is_empty() {
            desk.store.commit(&Batch { standings: changed, ..Batch::default() }).await?;
        }
        Ok(())
    }

    /// As [`Ground::weigh`], here alone; gives what the store would have to be told.
    pub(super) fn reweigh(&mut self, desk: &Desk, now: Timestamp) -> Vec<Standing> {
        reweigh(desk, &mut self.rows, &Words::of(&self.overrides), &mut self.attention, now)
    }

    /// The snapshot of what was weighed, and the articles that have no place in it: what is off topic, unless it
    /// `has_record` from a time when it was not; that record must go on saying what holds.
    pub(super) async fn shown(
        mut self,
        desk: &Desk,
        now: Timestamp,
        has_record: impl Fn(&RecordPath) -> bool,
    ) -> anyhow::Result<(Snapshot, Vec<ArticleId>)> {
        let words = Words::of(&self.overrides);
        let every = desk.site.topics.is_empty();
        let on_topic = |row: &SnapshotRow| every || words.belongs(row.article.id, &row.judgement);
        let mut absent = Vec::new();
        self.rows.retain(|row| {
            let has_place = on_topic(row) || has_record(&row.path);
            absent.extend((!has_place).then_some(row.article.id));
            has_place
        });
        seal(desk, &mut self.rows).await?;
        let images = lead_images(desk, &self.rows).await?;
        let items: Vec<Arc<Item>> = {
            let rule = &desk.rules.addresses;
            self.rows.into_iter().map(|row| Arc::new(item(row, &images, &words, rule))).collect()
        };
        let stories = stories(&items, desk, now, &words, &self.attention);
        let site = &desk.site;
        let snapshot = Snapshot {
            taken: now,
            site: site.info(),
            topics: site.topics.clone(),
            providers: publishable::clean_providers(&site.providers, &desk.rules.addresses),
            items,
            stories,
            moved: self.moved,
            collections: Arc::default(),
            classic: None,
        };
        Ok((snapshot, absent))
    }
}

fn reweigh(
    desk: &Desk,
    rows: &mut [SnapshotRow],
    words: &Words<'_>,
    attention: &mut Attention,
    now: Timestamp,
) -> Vec<Standing> {
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
    let position: HashMap<ArticleId, usize> =
        rows.iter().enumerate().map(|(at, row)| (row.article.id, at)).collect();
    for standing in &changed {
        let row = &mut rows[position[&standing.article]];
        row.heat = standing.heat;
        row.verdict = standing.verdict.clone();
    }
    changed
}

/// Seals the private part of articles that have none yet, where the site has a key.
async fn seal(desk: &Desk, rows: &mut [SnapshotRow]) -> anyhow::Result<()> {
    if !desk.rules.keys.can_seal() || desk.store.is_read_only() {
        return Ok(());
    }
    for row in rows.iter_mut().filter(|row| row.secured.is_none()) {
        health::heartbeat();
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

fn item(
    row: SnapshotRow,
    images: &HashMap<String, ImageRow>,
    words: &Words<'_>,
    rule: &PublicAddresses,
) -> Item {
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
    let mut record = hand_edits::with_overrides(record, words.about(row.article.id));
    // What an older version stored, and what an editor wrote.
    for removed in publishable::clean_record(&mut record, &row.article.web_url, rule) {
        tracing::warn!(record = %row.path, "{removed}");
    }
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
            let mut standing = story::rank(&articles, &heated, now, &desk.rules.heat)?;
            let lead = position[&standing.lead];
            standing.reasons.extend(boosts(&items[lead].verdict));
            // Only a story that has a page shows it, and it takes as long as weighing two dozen stories.
            let curve = || story::heat_curve(&articles, &heated, now, &desk.rules.heat);
            let heat_curve = if items[lead].verdict.published { curve() } else { None };
            Some(Arc::new(StoryView {
                id,
                lead,
                related: standing.related.iter().map(|article| position[article]).collect(),
                heat_because: standing.reasons,
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
        EffectKind::Boost(points) => {
            Some(Reason::new("rule", format!("{points:+} by the rule {}: {}", effect.rule, effect.because)))
        }
        EffectKind::Tag(_) => None,
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
