//! Press releases: a company, a town or a club speaks of itself.

use super::{Scan, quoted, scan::Tell};
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

/// Verbs with which companies entitle their news, beside all in the present that end in `s`.
const VERBS: [&str; 7] = ["announce", "named", "partner", "selected", "recognized", "recognised", "awarded"];

/// Offices that releases write with a capital letter before the name of who is quoted.
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

/// How many words of a text are searched for officers.
const OFFICERS_WITHIN: usize = 400;

/// The words that lead from a quotation to who speaks.
const SPEAKS: [&str; 7] = ["said", "says", "explains", "stated", "commented", "declared", "added"];

/// How many points make a press release of few words, and of how many words each further one is wanted: in a long
/// text some stand by chance. Only the beginning is looked at, so that it ends at [`MOST`].
const RELEASE: usize = 2;
const WORDS_A_POINT: usize = 150;
const MOST: usize = 5;

/// What shows that an article is a press release: a wire that distributes such, a mark, or enough of their voice and
/// nothing of a reporter's work.
pub(in crate::judge) fn press_release(
    provider: &str,
    title: &str,
    text: &Layout<'_>,
    scan: &Scan,
) -> Option<String> {
    if WIRES.contains(&provider) {
        return Some(format!("{provider} distributes press releases"));
    }
    if let Some(mark) = scan.text(Tell::ReleaseMark).next() {
        return Some(format!("the text begins with “{mark}”"));
    }
    let mut signs: Vec<&str> = Vec::new();
    let mut points = 0;
    for (tell, worth, most) in [
        (Tell::ReleaseVoice, 2, 4),
        (Tell::ReleaseWord, 1, 2),
        (Tell::Notice, 1, 3),
        (Tell::Boast, 1, 3),
        (Tell::ReleaseEnd, 1, 3),
        (Tell::ReleaseOfficer, 1, 1),
    ] {
        let seen: Vec<&str> = scan.text(tell).collect();
        points += (seen.len() * worth).min(most);
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
    points = points.saturating_sub(2 * scan.text(Tell::Reporting).count());
    let wanted = (RELEASE + scan.words / WORDS_A_POINT).min(MOST);
    (points >= wanted).then(|| match signs.as_slice() {
        [] => "it speaks like a press release".to_owned(),
        signs => format!("it speaks like a press release: {}", quoted(signs)),
    })
}

/// The office of one who is quoted, written with a capital letter: `said Managing Director Rolf Berg`, `said
/// Marketing Director Dee Pratt`.
fn quoted_officer<'a>(text: &Layout<'a>) -> Option<&'a str> {
    // All of them begin with one of five letters, and have four to nine.
    let may_speak =
        |word: &[u8]| matches!(word, [b's' | b'e' | b'c' | b'd' | b'a', ..]) && (4..=9).contains(&word.len());
    let pieces = text.pieces().take(OFFICERS_WITHIN).enumerate();
    pieces.filter(|(at, word)| may_speak(word) && SPEAKS.contains(&text.piece(*at))).find_map(|(at, _)| {
        (at + 1..(at + 4).min(OFFICERS_WITHIN))
            .map(|at| text.piece(at))
            .take_while(|word| word.starts_with(char::is_uppercase))
            .map(|word| word.trim_end_matches([',', '.', ':']))
            .find(|word| OFFICES.contains(word))
    })
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

/// Whether a title is written in the way of companies: capitals at most words, and after the first a verb in the
/// present.
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
