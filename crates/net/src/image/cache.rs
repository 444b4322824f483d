//! The site's copies of images: one file per content, named by its hash.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use courant_images::{ImageFormat, Measured, TooCostly, measure, thumbnails};
use courant_sanitize::{Svg, SvgProblem, is_svg, sanitize_svg};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    client::Client,
    error::{FetchError, place},
    messages::{Purpose, Request, Response},
    temporary::{temporary_name, write_and_rename},
};

/// Maximum number of images that are measured, decoded and written concurrently.
const MAX_CONCURRENT: usize = 2;

/// Limits of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageLimits {
    /// Maximum size of the file in bytes.
    pub max_bytes: u64,
    /// Minimum of the shorter side in pixels: tracking pixels and icons are refused.
    pub min_side: u32,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { max_bytes: 8 << 20, min_side: 32 }
    }
}

/// An image in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedImage {
    /// SHA-256 of its bytes in lower-case hexadecimal.
    pub hash: String,
    /// The path of its file in the cache's folder, with `/`: `ab/abcd….jpg`.
    pub file: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The media type by content.
    pub mime: &'static str,
    /// The size of the file and its thumbnails in bytes.
    pub bytes: u64,
    /// The widths of its thumbnails in pixels; see [`thumbnail_file`].
    pub thumbnails: Vec<u32>,
}

/// The path of a thumbnail with this width of the image in `file`, both in the cache's folder:
/// `ab/abcd…-400.webp`.
pub fn thumbnail_file(file: &str, width: u32) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    format!("{stem}-{width}.webp")
}

/// Why an image was not cached.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It is not JPEG, PNG, GIF, WebP, AVIF or SVG, is damaged, or has too many pixels.
    #[error("{place}: not a usable image; expected JPEG, PNG, GIF, WebP, AVIF or SVG of at most {max} pixels", max = courant_images::MAX_PIXELS)]
    NotAnImage {
        /// Host and path of its URL, or its name.
        place: String,
    },
    /// It is an SVG that cannot be sanitised.
    #[error("{place}: SVG not stored: {why}")]
    Svg {
        /// Host and path of its URL, or its name.
        place: String,
        /// The reason.
        why: SvgProblem,
    },
    /// Decoding it would need too much memory on this machine or in a browser.
    #[error("{place}: image needs {bytes} bytes of memory to decode, more than {max}", max = courant_images::MAX_DECODING_BYTES)]
    TooCostly {
        /// Host and path of its URL, or its name.
        place: String,
        /// The memory in bytes.
        bytes: u64,
    },
    /// A JPEG with too many scans.
    #[error("{place}: image has too many scans")]
    TooManyScans {
        /// Host and path of its URL, or its name.
        place: String,
    },
    /// It is smaller than the minimum.
    #[error("{place}: image of {width}×{height} pixels is smaller than {min_side}")]
    TooSmall {
        /// Host and path of its URL, or its name.
        place: String,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The minimum side in pixels.
        min_side: u32,
    },
    /// The disk or the quota is full.
    #[error("{}: no space left for images", .0.display())]
    DiskFull(PathBuf),
    /// The file cannot be written.
    #[error("{}: cannot store image", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// The system's error.
        #[source]
        source: io::Error,
    },
}

/// A folder of images, each stored once under the hash of its bytes. Processes may share it.
#[derive(Debug, Clone)]
pub struct ImageCache {
    dir: PathBuf,
    limits: ImageLimits,
    /// Limits the images that are processed concurrently, because a shutdown has to wait for these;
    /// waiting ones can be cancelled.
    permits: Arc<Semaphore>,
}

impl ImageCache {
    /// The cache in this folder, which is created if it does not exist.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ImageError> {
        let dir = dir.into();
        create_folder(&dir).map_err(|error| store_error(&dir, error))?;
        Ok(Self { dir, limits: ImageLimits::default(), permits: Arc::new(Semaphore::new(MAX_CONCURRENT)) })
    }

    /// The same cache with other limits.
    #[must_use]
    pub fn with_limits(mut self, limits: ImageLimits) -> Self {
        self.limits = limits;
        self
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The file of a cached image.
    pub fn path(&self, image: &CachedImage) -> PathBuf {
        self.dir.join(&image.file)
    }

    /// Fetches an image and stores it.
    pub async fn fetch(&self, client: &Client, url: &Url) -> Result<CachedImage, ImageError> {
        let request =
            Request { max_bytes: Some(self.limits.max_bytes), ..Request::new(url.clone(), Purpose::Image) };
        let body = match client.get(&request).await? {
            Response::Fetched(fetched) => fetched.body,
            // Impossible: the request had no validators.
            Response::NotModified(_) => Bytes::new(),
        };
        let cache = self.clone();
        let place = place(url);
        // Held until the work is done, even if the caller is dropped.
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        let permit = permit.map_err(|error| store_error(&self.dir, io::Error::other(error)))?;
        tokio::task::spawn_blocking(move || {
            let stored = cache.store(&body, &place);
            drop(permit);
            stored
        })
        .await
        .unwrap_or_else(|error| Err(store_error(&self.dir, io::Error::other(error))))
    }

    /// Stores an image; `place` names it in errors.
    ///
    /// The file is written under a temporary name, flushed to disk and renamed: readers never see a
    /// partial image, and a stored image survives a power failure.
    ///
    /// An SVG is stored without everything that runs, loads or links (see
    /// [`courant_sanitize`]).
    pub fn store(&self, bytes: &[u8], place: &str) -> Result<CachedImage, ImageError> {
        let (measured, bytes) = self.checked(bytes, place)?;
        let bytes = bytes.as_ref();
        let hash = HEXLOWER.encode(&Sha256::digest(bytes));
        let file = format!("{}/{hash}.{}", &hash[..2], measured.format.extension());
        let path = self.dir.join(&file);
        // Created before anything is written: an image that needs too much memory is not stored.
        let thumbnails = thumbnails(bytes, &measured).map_err(|why| too_costly(why, place))?;
        if fs::metadata(&path).map_or(true, |found| found.len() != bytes.len() as u64) {
            write_atomically(&self.dir, &path, bytes).map_err(|error| store_error(&path, error))?;
        }
        let thumbnails = self.store_thumbnails(thumbnails, &file)?;
        let Measured { width, height, mime, .. } = measured;
        let whole = bytes.len() as u64 + thumbnails.iter().map(|(_, size)| size).sum::<u64>();
        let thumbnails = thumbnails.into_iter().map(|(width, _)| width).collect();
        Ok(CachedImage { hash, file, width, height, mime, bytes: whole, thumbnails })
    }

    /// Removes an image and its thumbnails; files that do not exist are ignored.
    pub fn remove(&self, file: &str, thumbnails: &[u32]) -> Result<(), ImageError> {
        let files = thumbnails.iter().map(|width| thumbnail_file(file, *width)).chain([file.to_owned()]);
        for file in files {
            let path = self.dir.join(file);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(store_error(&path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Writes the thumbnails of the image in `file`. Returns their widths and their sizes in bytes.
    fn store_thumbnails(
        &self,
        thumbnails: Vec<(u32, Vec<u8>)>,
        file: &str,
    ) -> Result<Vec<(u32, u64)>, ImageError> {
        let mut widths = Vec::with_capacity(thumbnails.len());
        for (width, webp) in thumbnails {
            let path = self.dir.join(thumbnail_file(file, width));
            if fs::metadata(&path).map_or(true, |found| found.len() != webp.len() as u64) {
                write_atomically(&self.dir, &path, &webp).map_err(|error| store_error(&path, error))?;
            }
            widths.push((width, webp.len() as u64));
        }
        Ok(widths)
    }

    /// The size and format of an image that satisfies the limits, and the bytes to store.
    fn checked<'a>(&self, bytes: &'a [u8], place: &str) -> Result<(Measured, Cow<'a, [u8]>), ImageError> {
        let place = place.to_owned();
        if bytes.len() as u64 > self.limits.max_bytes {
            return Err(FetchError::TooLarge { place, limit: self.limits.max_bytes }.into());
        }
        let found = if is_svg(bytes) {
            let safe = sanitize_svg(bytes);
            let Svg { bytes, width, height } =
                safe.map_err(|why| ImageError::Svg { place: place.clone(), why })?;
            let format = ImageFormat::Svg;
            Some((Measured { width, height, mime: format.mime(), format }, Cow::Owned(bytes)))
        } else {
            measure(bytes).map(|measured| (measured, Cow::Borrowed(bytes)))
        };
        let Some((measured, bytes)) = found else { return Err(ImageError::NotAnImage { place }) };
        let Measured { width, height, .. } = measured;
        let min_side = self.limits.min_side;
        if width.min(height) < min_side {
            return Err(ImageError::TooSmall { place, width, height, min_side });
        }
        Ok((measured, bytes))
    }
}

/// Writes a file through a temporary one in the folder `cache`, which is cleaned after a crash.
fn write_atomically(cache: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    create_folder(folder)?;
    // Only the owner may read the program's folder and its content.
    write_and_rename(&cache.join(temporary_name()), path, Some(0o600), |mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    })?;
    File::open(folder)?.sync_all()
}

fn too_costly(why: TooCostly, place: &str) -> ImageError {
    let place = place.to_owned();
    match why {
        TooCostly::Memory(bytes) => ImageError::TooCostly { place, bytes },
        TooCostly::Scans => ImageError::TooManyScans { place },
    }
}

/// Creates a folder that only its owner may open.
fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn store_error(path: &Path, source: io::Error) -> ImageError {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ImageError::DiskFull(path.to_owned()),
        _ => ImageError::Store { path: path.to_owned(), source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_svg_is_sanitised_and_can_be_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ImageCache::open(dir.path()).unwrap();
        let svg = b"<svg width='64' height='48' onload='alert(1)'><script>alert(1)</script><path d='M0 0h9'/></svg>";
        let kept = cache.store(svg, "an SVG").unwrap();
        assert_eq!((kept.width, kept.height, kept.mime, kept.thumbnails.len()), (64, 48, "image/svg+xml", 0));
        let text = fs::read_to_string(cache.path(&kept)).unwrap();
        assert!(text.contains("<path d=\"M0 0h9\"/>") && !text.contains("alert"), "{text}");
        assert_eq!(kept.bytes, text.len() as u64);
        cache.remove(&kept.file, &[400]).unwrap();
        assert!(!cache.path(&kept).exists());
        cache.remove(&kept.file, &[400]).unwrap();
        assert!(matches!(cache.store(b"<svg width='64'", "half"), Err(ImageError::Svg { .. })));
    }
}
