//! A text looked over once for all who judge it: its words, what stands between its blanks, its paragraphs.

use super::words::{self, LONGEST};

/// How many words of a text are read; what an article is about shows long before.
pub(super) const MOST_WORDS: usize = 6_000;

/// How many pieces between blanks are noted.
pub(super) const MOST_PIECES: usize = 480;

/// How many paragraphs are counted, and how many pieces of each.
const MOST_PARAGRAPHS: usize = 100;
const LONGEST_PARAGRAPH: usize = 1_000;

/// About how many bytes a word and the blank after it take.
const BYTES_A_WORD: usize = 5;

/// How many bytes of nothing follow a text in lower case, so that eight of them can be read at once anywhere.
pub(super) const PADDING: &str = "\0\0\0\0\0\0\0\0";

/// What a byte is in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// A sign.
    Sign,
    /// A letter or digit.
    Letter,
    /// A blank, as [`char::is_whitespace`] has it.
    Blank,
    /// A part of a letter beyond ASCII.
    Wide,
}

/// The class of each byte.
pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b' ' | b'\t'..=b'\r' => Class::Blank,
            0x80.. => Class::Wide,
            _ => Class::Sign,
        };
        byte += 1;
    }
    classes
};

/// A stretch of a text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    const fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen<'a> {
    text: &'a str,
    lower: &'a str,
    span: Span,
    /// Whether it has ASCII letters and digits only.
    pub(super) is_plain: bool,
}

impl<'a> Seen<'a> {
    /// As written; an acronym with its inner dots (`A.I`).
    pub(super) fn raw(&self) -> &'a str {
        &self.text[self.span.range()]
    }

    /// With its ASCII letters in lower case.
    pub(super) fn lower(&self) -> &'a str {
        &self.lower[self.span.range()]
    }

    /// The bytes of [`Self::lower`].
    pub(super) fn bytes(&self) -> &'a [u8] {
        &self.lower.as_bytes()[self.span.range()]
    }

    /// Its first four bytes in lower case; a shorter word is followed by zeros.
    pub(super) fn first_four(&self) -> u32 {
        let first = self.lower.as_bytes()[self.span.start as usize..].first_chunk::<4>();
        let length = (self.span.end - self.span.start).clamp(1, 4);
        first.map_or(0, |first| u32::from_le_bytes(*first)) & u32::MAX >> (32 - 8 * length)
    }

    /// A number that no other word without capitals has; none for a long word and one with capitals.
    pub(super) fn number(&self) -> Option<(u64, u64)> {
        let range = self.span.range();
        let (start, length) = (range.start, range.len());
        let same_eight = |at: usize| {
            let lower = self.lower.as_bytes()[at..].first_chunk::<8>()?;
            let raw = self.text.as_bytes()[at..].first_chunk::<8>()?;
            Some((u64::from_le_bytes(*lower), u64::from_le_bytes(*lower) ^ u64::from_le_bytes(*raw)))
        };
        let mask = |length: usize| u64::MAX >> (64 - 8 * length);
        match length {
            1..=8 => {
                let (lower, differs) = same_eight(start)?;
                (differs & mask(length) == 0).then_some((lower & mask(length), 0))
            }
            9..=16 => {
                let (lower, differs) = same_eight(start)?;
                let (rest, rest_differs) = same_eight(start + 8)?;
                let is_same = differs == 0 && rest_differs & mask(length - 8) == 0;
                is_same.then_some((lower, rest & mask(length - 8)))
            }
            _ => None,
        }
    }

    /// Whether a `#` stands before it.
    pub(super) fn is_hashtag(&self) -> bool {
        self.span.start > 0 && self.text.as_bytes()[self.span.start as usize - 1] == b'#'
    }
}

/// A text and where its parts stand.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    text: &'a str,
    lower: String,
    parts: Parts,
}

impl<'a> Layout<'a> {
    /// Looks a text over.
    pub(super) fn of(text: &'a str) -> Self {
        let lower = padded(text);
        let about = text.len() / BYTES_A_WORD + 1;
        let mut parts = Parts {
            words: Vec::with_capacity(about.min(MOST_WORDS)),
            pieces: Vec::with_capacity(about.min(MOST_PIECES)),
            paragraphs: Vec::new(),
        };
        parts.look_over(text, lower.as_bytes());
        Self { text, lower, parts }
    }

    /// The text.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    /// The text with its ASCII letters in lower case, and [`PADDING`].
    pub(super) fn padded(&self) -> &str {
        &self.lower
    }

    /// How many words there are, at most [`MOST_WORDS`].
    pub(super) fn word_count(&self) -> usize {
        self.parts.words.len()
    }

    /// The first words, as [`words::words`] gives them.
    pub(super) fn words(&self) -> impl ExactSizeIterator<Item = Seen<'_>> {
        self.parts.words.iter().map(|(span, is_plain)| Seen {
            text: self.text,
            lower: &self.lower,
            span: *span,
            is_plain: *is_plain,
        })
    }

    /// Where each word begins, in bytes, and whether it has ASCII letters and digits only.
    pub(super) fn word_starts(&self) -> impl Iterator<Item = (usize, bool)> {
        self.parts.words.iter().map(|(span, is_plain)| (span.start as usize, *is_plain))
    }

    /// How many pieces stand between blanks, at most [`MOST_PIECES`].
    pub(super) fn piece_count(&self) -> usize {
        self.parts.pieces.len()
    }

    /// The bytes of each piece.
    pub(super) fn pieces(&self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.parts.pieces.iter().map(|span| &self.text.as_bytes()[span.range()])
    }

    /// The piece of this number, empty where there is none.
    pub(super) fn piece(&self, number: usize) -> &'a str {
        self.parts.pieces.get(number).map_or("", |span| &self.text[span.range()])
    }

    /// How many pieces between blanks the first paragraphs have, those without any left out.
    pub(super) fn paragraphs(&self) -> &[usize] {
        &self.parts.paragraphs
    }
}

/// Where the parts of a text stand.
#[derive(Debug)]
struct Parts {
    /// Words, and whether they have ASCII letters and digits only.
    words: Vec<(Span, bool)>,
    pieces: Vec<Span>,
    paragraphs: Vec<usize>,
}

impl Parts {
    /// Notes the parts of a text; `lower` is the same padded.
    fn look_over(&mut self, text: &str, lower: &[u8]) {
        let mut at = 0;
        let mut piece = None;
        let mut in_paragraph = 0;
        while at < text.len() {
            let byte = lower[at];
            let mut class = CLASSES[usize::from(byte)];
            let mut width = 1;
            if class == Class::Wide {
                (class, width) = letter(text, at);
            }
            if class == Class::Blank {
                if let Some(start) = piece.take() {
                    self.note_piece(start, at);
                    in_paragraph += 1;
                }
                if byte == b'\n' && lower[at + 1] == b'\n' {
                    self.note_paragraph(&mut in_paragraph);
                    width = 2;
                    if self.is_full() {
                        break;
                    }
                }
                at += width;
                continue;
            }
            piece = piece.or(Some(at));
            at = if class == Class::Letter { self.note_word(text, lower, at) } else { at + width };
        }
        if let Some(start) = piece {
            self.note_piece(start, at);
            in_paragraph += 1;
        }
        self.note_paragraph(&mut in_paragraph);
    }

    /// Whether nothing that follows would be noted.
    const fn is_full(&self) -> bool {
        self.paragraphs.len() == MOST_PARAGRAPHS
            && self.words.len() == MOST_WORDS
            && self.pieces.len() == MOST_PIECES
    }

    #[inline]
    fn note_piece(&mut self, start: usize, end: usize) {
        if self.pieces.len() < MOST_PIECES {
            self.pieces.push(Span { start: start as u32, end: end as u32 });
        }
    }

    fn note_paragraph(&mut self, pieces: &mut usize) {
        if *pieces > 0 && self.paragraphs.len() < MOST_PARAGRAPHS {
            self.paragraphs.push((*pieces).min(LONGEST_PARAGRAPH));
        }
        *pieces = 0;
    }

    /// Notes the word that begins here, and gives its end.
    #[inline]
    fn note_word(&mut self, text: &str, lower: &[u8], start: usize) -> usize {
        let mut end = start;
        while CLASSES[usize::from(lower[end])] == Class::Letter {
            end += 1;
        }
        let mut is_plain = true;
        if lower[end] >= 0x80 {
            let wide = words::word_end(text, start);
            (end, is_plain) = (wide, wide == end);
        } else if lower[end] == b'.'
            && end == start + 1
            && let Some(acronym) = words::acronym_end(text.as_bytes(), start)
        {
            (end, is_plain) = (acronym, false);
        }
        if end - start <= LONGEST && self.words.len() < MOST_WORDS {
            self.words.push((Span { start: start as u32, end: end as u32 }, is_plain));
        }
        end
    }
}

/// The class of a letter beyond ASCII, and its length.
fn letter(text: &str, at: usize) -> (Class, usize) {
    let Some(letter) = text[at..].chars().next() else { return (Class::Sign, 1) };
    let class = match letter {
        letter if letter.is_alphanumeric() => Class::Letter,
        letter if letter.is_whitespace() => Class::Blank,
        _ => Class::Sign,
    };
    (class, letter.len_utf8())
}

/// A text with its ASCII letters in lower case and [`PADDING`].
pub(super) fn padded(text: &str) -> String {
    let mut lower = String::with_capacity(text.len() + PADDING.len());
    lower.push_str(text);
    lower.make_ascii_lowercase();
    lower.push_str(PADDING);
    lower
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The paragraphs of a text, cut one after the other.
    fn paragraphs(text: &str) -> Vec<usize> {
        text.split("\n\n")
            .map(|paragraph| paragraph.split_whitespace().take(LONGEST_PARAGRAPH).count())
            .filter(|count| *count > 0)
            .take(MOST_PARAGRAPHS)
            .collect()
    }

    proptest! {
        #[test]
        fn one_look_sees_what_several_see(
            text in "([a-cA-C0 .’#\n\t\u{85}\u{a0}\u{301}\u{2003}\u{3000}äéß“人가ก]|A\\.I\\.|U\\.S|\n\n){0,40}"
        ) {
            let layout = Layout::of(&text);
            let words: Vec<_> = words::words(&text).map(|word| (word.raw, word.is_hashtag)).collect();
            let seen: Vec<_> = layout.words().map(|word| (word.raw(), word.is_hashtag())).collect();
            prop_assert_eq!(seen, words);
            for word in layout.words() {
                let (raw, lower): (&str, String) = (word.raw(), word.raw().to_ascii_lowercase());
                prop_assert_eq!((word.lower(), word.bytes()), (lower.as_str(), lower.as_bytes()));
                prop_assert_eq!(word.is_plain, raw.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                let mut first = [0; 16];
                first[..lower.len().min(16)].copy_from_slice(&lower.as_bytes()[..lower.len().min(16)]);
                prop_assert_eq!(&word.first_four().to_le_bytes()[..], &first[..4]);
                let bytes = |(low, high)| (u128::from(low) | u128::from(high) << 64_u32).to_le_bytes();
                prop_assert!(word.number().is_none_or(|number: (u64, u64)| raw == lower && bytes(number) == first));
            }
            let pieces: Vec<_> = (0..layout.piece_count()).map(|number| layout.piece(number)).collect();
            prop_assert_eq!(pieces, text.split_whitespace().collect::<Vec<_>>());
            prop_assert_eq!(layout.paragraphs(), paragraphs(&text));
        }
    }

    #[test]
    fn what_is_noted_is_bounded() {
        let text = format!("{}\n\n", "a ".repeat(1_500)).repeat(150);
        let layout = Layout::of(&text);
        assert_eq!((layout.word_count(), layout.piece_count()), (MOST_WORDS, MOST_PIECES));
        assert_eq!(layout.paragraphs(), [LONGEST_PARAGRAPH; MOST_PARAGRAPHS]);
        assert_eq!(Layout::of(&"x".repeat(100)).word_count(), 0);
    }
}
