//! Splits text of any script into words, without knowing the language.
//!
//! Words are folded (case, the accents of Latin letters) and cut to a stem by length. A
//! fixed-length stem is cruder than a stemmer, but it is the same for all languages, costs nothing,
//! and lets cognates match across languages (*military*, *militar*, *militaire*). Scripts that
//! don't separate words give pairs of characters, and Vietnamese, which separates syllables, gives
//! pairs of syllables; both are recognised by their characters alone.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// In lower case, or in a script without case.
    Plain,
    /// Begins with a capital letter.
    Capital,
    /// Begins with a digit.
    Number,
    /// A pair of characters of a script that doesn't separate words.
    Pair,
}

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// Folded: lower case, Latin accents removed, thousands separators removed.
    pub(super) folded: &'a str,
    /// How it is written.
    pub(super) shape: Shape,
    /// Whether it begins a sentence, a line or a quotation, where a capital means nothing.
    pub(super) opens_sentence: bool,
    /// Whether only white space separates it from the word before.
    pub(super) follows_directly: bool,
    /// Whether it contains letters that only Vietnamese uses.
    pub(super) vietnamese: bool,
}

/// Maximum bytes of a word; what follows is dropped.
const MAX_WORD_BYTES: usize = 64;

/// Whether words are not separated in this character's script: Thai, Lao, Myanmar, Khmer, kana,
/// Han.
const fn is_unseparated(c: char) -> bool {
    matches!(c, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}'
        | '\u{3041}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Letters with a hook, horn or dot below, which distinguish Vietnamese from other Latin writing.
const fn is_vietnamese(c: char) -> bool {
    matches!(c, '\u{1EA0}'..='\u{1EF9}' | 'ơ' | 'Ơ' | 'ư' | 'Ư')
}

/// Appends the folded form of one character.
fn fold(c: char, out: &mut String) {
    if c.is_ascii() {
        out.push(c.to_ascii_lowercase());
        return;
    }
    match c {
        'ß' => return out.push_str("ss"),
        'æ' | 'Æ' => return out.push_str("ae"),
        'œ' | 'Œ' => return out.push_str("oe"),
        'ø' | 'Ø' => return out.push('o'),
        'đ' | 'Đ' => return out.push('d'),
        'ł' | 'Ł' => return out.push('l'),
        _ => {}
    }
    let latin =
        matches!(c, '\u{00C0}'..='\u{024F}') || (matches!(c, '\u{1E00}'..='\u{1EFF}') && !is_vietnamese(c));
    if latin && !is_vietnamese(c) {
        decompose_canonical(c, |part| {
            if !is_combining_mark(part) {
                out.extend(part.to_lowercase());
            }
        });
    } else if !is_combining_mark(c) {
        out.extend(c.to_lowercase());
    }
}

/// Calls `each` for the words of a text in order until it returns `false`.
pub(super) fn each_token(text: &str, mut each: impl FnMut(Token<'_>) -> bool) {
    let mut folded = String::with_capacity(MAX_WORD_BYTES);
    let mut state = Gap { opens_sentence: true, follows_directly: false };
    let mut before: Option<char> = None;
    let mut at = 0;
    while let Some(&byte) = text.as_bytes().get(at) {
        if byte.is_ascii() && !byte.is_ascii_alphanumeric() {
            if byte != b' ' {
                state.note(char::from(byte));
            }
            before = None;
            at += 1;
            continue;
        }
        folded.clear();
        let plain = ascii_word(text, at, &mut folded);
        let is_plain = plain.is_some();
        let found = if let Some(found) = plain {
            found
        } else {
            let Some(c) = text[at..].chars().next() else { return };
            if is_unseparated(c) {
                at += c.len_utf8();
                if let Some(first) = before.replace(c) {
                    folded.extend([first, c]);
                    let (shape, opens_sentence) = (Shape::Pair, state.opens_sentence);
                    if !each(Token {
                        folded: &folded,
                        shape,
                        opens_sentence,
                        follows_directly: true,
                        vietnamese: false,
                    }) {
                        return;
                    }
                    state.opens_sentence = false;
                }
                continue;
            }
            if !c.is_alphanumeric() {
                state.note(c);
                before = None;
                at += c.len_utf8();
                continue;
            }
            general_word(text, at, &mut folded)
        };
        before = None;
        let Gap { opens_sentence, follows_directly } = state;
        let folded = if folded.is_empty() && is_plain { &text[at..found.end] } else { folded.as_str() };
        at = found.end;
        let word = Token {
            folded,
            shape: found.shape,
            opens_sentence,
            follows_directly,
            vietnamese: found.vietnamese,
        };
        if !folded.is_empty() && !each(word) {
            return;
        }
        state = Gap { opens_sentence: false, follows_directly: true };
    }
}

/// The folded form of a text that is one word; `None` if it has none or more.
pub(super) fn single_word(text: &str) -> Option<String> {
    let (mut found, mut words) = (None, 0);
    each_token(text, |word| {
        found = Some(word.folded.to_owned());
        words += 1;
        words < 2
    });
    found.filter(|_| words == 1)
}

/// What is between the last word and the next.
#[derive(Clone, Copy)]
struct Gap {
    opens_sentence: bool,
    follows_directly: bool,
}

impl Gap {
    /// Notes a character that belongs to no word.
    const fn note(&mut self, c: char) {
        self.opens_sentence |=
            matches!(c, '.' | '!' | '?' | '\n' | '"' | '“' | '”' | '«' | '»' | ':' | '•' | '…' | '|');
        self.follows_directly &= c.is_whitespace();
    }
}

/// The end of a word whose folded form was written.
struct TokenEnd {
    end: usize,
    shape: Shape,
    vietnamese: bool,
}

/// The role of an ASCII byte in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum ByteKind {
    None = 0,
    Small = 1,
    Capital = 2,
}

/// By byte, so that finding a word's end takes one lookup per byte.
const BYTE_KINDS: [ByteKind; 256] = {
    let mut kinds = [ByteKind::None; 256];
    let mut byte = 0;
    while byte < 128 {
        kinds[byte] = match byte as u8 {
            b'A'..=b'Z' => ByteKind::Capital,
            b'a'..=b'z' | b'0'..=b'9' => ByteKind::Small,
            _ => ByteKind::None,
        };
        byte += 1;
    }
    kinds
};

/// The word that begins here, if it consists of ASCII letters and digits and its end is
/// unambiguous, as with most words. Its folded form is written only if it differs from the text.
fn ascii_word(text: &str, start: usize, folded: &mut String) -> Option<TokenEnd> {
    let rest = &text.as_bytes()[start..];
    let mut capitals = 0;
    let mut length = 0;
    while let Some(&byte) = rest.get(length) {
        let kind = BYTE_KINDS[usize::from(byte)];
        if kind == ByteKind::None {
            break;
        }
        capitals |= kind as u8;
        length += 1;
    }
    if length > MAX_WORD_BYTES {
        return None;
    }
    let (first, last) = (*rest.first()?, *rest.get(length.checked_sub(1)?)?);
    match (rest.get(length), rest.get(length + 1)) {
        // A letter or combining mark beyond ASCII, or an apostrophe.
        (Some(next), _) if !next.is_ascii() => return None,
        // It may continue as a number or as initials.
        (Some(b'.' | b','), Some(after)) if first.is_ascii_digit() && !cannot_start_digit(*after) => {
            return None;
        }
        (Some(b'.'), Some(_)) if last.is_ascii_uppercase() => return None,
        _ => {}
    }
    let shape = match first {
        b'0'..=b'9' => Shape::Number,
        b'A'..=b'Z' => Shape::Capital,
        _ => Shape::Plain,
    };
    let end = start + length;
    if capitals & ByteKind::Capital as u8 > 0 {
        folded.push_str(&text[start..end]);
        folded.make_ascii_lowercase();
    }
    Some(TokenEnd { end, shape, vietnamese: false })
}

/// Whether a byte can't begin a digit of any script.
const fn cannot_start_digit(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_digit()
}

/// The word that begins here, with any letters or digits.
fn general_word(text: &str, start: usize, folded: &mut String) -> TokenEnd {
    let mut chars = text[start..].char_indices().peekable();
    let c = chars.next().map_or(' ', |(_, c)| c);
    let shape = match c {
        _ if c.is_numeric() => Shape::Number,
        _ if c.is_uppercase() => Shape::Capital,
        _ => Shape::Plain,
    };
    let mut vietnamese = is_vietnamese(c);
    let mut initials = false;
    fold(c, folded);
    let mut last = c;
    while let Some(&(_, next)) = chars.peek() {
        let keep = if next.is_alphanumeric() || !next.is_ascii() && is_combining_mark(next) {
            !is_unseparated(next)
        } else {
            // `1,100` and `1.5` are one number, `U.S.` is one word, `don't` and `d'euros` are not
            // split.
            let after = chars.clone().nth(1).map(|(_, after)| after);
            match next {
                '.' | ',' => {
                    shape == Shape::Number && last.is_numeric() && after.is_some_and(char::is_numeric)
                        || next == '.'
                            && last.is_uppercase()
                            && after.is_some_and(char::is_uppercase)
                            && (initials || last == c)
                }
                _ => false,
            }
        };
        if !keep {
            break;
        }
        chars.next();
        if next == '.' && shape != Shape::Number {
            initials = true;
        } else if next == ',' || next == '.' {
            if next == '.' {
                folded.push('.');
            }
        } else {
            vietnamese |= is_vietnamese(next);
            if folded.len() < MAX_WORD_BYTES {
                fold(next, folded);
            }
        }
        last = next;
    }
    if initials && matches!(chars.peek(), Some(&(_, '.'))) {
        chars.next();
    }
    let end = chars.peek().map_or(text.len(), |&(at, _)| start + at);
    TokenEnd { end, shape, vietnamese }
}

/// The part of a folded word that all its forms share: without the most common endings of
/// inflection, and at most its first `length` characters.
///
/// The endings are those of English nouns and verbs; other languages lose a final *s* or *e* at
/// most, which does no harm. A real stemmer per language would need to know the language and cost
/// more than all the rest.
pub(super) fn stem(folded: &str, length: usize) -> &str {
    let stem = if folded.is_ascii() { without_ending(folded) } else { folded };
    let end = stem.char_indices().nth(length).map_or(stem.len(), |(at, _)| at);
    &stem[..end]
}

/// Minimum bytes of a stem that an ending may leave.
const MIN_STEM_BYTES: usize = 3;

/// An ASCII word without the endings of plurals and of regular verbs: *stories*, *story*;
/// *winning*, *wins*, *win*; *charged*, *charges*, *charge*.
fn without_ending(word: &str) -> &str {
    let mut stem = word;
    if word.len() > MIN_STEM_BYTES
        && word.ends_with('s')
        && !["ss", "us", "is"].iter().any(|end| word.ends_with(end))
    {
        stem = &word[..word.len() - 1];
        stem = cut(stem, "ie").unwrap_or(stem);
    } else if let Some(root) = cut(word, "y").filter(|root| !ends_in_vowel(root)) {
        stem = root;
    } else if let Some(root) =
        cut(word, "ing").or_else(|| cut(word, "ed")).filter(|root| root.contains(VOWELS))
    {
        stem = cut(root, "i").unwrap_or_else(|| undoubled(root));
    }
    while let Some(root) = cut(stem, "e") {
        stem = root;
    }
    stem
}

/// The stem without a consonant doubled by an ending: *winning* gives *win*; *killing* gives
/// *kill*.
fn undoubled(stem: &str) -> &str {
    match stem.as_bytes() {
        [.., a, b] if a == b && !b"lsz".contains(b) && !ends_in_vowel(stem) => &stem[..stem.len() - 1],
        _ => stem,
    }
}

const VOWELS: [char; 6] = ['a', 'e', 'i', 'o', 'u', 'y'];

fn ends_in_vowel(word: &str) -> bool {
    word.ends_with(VOWELS)
}

/// The word without this ending, if it has it and enough remains.
fn cut<'a>(word: &'a str, ending: &str) -> Option<&'a str> {
    word.strip_suffix(ending).filter(|root| root.len() >= MIN_STEM_BYTES)
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn forms_of_a_word_have_one_stem() {
        for forms in [
            &["story", "stories"][..],
            &["win", "wins", "winning"],
            &["charge", "charges", "charged", "charging"],
            &["launch", "launches", "launched", "launching"],
            &["kill", "kills", "killed", "killing"],
            &["carry", "carries", "carried"],
            &["military", "militar"],
        ] {
            assert!(forms.iter().all(|form| stem(form, 7) == stem(forms[0], 7)), "{forms:?}");
        }
        for other in [("virus", "vir"), ("bed", "b"), ("string", "str"), ("paris", "pari")] {
            assert_ne!(stem(other.0, 7), other.1);
        }
    }
}
