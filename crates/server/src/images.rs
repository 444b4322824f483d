//! Cached pictures: files of one folder, named by a hash of their content.

use std::path::Path;

use axum::{
    extract::{Path as UrlPath, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    AppState,
    site::{IMMUTABLE, not_found},
};

/// A file larger than this is no cached picture.
const MOST_BYTES: u64 = 32 << 20;

/// A cached picture.
pub(crate) async fn image<S: Clone>(
    State(state): State<AppState<S>>,
    UrlPath(file): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    let found = match (&state.images, media_type(&file)) {
        (Some(dir), Some(kind)) => read(dir, &file).await.map(|bytes| (kind, bytes)),
        _ => None,
    };
    let Some((kind, bytes)) = found else {
        return not_found(&state.present(), "/images/");
    };
    // The name is a hash of the content, so it is the entity tag too.
    let tag = format!("\"{file}\"");
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut response = if asked.is_some_and(|asked| asked.contains(&tag) || asked.trim() == "*") {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], bytes).into_response()
    };
    let sent = response.headers_mut();
    sent.insert(header::CACHE_CONTROL, HeaderValue::from_static(IMMUTABLE));
    sent.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        sent.insert(header::ETAG, tag);
    }
    response
}

/// What a picture that is opened by itself may do: nothing. An SVG is a document; the cache holds only safe ones,
/// and this is the second lock on the same door (CSP 3 §6.6.2, `sandbox`).
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The type of a picture by its name's ending; `None` for a name that the cache does not give.
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

/// The bytes of a plain file of the cache, which spreads its files over folders named by the first two
/// characters; links are not followed.
async fn read(dir: &Path, file: &str) -> Option<Vec<u8>> {
    let path = dir.join(file.get(..2)?).join(file);
    let about = tokio::fs::symlink_metadata(&path).await.ok()?;
    if !about.is_file() || about.len() > MOST_BYTES {
        return None;
    }
    tokio::fs::read(&path).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_pictures_are_files() {
        for bad in ["../a.jpg", "a/b.jpg", ".a.jpg", "a.html", "jpg", "", "a\\b.png", "ä.png"] {
            assert_eq!(media_type(bad), None, "{bad}");
        }
        assert_eq!(media_type("0af3-640.webp"), Some("image/webp"));
    }
}
