//! One pass over title and text for all telling phrases.

use std::{borrow::Cow, sync::LazyLock};

use super::{
    appeal::Appeal,
    finder::{Match, PhraseFinder},
};
use crate::judge::layout::{Layout, padded};

/// Maximum bytes of a text that are read; its end is read in any case.
const MAX_BYTES: usize = 12_000;

/// Bytes of a text's beginning and end that count as such.
const EDGE_BYTES: usize = 2_000;

/// Average bytes of a word with the space after it.
const BYTES_PER_WORD: usize = 6;

/// Bytes before the text in which labels of advertisements are expected.
const LABEL_BYTES: usize = 300;

/// What a phrase indicates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhraseKind {
    /// A mark at the beginning of a press release.
    ReleaseMark,
    /// The style of a company that announces its own activities.
    ReleaseVoice,
    /// Words in announcements, which others use at times too.
    ReleaseWord,
    /// Self-praise.
    Boast,
    /// An officer of a company is quoted.
    ReleaseOfficer,
    /// Formal notices of listed companies.
    Notice,
    /// Phrases at the end of a press release.
    ReleaseEnd,
    /// A market report is described or offered.
    MarketOffer,
    /// Something is sold.
    Sale,
    /// A commission is earned.
    Affiliate,
    /// A label of an advertisement.
    Sponsored,
    /// A title that withholds what the article is about.
    BaitTitle,
    /// A text that wants to be clicked.
    Bait,
    /// Phrases that fill template texts.
    Template,
    /// Reporting: documents, courts, refused answers.
    Reporting,
    /// A statement attributed to a source.
    Attribution,
}

impl PhraseKind {
    fn from_heading(heading: &str) -> Option<Self> {
        Some(match heading {
            "release mark" => Self::ReleaseMark,
            "release voice" => Self::ReleaseVoice,
            "release word" => Self::ReleaseWord,
            "boast" => Self::Boast,
            "release officer" => Self::ReleaseOfficer,
            "notice" => Self::Notice,
            "release end" => Self::ReleaseEnd,
            "market offer" => Self::MarketOffer,
            "sale" => Self::Sale,
            "affiliate" => Self::Affiliate,
            "sponsored" => Self::Sponsored,
            "bait title" => Self::BaitTitle,
            "bait" => Self::Bait,
            "template" => Self::Template,
            "reporting" => Self::Reporting,
            "attribution" => Self::Attribution,
            _ => return None,
        })
    }
}

/// A phrase and its kind.
type Phrase = (PhraseKind, &'static str);

struct PhraseTable {
    finder: PhraseFinder,
    phrases: Vec<Phrase>,
}

static PHRASES: LazyLock<PhraseTable> = LazyLock::new(|| {
    let mut phrases = listed(include_str!("phrases.txt"));
    let mut forms: Vec<Cow<'static, str>> =
        phrases.iter().map(|(_, phrase)| Cow::Borrowed(*phrase)).collect();
    // Texts have curved apostrophes as often as straight ones.
    for at in 0..phrases.len() {
        if phrases[at].1.contains('\'') {
            forms.push(Cow::Owned(phrases[at].1.replace('\'', "’")));
            phrases.push(phrases[at]);
        }
    }
    let finder = PhraseFinder::new(forms);
    PhraseTable { finder, phrases }
});

fn listed(file: &'static str) -> Vec<Phrase> {
    let mut kind = None;
    let mut phrases = Vec::new();
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(heading) => kind = PhraseKind::from_heading(heading),
            None => phrases.extend(kind.map(|kind| (kind, line))),
        }
    }
    phrases
}

/// What was found in a title and a text.
#[derive(Debug)]
pub(in crate::judge) struct Scan {
    /// The title in lower case, with straight apostrophes.
    pub(super) title: String,
    in_title: Vec<Phrase>,
    in_text: Vec<Phrase>,
    /// How often the text names a source.
    pub(super) attributions: usize,
    /// Approximate number of words of the text.
    pub(super) words: usize,
    /// How it addresses its readers.
    pub(super) appeal: Appeal,
}

impl Scan {
    /// Scans a title and a text.
    pub(in crate::judge) fn of(title: &str, layout: &Layout<'_>) -> Self {
        let text = layout.text();
        let mut scan = Self {
            title: title.to_lowercase().replace('’', "'"),
            in_title: Vec::new(),
            in_text: Vec::new(),
            attributions: 0,
            words: text.len() / BYTES_PER_WORD,
            appeal: Appeal::of(text),
        };
        for found in PHRASES.finder.find(&padded(&scan.title), scan.title.len()) {
            note(&mut scan.in_title, PHRASES.phrases[found.phrase]);
        }
        let (start, end) = parts(text);
        let found = PHRASES.finder.find_laid_out(layout, start.len());
        scan.note_all(&found, start.len(), true, end.is_empty());
        if !end.is_empty() {
            let found = PHRASES.finder.find(&layout.padded()[text.len() - end.len()..], end.len());
            scan.note_all(&found, end.len(), false, true);
        }
        scan
    }

    /// Adds the phrases that were found in a part of the text of `length` bytes.
    fn note_all(&mut self, found: &[Match], length: usize, is_beginning: bool, is_end: bool) {
        for &Match { start, end, phrase } in found {
            let phrase = PHRASES.phrases[phrase];
            let counts = match phrase.0 {
                PhraseKind::ReleaseMark
                | PhraseKind::ReleaseVoice
                | PhraseKind::ReleaseWord
                | PhraseKind::Boast
                | PhraseKind::ReleaseOfficer
                | PhraseKind::Notice => is_beginning && start < EDGE_BYTES,
                PhraseKind::Sponsored => is_beginning && start < LABEL_BYTES,
                PhraseKind::ReleaseEnd => is_end && length - end < EDGE_BYTES,
                _ => true,
            };
            if phrase.0 == PhraseKind::Attribution {
                self.attributions += 1;
            } else if counts {
                note(&mut self.in_text, phrase);
            }
        }
    }

    /// The phrases of a kind in the title, without duplicates.
    pub(super) fn title(&self, kind: PhraseKind) -> impl Iterator<Item = &'static str> {
        of_kind(&self.in_title, kind)
    }

    /// The phrases of a kind in the text, without duplicates.
    pub(super) fn text(&self, kind: PhraseKind) -> impl Iterator<Item = &'static str> {
        of_kind(&self.in_text, kind)
    }
}

fn of_kind(phrases: &[Phrase], wanted: PhraseKind) -> impl Iterator<Item = &'static str> {
    phrases.iter().filter(move |(kind, _)| *kind == wanted).map(|(_, phrase)| *phrase)
}

/// The beginning of a text as far as it is read, and the end of a longer one.
fn parts(text: &str) -> (&str, &str) {
    if text.len() <= MAX_BYTES {
        return (text, "");
    }
    let start = text.floor_char_boundary(MAX_BYTES - EDGE_BYTES);
    (&text[..start], &text[text.ceil_char_boundary(text.len() - EDGE_BYTES)..])
}

fn note(seen: &mut Vec<Phrase>, phrase: Phrase) {
    if !seen.contains(&phrase) {
        seen.push(phrase);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::layout::PADDING;

    #[test]
    fn every_phrase_is_found() {
        let file = include_str!("phrases.txt");
        let headings = file.lines().filter(|line| line.starts_with('['));
        for heading in headings {
            assert!(PhraseKind::from_heading(heading.trim_matches(['[', ']'])).is_some(), "{heading}");
        }
        for phrase in &PHRASES.phrases {
            assert_eq!(phrase.1, phrase.1.trim().to_lowercase(), "a phrase is found in lower case only");
            let text = padded(&format!("1 {} 2", phrase.1));
            let found = PHRASES.finder.find(&text, text.len() - PADDING.len());
            assert!(found.iter().any(|found| PHRASES.phrases[found.phrase] == *phrase), "{}", phrase.1);
        }
    }

    #[test]
    fn edges_are_cut_between_characters() {
        let text = "é".repeat(30_000);
        let (start, end) = parts(&text);
        assert!(start.len() <= MAX_BYTES && end.len() <= EDGE_BYTES);
        Scan::of(&text, &Layout::of(&text));
    }

    #[test]
    fn phrases_count_only_at_their_positions() {
        let filler = "word ".repeat(4_000);
        let late = format!("{filler}for immediate release {filler} Media contact: Ann");
        let scan = Scan::of("", &Layout::of(&late));
        assert_eq!(scan.text(PhraseKind::ReleaseMark).count(), 0);
        assert_eq!(scan.text(PhraseKind::ReleaseEnd).count(), 1);
        assert_eq!(Scan::of("", &Layout::of("anzeigen, Wortanzeige")).text(PhraseKind::Sponsored).count(), 0);
        assert_eq!(Scan::of("You Won’t Believe it", &Layout::of("")).title(PhraseKind::BaitTitle).count(), 1);
        for apostrophe in ["'", "’"] {
            let text = format!("You won{apostrophe}t believe it, and you won{apostrophe}t believe that.");
            assert_eq!(Scan::of("", &Layout::of(&text)).text(PhraseKind::BaitTitle).count(), 1, "{text}");
        }
    }
}
