//! Cursors: the place at which a list continues.
//!
//! A cursor names the last entry shown by its place in the order (time, then id), not by its
//! number, so that new entries do not shift the list. The entry itself may have been removed
//! meanwhile. So every text of the right form is a valid cursor of every list.

use courant_model::Timestamp;

use crate::document::hex;

/// Seconds, nanoseconds and id.
const PLACE_BYTES: usize = 8 + 4 + 16;

/// Flipping this bit makes seconds, negative ones included, sort as unsigned numbers.
const SIGN: u64 = 1 << 63;

/// A place in a list that is ordered by time, newest first, ties by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) at: Timestamp,
    pub(crate) id: [u8; 16],
}

impl Place {
    /// The sort key of a list: entries are shown by ascending key.
    pub(crate) fn key(&self) -> (std::cmp::Reverse<Timestamp>, [u8; 16]) {
        (std::cmp::Reverse(self.at), self.id)
    }

    /// The cursor of this place: 56 lower-case hexadecimal digits.
    pub(crate) fn cursor(&self) -> String {
        // A time before the epoch has negative nanoseconds; whole seconds below it have positive
        // ones.
        let (seconds, nanoseconds) = (self.at.as_second(), self.at.subsec_nanosecond());
        let (seconds, nanoseconds) =
            if nanoseconds < 0 { (seconds - 1, nanoseconds + 1_000_000_000) } else { (seconds, nanoseconds) };
        let mut place = [0; PLACE_BYTES];
        place[..8].copy_from_slice(&(seconds as u64 ^ SIGN).to_be_bytes());
        place[8..12].copy_from_slice(&nanoseconds.to_be_bytes());
        place[12..].copy_from_slice(&self.id);
        hex(&place)
    }

    /// The place of a cursor; `None` if the text is not a cursor. A time out of range becomes the
    /// last or first possible.
    pub(crate) fn read(cursor: &str) -> Option<Self> {
        let bytes = unhex(cursor)?;
        let (seconds, rest) = bytes.split_first_chunk::<8>()?;
        let (nanoseconds, id) = rest.split_first_chunk::<4>()?;
        let seconds = (u64::from_be_bytes(*seconds) ^ SIGN) as i64;
        let nanoseconds = u32::from_be_bytes(*nanoseconds).min(999_999_999) as i32;
        let bound = if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
        let at = Timestamp::new(seconds, nanoseconds).unwrap_or(bound);
        Some(Self { at, id: id.try_into().ok()? })
    }
}

/// The bytes of lower-case hexadecimal digits.
fn unhex(text: &str) -> Option<[u8; PLACE_BYTES]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * PLACE_BYTES {
        return None;
    }
    let mut bytes = [0; PLACE_BYTES];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
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
            assert_eq!(Place::read(&place.cursor()), Some(place), "{at}");
        }
    }

    #[test]
    fn every_text_of_the_right_form_is_a_cursor() {
        assert_eq!(Place::read(&"0".repeat(56)).unwrap().at, Timestamp::MIN);
        assert_eq!(Place::read(&"f".repeat(56)).unwrap().at, Timestamp::MAX);
        let odd = format!("{}ffffffff{}", &place("2023-02-16T14:00:00Z").cursor()[..16], "7".repeat(32));
        assert_eq!(Place::read(&odd).unwrap().at, place("2023-02-16T14:00:00.999999999Z").at);
    }

    #[test]
    fn invalid_cursors_are_refused() {
        let cursor = place("2023-02-16T14:00:00Z").cursor();
        for bad in ["", "1", "ä", &cursor[2..], &format!("{cursor}00"), &"F".repeat(56), &"ä".repeat(28)] {
            assert_eq!(Place::read(bad), None, "{bad}");
        }
    }
}
