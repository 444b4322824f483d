//! Makes a snapshot, or a part of one, of rows of the store: scores the stories and applies the
//! overrides.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use courant_analysis::story::HeatRule;
use courant_model::{
    ArticleId, EffectKind, Item, Override, PublicUrls, Reason, Record, RecordPath, StoryId, StoryView,
    Thumbnail, Timestamp, Verdict,
};
use courant_net::image::thumbnail_file;
use courant_render::Snapshot;
use courant_store::{ArticleDecision, Batch, ImageRow, Revision, SnapshotRow, StoreSnapshot};

use crate::{
    context::Context,
    process::publishable,
    stories::{
        heat_inputs::HeatInputs,
        member::StoryMember,
        overrides::{self, Overrides},
        score::{Scorer, StoryOutcome},
    },
    tasks,
};

/// The input of a snapshot: all articles, or all articles of some stories.
#[derive(Debug)]
pub(crate) struct StoryBatch {
    /// By time of publication, newest first; ties by id.
    pub(crate) rows: Vec<SnapshotRow>,
    /// The overrides of these articles.
    pub(crate) overrides: Vec<Override>,
    /// Merged stories: former id, current id; by former id.
    pub(crate) moved: Vec<(StoryId, StoryId)>,
    /// What heats these stories, including boosts.
    pub(crate) heat_inputs: HeatInputs,
    /// The score of each story that has a lead; empty before scoring.
    outcomes: BTreeMap<StoryId, StoryOutcome>,
}

impl StoryBatch {
    /// A batch of these rows, not scored yet.
    pub(crate) fn new(
        rows: Vec<SnapshotRow>,
        overrides: Vec<Override>,
        moved: Vec<(StoryId, StoryId)>,
        heat_inputs: HeatInputs,
    ) -> Self {
        Self { rows, overrides, moved, heat_inputs, outcomes: BTreeMap::new() }
    }

    /// All stored articles with what heats them at this time, and the revision of the store.
    pub(crate) async fn of_all(context: &Context, now: Timestamp) -> anyhow::Result<(Self, Revision)> {
        let StoreSnapshot { revision, rows, overrides, moved } = context.store.snapshot().await?;
        let heat_inputs = HeatInputs::of_all(&context.store, &context.rules.heat, now).await?;
        let heat_inputs = heat_inputs.with_boosts_of(&rows, &overrides, now);
        Ok((Self::new(rows, overrides, moved, heat_inputs), revision))
    }

    /// Updates heat and verdicts of all stories to this time, here and in the store, because heat
    /// cools even if nothing happens.
    pub(crate) async fn score(&mut self, context: &Context, now: Timestamp) -> anyhow::Result<()> {
        let changed = self.score_here(context, now);
        if !changed.is_empty() {
            context.store.commit(&Batch { decisions: changed, ..Batch::default() }, now).await?;
        }
        Ok(())
    }

    /// As [`StoryBatch::score`], but stores nothing. Returns the decisions that differ from the
    /// stored ones.
    pub(crate) fn score_here(&mut self, context: &Context, now: Timestamp) -> Vec<ArticleDecision> {
        let overrides = Overrides::of(&self.overrides);
        let mut stories: BTreeMap<StoryId, Vec<StoryMember<'_>>> = BTreeMap::new();
        for row in &self.rows {
            stories.entry(row.member.story).or_default().push(StoryMember::row(row, row.member.story));
        }
        let scorer = Scorer::new(context, &overrides, now);
        let results = scorer.score_together(&stories, &mut self.heat_inputs);
        let mut changed = Vec::new();
        self.outcomes.clear();
        for ((&story, members), scored) in stories.iter().zip(results) {
            self.outcomes.extend(scored.outcome.map(|outcome| (story, outcome)));
            let pairs = scored.decisions.into_iter().zip(members);
            changed.extend(pairs.filter(|(new, old)| old.differs_from(new)).map(|(new, _)| new));
        }
        let position: HashMap<ArticleId, usize> =
            self.rows.iter().enumerate().map(|(at, row)| (row.article.id, at)).collect();
        for decision in &changed {
            let row = &mut self.rows[position[&decision.article]];
            row.heat = decision.heat;
            row.verdict = decision.verdict.clone();
        }
        changed
    }

    /// The snapshot of the scored stories, and the articles that are not in it. Articles without a
    /// topic are left out, except those for which `has_record` is true because they had a topic
    /// before: their records must be kept up to date.
    pub(crate) async fn into_snapshot(
        mut self,
        context: &Context,
        now: Timestamp,
        has_record: impl Fn(&RecordPath) -> bool,
    ) -> anyhow::Result<(Snapshot, Vec<ArticleId>)> {
        let overrides = Overrides::of(&self.overrides);
        let takes_all = context.takes_every_article();
        let on_topic = |row: &SnapshotRow| takes_all || overrides.belongs(row.article.id, &row.judgement);
        let mut absent = Vec::new();
        self.rows.retain(|row| {
            let has_place = on_topic(row) || has_record(&row.path);
            absent.extend((!has_place).then_some(row.article.id));
            has_place
        });
        seal(context, &mut self.rows).await?;
        let images = lead_images(context, &self.rows).await?;
        let items: Vec<Arc<Item>> = {
            let rule = &context.rules.addresses;
            self.rows.into_iter().map(|row| Arc::new(item(row, &images, &overrides, rule))).collect()
        };
        let stories = stories(&items, &self.outcomes, &overrides, now, &context.rules.heat);
        let site = &context.site;
        let snapshot = Snapshot {
            taken: now,
            site: site.info(),
            topics: site.topics.clone(),
            providers: publishable::clean_providers(&site.providers, &context.rules.addresses),
            items,
            stories,
            moved: self.moved,
            collections: Arc::default(),
            classic: None,
        };
        Ok((snapshot, absent))
    }
}

/// Seals the private part of articles that have none yet, if the site has a key.
async fn seal(context: &Context, rows: &mut [SnapshotRow]) -> anyhow::Result<()> {
    if !context.rules.keys.can_seal() || context.store.is_read_only() {
        return Ok(());
    }
    for row in rows.iter_mut().filter(|row| row.secured.is_none()) {
        tasks::heartbeat();
        let (text, _) = context.store.article_text(row.article.id).await?.unwrap_or_default();
        let payload = serde_json::json!({
            "article": row.article.id,
            "source": row.article.source,
            "text": text,
            "signals": row.judgement.signals,
            "topics": row.judgement.topics,
            "story": row.member,
        });
        let sealed = context.rules.keys.seal(row.path.as_str(), payload.to_string().as_bytes())?;
        context.store.set_secured(row.article.id, &sealed).await?;
        row.secured = Some(sealed);
    }
    Ok(())
}

async fn lead_images(context: &Context, rows: &[SnapshotRow]) -> anyhow::Result<HashMap<String, ImageRow>> {
    let urls: Vec<String> =
        rows.iter().filter_map(|row| row.article.images.first()).map(|image| image.url.clone()).collect();
    Ok(context.store.images(&urls).await?.into_iter().map(|row| (row.url.clone(), row)).collect())
}

fn item(
    row: SnapshotRow,
    images: &HashMap<String, ImageRow>,
    overrides: &Overrides<'_>,
    rule: &PublicUrls,
) -> Item {
    let mut record = Record::of(&row.article, &row.judgement, row.heat, &row.verdict);
    record.extra = row.extra;
    record.secured = row.secured;
    let mut image_path = None;
    let mut thumbnails = Vec::new();
    if let Some(image) = record.images.first_mut() {
        if let Some(copy) = images.get(&image.url)
            && let Some(file) = &copy.file
        {
            image.width = copy.width.or(image.width);
            image.height = copy.height.or(image.height);
            image.is_cached = Some(true);
            image_path = Some(public_path(file));
            let narrower = |&width| Thumbnail { width, path: public_path(&thumbnail_file(file, width)) };
            thumbnails = copy.thumbnails.iter().map(narrower).collect();
        } else {
            // An imported record may state a copy that this site does not have.
            image.is_cached = None;
        }
    }
    let mut record = overrides::with_overrides(record, overrides.about(row.article.id));
    // Also cleans what an older version stored and what an editor wrote.
    for removed in publishable::clean_record(&mut record, &row.article.web_url, rule) {
        tracing::warn!(record = %row.path, removed, "part of a record must not be published");
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
        picture: image_path,
        thumbnails,
    }
}

/// The path of a copy on the site; the folders inside the cache are not part of it.
fn public_path(file: &str) -> String {
    format!("images/{}", file.rsplit('/').next().unwrap_or(file))
}

fn stories(
    items: &[Arc<Item>],
    outcomes: &BTreeMap<StoryId, StoryOutcome>,
    overrides: &Overrides<'_>,
    now: Timestamp,
    rule: &HeatRule,
) -> Vec<Arc<StoryView>> {
    let pinned: HashSet<StoryId> =
        items.iter().filter(|item| overrides.pins(item.id)).map(|item| item.story).collect();
    let position: HashMap<ArticleId, usize> =
        items.iter().enumerate().map(|(at, item)| (item.id, at)).collect();
    let mut stories: Vec<Arc<StoryView>> = outcomes
        .iter()
        .filter_map(|(&id, outcome)| {
            let ranking = &outcome.ranking;
            // Leads and related articles have a topic, and so are in the snapshot.
            let lead = *position.get(&ranking.lead)?;
            let related = ranking.related.iter().filter_map(|article| position.get(article).copied());
            let mut heat_because = ranking.reasons.clone();
            heat_because.extend(boosts(&items[lead].verdict));
            Some(Arc::new(StoryView {
                id,
                lead,
                related: related.collect(),
                heat_because,
                heat_curve: outcome.heat_curve(now, rule),
                pinned: pinned.contains(&id),
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

/// The reasons for degrees that rules added to the heat of a lead.
fn boosts(verdict: &Verdict) -> impl Iterator<Item = Reason> {
    verdict.effects.iter().filter_map(|effect| match effect.kind {
        EffectKind::Boost(points) => {
            Some(Reason::new("rule", format!("{points:+} by the rule {}: {}", effect.rule, effect.because)))
        }
        EffectKind::Tag(_) => None,
    })
}
