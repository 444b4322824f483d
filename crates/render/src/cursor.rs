//! Cursors: where a list goes on, in a form that says nothing to anybody else.
//!
//! A cursor names the last entry shown by its place in the order (time, then id), not by its number, so that
//! entries which arrive meanwhile shift nothing. It carries a check, so that a cursor that was cut, altered or made
//! for another list is refused. Check and mask keep nothing secret: what a cursor names is public.

use courant_model::Timestamp;
use sha2::{Digest, Sha256};

use crate::document::hex;

/// Seconds, nanoseconds and id.
const PLACE_BYTES: usize = 8 + 4 + 16;
const CHECK_BYTES: usize = 8;

/// A place in a list that is ordered by time, newest first, ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: Timestamp,
    pub(crate) id: [u8; 16],
}

impl Place {
    /// What orders a list: ascending keys are the order shown.
    pub(crate) fn key(&self) -> (std::cmp::Reverse<Timestamp>, [u8; 16]) {
        (std::cmp::Reverse(self.at), self.id)
    }

    /// The cursor of this place in the list of this name.
    pub(crate) fn cursor(&self, list: &str) -> String {
        let mut place = [0; PLACE_BYTES];
        place[..8].copy_from_slice(&self.at.as_second().to_be_bytes());
        place[8..12].copy_from_slice(&self.at.subsec_nanosecond().to_be_bytes());
        place[12..].copy_from_slice(&self.id);
        let check = check(list, &place);
        hide(check, &mut place);
        format!("{}{}", hex(&check), hex(&place))
    }

    /// The place that a cursor of the list of this name means; `None` where it is no such cursor.
    pub(crate) fn read(cursor: &str, list: &str) -> Option<Self> {
        let bytes = unhex(cursor)?;
        let (stated, place) = bytes.split_first_chunk::<CHECK_BYTES>()?;
        let mut place: [u8; PLACE_BYTES] = place.try_into().ok()?;
        hide(*stated, &mut place);
        if check(list, &place) != *stated {
            return None;
        }
        let (seconds, rest) = place.split_first_chunk::<8>()?;
        let (nanoseconds, id) = rest.split_first_chunk::<4>()?;
        let at = Timestamp::new(i64::from_be_bytes(*seconds), i32::from_be_bytes(*nanoseconds)).ok()?;
        Some(Self { at, id: id.try_into().ok()? })
    }
}

fn check(list: &str, place: &[u8; PLACE_BYTES]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update("cursor of ").chain_update(list).chain_update(place).finalize();
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&digest[..CHECK_BYTES]);
    check
}

/// Masks the place, or takes the mask off again.
fn hide(check: [u8; CHECK_BYTES], place: &mut [u8; PLACE_BYTES]) {
    let mask = Sha256::new().chain_update("mask of ").chain_update(check).finalize();
    place.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
}

/// The bytes of lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * (CHECK_BYTES + PLACE_BYTES) {
        return None;
    }
    text.as_bytes().chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(at: &str) -> Place {
        Place { at: at.parse().unwrap(), id: *b"0123456789abcdef" }
    }

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for at in ["2023-02-16T14:00:00Z", "2023-02-16T14:00:00.123456789Z", "1969-07-20T20:17:40.5Z"] {
            let place = place(at);
            assert_eq!(Place::read(&place.cursor("stories"), "stories"), Some(place), "{at}");
        }
    }

    #[test]
    fn a_cursor_shows_nothing_of_its_place() {
        let (one, other) = (place("2023-02-16T14:00:00Z"), place("2023-02-16T14:00:01Z"));
        let (one, other) = (one.cursor("stories"), other.cursor("stories"));
        assert!(!one.contains(&hex(b"0123456789abcdef")));
        assert_ne!(one[56..], other[56..]);
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let cursor = place("2023-02-16T14:00:00Z").cursor("stories");
        assert_eq!(Place::read(&cursor, "articles"), None);
        for bad in
            ["", "1", "ä", &cursor[2..], &cursor.to_uppercase(), &format!("{cursor}00"), &"0".repeat(72)]
        {
            assert_eq!(Place::read(bad, "stories"), None, "{bad}");
        }
        for at in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(Place::read(std::str::from_utf8(&altered).unwrap(), "stories"), None, "{at}");
        }
    }
}
