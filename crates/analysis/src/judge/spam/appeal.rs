//! Whether a text addresses its readers and tells them what to do, as news does not.

use std::sync::LazyLock;

use memchr::{memchr, memchr2_iter, memchr3_iter, memmem::Finder};

/// Maximum bytes of a text that are read.
const MAX_BYTES: usize = 4_000;

/// Up to one hit in this number of sentences is chance.
const SENTENCES_PER_CHANCE_HIT: usize = 9;

/// First words of sentences that tell readers what to do.
const ORDERS: [&str; 62] = [
    "join",
    "order",
    "book",
    "download",
    "find",
    "follow",
    "call",
    "discover",
    "enjoy",
    "unwind",
    "visit",
    "schedule",
    "tune",
    "shop",
    "register",
    "sign",
    "don't",
    "send",
    "buy",
    "apply",
    "enrol",
    "enroll",
    "click",
    "watch",
    "share",
    "save",
    "grab",
    "compare",
    "spoil",
    "experience",
    "get",
    "look",
    "request",
    "contact",
    "browse",
    "inquire",
    "enquire",
    "ask",
    "claim",
    "use",
    "check",
    "see",
    "read",
    "scroll",
    "swipe",
    "tell",
    "tag",
    "hit",
    "press",
    "comment",
    "start",
    "take",
    "learn",
    "redeem",
    "tap",
    "subscribe",
    "purchase",
    "submit",
    "drink",
    "embrace",
    "remember",
    "indulge",
];

/// For each first letter, as five bits, the lengths of the imperatives that begin with it.
const LENGTHS: [u32; 32] = {
    let mut lengths = [0; 32];
    let mut at = 0;
    while at < ORDERS.len() {
        let order = ORDERS[at].as_bytes();
        lengths[(order[0] & 31) as usize] |= 1 << order.len();
        at += 1;
    }
    lengths
};

/// Whether a word is an imperative, in any case.
fn orders(word: &str) -> bool {
    word.len() < 32
        && word.bytes().next().is_some_and(|first| LENGTHS[usize::from(first & 31)] & 1 << word.len() != 0)
        && ORDERS.iter().any(|order| order.eq_ignore_ascii_case(word))
}

/// How a text addresses its readers.
#[derive(Debug, Default)]
pub(super) struct Appeal {
    /// Sentences that begin with an imperative.
    pub(super) orders: usize,
    /// Sentences with `you` or `your`.
    pub(super) addressed: usize,
}

impl Appeal {
    /// Counts over all sentences without quotation marks.
    pub(super) fn of(text: &str) -> Self {
        let text = &text[..text.floor_char_boundary(MAX_BYTES)];
        let mut appeal = Self::default();
        let mut sentences = 0;
        for sentence in sentences_of(text) {
            let sentence = sentence.trim_start();
            if sentence.is_empty() {
                continue;
            }
            sentences += 1;
            if is_quotation(sentence) {
                continue;
            }
            let first = sentence.split(' ').next().unwrap_or_default();
            // The word alone is a name or the rest of an abbreviation.
            let is_order =
                first.len() < sentence.len() && first.starts_with(char::is_uppercase) && orders(first);
            appeal.orders += usize::from(is_order);
            let speaks_to = names_reader(sentence)
                || first.eq_ignore_ascii_case("your")
                || first.eq_ignore_ascii_case("you");
            appeal.addressed += usize::from(speaks_to);
        }
        for seen in [&mut appeal.orders, &mut appeal.addressed] {
            if *seen * SENTENCES_PER_CHANCE_HIT <= sentences {
                *seen = 0;
            }
        }
        appeal
    }
}

/// The parts between characters that end sentences, all of which are ASCII.
fn sentences_of(text: &str) -> impl Iterator<Item = &str> {
    let bytes = text.as_bytes();
    let mut marks = memchr3_iter(b'.', b'!', b'?', bytes).peekable();
    let mut ends = memchr2_iter(b'\n', b':', bytes).peekable();
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        let end = match (marks.peek(), ends.peek()) {
            (Some(mark), Some(end)) if mark < end => marks.next(),
            (Some(_), None) => marks.next(),
            _ => ends.next(),
        };
        from = end.map(|end| end + 1);
        Some(&text[start..end.unwrap_or(text.len())])
    })
}

fn is_quotation(sentence: &str) -> bool {
    memchr(b'"', sentence.as_bytes()).is_some()
        || !sentence.is_ascii() && sentence.contains(['“', '”', '„', '«'])
}

/// Whether `you`, `your` or `yours` occurs in a sentence after another word.
fn names_reader(sentence: &str) -> bool {
    static YOU: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(" you"));
    let bytes = sentence.as_bytes();
    YOU.find_iter(bytes)
        .any(|at| matches!(&bytes[at + 4..], [] | [b' ' | b'\'', ..] | [b'r', b' ' | b's', ..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imperatives_and_addressed_readers_are_counted() {
        let appeal =
            Appeal::of("Book your room today. Join us! “Call me,” she said. The call came late. You win.");
        assert_eq!((appeal.orders, appeal.addressed), (2, 2));
        let news =
            Appeal::of("The council met. “You lie,” he said. Order was restored by noon, the mayor said.");
        assert_eq!(news.addressed, 0);
    }
}
