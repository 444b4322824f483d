//! A small stable hash for words and sequences of words. Not for hash maps with hostile input: a
//! collision only makes two words equal.

const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;

/// Mixes two numbers into one that depends on all their bits.
pub(super) const fn mix(a: u64, b: u64) -> u64 {
    let product = ((a ^ MULTIPLIER) as u128).wrapping_mul((b ^ 0xD6E8_FEB8_6659_FD93) as u128);
    (product as u64) ^ ((product >> 64) as u64)
}

/// The hash of a text with a seed that separates kinds of terms.
pub(super) fn hash(seed: u64, text: &str) -> u64 {
    let mut state = mix(seed, text.len() as u64);
    let (chunks, rest) = text.as_bytes().as_chunks::<8>();
    for &chunk in chunks {
        state = mix(state, u64::from_be_bytes(chunk));
    }
    mix(state, number(rest))
}

/// Fewer than eight bytes as one number, the first byte the highest. Reads from both ends; bytes
/// read twice are the same.
fn number(bytes: &[u8]) -> u64 {
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(&first), Some(&last)) => {
            u64::from(u32::from_be_bytes(first)) << (8 * (bytes.len() - 4))
                | u64::from(u32::from_be_bytes(last))
        }
        _ => bytes.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn bytes_become_one_number() {
        for length in 0..8 {
            let bytes = &[1_u8, 2, 250, 4, 5, 6, 7][..length.min(7)];
            let plain = bytes.iter().fold(0_u64, |word, &byte| word << 8 | u64::from(byte));
            assert_eq!(number(bytes), plain, "{bytes:?}");
        }
    }
}
