//! A text scanned once for all signals: its words, the pieces between spaces, its paragraphs.

use super::words::{self, MAX_WORD_BYTES};

/// Maximum number of words of a text that are read; the subject of an article shows long before.
pub(super) const MAX_WORDS: usize = 6_000;

/// Maximum number of pieces between spaces that are stored.
pub(super) const MAX_PIECES: usize = 480;

/// Maximum number of paragraphs, and of pieces per paragraph, that are counted.
const MAX_PARAGRAPHS: usize = 100;
const MAX_PARAGRAPH_PIECES: usize = 1_000;

/// Average bytes of a word with the space after it.
const BYTES_PER_WORD: usize = 5;

/// Zero bytes after a lower-cased text, so that eight bytes can be read at once anywhere.
pub(super) const PADDING: &str = "\0\0\0\0\0\0\0\0";

/// The role of a byte in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Class {
    /// Punctuation or another symbol.
    Symbol,
    /// A letter or digit.
    Letter,
    /// White space, according to [`char::is_whitespace`].
    Space,
    /// A part of a character beyond ASCII.
    NonAscii,
}

/// The class of each byte.
pub(super) const CLASSES: [Class; 256] = {
    let mut classes = [Class::Symbol; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Class::Letter,
            b' ' | b'\t'..=b'\r' => Class::Space,
            0x80.. => Class::NonAscii,
            _ => Class::Symbol,
        };
        byte += 1;
    }
    classes
};

/// A range of a text, in bytes.
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
pub(super) struct LayoutWord<'a> {
    text: &'a str,
    lower: &'a str,
    span: Span,
    /// Whether it consists of ASCII letters and digits only.
    pub(super) is_plain: bool,
}

impl<'a> LayoutWord<'a> {
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

    /// A number that identifies a word without capitals of at most sixteen bytes; `None` for other
    /// words.
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

    /// Whether it is preceded by `#`.
    pub(super) fn is_hashtag(&self) -> bool {
        self.span.start > 0 && self.text.as_bytes()[self.span.start as usize - 1] == b'#'
    }
}

/// A text and the positions of its parts.
#[derive(Debug)]
pub(super) struct Layout<'a> {
    text: &'a str,
    lower: String,
    parts: Parts,
}

impl<'a> Layout<'a> {
    /// Scans a text.
    pub(super) fn of(text: &'a str) -> Self {
        let lower = padded(text);
        let about = text.len() / BYTES_PER_WORD + 1;
        let mut parts = Parts {
            words: Vec::with_capacity(about.min(MAX_WORDS)),
            pieces: Vec::with_capacity(about.min(MAX_PIECES)),
            paragraphs: Vec::new(),
        };
        parts.scan_text(text, lower.as_bytes());
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

    /// Number of words, at most [`MAX_WORDS`].
    pub(super) fn word_count(&self) -> usize {
        self.parts.words.len()
    }

    /// The first words, as returned by [`words::words`].
    pub(super) fn words(&self) -> impl ExactSizeIterator<Item = LayoutWord<'_>> {
        self.parts.words.iter().map(|(span, is_plain)| LayoutWord {
            text: self.text,
            lower: &self.lower,
            span: *span,
            is_plain: *is_plain,
        })
    }

    /// The position of each word, in bytes, and whether it consists of ASCII letters and digits
    /// only.
    pub(super) fn word_starts(&self) -> impl Iterator<Item = (usize, bool)> {
        self.parts.words.iter().map(|(span, is_plain)| (span.start as usize, *is_plain))
    }

    /// Number of pieces between spaces, at most [`MAX_PIECES`].
    pub(super) fn piece_count(&self) -> usize {
        self.parts.pieces.len()
    }

    /// The bytes of each piece.
    pub(super) fn pieces(&self) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.parts.pieces.iter().map(|span| &self.text.as_bytes()[span.range()])
    }

    /// The piece with this number, empty if there is none.
    pub(super) fn piece(&self, number: usize) -> &'a str {
        self.parts.pieces.get(number).map_or("", |span| &self.text[span.range()])
    }

    /// Number of pieces between spaces in each of the first paragraphs, without empty ones.
    pub(super) fn paragraphs(&self) -> &[usize] {
        &self.parts.paragraphs
    }
}

/// The positions of the parts of a text.
#[derive(Debug)]
struct Parts {
    /// Words, and whether they consist of ASCII letters and digits only.
    words: Vec<(Span, bool)>,
    pieces: Vec<Span>,
    paragraphs: Vec<usize>,
}

impl Parts {
    /// Stores the parts of a text; `lower` is the same text padded.
    fn scan_text(&mut self, text: &str, lower: &[u8]) {
        let mut at = 0;
        let mut piece = None;
        let mut in_paragraph = 0;
        while at < text.len() {
            let byte = lower[at];
            let mut class = CLASSES[usize::from(byte)];
            let mut width = 1;
            if class == Class::NonAscii {
                (class, width) = wide_class(text, at);
            }
            if class == Class::Space {
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

    /// Whether nothing that follows would be stored.
    const fn is_full(&self) -> bool {
        self.paragraphs.len() == MAX_PARAGRAPHS
            && self.words.len() == MAX_WORDS
            && self.pieces.len() == MAX_PIECES
    }

    #[inline]
    fn note_piece(&mut self, start: usize, end: usize) {
        if self.pieces.len() < MAX_PIECES {
            self.pieces.push(Span { start: start as u32, end: end as u32 });
        }
    }

    fn note_paragraph(&mut self, pieces: &mut usize) {
        if *pieces > 0 && self.paragraphs.len() < MAX_PARAGRAPHS {
            self.paragraphs.push((*pieces).min(MAX_PARAGRAPH_PIECES));
        }
        *pieces = 0;
    }

    /// Stores the word that begins here, and returns its end.
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
        if end - start <= MAX_WORD_BYTES && self.words.len() < MAX_WORDS {
            self.words.push((Span { start: start as u32, end: end as u32 }, is_plain));
        }
        end
    }
}

/// The class of a character beyond ASCII, and its length.
fn wide_class(text: &str, at: usize) -> (Class, usize) {
    let Some(c) = text[at..].chars().next() else { return (Class::Symbol, 1) };
    let class = match c {
        c if c.is_alphanumeric() => Class::Letter,
        c if c.is_whitespace() => Class::Space,
        _ => Class::Symbol,
    };
    (class, c.len_utf8())
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

    /// The paragraphs of a text, counted one after the other.
    fn paragraphs(text: &str) -> Vec<usize> {
        text.split("\n\n")
            .map(|paragraph| paragraph.split_whitespace().take(MAX_PARAGRAPH_PIECES).count())
            .filter(|count| *count > 0)
            .take(MAX_PARAGRAPHS)
            .collect()
    }

    proptest! {
        #[test]
        fn one_scan_gives_the_same_as_several(
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
    fn the_layout_is_bounded() {
        let text = format!("{}\n\n", "a ".repeat(1_500)).repeat(150);
        let layout = Layout::of(&text);
        assert_eq!((layout.word_count(), layout.piece_count()), (MAX_WORDS, MAX_PIECES));
        assert_eq!(layout.paragraphs(), [MAX_PARAGRAPH_PIECES; MAX_PARAGRAPHS]);
        assert_eq!(Layout::of(&"x".repeat(100)).word_count(), 0);
    }
}
