//! Reads bodies within limits of time and bytes, both of the transfer and of decoding.
//!
//! Decoding is done here instead of in the HTTP library, which is not tolerant enough for the web:
//! codings with old names, codings announced for bodies that are not encoded, and compressed files
//! without a content coding. It runs on separate threads, see [`Decoding`].

use std::time::Duration;

use bytes::Bytes;
use courant_formats::decode::{self, Coding, DecodeError, Stop};
use reqwest::{
    Response,
    header::{CONTENT_ENCODING, HeaderMap},
};
use tokio::time::{Instant, timeout};

use super::decoding::{Decoding, Job};
use crate::error::{FetchError, TimeoutStage};

/// The `Accept-Encoding` header.
pub(crate) const ACCEPT_ENCODING: &str = "gzip, br, zstd, deflate";

/// What to do with a body that is too large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Refuse,
    /// Use its beginning and leave the rest unread.
    Cut,
}

/// The limits of one body.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyLimits {
    /// Maximum size, as transferred and again after decoding.
    pub(crate) max_bytes: u64,
    pub(crate) overflow: Overflow,
    pub(crate) idle: Duration,
    pub(crate) deadline: Instant,
    /// Whether a body that is a gzip file is decompressed, as sitemaps often are.
    pub(crate) unpack: bool,
}

/// Reads and decodes a body. `place` names it in errors.
pub(crate) async fn read(
    response: Response,
    limits: BodyLimits,
    decoding: &Decoding,
    place: &str,
) -> Result<Bytes, FetchError> {
    if limits.overflow == Overflow::Refuse
        && response.content_length().is_some_and(|length| length > limits.max_bytes)
    {
        return Err(FetchError::TooLarge { place: place.to_owned(), limit: limits.max_bytes });
    }
    let coding = only_coding(response.headers(), place)?;
    let (body, is_cut) = receive(response, limits, place).await?;
    decode(body, coding, is_cut, limits, decoding, place).await
}

/// The announced content coding; an error if there are several or one that was not offered.
fn only_coding(headers: &HeaderMap, place: &str) -> Result<Option<Coding>, FetchError> {
    let values = headers.get_all(CONTENT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let names = decode::packings(values);
    let place = place.to_owned();
    match &names[..] {
        [] => Ok(None),
        [only] if decode::is_unsupported(only) => {
            Err(FetchError::Decode { place, why: format!("content coding {only} was not offered") })
        }
        [only] => Ok(Coding::from_name(only)),
        several => Err(FetchError::TooManyCodings {
            place,
            count: several.len(),
            names: several.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", "),
        }),
    }
}

/// The body as transferred, and whether its rest was left unread.
async fn receive(
    mut response: Response,
    limits: BodyLimits,
    place: &str,
) -> Result<(Vec<u8>, bool), FetchError> {
    let place = || place.to_owned();
    let max_bytes = usize::try_from(limits.max_bytes).unwrap_or(usize::MAX);
    let mut body = Vec::new();
    loop {
        let left = limits.deadline.saturating_duration_since(Instant::now());
        let stage = if left < limits.idle { TimeoutStage::Total } else { TimeoutStage::Idle };
        let chunk = match timeout(left.min(limits.idle), response.chunk()).await {
            Err(_) => return Err(FetchError::Timeout { place: place(), stage }),
            Ok(Err(_)) => return Err(FetchError::Truncated { place: place() }),
            Ok(Ok(None)) => break,
            Ok(Ok(Some(chunk))) => chunk,
        };
        let room = max_bytes - body.len();
        decode::reserve(&mut body, chunk.len().min(room), max_bytes);
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            return match limits.overflow {
                Overflow::Cut => Ok((body, true)),
                Overflow::Refuse => Err(FetchError::TooLarge { place: place(), limit: limits.max_bytes }),
            };
        }
    }
    decode::shrink(&mut body);
    Ok((body, false))
}

/// The body without its coding, if it is really encoded, and decompressed if it is a gzip file and
/// that is allowed.
async fn decode(
    body: Vec<u8>,
    coding: Option<Coding>,
    is_cut: bool,
    limits: BodyLimits,
    decoding: &Decoding,
    place: &str,
) -> Result<Bytes, FetchError> {
    let coding = coding.filter(|coding| coding.fits(&body));
    if coding.is_none() && !(limits.unpack && decode::is_gzip(&body)) {
        return Ok(body.into());
    }
    let job = Job {
        body,
        coding,
        unpack: limits.unpack,
        max_bytes: limits.max_bytes,
        cut: limits.overflow == Overflow::Cut,
        is_cut,
    };
    let decoded = decoding.run(job, limits.deadline).await;
    decoded.map(Bytes::from).map_err(|error| fetch_error(&error, place))
}

fn fetch_error(error: &DecodeError, place: &str) -> FetchError {
    let place = place.to_owned();
    match error {
        &DecodeError::TooLarge { limit } => FetchError::TooLarge { place, limit },
        DecodeError::Truncated => FetchError::Truncated { place },
        DecodeError::Stopped(Stop::Deadline | Stop::Cancelled) => {
            FetchError::Timeout { place, stage: TimeoutStage::Decode }
        }
        DecodeError::TooManyMembers { .. } | DecodeError::Damaged { .. } => {
            FetchError::Decode { place, why: error.to_string() }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};
    use reqwest::header::HeaderValue;

    use super::*;

    const FEED: &[u8] = b"<rss><channel><title>Tides</title></channel></rss>";

    fn limits(max_bytes: u64, overflow: Overflow) -> BodyLimits {
        let deadline = Instant::now() + Duration::from_mins(1);
        BodyLimits { max_bytes, overflow, idle: Duration::from_mins(1), deadline, unpack: true }
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_ENCODING, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    async fn decoded(body: &[u8], coding: &str) -> Result<Bytes, FetchError> {
        let coding = only_coding(&headers(&[coding]), "x")?;
        let limits = limits(1 << 20, Overflow::Refuse);
        decode(body.to_vec(), coding, false, limits, &Decoding::default(), "x").await
    }

    fn gz(body: &[u8]) -> Vec<u8> {
        let mut packed = write::GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    #[tokio::test]
    async fn content_codings_are_decoded() {
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::fast());
        zlib.write_all(FEED).unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::fast());
        raw.write_all(FEED).unwrap();
        for (body, name) in [
            (FEED.to_vec(), ""),
            (gz(FEED), "gzip"),
            (gz(FEED), "x-gzip"),
            (gz(FEED), "identity, GZIP ,"),
            (gz(FEED), ""),
            (gz(&gz(FEED)), "gzip"),
            ([gz(&FEED[..9]), gz(&FEED[9..])].concat(), "gzip"),
            ([gz(FEED), vec![0; 9]].concat(), "gzip"),
            (zlib.finish().unwrap(), "deflate"),
            (raw.finish().unwrap(), "deflate"),
            (FEED.to_vec(), "gzip"),
            (FEED.to_vec(), "br"),
            (FEED.to_vec(), "zstd"),
            (FEED.to_vec(), "deflate"),
            (FEED.to_vec(), "utf-8"),
        ] {
            assert_eq!(decoded(&body, name).await.unwrap(), FEED, "{name}");
        }
    }

    #[tokio::test]
    async fn damaged_bodies_are_errors() {
        let packed = gz(FEED);
        let cut = decoded(&packed[..packed.len() - 12], "gzip").await.unwrap_err();
        assert_eq!(cut.class(), "truncated");
        assert_eq!(decoded(FEED, "compress").await.unwrap_err().class(), "decode");
        assert_eq!(decoded(b"\x0b\x02\x80nonsense", "br").await.unwrap_err().class(), "decode");
    }

    #[tokio::test]
    async fn a_compressed_file_within_a_coding_is_decompressed_once_within_the_same_limits() {
        let three = gz(&gz(&gz(FEED)));
        assert_eq!(decoded(&three, "gzip").await.unwrap(), gz(FEED), "but not a third time");
        let bomb = gz(&gz(&vec![0; 4 << 20]));
        assert_eq!(decoded(&bomb, "gzip").await.unwrap_err().class(), "too_large");
        let empties = gz(&gz(b"").repeat(20_000));
        let error = decoded(&empties, "gzip").await.unwrap_err();
        assert_eq!(error.to_string(), "x: cannot decode the body: has more than 1000 compressed members");
    }

    #[tokio::test]
    async fn the_beginning_of_a_cut_body_is_decoded() {
        let packed = gz(&FEED.repeat(1_000));
        let cut = limits(1_000_000, Overflow::Cut);
        let half = packed[..packed.len() - 20].to_vec();
        let decoding = Decoding::default();
        let body = decode(half, Some(Coding::Gzip), true, cut, &decoding, "x").await.unwrap();
        assert!(body.starts_with(FEED));
        let short = limits(10, Overflow::Cut);
        let body = decode(packed, Some(Coding::Gzip), false, short, &decoding, "x").await.unwrap();
        assert_eq!(body, FEED[..10]);
    }

    #[test]
    fn several_codings_are_refused() {
        let named = |values: &[&str]| only_coding(&headers(values), "x");
        for values in
            [&["gzip, br"][..], &["gzip", " Br ,"], &["GZIP, identity", "x-gzip"], &["gzip, compress"]]
        {
            let error = named(values).unwrap_err();
            assert!(matches!(error, FetchError::TooManyCodings { count: 2, .. }), "{error}");
        }
        assert_eq!(
            named(&[&["gzip"; 30].join(",")]).unwrap_err().to_string(),
            "x: body has 30 content codings (gzip, gzip, gzip, gzip, gzip), more than 1"
        );
        assert_eq!(named(&["identity, br", "utf-8"]), Ok(Some(Coding::Brotli)));
        assert_eq!(named(&["identity,identity", ""]), Ok(None));
    }
}
