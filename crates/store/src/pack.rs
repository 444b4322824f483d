//! Compressing the bodies of captures with zlib where it pays.

use std::io::{Read, Write};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::{Result, StoreError};

/// Bodies smaller than this are stored as they are: compressing saves next to nothing.
const MIN_PACKED_SIZE: usize = 256;

/// How the bytes of a body are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    None,
    /// RFC 1950.
    Zlib,
    /// They were removed, as the site's `[keep]` settings require.
    Gone,
}

impl Packing {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Zlib => "zlib",
            Self::Gone => "gone",
        }
    }

    pub(crate) fn from_text(text: &str) -> Result<Self> {
        match text {
            "none" => Ok(Self::None),
            "zlib" => Ok(Self::Zlib),
            "gone" => Ok(Self::Gone),
            other => Err(StoreError::Corrupt(format!("unknown packing {other}"))),
        }
    }
}

/// The body as it is stored: compressed if that makes it smaller.
pub(crate) fn pack(body: &[u8]) -> (Packing, Vec<u8>) {
    if body.len() >= MIN_PACKED_SIZE {
        // A low level: it achieves most of what higher levels achieve, and every fetch waits for
        // it.
        let mut encoder = ZlibEncoder::new(Vec::with_capacity(body.len() / 3), Compression::new(3));
        if encoder.write_all(body).is_ok()
            && let Ok(packed) = encoder.finish()
            && packed.len() < body.len()
        {
            return (Packing::Zlib, packed);
        }
    }
    (Packing::None, body.to_vec())
}

/// The body of this size that was stored.
pub(crate) fn unpack(packing: Packing, stored: Vec<u8>, size: u64) -> Result<Vec<u8>> {
    let body = match packing {
        Packing::None => stored,
        Packing::Gone => {
            return Err(StoreError::Corrupt("the body of a waiting capture was removed".to_owned()));
        }
        Packing::Zlib => {
            let mut body = Vec::with_capacity(usize::try_from(size).unwrap_or_default().min(1 << 26));
            // One byte more than the stated size is read, so that a damaged row is noticed and
            // cannot fill the memory.
            ZlibDecoder::new(&stored[..])
                .take(size.saturating_add(1))
                .read_to_end(&mut body)
                .map_err(|error| StoreError::Corrupt(format!("cannot unpack a body: {error}")))?;
            body
        }
    };
    if body.len() as u64 == size {
        Ok(body)
    } else {
        Err(StoreError::Corrupt(format!("expected a body of {size} bytes, found {}", body.len())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_packed_body_is_unpacked_to_the_same(body in proptest::collection::vec(0u8..8, 0..2000)) {
            let (packing, stored) = pack(&body);
            prop_assert_eq!(unpack(packing, stored, body.len() as u64).unwrap(), body);
        }
    }

    #[test]
    fn a_body_that_does_not_shrink_is_stored_as_it_is() {
        let noise: Vec<u8> = (0u32..1000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        let (packing, stored) = pack(&noise);
        assert!(packing == Packing::None && stored == noise || stored.len() < noise.len());
        assert_eq!(pack(b"short").0, Packing::None);
        assert_eq!(pack(&[b'a'; 5000]).0, Packing::Zlib);
    }

    #[test]
    fn a_body_of_another_size_than_stored_is_damage() {
        let (packing, stored) = pack(&[b'a'; 5000]);
        assert!(unpack(packing, stored, 10).is_err());
        assert!(unpack(Packing::Zlib, b"no zlib".to_vec(), 10).is_err());
        assert!(unpack(Packing::None, b"abc".to_vec(), 4).is_err());
    }
}
