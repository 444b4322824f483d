//! Undoing transfer and content codings (RFC 9112, §7; RFC 9110, §8.4), within a limit.
//!
//! Many crawlers undo a coding and keep its header, so a body that is not in the stated coding is
//! taken as it is, provided that it looks like text.

use super::Problem;
use crate::decode::{Budget, Coding, DecodeError, decode_into, is_gzip};

/// The body, dechunked if it is chunked (RFC 9112, §7.1).
pub(super) fn without_chunks(body: Vec<u8>) -> Vec<u8> {
    unchunk(&body).unwrap_or(body)
}

/// The body without this content coding.
pub(super) fn undo(coding: &str, body: Vec<u8>, budget: &mut Budget<'_>) -> Result<Vec<u8>, Problem> {
    match Coding::from_name(coding) {
        Some(Coding::Gzip) if !is_gzip(&body) => plain(coding, body),
        Some(Coding::Zstd) if !Coding::Zstd.fits(&body) => plain(coding, body),
        Some(known) => unpacked(known, coding, body, budget),
        None => plain(coding, body),
    }
}

/// Unpacks a body; a truncated stream gives what precedes the cut, one that is damaged from its
/// start the body itself.
fn unpacked(known: Coding, name: &str, body: Vec<u8>, budget: &mut Budget<'_>) -> Result<Vec<u8>, Problem> {
    let mut unpacked = Vec::new();
    match decode_into(known, &body, budget, &mut unpacked) {
        Ok(()) => Ok(unpacked),
        Err(DecodeError::TooLarge { limit }) => Err(Problem::TooLarge { limit }),
        Err(DecodeError::Truncated) if !unpacked.is_empty() => Ok(unpacked),
        Err(DecodeError::Truncated | DecodeError::Damaged { .. }) if unpacked.is_empty() => plain(name, body),
        Err(error) => Err(Problem::Coding(format!("{name}: {error}"))),
    }
}

/// The body as it is, if it may be text.
pub(super) fn plain(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let head = &body[..body.len().min(1024)];
    let binary = head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B));
    if binary { Err(Problem::Coding(coding.to_owned())) } else { Ok(body) }
}

/// The chunks' data (RFC 9112, §7.1), up to where the body is cut; `None` if it is not chunked.
fn unchunk(body: &[u8]) -> Option<Vec<u8>> {
    let mut data = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut first = true;
    loop {
        let Some((size, after)) = chunk_size(rest) else { return (!first).then_some(data) };
        first = false;
        if size == 0 {
            return Some(data);
        }
        let count = size.min(after.len());
        data.extend_from_slice(&after[..count]);
        rest = &after[count..];
        rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        if rest.is_empty() {
            return Some(data);
        }
    }
}

/// The size of a chunk and what follows its line; extensions are ignored.
fn chunk_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().take(4096).position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let digits = line.split(';').next()?.trim();
    let hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = hexadecimal.then(|| usize::from_str_radix(digits, 16).ok())??;
    Some((size, &bytes[end + 1..]))
}
