//! Ordinary bodies, and bodies that cost more than they should.

use std::{cell::Cell, io::Write};

use ::brotli::enc::BrotliEncoderParams;
use flate2::{
    Compression,
    write::{DeflateEncoder, GzEncoder, ZlibEncoder},
};

use super::*;

const TEXT: &[u8] =
    b"<rss><channel><title>Tides of the estuary, tides of the estuary</title></channel></rss>";

fn gz(body: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn zlib(body: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn deflate(body: &[u8]) -> Vec<u8> {
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn zstd(body: &[u8]) -> Vec<u8> {
    ::zstd::encode_all(body, 1).unwrap()
}

fn br(body: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let params = BrotliEncoderParams { quality: 5, ..BrotliEncoderParams::default() };
    ::brotli::BrotliCompress(&mut &body[..], &mut packed, &params).unwrap();
    packed
}

/// Each way of packing with its coding.
type Packer = fn(&[u8]) -> Vec<u8>;
const PACKERS: [(Coding, Packer); 5] = [
    (Coding::Gzip, gz),
    (Coding::Deflate, zlib),
    (Coding::Deflate, deflate),
    (Coding::Brotli, br),
    (Coding::Zstd, zstd),
];

fn never() -> Option<Stop> {
    None
}

fn within(limit: u64, coding: Coding, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    decode(coding, body, &mut Budget::new(limit, &never))
}

fn unpacked(coding: Coding, body: &[u8]) -> Result<Vec<u8>, DecodeError> {
    within(1 << 20, coding, body)
}

#[test]
fn every_coding_is_decoded_to_the_last_byte() {
    let long: Vec<u8> = (0..200_000u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for (coding, pack) in PACKERS {
        for plain in [TEXT, b"", b"x", &long[..], &vec![b'a'; 70_000][..]] {
            assert_eq!(unpacked(coding, &pack(plain)).as_deref(), Ok(plain), "{coding:?}");
            let exact = within(plain.len() as u64, coding, &pack(plain));
            assert_eq!(exact.as_deref(), Ok(plain), "{coding:?}: exactly as many bytes as allowed");
        }
        assert_eq!(unpacked(coding, b""), Ok(Vec::new()));
    }
}

#[test]
fn garbage_after_the_end_is_ignored() {
    for (coding, pack) in PACKERS {
        for tail in [&[0u8; 40][..], b"\r\n", b"\x1f", b"<!-- cached -->"] {
            let body = [&pack(TEXT)[..], tail].concat();
            assert_eq!(unpacked(coding, &body).as_deref(), Ok(TEXT), "{coding:?} {tail:?}");
        }
    }
}

#[test]
fn members_and_frames_are_joined() {
    let (left, right) = TEXT.split_at(9);
    assert_eq!(unpacked(Coding::Gzip, &[gz(left), gz(b""), gz(right)].concat()).as_deref(), Ok(TEXT));
    let skipped = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [skipped.clone(), zstd(left), skipped, zstd(right)].concat();
    assert_eq!(unpacked(Coding::Zstd, &frames).as_deref(), Ok(TEXT));
}

#[test]
fn heads_of_gzip_members_with_all_fields_are_read() {
    let plain = gz(TEXT);
    let mut body = plain[..10].to_vec();
    body[3] = 2 + 4 + 8 + 16;
    body.extend_from_slice(b"\x03\x00abcname\0comment\0\x00\x00");
    body.extend_from_slice(&plain[10..]);
    assert_eq!(unpacked(Coding::Gzip, &body).as_deref(), Ok(TEXT));
    for cut in 1..body.len() {
        assert_eq!(unpacked(Coding::Gzip, &body[..cut]), Err(DecodeError::Truncated), "{cut}");
    }
    body[3] = 0xe0;
    assert!(matches!(unpacked(Coding::Gzip, &body), Err(DecodeError::Damaged { .. })));
}

#[test]
fn bodies_that_are_cut_off_or_damaged_are_told_apart() {
    for (coding, pack) in PACKERS {
        let packed = pack(TEXT);
        for cut in [packed.len() / 2, packed.len() - 1] {
            let mut kept = Vec::new();
            let error = decode_into(coding, &packed[..cut], &mut Budget::new(1 << 20, &never), &mut kept);
            // The last byte of a bare stream or of brotli may hold no more than its end.
            assert_eq!(error, Err(DecodeError::Truncated), "{coding:?} at {cut} of {}", packed.len());
            assert!(TEXT.starts_with(&kept), "{coding:?}");
        }
    }
    let mut wrong = gz(TEXT);
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    assert!(matches!(unpacked(Coding::Gzip, &wrong), Err(DecodeError::Damaged { .. })));
    assert!(matches!(unpacked(Coding::Brotli, b"\x0b\x02\x80nonsense"), Err(DecodeError::Damaged { .. })));
    assert!(unpacked(Coding::Zstd, b"no frame at all").is_err());
}

#[test]
fn bombs_end_at_the_byte_limit() {
    let zeros = vec![0; 8 << 20];
    for (coding, pack) in PACKERS {
        let bomb = pack(&zeros);
        assert!(bomb.len() < 50_000, "{coding:?}: {} bytes", bomb.len());
        let mut out = Vec::new();
        let mut budget = Budget::new(100_000, &never);
        let error = decode_into(coding, &bomb, &mut budget, &mut out);
        assert_eq!(error, Err(DecodeError::TooLarge { limit: 100_000 }), "{coding:?}");
        assert_eq!(out.len(), 100_000, "{coding:?}");
        assert!(out.capacity() <= 100_001 + MAX_OUTPUT, "{coding:?}: {}", out.capacity());
    }
}

/// Packed bytes that unpack to nothing, a megabyte of each kind.
fn empties() -> Vec<(Coding, Vec<u8>)> {
    let much = |piece: &[u8], end: &[u8]| [&piece.repeat((1 << 20) / piece.len())[..], end].concat();
    vec![
        (Coding::Gzip, much(&gz(b""), b"")),
        (Coding::Zstd, much(&zstd(b""), b"")),
        (Coding::Zstd, much(b"\x50\x2a\x4d\x18\0\0\0\0", b"")),
        // Stored blocks without a byte (RFC 1951, section 3.2.4).
        (Coding::Deflate, much(b"\x00\x00\x00\xff\xff", b"\x01\x00\x00\xff\xff")),
        // Raw blocks without a byte, in one frame (RFC 8878, section 3.1.1.2).
        (Coding::Zstd, [&ZSTD_MAGIC[..], b"\x00\x58", &much(b"\x00\x00\x00", b"\x01\x00\x00")].concat()),
        // The window of 4 MiB and metadata blocks without a byte (RFC 7932, sections 9.1 and 9.2).
        (Coding::Brotli, [b"\x6b\x00", &much(b"\x06", b"\x03")[..]].concat()),
    ]
}

#[test]
fn members_that_hold_nothing_are_counted() {
    for (coding, body) in empties().into_iter().take(3) {
        let mut budget = Budget::new(1 << 20, &never);
        let error = decode(coding, &body, &mut budget);
        assert_eq!(error, Err(DecodeError::TooManyMembers { limit: MAX_MEMBERS }), "{coding:?}");
        assert!(budget.checks() <= 3 * u64::from(MAX_MEMBERS), "{coding:?}: {budget:?}");
    }
}

#[test]
fn streams_that_hold_nothing_end_within_as_many_steps_as_they_have_bytes() {
    for (coding, body) in empties().into_iter().skip(3) {
        let mut budget = Budget::new(1 << 20, &never);
        assert_eq!(decode(coding, &body, &mut budget), Ok(Vec::new()), "{coding:?}");
        let steps = (body.len() / MAX_INPUT) as u64;
        assert!((steps..steps + 10).contains(&budget.checks()), "{coding:?}: {budget:?}");
    }
}

#[test]
fn the_clock_is_checked_while_nothing_is_written() {
    for (coding, body) in empties() {
        let asked = Cell::new(0);
        let stop = || {
            asked.set(asked.get() + 1);
            (asked.get() > 20).then_some(Stop::Deadline)
        };
        let error = decode(coding, &body, &mut Budget::new(1 << 20, &stop));
        assert_eq!(error, Err(DecodeError::Stopped(Stop::Deadline)), "{coding:?}");
        assert_eq!(asked.get(), 21);
    }
}

#[test]
fn the_clock_is_checked_while_much_is_written() {
    let zeros = vec![0; 4 << 20];
    for (coding, pack) in PACKERS {
        let body = pack(&zeros);
        let mut budget = Budget::new(64 << 20, &never);
        assert_eq!(decode(coding, &body, &mut budget).map(|out| out.len()), Ok(zeros.len()));
        assert!(budget.checks() >= (zeros.len() / MAX_OUTPUT) as u64, "{coding:?}: {budget:?}");
        let cancelled = || Some(Stop::Cancelled);
        let error = decode(coding, &body, &mut Budget::new(64 << 20, &cancelled));
        assert_eq!(error, Err(DecodeError::Stopped(Stop::Cancelled)));
    }
}

#[test]
fn windows_beyond_the_standards_are_refused() {
    // A zstd frame that asks for a window of 2 GiB, and a brotli stream with the window of an
    // extension.
    let zstd = [&ZSTD_MAGIC[..], b"\x00\xa8", b"\x01\x00\x00"].concat();
    assert!(matches!(unpacked(Coding::Zstd, &zstd), Err(DecodeError::Damaged { .. })));
    assert!(matches!(unpacked(Coding::Brotli, b"\x11\x1e\x03\x03"), Err(DecodeError::Damaged { .. })));
}

#[test]
fn claims_are_checked_against_the_body() {
    for coding in [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd] {
        assert!(!coding.fits(TEXT) && !coding.fits(b" {\"version\": 1}"), "{coding:?}");
    }
    for (coding, pack) in PACKERS {
        assert!(coding.fits(&pack(TEXT)), "{coding:?}");
    }
    assert_eq!(Coding::from_name(" X-GZIP "), Some(Coding::Gzip));
    assert_eq!(Coding::from_name("utf-8"), None);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_taken(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..400), which in 0..4usize) {
        let coding = [Coding::Gzip, Coding::Deflate, Coding::Brotli, Coding::Zstd][which];
        let mut out = Vec::new();
        let _ = decode_into(coding, &bytes, &mut Budget::new(4_096, &never), &mut out);
        proptest::prop_assert!(out.len() <= 4_096);
    }
}
