//! Undoing transfer and content codings (RFC 9112, §7; RFC 9110, §8.4), within a limit.
//!
//! Many crawlers undo a coding and keep its header, so a body that is not what its header says is taken as
//! it is, provided that it looks like a text.

use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::Problem;

/// The body without this coding.
pub(super) fn undo(coding: &str, body: Vec<u8>, limit: u64) -> Result<Vec<u8>, Problem> {
    match coding {
        "chunked" => Ok(unchunk(&body).unwrap_or(body)),
        "gzip" | "x-gzip" if body.starts_with(&[0x1F, 0x8B]) => {
            read_all(coding, MultiGzDecoder::new(&body[..]), &body, limit)
        }
        "deflate" if has_zlib_head(&body) => read_all(coding, ZlibDecoder::new(&body[..]), &body, limit),
        // Some servers send the bare stream.
        "deflate" => read_all(coding, DeflateDecoder::new(&body[..]), &body, limit),
        "br" => read_all(coding, brotli_decompressor::Decompressor::new(&body[..], 4096), &body, limit),
        _ => plain(coding, body),
    }
}

/// Unpacks; a stream that is cut off gives what there is, one that is damaged from its start the body itself.
fn read_all(coding: &str, decoder: impl Read, body: &[u8], limit: u64) -> Result<Vec<u8>, Problem> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let mut unpacked = Vec::new();
    let result = decoder.take(limit.saturating_add(1)).read_to_end(&mut unpacked);
    if unpacked.len() as u64 > limit {
        return Err(Problem::TooLarge { limit });
    }
    match result {
        Ok(_) => Ok(unpacked),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof && !unpacked.is_empty() => Ok(unpacked),
        Err(_) if unpacked.is_empty() => plain(coding, body.to_vec()),
        Err(error) => Err(Problem::Coding(format!("{coding}: {error}"))),
    }
}

/// The body as it is, where it can be a text.
fn plain(coding: &str, body: Vec<u8>) -> Result<Vec<u8>, Problem> {
    let head = &body[..body.len().min(1024)];
    let binary = head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B));
    if binary { Err(Problem::Coding(coding.to_owned())) } else { Ok(body) }
}

/// RFC 1950, §2.2: method 8, and a check over the first two bytes.
fn has_zlib_head(body: &[u8]) -> bool {
    match body {
        [method, flags, ..] => method & 0x0F == 8 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31),
        _ => false,
    }
}

/// The chunks' data (RFC 9112, §7.1), up to where the body is cut off; `None` where it is not chunked.
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

/// The size of a chunk and what follows its line; extensions are passed over.
fn chunk_size(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().take(4096).position(|&byte| byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    let digits = line.split(';').next()?.trim();
    let hexadecimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let size = hexadecimal.then(|| usize::from_str_radix(digits, 16).ok())??;
    Some((size, &bytes[end + 1..]))
}
