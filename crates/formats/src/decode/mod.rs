//! Decodes content codings (RFC 9110, section 8.4.1) within limits of bytes, members and time.
//!
//! Packed bytes may cost far more than their size: they may unpack to a thousand times as much, or
//! to nothing and take minutes for it. So every step uses a [`Budget`]: the bytes written and the
//! compressed members are counted, and the caller is asked every few KiB of input and of output
//! whether to stop.

mod brotli;
mod gzip;
mod zstd;

#[cfg(test)]
mod tests;

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

/// Default maximum number of compressed members (gzip) or frames (zstd) of one body. Most bodies
/// have one; files packed in blocks (`bgzip`) have one for each 64 KiB.
pub const MAX_MEMBERS: u32 = 1_000;

/// Maximum number of bytes that a decoder reads, and that it writes, between two checks of the
/// budget.
const MAX_INPUT: usize = 4 << 10;
const MAX_OUTPUT: usize = 16 << 10;

/// The magic number of RFC 1952 with deflate, its only method.
const GZIP_MAGIC: [u8; 3] = [0x1f, 0x8b, 0x08];
/// RFC 8878, section 3.1.1.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A content coding that can be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or the bare stream of RFC 1951, which many servers send instead.
    Deflate,
    /// RFC 7932.
    Brotli,
    /// RFC 8878, with a window of at most 8 MiB (RFC 9659, section 3).
    Zstd,
}

impl Coding {
    /// The coding of this name in a `Content-Encoding` header, in any case; `None` for all other
    /// names.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            "br" => Some(Self::Brotli),
            "zstd" => Some(Self::Zstd),
            _ => None,
        }
    }

    /// The name in a `Content-Encoding` header.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }

    /// Whether a body may be in this coding: some servers state a coding for plain bodies.
    pub fn fits(self, body: &[u8]) -> bool {
        match self {
            Self::Gzip => is_gzip(body),
            Self::Zstd => body.starts_with(&ZSTD_MAGIC) || zstd::is_skippable(body),
            Self::Deflate => is_zlib(body) || !is_markup(body),
            Self::Brotli => !is_markup(body),
        }
    }
}

/// The compressing codings in the values of `Content-Encoding` headers, in lower case and in order.
/// `identity` and names that are not codings ("utf-8") are left out.
pub fn packings<'v>(values: impl IntoIterator<Item = &'v str>) -> Vec<String> {
    let names = values.into_iter().flat_map(|value| value.split(','));
    let names = names.map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| Coding::from_name(name).is_some() || is_unsupported(name)).collect()
}

/// Whether this is the name of a compressing coding that is never requested.
pub fn is_unsupported(name: &str) -> bool {
    matches!(name, "compress" | "x-compress" | "dcb" | "dcz")
}

/// Whether a body begins as a gzip file does.
pub fn is_gzip(body: &[u8]) -> bool {
    body.starts_with(&GZIP_MAGIC)
}

/// Whether a body begins with the two bytes of a zlib header (RFC 1950, section 2.2).
fn is_zlib(body: &[u8]) -> bool {
    matches!(body, [first, second, ..]
        if first & 0x0f == 8 && u16::from_be_bytes([*first, *second]).is_multiple_of(31))
}

/// Whether a body begins like a plain document, for codings without a magic number.
fn is_markup(body: &[u8]) -> bool {
    let head = &body[..body.len().min(64)];
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head {
        [] => true,
        [b'<', next, ..] => next.is_ascii_alphabetic() || matches!(next, b'?' | b'!'),
        [b'{', next, ..] => next.is_ascii_whitespace() || *next == b'"',
        _ => false,
    }
}

/// Why decoding was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The deadline has passed.
    Deadline,
    /// The result is no longer needed.
    Cancelled,
}

/// Why a body was not decoded, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// It unpacks to more than allowed.
    #[error("unpacks to more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// It has more compressed members or frames than allowed.
    #[error("has more than {limit} compressed members")]
    TooManyMembers {
        /// The limit.
        limit: u32,
    },
    /// It ends early.
    #[error("ends early")]
    Truncated,
    /// It is damaged.
    #[error("damaged {coding} data: {why}")]
    Damaged {
        /// The name of the coding.
        coding: &'static str,
        /// The message of the decoder.
        why: String,
    },
    /// The caller asked to stop.
    #[error("{}", match .0 { Stop::Deadline => "not decoded in time", Stop::Cancelled => "decoding was cancelled" })]
    Stopped(Stop),
}

/// The limits of decoding.
pub struct Budget<'s> {
    /// Maximum number of bytes that one call may write.
    max_bytes: u64,
    max_members: u32,
    members: u32,
    checks: u64,
    stop: &'s dyn Fn() -> Option<Stop>,
}

impl fmt::Debug for Budget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { max_bytes, max_members, members, checks, .. } = self;
        write!(f, "Budget({max_bytes} bytes, {members} of {max_members} members, {checks} checks)")
    }
}

impl<'s> Budget<'s> {
    /// At most `max_bytes` bytes for each call of [`decode_into`] and [`MAX_MEMBERS`] members for
    /// all of them. `stop` is called at least every 4 KiB of input and 16 KiB of output to ask
    /// whether to stop.
    pub fn new(max_bytes: u64, stop: &'s dyn Fn() -> Option<Stop>) -> Self {
        Self { max_bytes, max_members: MAX_MEMBERS, members: 0, checks: 0, stop }
    }

    /// How many times the caller has been asked so far.
    pub const fn checks(&self) -> u64 {
        self.checks
    }

    /// Asks the caller.
    fn check(&mut self) -> Result<(), DecodeError> {
        self.checks += 1;
        (self.stop)().map_or(Ok(()), |stop| Err(DecodeError::Stopped(stop)))
    }

    /// Counts a member.
    fn member(&mut self) -> Result<(), DecodeError> {
        self.members += 1;
        if self.members > self.max_members {
            return Err(DecodeError::TooManyMembers { limit: self.max_members });
        }
        Ok(())
    }
}

/// `body` without this coding. Bytes after the end of the packed data are ignored.
pub fn decode(coding: Coding, body: &[u8], budget: &mut Budget<'_>) -> Result<Vec<u8>, DecodeError> {
    let mut out = Vec::new();
    decode_into(coding, body, budget, &mut out)?;
    Ok(out)
}

/// As [`decode`], but appends to `out`: after an error it contains what was decoded before, never
/// more than the budget's bytes.
pub fn decode_into(
    coding: Coding,
    body: &[u8],
    budget: &mut Budget<'_>,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    if body.is_empty() {
        return Ok(());
    }
    match coding {
        Coding::Gzip => gzip::decode(body, budget, out),
        Coding::Zstd => zstd::decode(body, budget, out),
        Coding::Brotli => brotli::decode(body, budget, out),
        Coding::Deflate => {
            let mut inflate = Inflate { coding, state: Decompress::new(is_zlib(body)) };
            run(&mut inflate, &mut &body[..], budget, out)
        }
    }
}

/// A decoder that receives its input and room for its output piece by piece.
trait Decoder {
    /// Takes from `input`, which is empty only at its end, and writes into `output`.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, DecodeError>;
}

/// The result of one step.
struct Progress {
    read: usize,
    written: usize,
    /// The packed data is complete.
    ended: bool,
}

/// Runs a decoder to the end of its data, and leaves the rest in `body`.
fn run(
    decoder: &mut dyn Decoder,
    body: &mut &[u8],
    budget: &mut Budget<'_>,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    loop {
        budget.check()?;
        let Some(room) = grown(out, budget.max_bytes) else {
            return Err(DecodeError::TooLarge { limit: budget.max_bytes });
        };
        let start = out.len();
        out.resize(start + room, 0);
        let input = &body[..body.len().min(MAX_INPUT)];
        let progress = decoder.step(input, &mut out[start..]);
        out.truncate(start + progress.as_ref().map_or(0, |progress| progress.written));
        let Progress { read, written, ended } = progress?;
        *body = &body[read..];
        if ended {
            return if out.len() as u64 > budget.max_bytes {
                out.truncate(budget.max_bytes as usize);
                Err(DecodeError::TooLarge { limit: budget.max_bytes })
            } else {
                Ok(())
            };
        }
        // Without progress the next step would be the same as this one.
        if read == 0 && written == 0 {
            return Err(DecodeError::Truncated);
        }
    }
}

/// Makes room for one more step and returns its size in bytes; `None` if the limit is exceeded.
/// Reserves at most one byte beyond the limit.
fn grown(out: &mut Vec<u8>, max_bytes: u64) -> Option<usize> {
    let limit = usize::try_from(max_bytes).unwrap_or(usize::MAX);
    if out.len() > limit {
        out.truncate(limit);
        return None;
    }
    let most = limit.saturating_add(1);
    let room = MAX_OUTPUT.min(most - out.len());
    reserve(out, room, most);
    Some(room)
}

/// Makes room for `more` bytes in a body that may become `max_bytes` long.
///
/// Small bodies double. Larger ones get room for their maximum size (at most 64 MiB at once):
/// memory pages that are never written cost nothing, while each copy to a larger allocation does.
pub fn reserve(body: &mut Vec<u8>, more: usize, max_bytes: usize) {
    if body.capacity() - body.len() >= more {
        return;
    }
    let wanted = if body.len() < 1 << 20 { body.len() * 2 } else { body.len() + (64 << 20) };
    let wanted = wanted.min(max_bytes).max(body.len() + more);
    body.reserve_exact(wanted - body.len());
}

/// Releases the room that a complete body does not use, if it is a large part of it.
pub fn shrink(body: &mut Vec<u8>) {
    if body.capacity() > body.len() + body.len() / 4 {
        body.shrink_to_fit();
    }
}

/// A deflate stream, bare or inside of zlib.
struct Inflate {
    coding: Coding,
    state: Decompress,
}

impl Decoder for Inflate {
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Progress, DecodeError> {
        let (before_in, before_out) = (self.state.total_in(), self.state.total_out());
        let status = self.state.decompress(input, output, FlushDecompress::None);
        let status = status.map_err(|error| damaged(self.coding, &error))?;
        Ok(Progress {
            read: (self.state.total_in() - before_in) as usize,
            written: (self.state.total_out() - before_out) as usize,
            ended: status == Status::StreamEnd,
        })
    }
}

fn damaged(coding: Coding, why: &dyn fmt::Display) -> DecodeError {
    DecodeError::Damaged { coding: coding.name(), why: why.to_string() }
}
