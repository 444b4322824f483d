//! Compression of answers (RFC 9110 §8.4), each in one go: a slow client holds no compressor, and many that ask for
//! the same document share its compressed bytes. Answers to questions of their own are bounded all together.

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

/// Shorter answers are sent as they are, in bytes.
const MIN_BYTES: u64 = 64;
/// Larger ones too: no document of ours is.
const MAX_BYTES: u64 = 64 << 20;
/// How many compressed documents are kept, and how many bytes of them.
const MAX_KEPT: usize = 20_000;
const MAX_KEPT_BYTES: u64 = 32 << 20;
/// How long an answer waits for a processor before it is sent uncompressed.
const PATIENCE: Duration = Duration::from_secs(2);
/// Effort, where 11 is the most; what is kept is compressed once.
const BROTLI_QUALITY: i32 = 5;
/// Window of the compressor, as a power of two: its memory.
const BROTLI_WINDOW: i32 = 20;
/// Answers to a question (an address with a query) that are at least so long count as waiting for their clients …
const MIN_COUNTED: usize = 16 << 10;
/// … and so many bytes of them may wait.
const MAX_WAITING: usize = 128 << 20;

/// What is compressed and kept. Clones are one.
#[derive(Debug, Clone)]
pub(crate) struct Packer {
    kept: Arc<Cache<Name, Bytes, ByBytes>>,
    processors: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A document by its entity tag, which is a hash of its bytes, in a coding.
type Name = (HeaderValue, Coding);

#[derive(Debug, Clone, Copy)]
struct ByBytes;

impl Weighter<Name, Bytes> for ByBytes {
    fn weight(&self, (tag, _): &Name, bytes: &Bytes) -> u64 {
        (tag.len() + bytes.len()) as u64 + 256
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// What the client likes best of what we have (RFC 9110 §12.5.3); `None` where it wants the bytes as they are.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
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
            better(&mut best, quality, coding);
        }
        for coding in [Self::Brotli, Self::Gzip] {
            if let Some(quality) = any.filter(|_| !named[coding as usize]) {
                better(&mut best, quality, coding);
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

    fn pack(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut packed = Vec::with_capacity(bytes.len() / 4);
        match self {
            Self::Brotli => {
                let params = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    lgwin: BROTLI_WINDOW,
                    size_hint: bytes.len(),
                    ..Default::default()
                };
                brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params)?;
            }
            Self::Gzip => {
                let mut encoder = GzEncoder::new(&mut packed, Compression::default());
                encoder.write_all(bytes)?;
                encoder.finish()?;
            }
        }
        Ok(packed)
    }
}

/// Takes a coding that is liked more; of two that are liked alike, Brotli.
fn better(best: &mut Option<(u16, Coding)>, quality: u16, coding: Coding) {
    let is_better = match *best {
        None => quality > 0,
        Some((known, _)) => quality > known || (quality == known && coding == Coding::Brotli),
    };
    if is_better {
        *best = Some((quality, coding));
    }
}

/// A coding and how much it is liked, in thousandths.
fn preference(text: &str) -> Option<(&str, u16)> {
    let (name, weight) = text.split_once(';').unwrap_or((text, "q=1"));
    let weight = weight.trim().strip_prefix("q=").or_else(|| weight.trim().strip_prefix("Q="))?;
    let quality: f32 = weight.trim().parse().ok().filter(|quality| (0.0..=1.0).contains(quality))?;
    Some((name.trim(), (quality * 1000.0) as u16))
}

impl Default for Packer {
    fn default() -> Self {
        Self::with_room(MAX_WAITING)
    }
}

impl Packer {
    fn with_room(bytes: usize) -> Self {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            kept: Arc::new(Cache::with_weighter(MAX_KEPT, MAX_KEPT_BYTES, ByBytes)),
            processors: Arc::new(Semaphore::new(processors)),
            waiting: Arc::new(Semaphore::new(bytes)),
        }
    }

    /// The compressed bytes; `None` where that failed, did not pay, or no processor was free in time.
    async fn packed(&self, tag: Option<&HeaderValue>, coding: Coding, bytes: Bytes) -> Option<Bytes> {
        let name = tag.map(|tag| (tag.clone(), coding));
        if let Some(known) = name.as_ref().and_then(|name| self.kept.get(name)) {
            return Some(known);
        }
        let turn = Arc::clone(&self.processors).acquire_owned();
        let turn = tokio::time::timeout(PATIENCE, turn).await.ok()?.ok()?;
        let packing = tokio::task::spawn_blocking(move || {
            let packed = coding.pack(&bytes);
            drop(turn);
            packed.ok().filter(|packed| packed.len() < bytes.len()).map(Bytes::from)
        });
        let packed = packing.await.ok()??;
        if let Some(name) = name {
            self.kept.insert(name, packed.clone());
        }
        Some(packed)
    }

    /// A body that counts as waiting for its client until it is sent; `None` where there is no room.
    fn counted(&self, bytes: Bytes) -> Option<Body> {
        let share = Arc::clone(&self.waiting).try_acquire_many_owned(bytes.len() as u32).ok()?;
        Some(Body::new(Waiting { bytes: Some(bytes), _share: share }))
    }
}

/// Compresses what is worth it and the client can read, and bounds the bytes of answers that are one client's alone.
pub(crate) async fn pack(State(packer): State<Packer>, request: Request, next: Next) -> Response {
    let coding = Coding::wanted(request.headers());
    let has_query = request.uri().query().is_some_and(|query| !query.is_empty());
    let counts = request.extensions().get::<crate::ConnectionCounts>().cloned();
    let answer = next.run(request).await;
    let size = answer.body().size_hint().exact().filter(|size| (MIN_BYTES..=MAX_BYTES).contains(size));
    // What has no size is a stream, which must not be held back.
    if size.is_none() || answer.headers().contains_key(header::CONTENT_ENCODING) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(mut bytes) = to_bytes(body, MAX_BYTES as usize).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if is_text(&parts.headers) {
        vary(&mut parts.headers);
        if let Some(coding) = coding
            && let Some(packed) = packer.packed(parts.headers.get(header::ETAG), coding, bytes.clone()).await
        {
            bytes = packed;
            parts.headers.remove(header::CONTENT_LENGTH);
            parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
        }
    }
    if !has_query || bytes.len() < MIN_COUNTED {
        return Response::from_parts(parts, bytes.into());
    }
    match packer.counted(bytes) {
        Some(body) => Response::from_parts(parts, body),
        None => no_room(counts),
    }
}

fn no_room(counts: Option<crate::ConnectionCounts>) -> Response {
    let mut extensions = Extensions::new();
    counts.map(|counts| extensions.insert(counts));
    note(&extensions, Counted::AnswerNoRoom);
    let detail = "too many answers wait for slow clients; try again later";
    let mut answer = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response();
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
    answer
}

/// Whether bytes of this kind become fewer: text does, images are compressed already.
fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    kind.starts_with(b"text/") || kind.starts_with(b"application/") || kind == b"image/svg+xml"
}

/// Another client may get other bytes (RFC 9110 §12.5.5).
fn vary(headers: &mut HeaderMap) {
    let says = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"accept-encoding");
    if !headers.get_all(header::VARY).iter().any(says) {
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// The bytes of an answer, which count as waiting until the client has them.
struct Waiting {
    bytes: Option<Bytes>,
    _share: OwnedSemaphorePermit,
}

impl HttpBody for Waiting {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        /// So much is handed over at once: what is handed over is not counted any more.
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

    fn wanted(value: &str) -> Option<&'static str> {
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, value.parse().unwrap())]);
        Coding::wanted(&headers).map(Coding::name)
    }

    #[test]
    fn a_client_gets_the_coding_that_it_likes_best() {
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
            assert_eq!(wanted(value), coding, "{value}");
        }
    }

    #[test]
    fn packed_bytes_are_the_same_unpacked() {
        let text: Vec<u8> = (0..200_000_u32).flat_map(|number| (number / 7).to_be_bytes()).collect();
        let mut out = Vec::new();
        flate2::read::GzDecoder::new(&Coding::Gzip.pack(&text).unwrap()[..]).read_to_end(&mut out).unwrap();
        assert_eq!(out, text);
        let mut out = Vec::new();
        brotli::BrotliDecompress(&mut &Coding::Brotli.pack(&text).unwrap()[..], &mut out).unwrap();
        assert_eq!(out, text);
    }

    fn app(packer: &Packer) -> Router {
        let text = || async {
            ([(header::CONTENT_TYPE, "text/plain"), (header::ETAG, "\"a\"")], "x".repeat(20_000))
        };
        Router::new().route("/", get(text)).layer(from_fn_with_state(packer.clone(), pack))
    }

    async fn ask(packer: &Packer, uri: &str, coding: &str, counts: &ConnectionCounts) -> Response {
        let mut request =
            Request::get(uri).header(header::ACCEPT_ENCODING, coding).body(Body::empty()).unwrap();
        request.extensions_mut().insert(counts.clone());
        app(packer).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn those_who_ask_for_the_same_share_its_bytes() {
        let (packer, counts) = (Packer::default(), ConnectionCounts::default());
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let answer = ask(&packer, "/", "br", &counts).await;
            assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br");
            assert_eq!(answer.headers().get_all(header::VARY).iter().count(), 1);
            bodies.push(to_bytes(answer.into_body(), 1 << 20).await.unwrap());
        }
        assert_eq!(bodies[0].as_ptr(), bodies[1].as_ptr(), "the same memory");
        assert!(bodies[0].len() < 1000);
    }

    #[tokio::test]
    async fn answers_to_questions_are_bounded_until_they_are_read() {
        let (packer, counts) = (Packer::with_room(50_000), ConnectionCounts::default());
        let mut slow = Vec::new();
        for _ in 0..2 {
            slow.push(ask(&packer, "/?q=1", "identity", &counts).await);
        }
        let refused = ask(&packer, "/?q=1", "identity", &counts).await;
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(counts.count(Counted::AnswerNoRoom), 1);
        assert_eq!(
            ask(&packer, "/", "identity", &counts).await.status(),
            StatusCode::OK,
            "a document is shared"
        );
        assert_eq!(ask(&packer, "/?q=1", "gzip", &counts).await.status(), StatusCode::OK, "few bytes");
        let read = to_bytes(slow.remove(0).into_body(), 1 << 20).await.unwrap();
        assert_eq!(read.len(), 20_000);
        assert_eq!(ask(&packer, "/?q=1", "identity", &counts).await.status(), StatusCode::OK);
    }
}
