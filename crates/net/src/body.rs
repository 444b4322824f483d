//! Reading a body: bounded in time and in bytes, content codings removed while it streams.
//!
//! The decoding is done here and not by the HTTP library, because the web wants more tolerance than it has:
//! codings that are stacked, named by an old alias, or claimed though the body is plain, and packed files that
//! nobody announced.

use std::{fmt, io, pin::Pin, time::Duration};

use async_compression::{
    tokio::bufread::{BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder},
    zstd::DParameter,
};
use bytes::{Bytes, BytesMut};
use futures_util::stream;
use reqwest::{
    Response,
    header::{CONTENT_ENCODING, HeaderMap},
};
use tokio::{
    io::{AsyncBufRead, AsyncReadExt},
    time::{Instant, timeout},
};
use tokio_util::io::StreamReader;

use crate::error::{FetchError, TimeoutStage};

/// What we say that we can decode.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// More codings on top of each other than this are refused.
const MAX_CODINGS: usize = 3;

/// The largest window that a zstd body may ask for: 8 MiB (RFC 9659, section 3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// What becomes of a body that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Refuse,
    /// The rest is left unread.
    Cut,
}

/// The bounds of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    pub(crate) max_bytes: u64,
    pub(crate) overflow: Overflow,
    pub(crate) idle: Duration,
    pub(crate) deadline: Instant,
    /// Whether a body that is a gzip file is unpacked, as sitemaps often are.
    pub(crate) unpack: bool,
}

/// What ended a body on the wire; travels inside an [`io::Error`] through the decoders.
#[derive(Debug)]
enum WireEnd {
    Timeout(TimeoutStage),
    Broken,
    TooLarge,
}

impl fmt::Display for WireEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for WireEnd {}

type Reader = Pin<Box<dyn AsyncBufRead + Send>>;

/// The decoded body. `place` names it in errors.
pub(crate) async fn read(response: Response, limits: BodyLimits, place: &str) -> Result<Bytes, FetchError> {
    let too_large = || FetchError::TooLarge { place: place.to_owned(), limit: limits.max_bytes };
    if limits.overflow == Overflow::Refuse
        && response.content_length().is_some_and(|length| length > limits.max_bytes)
    {
        return Err(too_large());
    }
    let codings = codings(response.headers());
    if codings.len() > MAX_CODINGS {
        return Err(FetchError::Decode {
            place: place.to_owned(),
            why: format!("{} content codings", codings.len()),
        });
    }
    collect(wire(response, limits), &codings, limits).await.map_err(|error| {
        let place = place.to_owned();
        match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(WireEnd::Timeout(stage)) => FetchError::Timeout { place, stage: *stage },
            Some(WireEnd::Broken) => FetchError::Truncated { place },
            Some(WireEnd::TooLarge) => too_large(),
            None if error.kind() == io::ErrorKind::UnexpectedEof => FetchError::Truncated { place },
            None => FetchError::Decode { place, why: error.to_string() },
        }
    })
}

/// The content codings in the order in which they were applied.
fn codings(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = values.flat_map(|value| value.split(',')).map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty() && name != "identity").collect()
}

/// The body as it comes, within its limits.
fn wire(response: Response, limits: BodyLimits) -> Reader {
    let pieces = stream::try_unfold((response, 0u64), move |(mut response, taken)| async move {
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let stage = if left < limits.idle { TimeoutStage::Total } else { TimeoutStage::Idle };
        let piece = match timeout(left.min(limits.idle), response.chunk()).await {
            Err(_) => return Err(io::Error::other(WireEnd::Timeout(stage))),
            Ok(Err(_)) => return Err(io::Error::other(WireEnd::Broken)),
            Ok(Ok(None)) => return Ok(None),
            Ok(Ok(Some(piece))) => piece,
        };
        let taken = taken + piece.len() as u64;
        if taken > limits.max_bytes && limits.overflow == Overflow::Refuse {
            return Err(io::Error::other(WireEnd::TooLarge));
        }
        Ok(Some((piece, (response, taken))))
    });
    Box::pin(StreamReader::new(Box::pin(pieces)))
}

async fn collect(wire: Reader, codings: &[String], limits: BodyLimits) -> io::Result<Bytes> {
    let mut reader = wire;
    for coding in codings.iter().rev() {
        reader = decoder(reader, coding).await?;
    }
    if limits.unpack {
        let (head, plain) = peek(reader).await?;
        reader = if head.starts_with(&GZIP) { gzip(plain) } else { plain };
    }
    let mut body = BytesMut::new();
    loop {
        body.reserve(16 << 10);
        if reader.read_buf(&mut body).await? == 0 {
            return Ok(body.freeze());
        }
        if body.len() as u64 > limits.max_bytes {
            if limits.overflow == Overflow::Refuse {
                return Err(io::Error::other(WireEnd::TooLarge));
            }
            body.truncate(limits.max_bytes as usize);
            return Ok(body.freeze());
        }
    }
}

/// The magic numbers of RFC 1952 (with its only method) and RFC 8878.
const GZIP: [u8; 3] = [0x1f, 0x8b, 0x08];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Takes one coding away, where the body really has it.
async fn decoder(reader: Reader, coding: &str) -> io::Result<Reader> {
    let (head, plain) = peek(reader).await?;
    Ok(match coding {
        "gzip" | "x-gzip" if head.starts_with(&GZIP) => gzip(plain),
        "zstd" if head.starts_with(&ZSTD) => Box::pin(buffered(ZstdDecoder::with_params(
            plain,
            &[DParameter::window_log_max(ZSTD_WINDOW_LOG)],
        ))),
        "deflate" if is_zlib(&head) => Box::pin(buffered(ZlibDecoder::new(plain))),
        "deflate" if !is_markup(&head) => Box::pin(buffered(DeflateDecoder::new(plain))),
        "br" if !is_markup(&head) => Box::pin(buffered(BrotliDecoder::new(plain))),
        "compress" | "x-compress" | "dcb" | "dcz" => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("content coding {coding} was not offered"),
            ));
        }
        // Claimed but not done, or a name that is no coding at all ("utf-8").
        _ => plain,
    })
}

fn gzip(reader: Reader) -> Reader {
    let mut decoder = GzipDecoder::new(reader);
    decoder.multiple_members(true);
    Box::pin(buffered(decoder))
}

fn buffered<R: tokio::io::AsyncRead>(reader: R) -> tokio::io::BufReader<R> {
    tokio::io::BufReader::with_capacity(16 << 10, reader)
}

/// A zlib stream starts with two bytes that say so (RFC 1950, section 2.2); many servers send the bare deflate
/// stream instead.
fn is_zlib(head: &[u8]) -> bool {
    matches!(head, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31))
}

/// The beginning of a document that says it is packed in a coding without a mark of its own, but is not.
fn is_markup(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head {
        [] => true,
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'?' | b'!'),
        [b'{', next, ..] => next.is_ascii_whitespace() || *next == b'"',
        _ => false,
    }
}

/// The first bytes, at most six, and the reader with them put back.
async fn peek(mut reader: Reader) -> io::Result<(Vec<u8>, Reader)> {
    let mut head = vec![0; 6];
    let mut filled = 0;
    while filled < head.len() {
        match reader.read(&mut head[filled..]).await? {
            0 => break,
            count => filled += count,
        }
    }
    head.truncate(filled);
    let whole = io::Cursor::new(head.clone()).chain(reader);
    Ok((head, Box::pin(whole)))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};
    use reqwest::header::HeaderValue;

    use super::*;

    const FEED: &[u8] = b"<rss><channel><title>Tides</title></channel></rss>";

    fn limits(max_bytes: u64) -> BodyLimits {
        let deadline = Instant::now() + Duration::from_mins(1);
        BodyLimits {
            max_bytes,
            overflow: Overflow::Refuse,
            idle: Duration::from_mins(1),
            deadline,
            unpack: true,
        }
    }

    async fn decode(body: &[u8], codings: &[&str]) -> io::Result<Bytes> {
        let codings: Vec<String> = codings.iter().map(|&name| name.to_owned()).collect();
        collect(Box::pin(io::Cursor::new(body.to_vec())), &codings, limits(1 << 20)).await
    }

    fn gz(body: &[u8]) -> Vec<u8> {
        let mut packed = write::GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    #[tokio::test]
    async fn codings_are_removed() {
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(FEED).unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(FEED).unwrap();
        for (body, names) in [
            (FEED.to_vec(), vec![]),
            (gz(FEED), vec!["gzip"]),
            (gz(FEED), vec!["x-gzip"]),
            (gz(&gz(FEED)), vec!["gzip", "gzip"]),
            (gz(FEED), vec![]),
            ([gz(&FEED[..9]), gz(&FEED[9..])].concat(), vec!["gzip"]),
            (zlib.finish().unwrap(), vec!["deflate"]),
            (raw.finish().unwrap(), vec!["deflate"]),
            (FEED.to_vec(), vec!["gzip"]),
            (FEED.to_vec(), vec!["br"]),
            (FEED.to_vec(), vec!["zstd"]),
            (FEED.to_vec(), vec!["deflate"]),
            (FEED.to_vec(), vec!["utf-8"]),
        ] {
            assert_eq!(decode(&body, &names).await.unwrap(), FEED, "{names:?}");
        }
    }

    #[tokio::test]
    async fn damage_is_named() {
        let packed = gz(FEED);
        let cut = decode(&packed[..packed.len() - 12], &["gzip"]).await.unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(decode(FEED, &["compress"]).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(decode(b"\x0b\x02\x80nonsense", &["br"]).await.is_err());
    }

    #[tokio::test]
    async fn too_much_is_refused_or_cut() {
        let bomb = gz(&vec![0; 4 << 20]);
        let error = decode(&gz(&bomb), &["gzip", "gzip"]).await.unwrap_err();
        assert!(matches!(error.get_ref().unwrap().downcast_ref(), Some(WireEnd::TooLarge)), "{error}");
        let cut = BodyLimits { overflow: Overflow::Cut, ..limits(10) };
        let body = collect(Box::pin(io::Cursor::new(FEED.to_vec())), &[], cut).await.unwrap();
        assert_eq!(body, FEED[..10]);
    }

    #[test]
    fn coding_names() {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_ENCODING, HeaderValue::from_static("GZIP, identity"));
        headers.append(CONTENT_ENCODING, HeaderValue::from_static(" br ,"));
        assert_eq!(codings(&headers), ["gzip", "br"]);
    }
}
