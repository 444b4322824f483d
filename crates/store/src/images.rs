//! Images: measured, copied, or failed.

use courant_model::{ArticleId, Timestamp};
use sqlx::{Row, sqlite::SqliteRow};

use crate::{
    Result, Store,
    codec::{self, Columns, micros, to_json},
    revision::{mark_articles, next_change},
};

/// What is known about one image. If `error` is set, the rest may be missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageRow {
    /// Its URL; also its identity.
    pub url: String,
    /// Hash of its bytes, used in the name of its file.
    pub hash: Option<String>,
    /// The file of the site's copy, below the image folder; `None` if there is no copy.
    pub file: Option<String>,
    /// Width in pixels, measured.
    pub width: Option<u32>,
    /// Height in pixels, measured.
    pub height: Option<u32>,
    /// Media type, detected from the bytes.
    pub mime: Option<String>,
    /// Size of the file and its thumbnails in bytes.
    pub bytes: Option<u64>,
    /// The widths of its thumbnails in pixels.
    pub thumbnails: Vec<u32>,
    /// When it was fetched, or last attempted.
    pub fetched: Timestamp,
    /// Why it could not be fetched or measured.
    pub error: Option<String>,
}

const COLUMNS: &str = "url, hash, file, width, height, mime, bytes, fetched, error, thumbnails";

statements! {
    IMAGE = "SELECT ", COLUMNS, " FROM images WHERE url = ?";
    IMAGES = "SELECT ", COLUMNS, " FROM images WHERE url IN (SELECT value FROM json_each(?)) ORDER BY url";
    HELD_IMAGES = "SELECT ", COLUMNS, " FROM images WHERE file IS NOT NULL ORDER BY url";
    ALL_IMAGES = "SELECT ", COLUMNS, " FROM images ORDER BY url";
    HELD_IMAGE_BYTES = "SELECT COALESCE(SUM(bytes), 0) FROM
        (SELECT MAX(bytes) AS bytes FROM images WHERE file IS NOT NULL GROUP BY file)";
    PUT_IMAGE = "INSERT INTO images (", COLUMNS, ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (url) DO UPDATE SET
        hash = excluded.hash, file = excluded.file, width = excluded.width,
        height = excluded.height, mime = excluded.mime, bytes = excluded.bytes,
        fetched = excluded.fetched, error = excluded.error, thumbnails = excluded.thumbnails";
}

impl Store {
    /// The image at this URL.
    pub async fn image(&self, url: &str) -> Result<Option<ImageRow>> {
        let row = sqlx::query(IMAGE).bind(url).fetch_optional(self.readers()).await?;
        row.as_ref().map(image).transpose()
    }

    /// The images at these URLs, by URL; unknown ones are left out.
    pub async fn images(&self, urls: &[String]) -> Result<Vec<ImageRow>> {
        let rows = sqlx::query(IMAGES).bind(codec::texts(urls)).fetch_all(self.readers()).await?;
        self.damage().readable("images", "url", &rows, image)
    }

    /// The images of which the site has a copy, by URL.
    pub async fn held_images(&self) -> Result<Vec<ImageRow>> {
        let rows = sqlx::query(HELD_IMAGES).fetch_all(self.readers()).await?;
        self.damage().readable("images", "url", &rows, image)
    }

    /// All images, by URL.
    pub(crate) async fn all_images(&self) -> Result<Vec<ImageRow>> {
        let rows = sqlx::query(ALL_IMAGES).fetch_all(self.readers()).await?;
        self.damage().readable("images", "url", &rows, image)
    }

    /// Size of all copies in bytes; a file that two URLs share counts once.
    pub async fn held_image_bytes(&self) -> Result<u64> {
        let bytes: i64 = sqlx::query_scalar(HELD_IMAGE_BYTES).fetch_one(self.readers()).await?;
        Ok(bytes.unsigned_abs())
    }

    /// Stores an image in place of what was known about it. The records of the articles that show
    /// it become dirty.
    pub async fn put_image(&self, image: &ImageRow, shown_by: &[ArticleId]) -> Result<()> {
        let mut change = self.write().await?;
        sqlx::query(PUT_IMAGE)
            .bind(&image.url)
            .bind(image.hash.as_deref())
            .bind(image.file.as_deref())
            .bind(image.width)
            .bind(image.height)
            .bind(image.mime.as_deref())
            .bind(image.bytes.map(|bytes| bytes as i64))
            .bind(micros(image.fetched))
            .bind(image.error.as_deref())
            .bind(to_json("the widths of thumbnails", &image.thumbnails)?)
            .execute(&mut *change)
            .await?;
        let number = next_change(&mut change).await?;
        mark_articles(&mut change, number, shown_by.iter().copied()).await?;
        change.commit().await?;
        Ok(())
    }
}

fn image(row: &SqliteRow) -> Result<ImageRow> {
    Ok(ImageRow {
        url: row.try_get("url")?,
        hash: row.try_get("hash")?,
        file: row.try_get("file")?,
        width: row.try_get("width")?,
        height: row.try_get("height")?,
        mime: row.try_get("mime")?,
        bytes: row.try_get::<Option<i64>, _>("bytes")?.map(i64::unsigned_abs),
        fetched: row.timestamp("fetched")?,
        error: row.try_get("error")?,
        thumbnails: row.json("thumbnails")?,
    })
}
