//! One pass over title and text for all phrases that tell something.

use std::{borrow::Cow, sync::LazyLock};

use super::{
    appeal::Appeal,
    finder::{Match, PhraseFinder},
};
use crate::judge::layout::{Layout, padded};

/// How much of a text is looked at, in bytes; its end is looked at in any case.
const LONGEST: usize = 12_000;

/// How much of a text's beginning and end counts as such, in bytes.
const EDGE: usize = 2_000;

/// A word and the blank after it.
const BYTES_A_WORD: usize = 6;

/// Labels of advertisements stand before the text.
const LABEL: usize = 300;

/// What a phrase tells of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tell {
    /// A mark at the beginning of a press release.
    ReleaseMark,
    /// The voice of one who announces his own doings.
    ReleaseVoice,
    /// Words in which releases announce, and at times others too.
    ReleaseWord,
    /// Praise of oneself.
    Boast,
    /// An officer of a company is quoted.
    ReleaseOfficer,
    /// The formal notices of listed companies.
    Notice,
    /// What stands at the end of a press release.
    ReleaseEnd,
    /// A market report is described or offered.
    MarketOffer,
    /// Something is sold.
    Sale,
    /// A commission is earned.
    Affiliate,
    /// A label of an advertisement.
    Sponsored,
    /// A title withholds what the article is about.
    BaitTitle,
    /// A text that wants to be clicked on.
    Bait,
    /// Phrases that fill texts which nobody had to write.
    Template,
    /// The work of reporters: documents, courts, answers refused.
    Reporting,
    /// Somebody is named as the source of a statement.
    Attribution,
}

impl Tell {
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

/// A phrase and what it tells.
type Phrase = (Tell, &'static str);

struct Phrases {
    finder: PhraseFinder,
    phrases: Vec<Phrase>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = listed(include_str!("phrases.txt"));
    let mut forms: Vec<Cow<'static, str>> =
        phrases.iter().map(|(_, phrase)| Cow::Borrowed(*phrase)).collect();
    // Texts have curved apostrophes as often as plain ones.
    for at in 0..phrases.len() {
        if phrases[at].1.contains('\'') {
            forms.push(Cow::Owned(phrases[at].1.replace('\'', "’")));
            phrases.push(phrases[at]);
        }
    }
    let finder = PhraseFinder::new(forms);
    Phrases { finder, phrases }
});

fn listed(file: &'static str) -> Vec<Phrase> {
    let mut tell = None;
    let mut phrases = Vec::new();
    for line in file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            Some(heading) => tell = Tell::from_heading(heading),
            None => phrases.extend(tell.map(|tell| (tell, line))),
        }
    }
    phrases
}

/// What a title and a text tell.
#[derive(Debug)]
pub(in crate::judge) struct Scan {
    /// The title in lower case, with plain apostrophes.
    pub(super) title: String,
    in_title: Vec<Phrase>,
    in_text: Vec<Phrase>,
    /// How often the text names a source.
    pub(super) attributions: usize,
    /// About how many words the text has.
    pub(super) words: usize,
    /// How it speaks to its readers.
    pub(super) appeal: Appeal,
}

impl Scan {
    /// Looks a title and a text over.
    pub(in crate::judge) fn of(title: &str, layout: &Layout<'_>) -> Self {
        let text = layout.text();
        let mut scan = Self {
            title: title.to_lowercase().replace('’', "'"),
            in_title: Vec::new(),
            in_text: Vec::new(),
            attributions: 0,
            words: text.len() / BYTES_A_WORD,
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

    /// Notes the phrases that were found in a part of the text, which has so many bytes.
    fn note_all(&mut self, found: &[Match], length: usize, is_beginning: bool, is_end: bool) {
        for &Match { start, end, phrase } in found {
            let phrase = PHRASES.phrases[phrase];
            let counts = match phrase.0 {
                Tell::ReleaseMark
                | Tell::ReleaseVoice
                | Tell::ReleaseWord
                | Tell::Boast
                | Tell::ReleaseOfficer
                | Tell::Notice => is_beginning && start < EDGE,
                Tell::Sponsored => is_beginning && start < LABEL,
                Tell::ReleaseEnd => is_end && length - end < EDGE,
                _ => true,
            };
            if phrase.0 == Tell::Attribution {
                self.attributions += 1;
            } else if counts {
                note(&mut self.in_text, phrase);
            }
        }
    }

    /// The phrases of a kind in the title, each once.
    pub(super) fn title(&self, tell: Tell) -> impl Iterator<Item = &'static str> {
        of_kind(&self.in_title, tell)
    }

    /// The phrases of a kind in the text, each once.
    pub(super) fn text(&self, tell: Tell) -> impl Iterator<Item = &'static str> {
        of_kind(&self.in_text, tell)
    }
}

fn of_kind(phrases: &[Phrase], tell: Tell) -> impl Iterator<Item = &'static str> {
    phrases.iter().filter(move |(kind, _)| *kind == tell).map(|(_, phrase)| *phrase)
}

/// The beginning of a text as far as it is read, and of a longer one also its end.
fn parts(text: &str) -> (&str, &str) {
    if text.len() <= LONGEST {
        return (text, "");
    }
    let start = text.floor_char_boundary(LONGEST - EDGE);
    (&text[..start], &text[text.ceil_char_boundary(text.len() - EDGE)..])
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
    fn every_phrase_is_in_order() {
        let file = include_str!("phrases.txt");
        let headings = file.lines().filter(|line| line.starts_with('['));
        for heading in headings {
            assert!(Tell::from_heading(heading.trim_matches(['[', ']'])).is_some(), "{heading}");
        }
        for phrase in &PHRASES.phrases {
            assert_eq!(phrase.1, phrase.1.trim().to_lowercase(), "a phrase is found in lower case only");
            let text = padded(&format!("1 {} 2", phrase.1));
            let found = PHRASES.finder.find(&text, text.len() - PADDING.len());
            assert!(found.iter().any(|found| PHRASES.phrases[found.phrase] == *phrase), "{}", phrase.1);
        }
    }

    #[test]
    fn edges_are_cut_between_letters() {
        let text = "é".repeat(30_000);
        let (start, end) = parts(&text);
        assert!(start.len() <= LONGEST && end.len() <= EDGE);
        Scan::of(&text, &Layout::of(&text));
    }

    #[test]
    fn phrases_stand_where_they_count() {
        let filler = "word ".repeat(4_000);
        let late = format!("{filler}for immediate release {filler} Media contact: Ann");
        let scan = Scan::of("", &Layout::of(&late));
        assert_eq!(scan.text(Tell::ReleaseMark).count(), 0);
        assert_eq!(scan.text(Tell::ReleaseEnd).count(), 1);
        assert_eq!(Scan::of("", &Layout::of("anzeigen, Wortanzeige")).text(Tell::Sponsored).count(), 0);
        assert_eq!(Scan::of("You Won’t Believe it", &Layout::of("")).title(Tell::BaitTitle).count(), 1);
        for apostrophe in ["'", "’"] {
            let text = format!("You won{apostrophe}t believe it, and you won{apostrophe}t believe that.");
            assert_eq!(Scan::of("", &Layout::of(&text)).text(Tell::BaitTitle).count(), 1, "{text}");
        }
    }
}
