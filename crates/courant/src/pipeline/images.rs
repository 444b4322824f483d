//! Pictures: copies of lead pictures, measured.

use std::collections::HashSet;

use courant_model::Timestamp;
use courant_net::{
    Client,
    image::{CachedImage, ImageCache, ImageError, ImageLimits},
};
use courant_store::{ImageRow, SnapshotRow};
use futures_util::{StreamExt, stream};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::{Desk, image_budget::keep_within_budget};

/// The most pictures that one round fetches; the next round goes on.
const MAX_A_ROUND: usize = 2_000;

/// Copies the lead pictures of articles that have a record and none yet. A picture that can't be had is
/// noted and not asked for again. Gives the number of new copies.
pub(crate) async fn cache_images(
    desk: &Desk,
    client: &Client,
    stop: &CancellationToken,
) -> anyhow::Result<u64> {
    if !desk.site.config.images.cache {
        return Ok(0);
    }
    let limits = ImageLimits { max_bytes: desk.site.config.images.max_bytes, ..ImageLimits::default() };
    let cache = ImageCache::open(desk.site.images_dir())?.with_limits(limits);
    let articles = desk.store.snapshot_rows().await?;
    let removed = keep_within_budget(desk, &cache, &articles).await?;
    if removed > 0 {
        tracing::info!(removed, "copies of pictures of old articles were removed to make room");
    }
    let wanted = wanted(desk, &articles).await?;
    let now = desk.clock.now();
    let mut rows = stream::iter(wanted)
        .take_until(Box::pin(stop.cancelled()))
        .map(|url| picture(client, &cache, url, now))
        .buffer_unordered(desk.site.config.fetch.parallel);
    let mut copies = 0;
    while let Some(row) = rows.next().await {
        // A full disk says nothing about the picture: it is asked for again when there is room.
        let Some(row) = row else {
            tracing::warn!("no space is left for copies of pictures; they wait");
            break;
        };
        copies += u64::from(row.error.is_none());
        desk.store.put_image(&row).await?;
    }
    Ok(copies)
}

async fn wanted(desk: &Desk, articles: &[SnapshotRow]) -> anyhow::Result<Vec<Url>> {
    let every = desk.site.topics.is_empty();
    let mut seen = HashSet::new();
    let mut urls = Vec::new();
    for row in articles {
        let has_record = every || !row.judgement.topics.is_empty();
        let Some(image) = row.article.images.first().filter(|_| has_record) else { continue };
        if seen.insert(image.url.clone()) {
            urls.push(image.url.clone());
        }
    }
    let known: HashSet<String> = desk.store.images(&urls).await?.into_iter().map(|row| row.url).collect();
    Ok(urls
        .into_iter()
        .filter(|url| !known.contains(url))
        .filter_map(|url| Url::parse(&url).ok())
        .take(MAX_A_ROUND)
        .collect())
}

/// What is known of a picture of which this site holds a copy.
pub(super) fn held(url: String, copy: CachedImage, now: Timestamp) -> ImageRow {
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

/// What came of one picture; `None` where the disk is full.
async fn picture(client: &Client, cache: &ImageCache, url: Url, now: Timestamp) -> Option<ImageRow> {
    Some(match cache.fetch(client, &url).await {
        Err(ImageError::DiskFull(_)) => return None,
        Ok(copy) => held(url.into(), copy, now),
        Err(error) => {
            tracing::debug!(picture = %url, "{error}");
            ImageRow {
                url: url.into(),
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
