//! Recognises texts that were not written for readers.
//!
//! Each test counts what such texts have in common and gives its reason. One sign alone is hardly
//! ever enough: newspapers write about markets, sales and announcements too.

mod appeal;
mod finder;
mod prose;
mod release;
mod scan;

pub(super) use prose::{sentences, sources, spun};
pub(super) use release::press_release;
pub(super) use scan::Scan;

use super::words;
use scan::PhraseKind;

/// Minimum points of an advertisement and of a bait, and minimum phrases of a template text.
const MIN_AD_POINTS: usize = 3;
const MIN_BAIT_POINTS: usize = 2;
const MIN_TEMPLATE_PHRASES: usize = 2;

/// Number of words of text for which one more bait, sale or template phrase is required.
const WORDS_PER_PHRASE: usize = 150;

/// Why an article advertises a market report. Four points are required: two for a trade phrase in
/// the title, one or two for each further sign.
pub(super) fn market_report(scan: &Scan) -> Option<String> {
    let title = scan.title.as_str();
    if !has_word(title, "market") && !has_word(title, "industry") {
        return None;
    }
    let mut signs: Vec<&str> = Vec::new();
    let mut points = 0;
    let mut sign = |holds: bool, worth: u32, what: &'static str| {
        if holds {
            points += worth;
            signs.push(what);
        }
    };
    let phrase = MARKET_PHRASES.into_iter().find(|phrase| title.contains(phrase));
    sign(phrase.is_some(), 2, phrase.unwrap_or_default());
    sign(has_word(title, "cagr"), 2, "CAGR");
    sign(title.starts_with("global ") || title.contains(" global "), 1, "global");
    sign(names_money(title), 1, "a sum");
    sign(names_forecast_year(title), 1, "a year to come");
    let rest = phrase.map_or_else(|| title.to_owned(), |phrase| title.replacen(phrase, "", 1));
    sign(TRADE_WORDS.iter().any(|word| rest.contains(word)), 1, "words of the trade");
    let offers: Vec<&str> = scan.text(PhraseKind::MarketOffer).collect();
    sign(offers.len() >= 2, 2, "an offer of the report");
    sign(offers.len() >= 3, 1, "at length");
    sign(offers.iter().any(|offer| is_only_in_offers(offer)), 1, "a sample or its growth rate");
    (points >= 4).then(|| format!("the title is like a market report's: {}", signs.join(", ")))
}

fn is_only_in_offers(offer: &str) -> bool {
    [
        "sample",
        "cagr",
        "compound annual",
        "forecast period",
        "analyst",
        "buy",
        "purchase",
        "inquir",
        "customi",
    ]
    .iter()
    .any(|word| offer.contains(word))
}

fn names_money(title: &str) -> bool {
    let sum = ["million", "billion", "trillion", " mn", " bn"].iter().any(|unit| title.contains(unit));
    sum && (title.contains('$') || title.contains("usd") || title.contains('€') || title.contains("worth"))
}

/// `by 2031`, `2024-2031`, `through 2030`.
fn names_forecast_year(title: &str) -> bool {
    let all: Vec<&str> = words::words(title).map(|word| word.raw).collect();
    let is_year = |word: &str| {
        word.len() == 4 && word.starts_with("20") && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    all.windows(2).any(|pair| {
        is_year(pair[1]) && (is_year(pair[0]) || ["by", "to", "till", "until", "through"].contains(&pair[0]))
    })
}

/// Why a title withholds what the article is about, or a text only wants to be clicked.
pub(super) fn clickbait(scan: &Scan) -> Option<String> {
    if let Some(phrase) = scan.title(PhraseKind::BaitTitle).next() {
        return Some(format!("“{phrase}” in the title"));
    }
    if scan.title.trim_end().ends_with("...") || scan.title.trim_end().ends_with('…') {
        return Some("the title breaks off".to_owned());
    }
    let seen: Vec<&str> = scan.text(PhraseKind::Bait).collect();
    let title = teasing(&scan.title);
    let teases = title + usize::from(title > 0 && (scan.appeal.orders > 0 || scan.appeal.addressed > 0));
    if seen.len() + teases < MIN_BAIT_POINTS + scan.words / WORDS_PER_PHRASE {
        return None;
    }
    Some(if seen.is_empty() {
        "title and text tease the reader".to_owned()
    } else {
        format!("phrases that ask for clicks: {}", quoted(&seen))
    })
}

/// How much a title teases: it begins with an unnamed person, it addresses the reader.
fn teasing(title: &str) -> usize {
    let first = words::words(title).next().map_or("", |word| word.raw);
    let unnamed = ["she", "he", "they", "her", "his", "this", "these", "everyone", "nobody"].contains(&first);
    let speaks = words::words(title).any(|word| matches!(word.raw, "you" | "your"));
    usize::from(unnamed) + usize::from(speaks)
}

/// The number of items in a list that a title announces: `7 ways to …`, `The 10 best …`, `Top 5 …`.
pub(super) fn listicle(title: &str) -> Option<String> {
    const THINGS: [&str; 20] = [
        "ways",
        "things",
        "reasons",
        "tips",
        "tricks",
        "best",
        "tools",
        "facts",
        "signs",
        "ideas",
        "apps",
        "books",
        "stocks",
        "gadgets",
        "mistakes",
        "examples",
        "hacks",
        "jobs",
        "questions",
        "secrets",
    ];
    let mut words = words::words(title).map(|word| word.raw.to_lowercase());
    let mut first = words.next()?;
    let is_top = first == "top";
    if first == "the" || is_top {
        first = words.next()?;
    }
    let count: u32 = first.parse().ok().filter(|count| (2..=101).contains(count))?;
    let counted = is_top || words.take(4).any(|word| THINGS.contains(&word.as_str()));
    counted.then(|| format!("the title announces a list of {count}"))
}

/// Why an article is promotional.
pub(super) fn promotion(scan: &Scan) -> Option<String> {
    if let Some(label) = scan.text(PhraseKind::Sponsored).next() {
        return Some(format!("labelled “{label}”"));
    }
    let in_title: Vec<&str> = scan.title(PhraseKind::Sale).collect();
    let mut in_text: Vec<&str> = scan.text(PhraseKind::Sale).collect();
    let affiliate: Vec<&str> = scan.text(PhraseKind::Affiliate).collect();
    let appeals = scan.appeal.orders.min(3) + usize::from(scan.appeal.addressed >= 2);
    let orders = words::words(&scan.title).next().is_some_and(|word| TITLE_ORDERS.contains(&word.raw));
    let points =
        2 * usize::from(orders) + 2 * in_title.len() + in_text.len() + 2 * affiliate.len().min(1) + appeals;
    if points < MIN_AD_POINTS + scan.words / (2 * WORDS_PER_PHRASE)
        && !in_title.iter().any(|phrase| is_an_offer(phrase))
    {
        return None;
    }
    if let [phrase, ..] = in_title.as_slice() {
        return Some(format!("“{phrase}” in the title"));
    }
    in_text.extend(affiliate);
    if in_text.is_empty() {
        return Some("it tells readers what to do".to_owned());
    }
    Some(format!("phrases that sell: {}", quoted(&in_text)))
}

/// Verbs with which advertisements begin their titles.
const TITLE_ORDERS: [&str; 10] =
    ["save", "get", "buy", "shop", "win", "earn", "order", "grab", "download", "claim"];

/// Phrases that only occur in the titles of advertisements.
fn is_an_offer(phrase: &str) -> bool {
    [
        "code",
        "% off",
        "best deals",
        "deal alert",
        "lowest",
        "save big",
        "buy now",
        "free gift",
        "casino bonus",
        "online casino",
        "limited time",
        "black friday deal",
        "cyber monday deal",
        "prime day deal",
    ]
    .iter()
    .any(|offer| phrase.contains(offer))
}

/// Whether a title is written in capitals: at least three words and twelve letters, four in five in
/// upper case.
pub(super) fn is_shouting(title: &str) -> bool {
    let upper = title.chars().filter(|c| c.is_uppercase()).count();
    let lower = title.chars().filter(|c| c.is_lowercase()).count();
    upper + lower >= 12 && upper >= 4 * lower && title.split_whitespace().nth(2).is_some()
}

/// Why a title is shouting.
pub(super) fn shouting(title: &str) -> Option<String> {
    if is_shouting(title) {
        return Some("the title is written in capitals".to_owned());
    }
    let loud = ["!!", "?!", "!?", "??"].into_iter().find(|marks| title.contains(marks))?;
    Some(format!("“{loud}” in the title"))
}

/// The first few phrases in quotation marks.
fn quoted(phrases: &[&str]) -> String {
    let shown: Vec<String> = phrases.iter().take(4).map(|phrase| format!("“{phrase}”")).collect();
    shown.join(", ")
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

/// Phrases about markets in the titles of market reports.
const MARKET_PHRASES: [&str; 27] = [
    "market:",
    "market -",
    "market by",
    "market is booming",
    "market to witness",
    "market size",
    "market share",
    "market report",
    "market research",
    "market analysis",
    "market outlook",
    "market forecast",
    "market trends",
    "market growth",
    "market insights",
    "market demand",
    "market overview",
    "market to reach",
    "market to hit",
    "market to grow",
    "market to surpass",
    "market expected",
    "market projected",
    "market worth",
    "market is expected",
    "market set to",
    "market opportunities",
];

/// Further words of such titles.
const TRADE_WORDS: [&str; 25] = [
    "booming",
    "giants",
    "key companies",
    "vendors",
    "investors should know",
    "assumptions",
    "revenue",
    "industry",
    "forecast",
    "by type",
    "by application",
    "by region",
    "key players",
    "segment",
    "outlook",
    "top companies",
    "opportunities",
    "growth",
    "share",
    "trends",
    "analysis",
    "key vendors",
    "drivers",
    "revenue",
    "demand",
];

#[cfg(test)]
mod tests;
