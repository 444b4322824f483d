//! Which agency a text credits: a dateline (`LONDON (Reuters) -`), a byline
//! (`By Ann Lee, Associated Press`), or a credit line (`© 2024 AFP`, `Quelle: dpa`) at its
//! beginning or end.
//!
//! A name in the middle of a sentence (*he told Reuters*) is a source, not a credit; the credit of
//! an image does not concern the text.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

/// Bytes of a text's beginning and of its end that are read.
const EDGE_BYTES: usize = 280;
/// Maximum bytes of a line with a byline or credit.
const MAX_LINE_BYTES: usize = 120;
/// Maximum bytes of a dateline with place and day before the agency.
const MAX_DATELINE_BYTES: usize = 90;

/// Words with which bylines begin.
const BYLINE_STARTS: &[&str] = &[
    "by ", "from ", "von ", "par ", "por ", "di ", "da ", "door ", "av ", "af ", "text: ", "texte: ",
    "przez ",
];

/// Words before a credited name.
const CREDITS: &[&str] = &[
    "©",
    "copyright",
    "(c)",
    "source:",
    "source :",
    "sources:",
    "via ",
    "quelle:",
    "quellen:",
    "fuente:",
    "fuentes:",
    "con información de",
    "con informaciones de",
    "fonte:",
    "bron:",
    "källa:",
    "kilde:",
    "kilder:",
    "lähde:",
    "źródło:",
    "zdroj:",
    "kaynak:",
    "источник:",
    "джерело:",
    "avec ",
    "mit material",
    "material von",
    "reporting by",
];

/// Words that indicate that an image is credited and not the text.
const IMAGE_WORDS: &[&str] =
    &["photo", "foto", "image", "imagen", "picture", "bild", "getty", "video", "graphic", "archiv"];

/// An agency.
struct Agency {
    name: &'static str,
    domains: Vec<&'static str>,
}

struct Agencies {
    all: Vec<Agency>,
    finder: Option<AhoCorasick>,
    /// The agency of every pattern of the finder.
    of_pattern: Vec<u8>,
}

static AGENCIES: LazyLock<Agencies> = LazyLock::new(|| {
    let (mut all, mut names, mut of_pattern) = (Vec::new(), Vec::new(), Vec::new());
    for line in include_str!("agencies.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('|').map(str::trim);
        let (Some(name), Some(written), Some(domains)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        for written in written.split(", ") {
            names.push(written);
            of_pattern.push(all.len() as u8);
        }
        all.push(Agency { name, domains: domains.split(", ").collect() });
    }
    let finder = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names).ok();
    Agencies { all, finder, of_pattern }
});

/// A set of agencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::group) struct Credits(u64);

impl Credits {
    /// The agencies that a text credits.
    pub(in crate::group) fn of_text(text: &str) -> Self {
        let mut credits = Self::default();
        let start = &text[..text.floor_char_boundary(EDGE_BYTES)];
        credits.add_from(start, true);
        if text.len() > start.len() {
            let end = text.ceil_char_boundary(text.len().saturating_sub(EDGE_BYTES).max(start.len()));
            credits.add_from(&text[end..], false);
        }
        credits
    }

    /// The agencies among the authors of an article: `Reuters`, `The Associated Press`,
    /// `Ann Tarrow, AFP`.
    pub(in crate::group) fn of_authors(authors: &[String]) -> Self {
        let mut credits = Self::default();
        let Some(finder) = &AGENCIES.finder else { return credits };
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        for author in authors {
            for found in finder.find_iter(author) {
                let (before, after) = (&author[..found.start()], &author[found.end()..]);
                if is_edge(before.chars().next_back()) && is_edge(after.chars().next()) {
                    credits.0 |= 1 << AGENCIES.of_pattern[found.pattern().as_usize()];
                }
            }
        }
        credits
    }

    /// The agency that owns this site.
    pub(in crate::group) fn of_source(domain: &str) -> Self {
        let is_of = |own: &&str| {
            domain.strip_suffix(*own).is_some_and(|before| before.is_empty() || before.ends_with('.'))
                || domain.strip_prefix(*own).is_some_and(|after| after.starts_with('/'))
        };
        let at = AGENCIES.all.iter().position(|agency| agency.domains.iter().any(is_of));
        Self(at.map_or(0, |at| 1 << at))
    }

    /// Whether the sets have an agency in common.
    pub(in crate::group) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The agencies in either set.
    pub(in crate::group) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The agencies in both sets.
    pub(in crate::group) const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Their names.
    pub(in crate::group) fn names(self) -> String {
        let named = AGENCIES.all.iter().enumerate().filter(|(at, _)| self.0 >> at & 1 == 1);
        named.map(|(_, agency)| agency.name).collect::<Vec<_>>().join(", ")
    }

    /// Adds the agencies that this part of a text credits.
    fn add_from(&mut self, part: &str, is_start: bool) {
        let Some(finder) = &AGENCIES.finder else { return };
        for found in finder.find_iter(part) {
            let (before, name, after) =
                (&part[..found.start()], &part[found.start()..found.end()], &part[found.end()..]);
            if credits(before, name, after, is_start) {
                self.0 |= 1 << AGENCIES.of_pattern[found.pattern().as_usize()];
            }
        }
    }
}

/// Whether a name between these texts is credited.
fn credits(before: &str, name: &str, after: &str, is_start: bool) -> bool {
    let separated = name.starts_with(|c: char| c.is_ascii() || !is_unseparated(c));
    if separated && (before.ends_with(char::is_alphanumeric) || after.starts_with(char::is_alphanumeric)) {
        return false;
    }
    let line_before = before.rsplit('\n').next().unwrap_or_default();
    let line_after = after.split('\n').next().unwrap_or_default();
    let (open, close) = (line_before.trim_end(), line_after.trim_start());
    if is_image_credit(open, close) {
        return false;
    }
    let enclosed = enclosed(open, close);
    let is_dateline = is_start && before.len() <= MAX_DATELINE_BYTES;
    if is_dateline
        && (enclosed || !separated && (open.is_empty() || close.contains('电') || close.contains('電')))
    {
        return true;
    }
    // Elsewhere an enclosed name stands alone: at the end of a sentence or of the text.
    let last = open.trim_end_matches(['(', '（', '[', '/', '—', '–', '-', ' ']).chars().next_back();
    let after_close = close.trim_start_matches(|c: char| c.is_alphabetic() || "/)）],.- ".contains(c));
    if enclosed && !is_start && after_close.is_empty() && last.is_none_or(|last| ".!?”\"»。".contains(last))
    {
        return true;
    }
    let bare = |text: &str| text.chars().all(|c| !c.is_alphanumeric());
    if bare(close)
        && (bare(open) || open.trim_start_matches(['-', '–', '—', ' ']).eq_ignore_ascii_case("the"))
    {
        return true;
    }
    let line_before = line_before.trim_start();
    let line = line_before.to_lowercase();
    // The words of bylines have the same length in lower case.
    let by =
        BYLINE_STARTS.iter().find(|by| line.starts_with(**by)).and_then(|by| line_before.get(by.len()..));
    if is_start && by.is_some_and(|people| names_people(people, close)) {
        return true;
    }
    let near = &line[line.ceil_char_boundary(line.len().saturating_sub(40))..];
    CREDITS.iter().any(|credit| near.contains(credit))
}

/// Whether a byline names people before the agency, and continues as bylines do:
/// `Ann Lee and Bo Ek, Reuters | Monday`.
fn names_people(people: &str, close: &str) -> bool {
    const AND: [&str; 7] = ["and", "und", "et", "y", "e", "en", "&"];
    let named = |word: &str| word.starts_with(char::is_uppercase) || AND.contains(&word);
    people.len() <= MAX_LINE_BYTES
        && people.split_whitespace().all(named)
        && !close.starts_with(char::is_lowercase)
}

/// Whether a name is in brackets or between slashes, alone or with another: `(Reuters)`,
/// `(dpa/lby)`, `/TASS/`.
fn enclosed(open: &str, close: &str) -> bool {
    let opens = open.ends_with(['(', '（', '[', '【', '/']);
    let closes = close.starts_with([')', '）', ']', '】', '/']);
    let inside = open.rfind(['(', '（']).is_some_and(|at| !open[at..].contains([')', '）']));
    opens && (closes || close.starts_with([',', '-'])) || inside && closes
}

/// Whether the line or the brackets around a name refer to an image.
fn is_image_credit(open: &str, close: &str) -> bool {
    let start = open.rfind(['(', '（', '[', '.']).unwrap_or(open.len().saturating_sub(MAX_LINE_BYTES));
    let start = open.ceil_char_boundary(start.max(open.len().saturating_sub(MAX_LINE_BYTES)));
    let end = close.find([')', '）', ']', '.']).unwrap_or(close.len()).min(close.floor_char_boundary(40));
    let around = format!("{} {}", &open[start..], &close[..end]).to_lowercase();
    IMAGE_WORDS.iter().any(|word| around.contains(word))
}

/// Whether a character belongs to a script that does not separate words.
const fn is_unseparated(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credited(text: &str) -> String {
        Credits::of_text(text).names()
    }

    #[test]
    fn the_table_is_in_order() {
        let agencies = &*AGENCIES;
        assert!(agencies.finder.is_some());
        let lines = include_str!("agencies.txt").lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(agencies.all.len(), lines);
        assert!(lines <= 64, "a set has one bit for each");
    }

    #[test]
    fn datelines_bylines_and_credit_lines_of_several_languages() {
        let filler = "The council met and heard of the bridge, which stays closed. ".repeat(12);
        for (start, end, agency) in [
            ("LONDON (Reuters) - The council", "", "Reuters"),
            ("LONDON, June 3 (Reuters) - The council", "", "Reuters"),
            ("WASHINGTON (AP) — The council", "", "AP"),
            ("By JANE DOE, Associated Press\nWASHINGTON — The council", "", "AP"),
            ("By Jane Doe Associated Press The council", "", "AP"),
            ("The Associated Press\nThe council", "", "AP"),
            ("Berlin (dpa/bb) - Der Rat", "", "dpa"),
            ("München (dpa) - Der Rat", "", "dpa"),
            ("PARIS, 3 juin (AFP) - Le conseil", "", "AFP"),
            ("Madrid, 3 jun (EFE).- El consejo", "", "EFE"),
            ("MADRID, 3 (EUROPA PRESS) El consejo", "", "Europa Press"),
            ("(ANSA) - ROMA, 03 GIU - Il consiglio", "", "ANSA"),
            ("MOSCOW, June 3. /TASS/. The council", "", "TASS"),
            ("МОСКВА, 3 июня. /ТАСС/. Совет", "", "TASS"),
            ("新华社北京6月3日电 会议", "", "Xinhua"),
            ("（新華社）會議", "", "Xinhua"),
            ("(서울=연합뉴스) 회의", "", "Yonhap"),
            ("The council", "© 2024 AFP", "AFP"),
            ("The council", "Copyright 2024 The Associated Press. All rights reserved.", "AP"),
            ("Der Rat", "Quelle: dpa", "dpa"),
            ("Der Rat", "© dpa-infocom, dpa:240603-99-123456/2", "dpa"),
            ("El consejo", "Fuente: EFE", "EFE"),
            ("De raad", "Bron: ANP", "ANP"),
            ("The council", "(Reuters)", "Reuters"),
            ("Der Rat", "(Mit Material von dpa)", "dpa"),
            ("The council", "— Reuters", "Reuters"),
        ] {
            let text = format!("{start} {filler}\n{end}");
            assert_eq!(credited(&text), agency, "{start} … {end}");
        }
    }

    #[test]
    fn sources_and_image_credits_do_not_count() {
        let filler = "The council met and heard of the bridge, which stays closed. ".repeat(12);
        for (start, end) in [
            ("A minister told Reuters on Monday that", ""),
            ("By Monday Reuters had counted ten.", ""),
            ("The Associated Press reported on Monday that", ""),
            ("The company, AP Moller, said", ""),
            ("A bridge (AP Photo/Jane Doe) is closed.", ""),
            ("The mayor speaks. (Photo: John Roe/AFP)", ""),
            ("The bridge. Foto: dpa", ""),
            ("The council", "Nobody was hurt, the ministry told AFP."),
            ("The council", "Bild: Keystone-SDA"),
            ("", "Shares of Thomson Reuters fell by two per cent."),
        ] {
            let text = format!("{start} {filler}\n{end}");
            assert_eq!(credited(&text), "", "{start} … {end}");
        }
        assert_eq!(credited(""), "");
    }

    #[test]
    fn agencies_are_recognised_by_their_own_sites() {
        let own = |domain| Credits::of_source(domain).names();
        assert_eq!(own("reuters.com"), "Reuters");
        assert_eq!(own("de.reuters.com"), "Reuters");
        assert_eq!(own("apnews.com"), "AP");
        assert_eq!(own("notreuters.com"), "");
        assert_eq!(own("news.example"), "");
        assert!(Credits::of_source("afp.com").intersects(Credits::of_text("PARIS (AFP) - Le conseil")));
    }
}
