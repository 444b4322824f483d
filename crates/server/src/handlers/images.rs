//! Cached images: files in one folder, named by a hash of their content.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use axum::{
    body::{Body, Bytes},
    extract::{Path as UrlPath, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;

use super::site::{IMMUTABLE, not_found};
use crate::{app::SiteState, documents::contains_tag};

/// Largest file that is served as a cached image, in bytes.
const MAX_BYTES: u64 = 32 << 20;
/// How much of a file is in memory per client that reads it, in bytes.
const CHUNK: u64 = 64 << 10;

/// A cached image.
pub(crate) async fn image<S: Clone>(
    State(state): State<SiteState<S>>,
    UrlPath(file): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    let found = match (&state.images, media_type(&file)) {
        (Some(dir), Some(kind)) => find(dir, &file).await.map(|found| (kind, found)),
        _ => None,
    };
    let Some((kind, (path, length))) = found else {
        return not_found(&state.current(), "/images/");
    };
    // The name is a hash of the content, so it serves as the entity tag.
    let tag = format!("\"{file}\"");
    let tags = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if tags.is_some_and(|tags| contains_tag(tags, &tag)) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let Some(body) = body(path, length).await else { return not_found(&state.current(), "/images/") };
        let headers =
            [(header::CONTENT_TYPE, HeaderValue::from_static(kind)), (header::CONTENT_LENGTH, length.into())];
        (headers, body).into_response()
    };
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE));
    sent.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(IMAGE_POLICY));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        sent.insert(header::ETAG, tag);
    }
    response
}

/// The content security policy of an image that is opened by itself (CSP 3 §6.6.2, `sandbox`). An
/// SVG is a document; the cache holds only sanitised ones, and this is a second protection.
const IMAGE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The media type by file extension; `None` for a name that the cache never gives.
fn media_type(file: &str) -> Option<&'static str> {
    let plain = file.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if !plain || file.starts_with('.') || file.len() > 128 {
        return None;
    }
    match file.rsplit_once('.')?.1 {
        "jpg" | "jpeg" => Some("image/jpeg"),
        "png" => Some("image/png"),
        "gif" => Some("image/gif"),
        "webp" => Some("image/webp"),
        "avif" => Some("image/avif"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}

/// A regular file of the cache, and its length. The cache has a folder for each first two
/// characters of the names; symbolic links are not followed.
async fn find(dir: &Path, file: &str) -> Option<(PathBuf, u64)> {
    let path = dir.join(file.get(..2)?).join(file);
    let metadata = tokio::fs::symlink_metadata(&path).await.ok()?;
    (metadata.is_file() && metadata.len() <= MAX_BYTES).then_some((path, metadata.len()))
}

/// The bytes of a file: a small one in one piece, a large one as the client reads; `None` if it was
/// removed.
async fn body(path: PathBuf, length: u64) -> Option<Body> {
    if length > CHUNK {
        return Some(chunks(path, length));
    }
    let read = tokio::task::spawn_blocking(move || read_chunk(&path, 0, length));
    read.await.ok()?.ok().map(Body::from)
}

/// The bytes of a large file, which is closed between two chunks: a slow client holds one chunk and
/// no file descriptor. A file with this name never changes.
fn chunks(path: PathBuf, length: u64) -> Body {
    Body::from_stream(stream::try_unfold((path, 0), move |(path, offset)| async move {
        if offset >= length {
            return Ok(None);
        }
        let read = tokio::task::spawn_blocking(move || {
            let chunk = read_chunk(&path, offset, CHUNK.min(length - offset))?;
            Ok::<_, io::Error>((path, chunk))
        });
        let (path, chunk) = read.await.map_err(io::Error::other)??;
        let next = offset + chunk.len() as u64;
        Ok::<_, io::Error>(Some((chunk, (path, next))))
    }))
}

fn read_chunk(path: &Path, offset: u64, length: u64) -> io::Result<Bytes> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(offset))?;
    let mut chunk = vec![0; length as usize];
    file.read_exact(&mut chunk)?;
    Ok(chunk.into())
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_file_arrives_complete_in_chunks() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.png");
        for length in [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK - 1] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            std::fs::write(&path, &bytes).unwrap();
            let whole = body(path.clone(), length).await.unwrap();
            assert_eq!(to_bytes(whole, 1 << 20).await.unwrap(), bytes, "{length}");
        }
        let longer = to_bytes(chunks(path.clone(), 3 * CHUNK), 1 << 20).await;
        assert!(longer.is_err(), "a file that is shorter than announced ends the answer");
        assert!(body(dir.path().join("b.png"), 1).await.is_none());
    }

    #[test]
    fn only_plain_names_of_images_are_served() {
        for bad in ["../a.jpg", "a/b.jpg", ".a.jpg", "a.html", "jpg", "", "a\\b.png", "ä.png"] {
            assert_eq!(media_type(bad), None, "{bad}");
        }
        assert_eq!(media_type("0af3-640.webp"), Some("image/webp"));
    }
}
