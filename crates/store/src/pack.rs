//! Packing the bodies of captures: zlib where it pays.

use std::io::{Read, Write};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};

use crate::{Result, StoreError};

/// Below this size a body is stored as it is: the packed form saves nothing to speak of.
const WORTH_PACKING: usize = 256;

/// How the bytes of a body stand in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    None,
    /// RFC 1950.
    Zlib,
    /// They went, as the site's `[keep]` says.
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

    pub(crate) fn from_word(word: &str) -> Result<Self> {
        match word {
            "none" => Ok(Self::None),
            "zlib" => Ok(Self::Zlib),
            "gone" => Ok(Self::Gone),
            other => Err(StoreError::Corrupt(format!("unknown packing {other}"))),
        }
    }
}

/// The body as it is to be stored: packed if that makes it smaller.
pub(crate) fn pack(body: &[u8]) -> (Packing, Vec<u8>) {
    if body.len() >= WORTH_PACKING {
        // A low level: most of what a page can shrink by, it shrinks by here, and packing is on the way of
        // every fetch.
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
            return Err(StoreError::Corrupt("the bytes of a capture that waits are gone".to_owned()));
        }
        Packing::Zlib => {
            let mut body = Vec::with_capacity(usize::try_from(size).unwrap_or_default().min(1 << 26));
            // One byte more than promised is read, so that a damaged row shows and cannot fill the memory.
            ZlibDecoder::new(&stored[..])
                .take(size.saturating_add(1))
                .read_to_end(&mut body)
                .map_err(|error| StoreError::Corrupt(format!("a packed body: {error}")))?;
            body
        }
    };
    if body.len() as u64 == size {
        Ok(body)
    } else {
        Err(StoreError::Corrupt(format!("a body of {} bytes where {size} were stored", body.len())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(body in proptest::collection::vec(0u8..8, 0..2000)) {
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
