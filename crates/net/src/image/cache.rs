//! This site's copies of images: one file for each content, named by its hash.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use bytes::Bytes;
use courant_formats::svg::{self, Svg, SvgProblem};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;
use url::Url;

use crate::{
    client::Client,
    error::{FetchError, place},
    messages::{Answer, Purpose, Request},
    temporary::{temporary_name, write_and_rename},
};

use super::{
    measure::{ImageFormat, Measured, measure},
    thumbnail::{TooCostly, thumbnails},
};

/// How many images are measured, decoded and written at once.
const AT_WORK: usize = 2;

/// What an image must be to be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageLimits {
    /// Larger files are refused, in bytes.
    pub max_bytes: u64,
    /// Smaller ones, by the shorter side in pixels, are refused: tracking dots and icons.
    pub min_side: u32,
}

impl Default for ImageLimits {
    fn default() -> Self {
        Self { max_bytes: 8 << 20, min_side: 32 }
    }
}

/// An image that this site holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedImage {
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub hash: String,
    /// Its file below the cache's folder, with `/`: `ab/abcd….jpg`.
    pub file: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// The media type found by looking.
    pub mime: &'static str,
    /// The size of the file and its thumbnails in bytes.
    pub bytes: u64,
    /// The widths in pixels of its thumbnails; their files stand beside it, see [`thumbnail_file`].
    pub thumbnails: Vec<u32>,
}

/// The file of a thumbnail of this width, below the cache's folder, of the image in this file:
/// `ab/abcd…-400.webp`.
pub fn thumbnail_file(file: &str, width: u32) -> String {
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    format!("{stem}-{width}.webp")
}

/// Why an image was not kept.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// It could not be fetched.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// It is no JPEG, PNG, GIF, WebP, AVIF or SVG, is damaged, or has too many pixels.
    #[error("{place}: not a usable image; wanted JPEG, PNG, GIF, WebP, AVIF or SVG of at most {max} pixels", max = super::measure::MAX_PIXELS)]
    NotAnImage {
        /// Where it came from.
        place: String,
    },
    /// It is an SVG that is not shown.
    #[error("{place}: SVG not kept: {why}")]
    Svg {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        why: SvgProblem,
    },
    /// Decoding its pixels would take this site or a reader too much memory.
    #[error("{place}: image takes {bytes} bytes of memory to decode, more than {max}", max = super::memory::MAX_DECODING_BYTES)]
    TooCostly {
        /// Where it came from.
        place: String,
        /// The memory in bytes.
        bytes: u64,
    },
    /// A JPEG that goes over its pixels again and again.
    #[error("{place}: image has more scans than a camera or an editor writes")]
    TooManyScans {
        /// Where it came from.
        place: String,
    },
    /// It is too small to be a picture.
    #[error("{place}: image of {width}×{height} pixels is smaller than {min_side}")]
    TooSmall {
        /// Where it came from.
        place: String,
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
        /// The least side wanted.
        min_side: u32,
    },
    /// The disk is full, or the owner's share of it.
    #[error("{}: no space left for images", .0.display())]
    DiskFull(PathBuf),
    /// The file cannot be written.
    #[error("{}: cannot store image", path.display())]
    Store {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// A folder of images, each stored once under the hash of its bytes. Several processes may share it.
#[derive(Debug, Clone)]
pub struct ImageCache {
    dir: PathBuf,
    limits: ImageLimits,
    /// So few images are at work at once that a stop never waits for more; the rest wait where they can be dropped.
    turns: Arc<Semaphore>,
}

impl ImageCache {
    /// The cache in this folder, which is made where it does not exist.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self, ImageError> {
        let dir = dir.into();
        make_folder(&dir).map_err(|error| store_error(&dir, error))?;
        Ok(Self { dir, limits: ImageLimits::default(), turns: Arc::new(Semaphore::new(AT_WORK)) })
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

    /// Fetches an image and keeps it.
    pub async fn fetch(&self, client: &Client, url: &Url) -> Result<CachedImage, ImageError> {
        let request =
            Request { max_bytes: Some(self.limits.max_bytes), ..Request::new(url.clone(), Purpose::Image) };
        let body = match client.get(&request).await? {
            Answer::Fetched(fetched) => fetched.body,
            // Cannot come: the request had no validators.
            Answer::NotModified(_) => Bytes::new(),
        };
        let cache = self.clone();
        let place = place(url);
        // Held until the work is done, even where nobody waits for it any more.
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|error| store_error(&self.dir, io::Error::other(error)))?;
        tokio::task::spawn_blocking(move || {
            let kept = cache.keep(&body, &place);
            drop(turn);
            kept
        })
        .await
        .unwrap_or_else(|error| Err(store_error(&self.dir, io::Error::other(error))))
    }

    /// Keeps an image that is at hand; `place` names it in errors.
    ///
    /// The file is written beside its place, flushed to the disk and then renamed: a reader never sees half an
    /// image, and what this function has answered survives a power cut.
    ///
    /// An SVG is kept without whatever in it can run, load or link (see [`courant_formats::svg`]).
    pub fn keep(&self, bytes: &[u8], place: &str) -> Result<CachedImage, ImageError> {
        let (measured, bytes) = self.accept(bytes, place)?;
        let bytes = bytes.as_ref();
        let hash = HEXLOWER.encode(&Sha256::digest(bytes));
        let file = format!("{}/{hash}.{}", &hash[..2], measured.format.extension());
        let path = self.dir.join(&file);
        // Made before anything is written: an image that takes too much to decode is not kept.
        let thumbnails = thumbnails(bytes, &measured).map_err(|why| too_costly(why, place))?;
        if fs::metadata(&path).map_or(true, |found| found.len() != bytes.len() as u64) {
            write_whole(&self.dir, &path, bytes).map_err(|error| store_error(&path, error))?;
        }
        let thumbnails = self.keep_thumbnails(thumbnails, &file)?;
        let Measured { width, height, mime, .. } = measured;
        let whole = bytes.len() as u64 + thumbnails.iter().map(|(_, size)| size).sum::<u64>();
        let thumbnails = thumbnails.into_iter().map(|(width, _)| width).collect();
        Ok(CachedImage { hash, file, width, height, mime, bytes: whole, thumbnails })
    }

    /// Removes a copy and its thumbnails; what is gone already is no error.
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

    /// Writes the thumbnails of the image in this file; their widths and sizes in bytes.
    fn keep_thumbnails(&self, made: Vec<(u32, Vec<u8>)>, file: &str) -> Result<Vec<(u32, u64)>, ImageError> {
        let mut widths = Vec::with_capacity(made.len());
        for (width, webp) in made {
            let path = self.dir.join(thumbnail_file(file, width));
            if fs::metadata(&path).map_or(true, |found| found.len() != webp.len() as u64) {
                write_whole(&self.dir, &path, &webp).map_err(|error| store_error(&path, error))?;
            }
            widths.push((width, webp.len() as u64));
        }
        Ok(widths)
    }

    /// What an image is, and the bytes that are kept of it.
    fn accept<'a>(&self, bytes: &'a [u8], place: &str) -> Result<(Measured, Cow<'a, [u8]>), ImageError> {
        let place = place.to_owned();
        if bytes.len() as u64 > self.limits.max_bytes {
            return Err(FetchError::TooLarge { place, limit: self.limits.max_bytes }.into());
        }
        let found = if svg::is_svg(bytes) {
            let safe = svg::sanitised(bytes);
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

/// Whether a format may be kept under this name: used by servers of the folder to send the right type.
impl ImageFormat {
    /// The format of a cached file by the ending of its name.
    pub fn of_extension(extension: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png, Self::Gif, Self::Webp, Self::Avif, Self::Svg]
            .into_iter()
            .find(|format| format.extension() == extension)
    }
}

/// Writes in `through`, the cache's folder, which is swept after a crash, and renames.
fn write_whole(through: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    // The folder of the program is its owner's alone, and so is what is in it.
    write_and_rename(&through.join(temporary_name()), path, Some(0o600), |mut file| {
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

/// A folder that only its owner may open.
fn make_folder(folder: &Path) -> io::Result<()> {
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
    fn a_drawing_is_kept_safe_and_can_be_removed() {
        let dir = tempfile::tempdir().unwrap();
        let cache = ImageCache::open(dir.path()).unwrap();
        let svg = b"<svg width='64' height='48' onload='alert(1)'><script>alert(1)</script><path d='M0 0h9'/></svg>";
        let kept = cache.keep(svg, "a drawing").unwrap();
        assert_eq!((kept.width, kept.height, kept.mime, kept.thumbnails.len()), (64, 48, "image/svg+xml", 0));
        let text = fs::read_to_string(cache.path(&kept)).unwrap();
        assert!(text.contains("<path d=\"M0 0h9\"/>") && !text.contains("alert"), "{text}");
        assert_eq!(kept.bytes, text.len() as u64);
        cache.remove(&kept.file, &[400]).unwrap();
        assert!(!cache.path(&kept).exists());
        cache.remove(&kept.file, &[400]).unwrap();
        assert!(matches!(cache.keep(b"<svg width='64'", "half"), Err(ImageError::Svg { .. })));
    }
}
