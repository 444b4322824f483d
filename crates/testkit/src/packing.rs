//! Bodies compressed with the content codings of HTTP: normal ones, and ones that are expensive to
//! decompress.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

/// The content codings that a client may offer, as `Content-Encoding` names them.
pub const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// `body` compressed with this coding; unchanged for any other name.
///
/// # Panics
/// Never: the encoders write to memory.
pub fn pack(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => gzip(body),
        "deflate" => {
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(body).expect("writing to memory cannot fail");
            packed.finish().expect("writing to memory cannot fail")
        }
        "br" => {
            let mut packed = Vec::new();
            let params = BrotliEncoderParams { quality: 5, ..BrotliEncoderParams::default() };
            brotli::BrotliCompress(&mut &body[..], &mut packed, &params)
                .expect("writing to memory cannot fail");
            packed
        }
        "zstd" => zstd::encode_all(body, 1).expect("writing to memory cannot fail"),
        _ => body.to_vec(),
    }
}

/// `body` as a gzip file of one member.
///
/// # Panics
/// Never: the encoder writes to memory.
pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).expect("writing to memory cannot fail");
    packed.finish().expect("writing to memory cannot fail")
}

/// `size` zero bytes, compressed with this coding to a thousandth or less.
pub fn bomb(coding: &str, size: usize) -> Vec<u8> {
    pack(coding, &vec![0; size])
}

/// About `size` bytes in this coding that decompress to nothing: members, frames or blocks without
/// content.
pub fn empties(coding: &str, size: usize) -> Vec<u8> {
    let repeat = |start: &[u8], piece: &[u8], end: &[u8]| {
        [start, &piece.repeat((size / piece.len()).max(1)), end].concat()
    };
    match coding {
        "gzip" => repeat(b"", &gzip(b""), b""),
        "zstd" => repeat(b"", &pack("zstd", b""), b""),
        // Empty stored blocks (RFC 1951, section 3.2.4).
        "deflate" => repeat(b"", b"\x00\x00\x00\xff\xff", b"\x01\x00\x00\xff\xff"),
        // A window of 4 MiB and empty metadata blocks (RFC 7932, sections 9.1 and 9.2).
        "br" => repeat(b"\x6b\x00", b"\x06", b"\x03"),
        _ => Vec::new(),
    }
}

/// A body that once froze a feed reader for minutes: some kilobytes that decompress, in three
/// steps, to `members` empty gzip members.
pub fn stacked_empties(members: usize) -> Vec<u8> {
    gzip(&gzip(&gzip(b"").repeat(members)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bombs_are_small() {
        for coding in CODINGS {
            assert!(bomb(coding, 4 << 20).len() < 20_000, "{coding}");
            assert!(empties(coding, 10_000).len() > 9_000, "{coding}");
        }
        assert!(stacked_empties(1_000_000).len() < 20_000);
    }
}
