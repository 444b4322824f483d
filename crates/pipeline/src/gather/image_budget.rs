//! The disk budget for image copies: over it, the copies of the oldest articles are removed.

use std::collections::HashMap;

use courant_model::{ArticleId, Timestamp};
use courant_net::image::ImageCache;
use courant_store::{ImageRow, SnapshotRow};

use crate::context::Context;

/// The share of the budget that stays free after a clean-up, as a divisor (a tenth), so that not
/// every round has to remove copies.
const FREE_SHARE: u64 = 10;

/// Removes image copies until the rest fits into the site's budget (`[images] budget_mb`): first
/// those that no article shows, then those of the oldest articles. The measurements of an image
/// stay in the store, and it is not fetched again. Returns the number of removed copies.
pub(crate) async fn keep_within_budget(context: &Context, cache: &ImageCache) -> anyhow::Result<u64> {
    let budget = context.site.config.images.budget_mb.bytes();
    let held = context.store.held_image_bytes().await?;
    if budget == 0 || held <= budget {
        return Ok(0);
    }
    let copies = context.store.held_images().await?;
    let rows = context.store.snapshot_rows().await?;
    let removed = to_remove(&copies, &rows, held - (budget - budget / FREE_SHARE));
    let shown_by = shown_by(&rows);
    for copy in &removed {
        // The store first: a file without an entry is harmless, an entry without its file is not.
        let reason = format!("the copy was removed: all copies together exceeded {} MB", budget / 1_000_000);
        let without = ImageRow {
            file: None,
            bytes: None,
            thumbnails: Vec::new(),
            error: Some(reason),
            ..(*copy).clone()
        };
        let articles = shown_by.get(copy.url.as_str()).map_or(&[][..], Vec::as_slice);
        context.store.put_image(&without, articles).await?;
    }
    // All URLs that share a file were updated above, so no entry refers to it any more.
    for copy in &removed {
        if let Some(file) = &copy.file {
            cache.remove(file, &copy.thumbnails)?;
        }
    }
    Ok(removed.len() as u64)
}

/// The copies to remove to free at least `bytes` bytes. A file that several URLs share is as old as
/// the newest article that shows it, and is removed for all of them.
fn to_remove<'a>(copies: &'a [ImageRow], rows: &[SnapshotRow], bytes: u64) -> Vec<&'a ImageRow> {
    let mut shown: HashMap<&str, Timestamp> = HashMap::new();
    for row in rows {
        if let Some(image) = row.article.images.first() {
            let newest = shown.entry(image.url.as_str()).or_insert(Timestamp::MIN);
            *newest = (*newest).max(row.article.published);
        }
    }
    let mut files: HashMap<&str, (Timestamp, Vec<&ImageRow>)> = HashMap::new();
    for copy in copies {
        let Some(file) = copy.file.as_deref() else { continue };
        let time = shown.get(copy.url.as_str()).copied().unwrap_or(Timestamp::MIN);
        let entry = files.entry(file).or_insert((Timestamp::MIN, Vec::new()));
        entry.0 = entry.0.max(time);
        entry.1.push(copy);
    }
    let mut files: Vec<(Timestamp, &str, Vec<&ImageRow>)> =
        files.into_iter().map(|(file, (time, copies))| (time, file, copies)).collect();
    files.sort_unstable_by_key(|&(time, file, _)| (time, file));
    let mut freed = 0;
    let mut removed = Vec::new();
    for (_, _, copies) in files {
        if freed >= bytes {
            break;
        }
        freed += copies.iter().filter_map(|copy| copy.bytes).max().unwrap_or(0);
        removed.extend(copies);
    }
    removed
}

/// The articles that show each lead image, by its URL.
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

#[cfg(test)]
mod tests {
    use courant_model::NewCapture;

    use super::*;
    use crate::{
        fixtures::{NOW, context, page, take_in},
        gather::images::cached_row,
    };

    /// An SVG drawing of about 290 kB, a different one for each number.
    fn drawing(number: usize) -> Vec<u8> {
        let shapes = format!("<path d=\"M{number} 0h9\"/>").repeat(14_500);
        format!("<svg width='64' height='48'>{shapes}</svg>").into_bytes()
    }

    fn article(number: usize) -> NewCapture {
        let url = format!("https://paper.example/2026/01/1{number}/mill-number-{number}");
        let text =
            format!("<p>Mill number {number} is kept for the town, as its council said on Tuesday.</p>")
                .repeat(9);
        let html = format!(
            "<title>Mill number {number} is kept for the town</title>\
             <meta property='article:published_time' content='2026-01-1{number}T08:00:00Z'>\
             <meta property='og:image' content='https://paper.example/{number}.svg'><article>{text}</article>"
        );
        page(&url, html, NOW)
    }

    #[tokio::test]
    async fn copies_of_the_oldest_articles_are_removed_first() {
        let folder = tempfile::tempdir().unwrap();
        let context =
            context(folder.path(), |site| site.config.images.budget_mb = courant_site::Megabytes(1)).await;
        let cache = ImageCache::open(context.site.images_dir()).unwrap();
        take_in(&context, &(1..=4).map(article).collect::<Vec<_>>()).await;
        for number in 0..=4 {
            // Number 0 is shown by no article; number 4 is the same drawing as number 1.
            let copy = cache.store(&drawing(if number == 4 { 1 } else { number }), "a drawing").unwrap();
            let row = cached_row(format!("https://paper.example/{number}.svg"), copy, context.clock.now());
            context.store.put_image(&row, &[]).await.unwrap();
        }
        assert!(context.store.held_image_bytes().await.unwrap() > 1_000_000);
        let rows = context.store.snapshot_rows().await.unwrap();
        assert_eq!(keep_within_budget(&context, &cache).await.unwrap(), 1);
        let names = |rows: Vec<ImageRow>| rows.into_iter().map(|copy| copy.url).collect::<Vec<_>>();
        let left = context.store.held_images().await.unwrap();
        let files: Vec<bool> = left
            .iter()
            .filter_map(|copy| copy.file.as_ref())
            .map(|file| cache.dir().join(file).exists())
            .collect();
        assert_eq!(
            names(left),
            (1..=4).map(|n| format!("https://paper.example/{n}.svg")).collect::<Vec<_>>()
        );
        assert_eq!(files, [true; 4]);
        let removed = context.store.image("https://paper.example/0.svg").await.unwrap().unwrap();
        assert_eq!((removed.file, removed.width), (None, Some(64)));
        // Number 1 counts as new as number 4, which shows the same file; so number 2 is the oldest.
        let order = to_remove(&context.store.held_images().await.unwrap(), &rows, u64::MAX)
            .into_iter()
            .map(|copy| copy.url.clone())
            .collect::<Vec<_>>();
        let name = |n: usize| format!("https://paper.example/{n}.svg");
        assert_eq!(order, [name(2), name(3), name(1), name(4)]);
        assert_eq!(keep_within_budget(&context, &cache).await.unwrap(), 0);
    }
}
