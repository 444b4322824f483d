//! Press releases, in which a company, a town or a club writes about itself.

use super::{Scan, quoted, scan::PhraseKind};
use crate::judge::{layout::Layout, words};

/// Services that distribute press releases.
const WIRES: [&str; 19] = [
    "prnewswire.com",
    "prnewswire.co.uk",
    "businesswire.com",
    "globenewswire.com",
    "einpresswire.com",
    "einnews.com",
    "accesswire.com",
    "accessnewswire.com",
    "prweb.com",
    "newswire.ca",
    "newswire.com",
    "openpr.com",
    "pr.com",
    "pressat.co.uk",
    "presseportal.de",
    "prlog.org",
    "newsfilecorp.com",
    "issuewire.com",
    "send2press.com",
];

/// Verbs in the titles of company news, besides all present forms in `s`.
const VERBS: [&str; 7] = ["announce", "named", "partner", "selected", "recognized", "recognised", "awarded"];

/// Offices that releases capitalise before the name of the person quoted.
const OFFICES: [&str; 37] = [
    "CEO",
    "CTO",
    "CFO",
    "CMO",
    "COO",
    "CIO",
    "CSO",
    "CPO",
    "CISO",
    "Chief",
    "President",
    "Vice",
    "VP",
    "SVP",
    "EVP",
    "Director",
    "Managing",
    "Executive",
    "Head",
    "General",
    "Founder",
    "Co-founder",
    "Chair",
    "Chairman",
    "Chairwoman",
    "Partner",
    "Principal",
    "Manager",
    "Brand",
    "Creative",
    "Regional",
    "Senior",
    "Vice-Chancellor",
    "Board",
    "Officer",
    "Lead",
    "Owner",
];

/// Maximum number of words of a text that are searched for officers.
const MAX_OFFICER_PIECES: usize = 400;

/// Words between a quotation and its speaker.
const SPEECH_VERBS: [&str; 7] = ["said", "says", "explains", "stated", "commented", "declared", "added"];

/// Minimum points of a short press release, and the number of words for which one more is required:
/// in a long text some occur by chance. Only the beginning is read, so that the requirement ends at
/// [`MAX_WANTED_POINTS`].
const MIN_POINTS: usize = 2;
const WORDS_PER_POINT: usize = 150;
const MAX_WANTED_POINTS: usize = 5;

/// Why an article is a press release: a wire that distributes them, a mark, or enough of their
/// style and no reporting.
pub(in crate::judge) fn press_release(
    provider: &str,
    title: &str,
    text: &Layout<'_>,
    scan: &Scan,
) -> Option<String> {
    if WIRES.contains(&provider) {
        return Some(format!("{provider} distributes press releases"));
    }
    if let Some(mark) = scan.text(PhraseKind::ReleaseMark).next() {
        return Some(format!("the text begins with “{mark}”"));
    }
    let mut signs: Vec<&str> = Vec::new();
    let mut points = 0;
    for (kind, worth, max) in [
        (PhraseKind::ReleaseVoice, 2, 4),
        (PhraseKind::ReleaseWord, 1, 2),
        (PhraseKind::Notice, 1, 3),
        (PhraseKind::Boast, 1, 3),
        (PhraseKind::ReleaseEnd, 1, 3),
        (PhraseKind::ReleaseOfficer, 1, 1),
    ] {
        let seen: Vec<&str> = scan.text(kind).collect();
        points += (seen.len() * worth).min(max);
        signs.extend(seen);
    }
    if let Some(about) = about_itself(text.text()) {
        points += 2;
        signs.push(about);
    }
    if let Some(office) = quoted_officer(text) {
        points += 2;
        signs.push(office);
    }
    points += scan.appeal.orders.min(2) + usize::from(scan.appeal.addressed >= 2);
    points += usize::from(is_entitled_like_a_release(title));
    points = points.saturating_sub(2 * scan.text(PhraseKind::Reporting).count());
    let wanted = (MIN_POINTS + scan.words / WORDS_PER_POINT).min(MAX_WANTED_POINTS);
    (points >= wanted).then(|| match signs.as_slice() {
        [] => "written like a press release".to_owned(),
        signs => format!("it speaks like a press release: {}", quoted(signs)),
    })
}

/// The capitalised office of a person quoted: `said Managing Director Rolf Berg`,
/// `said Marketing Director Dee Pratt`.
fn quoted_officer<'a>(text: &Layout<'a>) -> Option<&'a str> {
    // All of them begin with one of five letters, and have four to nine letters.
    let may_speak =
        |word: &[u8]| matches!(word, [b's' | b'e' | b'c' | b'd' | b'a', ..]) && (4..=9).contains(&word.len());
    let pieces = text.pieces().take(MAX_OFFICER_PIECES).enumerate();
    pieces.filter(|(at, word)| may_speak(word) && SPEECH_VERBS.contains(&text.piece(*at))).find_map(
        |(at, _)| {
            (at + 1..(at + 4).min(MAX_OFFICER_PIECES))
                .map(|at| text.piece(at))
                .take_while(|word| word.starts_with(char::is_uppercase))
                .map(|word| word.trim_end_matches([',', '.', ':']))
                .find(|word| OFFICES.contains(word))
        },
    )
}

/// The heading of a paragraph in which a company describes itself: `About Acme: …`.
fn about_itself(text: &str) -> Option<&str> {
    const ABOUT: [&str; 7] =
        ["About ", "Über ", "À propos d", "Acerca de ", "Over ", "Informazioni su ", "Om "];
    text.split('\n').filter(|line| ABOUT.iter().any(|about| line.starts_with(about))).find_map(|line| {
        let heading = line.split(':').next()?.trim_end();
        (heading.split(' ').count() <= 6 && !heading.ends_with('.')).then_some(heading)
    })
}

/// Whether a title is written like a company's: most words capitalised, and a verb in the present
/// after the first word.
fn is_entitled_like_a_release(title: &str) -> bool {
    let all: Vec<&str> = words::words(title).map(|word| word.raw).collect();
    let long = all.iter().filter(|word| word.len() >= 4);
    let upper = long.clone().filter(|word| word.starts_with(char::is_uppercase)).count();
    let long = long.count();
    let is_verb = |word: &&str| {
        VERBS.contains(&word.to_lowercase().as_str())
            || (word.len() > 3 && word.ends_with('s') && !word.ends_with("ss"))
    };
    long >= 3 && upper * 10 >= long * 8 && all.iter().skip(1).take(5).any(is_verb)
}
