//! Pictures: copies of lead pictures, measured.

use std::{
    collections::{HashMap, HashSet},
    sync::atomic::Ordering,
};

use courant_model::{ArticleId, Timestamp, redacted_url};
use courant_net::{
    Client,
    image::{CachedImage, ImageCache, ImageError, ImageLimits},
};
use courant_store::{ImageRow, SnapshotRow};
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{context::Context, gather::image_budget::keep_within_budget, tasks};

/// The most pictures that one round fetches; the next round goes on.
const MAX_A_ROUND: usize = 2_000;

/// Copies the lead pictures of articles that have a record and none yet. A picture that can't be had is
/// noted and not asked for again. Gives the number of new copies.
pub async fn cache_images(
    context: &Context,
    client: &Client,
    stop: &CancellationToken,
) -> anyhow::Result<u64> {
    if !context.site.config.images.cache {
        return Ok(0);
    }
    let limits = ImageLimits { max_bytes: context.site.config.images.max_bytes, ..ImageLimits::default() };
    let cache = ImageCache::open(context.site.images_dir())?.with_limits(limits);
    let everything = !context.pictures_known.load(Ordering::Relaxed);
    let articles = if everything {
        context.store.snapshot_rows().await?
    } else {
        context.store.snapshot_rows_of(&context.store.dirty_articles().await?).await?
    };
    let wanted = wanted(context, &articles).await?;
    if everything || !wanted.is_empty() {
        let removed = keep_within_budget(context, &cache).await?;
        if removed > 0 {
            tracing::info!(removed, "copies of pictures of old articles were removed to make room");
        }
    }
    // Should this stop half-way, the next round looks at all articles for what is left.
    context.pictures_known.store(false, Ordering::Relaxed);
    let (copies, is_complete, failed) = copy(context, client, &cache, &wanted, stop).await?;
    context.pictures_known.store(is_complete, Ordering::Relaxed);
    failed.map_or(Ok(copies), Err)
}

/// Copies as many of these pictures as one round may; how many, whether none is left, and what stopped it.
async fn copy(
    context: &Context,
    client: &Client,
    cache: &ImageCache,
    wanted: &[Wanted],
    stop: &CancellationToken,
) -> anyhow::Result<(u64, bool, Option<anyhow::Error>)> {
    let now = context.clock.now();
    let mut rows = stream::iter(wanted.iter().take(MAX_A_ROUND))
        .take_until(Box::pin(stop.cancelled()))
        .map(|wanted| async move { (picture(client, cache, &wanted.url, now).await, wanted) })
        .buffer_unordered(context.site.config.fetch.parallel);
    let (mut copies, mut refused) = (0, 0);
    let mut failed = None;
    let mut is_complete = wanted.len() <= MAX_A_ROUND;
    loop {
        // Images under way wait for memory; a stop does not wait with them, and the next round begins them again.
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            next = rows.next() => next,
        };
        let Some((row, wanted)) = next else { break };
        tasks::heartbeat();
        // A full disk, or a folder that cannot be written, says nothing about the picture: it is asked for again.
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                failed = Some(anyhow::Error::new(error).context("copies of pictures wait"));
                is_complete = false;
                break;
            }
        };
        copies += u64::from(row.error.is_none());
        refused += u64::from(row.error.is_some());
        context.store.put_image(&row, &wanted.shown_by).await?;
    }
    if refused > 0 {
        tracing::info!(refused, copies, "images not copied, for the reasons above");
    }
    Ok((copies, is_complete && !stop.is_cancelled(), failed))
}

/// A picture of which nothing is known yet.
struct Wanted {
    url: Url,
    shown_by: Vec<ArticleId>,
}

/// The lead pictures of these articles of which nothing is known yet, in the order of the articles.
async fn wanted(context: &Context, articles: &[SnapshotRow]) -> anyhow::Result<Vec<Wanted>> {
    let every = context.site.topics.is_empty();
    let forgotten = forgotten(context);
    // What was known of an image that nothing has shown for long is forgotten, and it is not asked for again.
    let is_current = |row: &SnapshotRow| row.verdict.published || row.first_seen > forgotten;
    let belongs = |row: &SnapshotRow| every || !row.judgement.topics.is_empty();
    let with_record = || articles.iter().filter(|&row| belongs(row) && is_current(row));
    let mut shown_by = shown_by(with_record());
    let urls: Vec<String> = shown_by.keys().map(|&url| url.to_owned()).collect();
    let known: HashSet<String> = context.store.images(&urls).await?.into_iter().map(|row| row.url).collect();
    let unknown = with_record()
        .filter_map(|row| row.article.images.first())
        .filter(|image| !known.contains(&image.url))
        .filter_map(|image| {
            // Taken out with the first of its articles, so that each picture comes once.
            let shown_by = shown_by.remove(image.url.as_str())?;
            Some(Wanted { url: Url::parse(&image.url).ok()?, shown_by })
        });
    Ok(unknown.collect())
}

/// The moment up to which articles were first seen whose images the store forgets unless readers see them.
fn forgotten(context: &Context) -> Timestamp {
    match context.site.config.keep.image_days.0 {
        0 => Timestamp::MIN,
        days => {
            let span = jiff::SignedDuration::from_hours(24 * i64::from(days));
            context.clock.now().checked_sub(span).unwrap_or(Timestamp::MIN)
        }
    }
}

/// Which of these articles show which lead picture, by its address.
pub(crate) fn shown_by<'a>(
    rows: impl IntoIterator<Item = &'a SnapshotRow>,
) -> HashMap<&'a str, Vec<ArticleId>> {
    let mut shown_by: HashMap<&str, Vec<ArticleId>> = HashMap::new();
    for row in rows {
        if let Some(image) = row.article.images.first() {
            shown_by.entry(&image.url).or_default().push(row.article.id);
        }
    }
    shown_by
}

/// What is known of a picture of which this site holds a copy.
pub(crate) fn held(url: String, copy: CachedImage, now: Timestamp) -> ImageRow {
    ImageRow {
        url,
        hash: Some(copy.hash),
        file: Some(copy.file),
        width: Some(copy.width),
        height: Some(copy.height),
        mime: Some(copy.mime.to_owned()),
        bytes: Some(copy.bytes),
        fetched: now,
        error: None,
        thumbnails: copy.thumbnails,
    }
}

/// What came of one picture; an error where no copy can be stored, whatever the picture.
async fn picture(
    client: &Client,
    cache: &ImageCache,
    url: &Url,
    now: Timestamp,
) -> Result<ImageRow, ImageError> {
    Ok(match cache.fetch(client, url).await {
        Err(error @ (ImageError::DiskFull(_) | ImageError::Store { .. })) => return Err(error),
        Ok(copy) => held(url.as_str().to_owned(), copy, now),
        Err(error) => {
            tracing::info!(image = redacted_url(url), "not copied: {error}");
            ImageRow {
                url: url.as_str().to_owned(),
                hash: None,
                file: None,
                width: None,
                height: None,
                mime: None,
                bytes: None,
                fetched: now,
                error: Some(error.to_string()),
                thumbnails: Vec::new(),
            }
        }
    })
}
