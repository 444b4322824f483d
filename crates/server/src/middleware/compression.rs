//! Compression of responses (RFC 9110 §8.4). A response is compressed as a whole, so that a slow
//! client holds no compressor, and clients of the same document share its compressed bytes. The
//! size of all pending responses to requests with a query, which are not shared, is limited.

use std::{
    io::{self, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use flate2::{Compression, write::GzEncoder};
use hyper::body::{Frame, SizeHint};
use quick_cache::{Weighter, sync::Cache};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    connections::{Counted, note},
    problem::Problem,
};

/// Shorter responses are not compressed, in bytes.
const MIN_BYTES: u64 = 64;
/// Larger responses are not compressed, in bytes; no document of ours is that large.
const MAX_BYTES: u64 = 64 << 20;
/// Maximum number of cached compressed documents.
const MAX_CACHED: usize = 20_000;
/// Maximum size of all cached compressed documents, in bytes.
const MAX_CACHED_BYTES: u64 = 32 << 20;
/// How long a response waits for a free processor before it is sent uncompressed.
const MAX_WAIT: Duration = Duration::from_secs(2);
/// Compression level, 0 to 11.
const BROTLI_QUALITY: i32 = 5;
/// Size of the compressor's window as a power of two, which determines its memory.
const BROTLI_WINDOW: i32 = 20;
/// Minimum size of a response to a request with a query to count as pending, in bytes.
const MIN_COUNTED: usize = 16 << 10;
/// Maximum size of all such responses that clients have not read yet, in bytes.
const MAX_PENDING: usize = 128 << 20;

/// Compresses responses and caches the result. Clones share their state.
#[derive(Debug, Clone)]
pub(crate) struct Compressor {
    cache: Arc<Cache<Key, Bytes, ByBytes>>,
    processors: Arc<Semaphore>,
    pending: Arc<Semaphore>,
}

/// A document's entity tag, which is a hash of its bytes, and a content coding.
type Key = (HeaderValue, Coding);

#[derive(Debug, Clone, Copy)]
struct ByBytes;

impl Weighter<Key, Bytes> for ByBytes {
    fn weight(&self, (tag, _): &Key, bytes: &Bytes) -> u64 {
        (tag.len() + bytes.len()) as u64 + 256
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// The supported coding that the client prefers (RFC 9110 §12.5.3); `None` for no compression.
    fn preferred(headers: &HeaderMap) -> Option<Self> {
        let mut best: Option<(u16, Self)> = None;
        let mut any: Option<u16> = None;
        let mut named = [false; 2];
        let values =
            headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
        for (name, quality) in values.flat_map(|value| value.split(',')).filter_map(preference) {
            let coding = match &name.to_ascii_lowercase()[..] {
                "br" => Self::Brotli,
                "gzip" | "x-gzip" => Self::Gzip,
                "*" => {
                    any = Some(quality);
                    continue;
                }
                _ => continue,
            };
            named[coding as usize] = true;
            take_better(&mut best, quality, coding);
        }
        for coding in [Self::Brotli, Self::Gzip] {
            if let Some(quality) = any.filter(|_| !named[coding as usize]) {
                take_better(&mut best, quality, coding);
            }
        }
        best.map(|(_, coding)| coding)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut compressed = Vec::with_capacity(bytes.len() / 4);
        match self {
            Self::Brotli => {
                let params = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    lgwin: BROTLI_WINDOW,
                    size_hint: bytes.len(),
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &params)?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut compressed, Compression::default());
                encoder.write_all(bytes)?;
                encoder.finish()?;
            }
        }
        Ok(compressed)
    }
}

/// Replaces `best` by a coding with a higher quality value; Brotli wins a tie.
fn take_better(best: &mut Option<(u16, Coding)>, quality: u16, coding: Coding) {
    let is_better = match *best {
        None => quality > 0,
        Some((known, _)) => quality > known || (quality == known && coding == Coding::Brotli),
    };
    if is_better {
        *best = Some((quality, coding));
    }
}

/// Parses an entry of `Accept-Encoding`: the coding, and its quality value in thousandths.
fn preference(text: &str) -> Option<(&str, u16)> {
    let (name, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let weight = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="))?;
    let quality: f32 = weight.trim().parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
    Some((name.trim(), (quality * 1000.0) as u16))
}

impl Default for Compressor {
    fn default() -> Self {
        Self::with_max_pending(MAX_PENDING)
    }
}

impl Compressor {
    fn with_max_pending(bytes: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            cache: Arc::new(Cache::with_weighter(MAX_CACHED, MAX_CACHED_BYTES, ByBytes)),
            processors: Arc::new(Semaphore::new(processors)),
            pending: Arc::new(Semaphore::new(bytes)),
        }
    }

    /// The compressed bytes; `None` if compression failed, did not save anything, or had to wait
    /// too long for a processor.
    async fn compressed(&self, tag: Option<&HeaderValue>, coding: Coding, bytes: Bytes) -> Option<Bytes> {
        let key = tag.map(|tag| (tag.clone(), coding));
        if let Some(known) = key.as_ref().and_then(|key| self.cache.get(key)) {
            return Some(known);
        }
        let permit = Arc::clone(&self.processors).acquire_owned();
        let permit = tokio::time::timeout(MAX_WAIT, permit).await.ok()?.ok()?;
        let compressing = tokio::task::spawn_blocking(move || {
            let compressed = coding.compress(&bytes);
            drop(permit);
            compressed.ok().filter(|compressed| compressed.len() < bytes.len()).map(Bytes::from)
        });
        let compressed = compressing.await.ok()??;
        if let Some(key) = key {
            self.cache.insert(key, compressed.clone());
        }
        Some(compressed)
    }

    /// A body that counts as pending until it is sent; `None` if too many bytes are pending.
    fn pending_body(&self, bytes: Bytes) -> Option<Body> {
        let share = Arc::clone(&self.pending).try_acquire_many_owned(bytes.len() as u32).ok()?;
        Some(Body::new(PendingBody { bytes: Some(bytes), _share: share }))
    }
}

/// Compresses responses where that saves bytes and the client supports it, and limits the pending
/// bytes of responses that are not shared.
pub(crate) async fn compress(State(compressor): State<Compressor>, request: Request, next: Next) -> Response {
    let coding = Coding::preferred(request.headers());
    let has_query = request.uri().query().is_some_and(|query| !query.is_empty());
    let counts = request.extensions().get::<crate::ConnectionCounts>().cloned();
    let response = next.run(request).await;
    let size = response.body().size_hint().exact().filter(|size| (MIN_BYTES..=MAX_BYTES).contains(size));
    // A body without a known size is a stream, which must not be delayed.
    if size.is_none() || response.headers().contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(mut bytes) = to_bytes(body, MAX_BYTES as usize).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if is_compressible(&parts.headers) {
        add_vary(&mut parts.headers);
        if let Some(coding) = coding
            && let Some(compressed) =
                compressor.compressed(parts.headers.get(header::ETAG), coding, bytes.clone()).await
        {
            bytes = compressed;
            parts.headers.remove(header::CONTENT_LENGTH);
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
    }
    if !has_query || bytes.len() < MIN_COUNTED {
        return Response::from_parts(parts, bytes.into());
    }
    match compressor.pending_body(bytes) {
        Some(body) => Response::from_parts(parts, body),
        None => too_many_pending(counts),
    }
}

fn too_many_pending(counts: Option<crate::ConnectionCounts>) -> Response {
    let mut extensions = Extensions::new();
    counts.map(|counts| extensions.insert(counts));
    note(&extensions, Counted::TooManyPendingResponses);
    let detail = "too many responses are waiting for slow clients; try again later";
    let mut response = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    response
}

/// Whether compression saves bytes: it does for text, while images are compressed already.
fn is_compressible(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.starts_with(b"text/") || kind.starts_with(b"application/") || kind == b"image/svg+xml"
}

/// Says that the bytes depend on `Accept-Encoding` (RFC 9110 §12.5.5).
fn add_vary(headers: &mut HeaderMap) {
    let is_listed = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"accept-encoding");
    if !headers.get_all(header::VARY).iter().any(is_listed) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// The bytes of a response, which count as pending until they are sent.
struct PendingBody {
    bytes: Option<Bytes>,
    _share: OwnedSemaphorePermit,
}

impl HttpBody for PendingBody {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        /// Maximum number of bytes per frame; bytes that are handed over no longer count.
        const PART: usize = 32 << 10;
        let part = self.bytes.as_mut().map(|bytes| bytes.split_to(PART.min(bytes.len())));
        if self.bytes.as_ref().is_some_and(Bytes::is_empty) {
            self.bytes = None;
        }
        Poll::Ready(part.filter(|part| !part.is_empty()).map(|part| Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;
    use crate::ConnectionCounts;

    fn preferred(value: &str) -> Option<&'static str> {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
        Coding::preferred(&headers).map(Coding::name)
    }

    #[test]
    fn a_client_gets_the_coding_that_it_prefers() {
        for (value, coding) in [
            ("gzip, deflate, br, zstd", Some("br")),
            ("gzip", Some("gzip")),
            ("GZIP", Some("gzip")),
            ("x-gzip", Some("gzip")),
            ("br;q=0.5, gzip;q=0.8", Some("gzip")),
            ("br; q=0, gzip", Some("gzip")),
            ("*", Some("br")),
            ("br;q=0, *", Some("gzip")),
            ("gzip;q=0", None),
            ("gzip;q=2", None),
            ("identity", None),
            ("", None),
        ] {
            assert_eq!(preferred(value), coding, "{value}");
        }
    }

    #[test]
    fn compressed_bytes_decompress_to_the_same() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|number| (number / 7).to_be_bytes()).collect();
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&Coding::Gzip.compress(&text).unwrap()[..])
            .read_to_end(&mut out)
            .unwrap();
        assert_eq!(out, text);
        let mut out = Vec::new();
        brotli::BrotliDecompress(&mut &Coding::Brotli.compress(&text).unwrap()[..], &mut out).unwrap();
        assert_eq!(out, text);
    }

    fn app(compressor: &Compressor) -> Router {
        let text = || async {
            ([(header::CONTENT_TYPE, "text/plain"), (header::ETAG, "\"a\"")], "x".repeat(20_000))
        };
        Router::new().route("/", get(text)).layer(from_fn_with_state(compressor.clone(), compress))
    }

    async fn send(compressor: &Compressor, uri: &str, coding: &str, counts: &ConnectionCounts) -> Response {
        let mut request =
            Request::get(uri).header(header::ACCEPT_ENCODING, coding).body(Body::empty()).unwrap();
        request.extensions_mut().insert(counts.clone());
        app(compressor).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn requests_for_the_same_document_share_its_bytes() {
        let (compressor, counts) = (Compressor::default(), ConnectionCounts::default());
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let response = send(&compressor, "/", "br", &counts).await;
            assert_eq!(response.headers()[header::CONTENT_ENCODING], "br");
            assert_eq!(response.headers().get_all(header::VARY).iter().count(), 1);
            bodies.push(to_bytes(response.into_body(), 1 << 20).await.unwrap());
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr(), "the same memory");
        assert!(bodies[0].len() < 1000);
    }

    #[tokio::test]
    async fn pending_responses_to_queries_are_limited_until_they_are_read() {
        let (compressor, counts) = (Compressor::with_max_pending(50_000), ConnectionCounts::default());
        let mut slow = Vec::new();
        for _ in 0..2 {
            slow.push(send(&compressor, "/?q=1", "identity", &counts).await);
        }
        let refused = send(&compressor, "/?q=1", "identity", &counts).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(counts.count(Counted::TooManyPendingResponses), 1);
        assert_eq!(
            send(&compressor, "/", "identity", &counts).await.status(),
            StatusCode::OK,
            "a document is shared"
        );
        assert_eq!(send(&compressor, "/?q=1", "gzip", &counts).await.status(), StatusCode::OK, "few bytes");
        let read = to_bytes(slow.remove(0).into_body(), 1 << 20).await.unwrap();
        assert_eq!(read.len(), 20_000);
        assert_eq!(send(&compressor, "/?q=1", "identity", &counts).await.status(), StatusCode::OK);
    }
}
