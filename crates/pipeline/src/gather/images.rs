//! Copies of the lead images of articles, measured.

use std::{collections::HashSet, sync::atomic::Ordering};

use courant_model::{ArticleId, Timestamp, redacted_url};
use courant_net::{
    Client,
    image::{CachedImage, ImageCache, ImageError, ImageLimits},
};
use courant_store::{ImageRow, SnapshotRow};
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{
    context::Context,
    gather::image_budget::{keep_within_budget, shown_by},
    tasks,
};

/// Maximum number of images fetched in one round; the next round continues.
const MAX_IMAGES_PER_ROUND: usize = 2_000;

/// Copies the lead images of articles that have a record and no copy yet. An image that cannot be
/// copied is stored with the reason and not requested again. Returns the number of new copies.
///
/// Errors: the store, or a folder or disk that cannot take copies.
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
    let check_all = !context.images_known.load(Ordering::Relaxed);
    let articles = if check_all {
        context.store.snapshot_rows().await?
    } else {
        context.store.snapshot_rows_of(&context.store.dirty_articles().await?).await?
    };
    let missing = missing_images(context, &articles).await?;
    if check_all || !missing.is_empty() {
        let removed = keep_within_budget(context, &cache).await?;
        if removed > 0 {
            tracing::info!(removed, "removed image copies of old articles to stay within [images] budget_mb");
        }
    }
    // If this round stops half-way, the next one checks all articles for missing images.
    context.images_known.store(false, Ordering::Relaxed);
    let (copies, is_complete, failed) = copy_images(context, client, &cache, &missing, stop).await?;
    context.images_known.store(is_complete, Ordering::Relaxed);
    failed.map_or(Ok(copies), Err)
}

/// Copies these images, at most [`MAX_IMAGES_PER_ROUND`]. Returns the number of copies, whether all
/// images were handled, and the error that ended the round.
async fn copy_images(
    context: &Context,
    client: &Client,
    cache: &ImageCache,
    missing: &[MissingImage],
    stop: &CancellationToken,
) -> anyhow::Result<(u64, bool, Option<anyhow::Error>)> {
    let now = context.clock.now();
    let mut rows = stream::iter(missing.iter().take(MAX_IMAGES_PER_ROUND))
        .take_until(Box::pin(stop.cancelled()))
        .map(|image| async move { (fetch_image(client, cache, &image.url, now).await, image) })
        .buffer_unordered(context.site.config.fetch.parallel);
    let (mut copies, mut refused) = (0, 0);
    let mut failed = None;
    let mut is_complete = missing.len() <= MAX_IMAGES_PER_ROUND;
    loop {
        // Images being fetched may wait for memory. A stop does not wait for them; the next round
        // fetches them again.
        let next = tokio::select! {
            biased;
            () = stop.cancelled() => None,
            next = rows.next() => next,
        };
        let Some((row, image)) = next else { break };
        tasks::heartbeat();
        // A full disk or an unwritable folder is not the image's fault: the next round requests it
        // again.
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                failed =
                    Some(anyhow::Error::new(error).context("image copying stopped until the next round"));
                is_complete = false;
                break;
            }
        };
        copies += u64::from(row.error.is_none());
        refused += u64::from(row.error.is_some());
        context.store.put_image(&row, &image.shown_by).await?;
    }
    if refused > 0 {
        tracing::info!(refused, copies, "some images were not copied, for the reasons above");
    }
    Ok((copies, is_complete && !stop.is_cancelled(), failed))
}

/// An image that the store does not know yet.
struct MissingImage {
    url: Url,
    shown_by: Vec<ArticleId>,
}

/// The lead images of these articles that the store does not know yet, in the order of the
/// articles.
async fn missing_images(context: &Context, articles: &[SnapshotRow]) -> anyhow::Result<Vec<MissingImage>> {
    let all_topics = context.takes_every_article();
    let forget_before = forget_before(context);
    // The store forgets images of old unpublished articles; those must not be requested again.
    let is_current = |row: &SnapshotRow| row.verdict.published || row.first_seen > forget_before;
    let belongs = |row: &SnapshotRow| all_topics || !row.judgement.topics.is_empty();
    let with_record = || articles.iter().filter(|&row| belongs(row) && is_current(row));
    let mut shown_by = shown_by(with_record());
    let urls: Vec<String> = shown_by.keys().map(|&url| url.to_owned()).collect();
    let known: HashSet<String> = context.store.images(&urls).await?.into_iter().map(|row| row.url).collect();
    let unknown = with_record()
        .filter_map(|row| row.article.images.first())
        .filter(|image| !known.contains(&image.url))
        .filter_map(|image| {
            // Removed with the first of its articles, so that each image is listed once.
            let shown_by = shown_by.remove(image.url.as_str())?;
            Some(MissingImage { url: Url::parse(&image.url).ok()?, shown_by })
        });
    Ok(unknown.collect())
}

/// The store forgets the images of unpublished articles first seen up to this time (`[keep]
/// image_days`).
fn forget_before(context: &Context) -> Timestamp {
    match context.site.config.keep.image_days.0 {
        0 => Timestamp::MIN,
        days => {
            let span = jiff::SignedDuration::from_hours(24 * i64::from(days));
            context.clock.now().checked_sub(span).unwrap_or(Timestamp::MIN)
        }
    }
}

/// The stored facts of an image of which this site has a copy.
pub(crate) fn cached_row(url: String, copy: CachedImage, now: Timestamp) -> ImageRow {
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

/// Fetches and copies one image, and returns what to store about it.
///
/// Errors: a full disk or an unwritable folder, where no image could be stored.
async fn fetch_image(
    client: &Client,
    cache: &ImageCache,
    url: &Url,
    now: Timestamp,
) -> Result<ImageRow, ImageError> {
    Ok(match cache.fetch(client, url).await {
        Err(error @ (ImageError::DiskFull(_) | ImageError::Store { .. })) => return Err(error),
        Ok(copy) => cached_row(url.as_str().to_owned(), copy, now),
        Err(error) => {
            tracing::info!(image = redacted_url(url), %error, "image not copied");
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
