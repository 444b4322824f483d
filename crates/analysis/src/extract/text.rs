//! Plain text for readers: entities decoded once, mojibake repaired, invisible characters removed.

use std::borrow::Cow;

use unicode_normalization::{
    UnicodeNormalization,
    char::{decompose_compatible, is_combining_mark},
    is_nfc,
};
use unicode_segmentation::UnicodeSegmentation;

/// Maximum characters of an excerpt; the record's limit.
const EXCERPT_CHARS: usize = 320;
/// Maximum characters of a title.
const TITLE_CHARS: usize = 500;
/// Minimum characters of an excerpt that is cut after a sentence.
const EXCERPT_MIN: usize = 100;

/// The text on one line: character references decoded once, mojibake repaired, soft hyphens and
/// zero-width characters removed, white space folded, in NFC. For titles, names and other short
/// fields.
pub fn plain_text(text: &str) -> String {
    let decoded = html_escape::decode_html_entities(text);
    folded(&repaired(&decoded))
}

/// The text with white space folded, without invisible characters, in NFC.
pub(super) fn folded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        return out;
    }
    let mut gap = false;
    for c in visible(text) {
        if c.is_whitespace() {
            gap = !out.is_empty();
        } else {
            if gap {
                out.push(' ');
                gap = false;
            }
            out.push(c);
        }
    }
    if is_nfc(&out) { out } else { out.nfc().collect() }
}

/// The visible characters; C1 controls are read as the Windows-1252 characters that they represent
/// on the web (Encoding standard, windows-1252 index).
fn visible(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter_map(|c| match c {
        // The joiners U+200C and U+200D carry meaning in Persian, Indic scripts and emoji.
        '\u{ad}'
        | '\u{200b}'
        | '\u{2060}'
        | '\u{feff}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{fffd}' => None,
        '\u{80}'..='\u{9f}' => WINDOWS_1252.get(c as usize - 0x80).copied().filter(|c| !c.is_control()),
        c if c.is_control() && !c.is_whitespace() => None,
        c => Some(c),
    })
}

/// The characters of the bytes 0x80 to 0x9F in Windows-1252.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The Windows-1252 byte of a character.
fn byte_of(c: char) -> Option<u8> {
    match c {
        // 0x80 to 0x9F too: the five bytes that Windows-1252 leaves undefined are read as controls.
        '\u{0}'..='\u{ff}' => Some(c as u8),
        _ => WINDOWS_1252.iter().position(|known| *known == c).map(|index| 0x80 + index as u8),
    }
}

/// Repairs UTF-8 that was once decoded as Windows-1252 (`worldâ€™s` becomes `world’s`).
///
/// Sequences of three and four bytes are never written on purpose. A pair (`Ã©`) could be, at the
/// end of a word in capitals before a quotation mark (`AMANHÃ”`); it is taken for mojibake unless a
/// capital precedes it. Text that was damaged twice is repaired twice.
pub(super) fn repaired(text: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(text);
    for _ in 0..2 {
        let Some(better) = repaired_once(&text) else { break };
        text = Cow::Owned(better);
    }
    text
}

fn repaired_once(text: &str) -> Option<String> {
    if text.is_ascii()
        || !text.contains([
            'Â', 'Ã', 'â', 'Ä', 'Å', 'ð', 'Ð', 'Ñ', 'à', 'ã', 'å', 'æ', 'ç', 'è', 'é', 'ï', 'Î', 'Ï',
        ])
    {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let (mut changed, mut before) = (false, ' ');
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some((decoded, length)) = sequence(rest).filter(|(decoded, _)| is_meant(*decoded, c, before)) {
            out.push(decoded);
            before = decoded;
            changed = true;
            rest = &rest[length..];
            continue;
        }
        // `â€` whose last byte (0x9D, undefined in Windows-1252) was lost.
        if changed && rest.starts_with("â€") && !rest["â€".len()..].starts_with(char::is_alphanumeric) {
            out.push('”');
            rest = &rest["â€".len()..];
            continue;
        }
        out.push(c);
        before = c;
        rest = &rest[c.len_utf8()..];
    }
    changed.then_some(out)
}

/// The character that the beginning of the text encodes as UTF-8 bytes, and how many bytes of
/// `text` it takes.
fn sequence(text: &str) -> Option<(char, usize)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let lead = byte_of(first)?;
    let length = match lead {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let (mut bytes, mut taken) = ([lead, 0, 0, 0], first.len_utf8());
    for slot in bytes.iter_mut().take(length).skip(1) {
        let c = chars.next()?;
        *slot = byte_of(c).filter(|byte| (0x80..=0xbf).contains(byte))?;
        taken += c.len_utf8();
    }
    let decoded = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
    Some((decoded, taken))
}

fn is_meant(decoded: char, lead: char, before: char) -> bool {
    if decoded.len_utf8() > 2 {
        return true;
    }
    // A pair is accepted if it gives a Latin letter or sign, or Greek or Cyrillic after a matching
    // lead; not if the lead could end a word in capitals.
    let latin = matches!(decoded, '\u{a0}'..='\u{17f}');
    let alphabet = matches!(decoded, '\u{370}'..='\u{4ff}');
    let closes_capitals = before.is_uppercase() && !decoded.is_lowercase();
    latin && !closes_capitals && matches!(lead, 'Â' | 'Ã' | 'Ä' | 'Å')
        || alphabet && matches!(lead, 'Î' | 'Ï' | 'Ð' | 'Ñ')
}

/// The beginning of a text as an excerpt: at most 320 characters on one line, cut after a sentence,
/// else after a word with an ellipsis.
pub fn excerpt(text: &str) -> String {
    let text = folded(prefix(text, 8 * EXCERPT_CHARS));
    if text.chars().count() <= EXCERPT_CHARS {
        return text;
    }
    let (mut best_sentence, mut chars) = (0, 0);
    for (start, sentence) in text.split_sentence_bound_indices() {
        let trimmed = sentence.trim_end();
        let end = chars + trimmed.chars().count();
        if end > EXCERPT_CHARS {
            break;
        }
        if trimmed.ends_with(['.', '!', '?', '…', '"', '”', '»', '。', '！', '？', '」', '।', '؟'])
            && !ends_in_abbreviation(trimmed)
        {
            best_sentence = if end >= EXCERPT_MIN { start + trimmed.len() } else { best_sentence };
        }
        chars += sentence.chars().count();
    }
    if best_sentence > 0 {
        return text[..best_sentence].to_owned();
    }
    let (mut best_word, mut chars) = (0, 0);
    for (start, word) in text.split_word_bound_indices() {
        chars += word.chars().count();
        if chars >= EXCERPT_CHARS {
            break;
        }
        best_word = start + word.len();
    }
    let kept = text[..best_word].trim_end_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '-' | '–' | '—' | '(')
    });
    if kept.is_empty() {
        // One word longer than an excerpt.
        return text.chars().take(EXCERPT_CHARS - 1).chain(['…']).collect();
    }
    format!("{kept}…")
}

/// A title cut to at most 500 characters, at a word, or within a word that takes more than half of
/// the title; it ends in `…`. `None` if nothing needs to be cut.
pub fn shortened_title(title: &str) -> Option<String> {
    // The usual case: a text has no more characters than bytes.
    if title.len() <= TITLE_CHARS || title.chars().count() <= TITLE_CHARS {
        return None;
    }
    let (mut best_word, mut best_grapheme, mut chars) = (0, 0, 0);
    for (start, grapheme) in title.grapheme_indices(true) {
        chars += grapheme.chars().count();
        if chars >= TITLE_CHARS {
            break;
        }
        best_grapheme = start + grapheme.len();
        if grapheme.chars().all(char::is_whitespace) {
            best_word = start;
        }
    }
    // A word that takes more than half of the title is cut, not left out.
    let end = if best_word * 2 >= best_grapheme { best_word } else { best_grapheme };
    Some(format!("{}…", title[..end].trim_end()))
}

/// Whether an apparent end of a sentence is a title or an initial (`Dr.`, `J.`, `U.S.`).
fn ends_in_abbreviation(sentence: &str) -> bool {
    let Some(word) = sentence.strip_suffix('.').and_then(|rest| rest.split_whitespace().next_back()) else {
        return false;
    };
    let word = word.trim_start_matches(|c: char| !c.is_alphanumeric());
    let short = word.chars().count() == 1 && word.chars().all(char::is_uppercase);
    short
        || word.contains('.') && word.split('.').all(|part| part.chars().count() <= 1)
        || matches!(
            word,
            "Mr" | "Mrs"
                | "Ms"
                | "Dr"
                | "Prof"
                | "St"
                | "Sr"
                | "Jr"
                | "Gen"
                | "Col"
                | "Lt"
                | "Sen"
                | "Rep"
                | "Gov"
                | "No"
                | "vs"
                | "Inc"
                | "Ltd"
                | "Co"
                | "Corp"
                | "bzw"
                | "ca"
                | "Nr"
                | "Sra"
                | "Dra"
                | "Mme"
                | "Jan"
                | "Feb"
                | "Aug"
                | "Sept"
                | "Oct"
                | "Nov"
                | "Dec"
        )
}

/// The letters and digits of a text in lower case without accents, one space between words: for
/// comparing.
pub(super) fn comparable(text: &str) -> String {
    let mut out = Comparable { text: String::with_capacity(text.len()), gap: false };
    for c in text.chars() {
        if c.is_ascii() {
            out.take(c.to_ascii_lowercase());
        } else {
            decompose_compatible(c, |part| {
                if !is_combining_mark(part) {
                    part.to_lowercase().for_each(|c| out.take(c));
                }
            });
        }
    }
    out.text
}

/// A comparable text that is being built.
struct Comparable {
    text: String,
    /// Whether something was between the last character and the next.
    gap: bool,
}

impl Comparable {
    fn take(&mut self, c: char) {
        if c.is_alphanumeric() {
            if self.gap && !self.text.is_empty() {
                self.text.push(' ');
            }
            self.gap = false;
            self.text.push(c);
        } else if !matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}') {
            self.gap = true;
        }
    }
}

/// The longest prefix of at most `bytes` bytes.
pub(super) fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The number of characters that are not white space.
pub(super) fn count_visible(text: &str) -> usize {
    if text.is_ascii() {
        // The white space of ASCII according to `char::is_whitespace`.
        text.bytes().filter(|byte| !matches!(byte, b' ' | 0x09..=0x0d)).count()
    } else {
        text.chars().filter(|c| !c.is_whitespace()).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn entities_are_decoded_once() {
        assert_eq!(plain_text("Salt &amp; Pepper &#8211; &quot;best&quot;"), "Salt & Pepper – \"best\"");
        assert_eq!(plain_text("A &amp;lt; B"), "A &lt; B");
        assert_eq!(plain_text("It&#146;s"), "It’s");
    }

    #[test]
    fn mojibake_is_repaired_where_it_is_unambiguous() {
        assert_eq!(plain_text("the worldâ€™s end"), "the world’s end");
        assert_eq!(plain_text("CafÃ© MÃ¼ller â€“ Â»neuÂ«"), "Café Müller – »neu«");
        assert_eq!(plain_text("â€œQuoteâ€ he said"), "“Quote” he said");
        assert_eq!(plain_text("Ã¢â‚¬â„¢tis"), "’tis");
        // 0x81 has no character in Windows-1252 and is read as the control of that number; if a
        // program dropped it, three letters are possible and none is guessed.
        assert_eq!(plain_text("ÐœÐ¾Ñ\u{81}ÐºÐ²Ð°"), "Москва");
    }

    #[test]
    fn correct_text_is_unchanged() {
        for text in
            ["SÃO PAULO", "“AMANHÔ é tarde", "Âge d’or, âme, château", "naïve façade", "Ángel Ñandú", "10 °C"]
        {
            assert_eq!(plain_text(text), text);
        }
    }

    #[test]
    fn invisible_characters_are_removed_and_joiners_kept() {
        assert_eq!(plain_text(" Donau\u{ad}dampf\u{200b}schiff \u{feff}\n fährt "), "Donaudampfschiff fährt");
        assert_eq!(plain_text("👩\u{200d}🚀"), "👩\u{200d}🚀");
        assert_eq!(plain_text("Cafe\u{301}"), "Café");
    }

    #[test]
    fn titles_are_cut_at_a_word_or_between_graphemes() {
        assert_eq!(shortened_title("Short"), None);
        assert_eq!(shortened_title(&"x".repeat(500)), None);
        assert_eq!(shortened_title(&"ü".repeat(500)), None);
        let cut = shortened_title(&"word ".repeat(200)).unwrap();
        assert!(cut.ends_with("word…") && cut.chars().count() <= 500, "{cut}");
        assert_eq!(shortened_title(&"x".repeat(501)).unwrap().chars().count(), 500);
        // Five code points per grapheme: none is split.
        let families = shortened_title(&"👩\u{200d}👧\u{200d}👦".repeat(200)).unwrap();
        assert!(families.chars().count() <= 500 && families.ends_with("👦…"), "{families}");
    }

    #[test]
    fn excerpts_end_at_a_sentence_or_a_word() {
        let sentence = "The council of Larkfield met on Tuesday and agreed that the old mill shall be kept. ";
        let cut = excerpt(&sentence.repeat(10));
        assert_eq!(cut, sentence.repeat(3).trim());
        let cut = excerpt(&"word ".repeat(200));
        assert!(cut.ends_with("word…") && cut.chars().count() <= 320, "{cut}");
        assert_eq!(excerpt("Short."), "Short.");
        assert_eq!(excerpt(&"x".repeat(1000)).chars().count(), 320);
    }

    #[test]
    fn an_abbreviation_does_not_end_a_sentence() {
        let text = format!(
            "{} he met Dr. Miller and {}",
            "When the long day was over and the rain had stopped at last, ".repeat(3),
            "more ".repeat(60)
        );
        assert!(!excerpt(&text).ends_with("Dr."), "{}", excerpt(&text));
    }

    proptest! {
        #[test]
        fn a_title_is_never_too_long(text in ".{0,1500}") {
            let title = shortened_title(&text).unwrap_or_else(|| text.clone());
            prop_assert!(title.chars().count() <= TITLE_CHARS);
            prop_assert_eq!(shortened_title(&title), None);
        }

        #[test]
        fn an_excerpt_is_never_too_long(text in ".{0,2000}") {
            prop_assert!(excerpt(&text).chars().count() <= EXCERPT_CHARS);
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,200}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once.clone());
        }
    }
}
