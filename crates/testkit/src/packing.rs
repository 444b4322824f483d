//! Bodies packed in the content codings of HTTP: honest ones, and ones that cost whoever unpacks them.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};

/// The content codings that a client may offer, as `Content-Encoding` names them.
pub const CODINGS: [&str; 4] = ["gzip", "deflate", "br", "zstd"];

/// `body` in this coding; the body itself for any other name.
///
/// # Panics
/// Never: the encoders write to memory.
pub fn pack(coding: &str, body: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => gzip(body),
        "deflate" => {
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(body).expect("memory takes all bytes");
            packed.finish().expect("memory takes all bytes")
        }
        "br" => {
            let mut packed = Vec::new();
            let params = BrotliEncoderParams { quality: 5, ..BrotliEncoderParams::default() };
            brotli::BrotliCompress(&mut &body[..], &mut packed, &params).expect("memory takes all bytes");
            packed
        }
        "zstd" => zstd::encode_all(body, 1).expect("memory takes all bytes"),
        _ => body.to_vec(),
    }
}

/// `body` as a gzip file of one member.
///
/// # Panics
/// Never: the encoder writes to memory.
pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).expect("memory takes all bytes");
    packed.finish().expect("memory takes all bytes")
}

/// Zeros in this coding: `size` bytes, of which a thousandth or less are left.
pub fn bomb(coding: &str, size: usize) -> Vec<u8> {
    pack(coding, &vec![0; size])
}

/// About `size` bytes in this coding that unpack to nothing: members, frames or blocks without content.
pub fn empties(coding: &str, size: usize) -> Vec<u8> {
    let much = |start: &[u8], piece: &[u8], end: &[u8]| {
        [start, &piece.repeat((size / piece.len()).max(1)), end].concat()
    };
    match coding {
        "gzip" => much(b"", &gzip(b""), b""),
        "zstd" => much(b"", &pack("zstd", b""), b""),
        // Stored blocks without a byte (RFC 1951, section 3.2.4).
        "deflate" => much(b"", b"\x00\x00\x00\xff\xff", b"\x01\x00\x00\xff\xff"),
        // The window of 4 MiB and metadata blocks without a byte (RFC 7932, sections 9.1 and 9.2).
        "br" => much(b"\x6b\x00", b"\x06", b"\x03"),
        _ => Vec::new(),
    }
}

/// The body by which a feed reader was frozen for minutes: some kilobytes that unpack, in three steps, to `members`
/// gzip members without content.
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
