//! What gives away texts that were not written for readers.
//!
//! Each test looks at words that such texts share and says what it saw; the lists are our own.

use super::words;

/// How much of a text's beginning and end is looked at, in bytes.
const EDGE: usize = 2_000;

/// Services that distribute press releases.
const RELEASE_WIRES: [&str; 19] = [
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

/// Marks at the beginning of a release.
const RELEASE_MARKS: [&str; 14] = [
    "/prnewswire/",
    "(business wire)",
    "(globe newswire)",
    "globe newswire --",
    "/einpresswire.com/",
    "(accesswire)",
    "accesswire /",
    "/prweb/",
    "for immediate release",
    "(newsfile corp",
    "/cnw/",
    "(ots)",
    "pressemitteilung",
    "communiqué de presse",
];

/// Phrases at the end of a release.
const RELEASE_ENDS: [&str; 12] = [
    "media contact",
    "press contact",
    "media inquiries",
    "forward-looking statements",
    "investor relations",
    "safe harbor statement",
    "for more information, visit",
    "view original content",
    "source version on",
    "pressekontakt",
    "about the company",
    "contact presse",
];

/// Phrases in which market reports speak of a market.
const MARKET_PHRASES: [&str; 22] = [
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

/// Phrases in the text of market reports.
const REPORT_PHRASES: [&str; 10] = [
    "request a sample",
    "request sample",
    "sample copy",
    "sample report",
    "forecast period",
    "research report",
    "report provides",
    "key players",
    "market segmentation",
    "table of contents",
];

/// Titles that withhold what they are about.
const BAIT: [&str; 24] = [
    "you won't believe",
    "you wont believe",
    "what happens next",
    "what happened next",
    "will blow your mind",
    "will shock you",
    "this one trick",
    "one weird trick",
    "one simple trick",
    "doctors hate",
    "the reason will",
    "is going viral",
    "broke the internet",
    "breaks the internet",
    "nobody is talking about",
    "no one is talking about",
    "you need to know about",
    "what you didn't know",
    "changes everything",
    "jaw-dropping",
    "mind-blowing",
    "the internet is losing",
    "can't stop talking",
    "left speechless",
];

/// Titles that sell.
const SALES: [&str; 18] = [
    "promo code",
    "coupon code",
    "discount code",
    "voucher code",
    "coupons for",
    "% off",
    "best deals",
    "deal alert",
    "lowest price",
    "save big",
    "black friday deal",
    "cyber monday deal",
    "prime day deal",
    "buy now",
    "limited time offer",
    "free gift card",
    "casino bonus",
    "best online casino",
];

/// Labels that advertisements carry at their beginning.
const SPONSORED: [&str; 9] = [
    "sponsored content",
    "sponsored post",
    "paid post",
    "paid content",
    "advertorial",
    "partner content",
    "brought to you by",
    "in partnership with our sponsor",
    "anzeige",
];

/// What shows that an article is a press release.
pub(super) fn press_release(provider: &str, text: &str) -> Option<String> {
    if RELEASE_WIRES.contains(&provider) {
        return Some(format!("{provider} distributes press releases"));
    }
    if let Some(mark) = first_in(&head(text), &RELEASE_MARKS) {
        return Some(format!("the text begins with “{mark}”"));
    }
    let end = tail(text);
    let ends: Vec<&str> = RELEASE_ENDS.into_iter().filter(|phrase| end.contains(phrase)).collect();
    (ends.len() >= 2).then(|| format!("the text ends with “{}”", ends.join("”, “")))
}

/// What shows that an article advertises a market report. A single sign is none: newspapers write of markets
/// too. Four points are wanted: two for a phrase of the trade, one or two for each further sign.
pub(super) fn market_report(title: &str, text: &str) -> Option<String> {
    let title = title.to_lowercase();
    let phrase = first_in(&title, &MARKET_PHRASES)?;
    let mut signs = vec![phrase.to_owned()];
    let mut points = 2;
    let mut sign = |holds: bool, worth: u32, what: &str| {
        if holds {
            points += worth;
            signs.push(what.to_owned());
        }
    };
    sign(has_word(&title, "cagr"), 2, "CAGR");
    sign(title.starts_with("global ") || title.contains(" global "), 1, "global");
    sign(names_money(&title), 1, "a sum");
    sign(names_forecast_year(&title), 1, "a year to come");
    sign(
        ["industry", "forecast", "by type", "by application", "by region", "key players"]
            .iter()
            .any(|word| title.replacen(phrase, "", 1).contains(word)),
        1,
        "words of the trade",
    );
    let text = head(text);
    sign(
        REPORT_PHRASES.iter().filter(|phrase| text.contains(**phrase)).count() >= 2,
        2,
        "an offer of the report",
    );
    (points >= 4).then(|| format!("the title speaks like a market report: {}", signs.join(", ")))
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

/// What in a title withholds what the article is about.
pub(super) fn clickbait(title: &str) -> Option<String> {
    let title = title.to_lowercase().replace('’', "'");
    if let Some(phrase) = first_in(&title, &BAIT) {
        return Some(format!("“{phrase}” in the title"));
    }
    title.trim_end().ends_with("...").then(|| "the title breaks off".to_owned())
}

/// The count of a list that a title announces: `7 ways to …`, `The 10 best …`, `Top 5 …`.
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

/// What shows that an article sells.
pub(super) fn promotion(title: &str, text: &str) -> Option<String> {
    if let Some(phrase) = first_in(&title.to_lowercase(), &SALES) {
        return Some(format!("“{phrase}” in the title"));
    }
    let start: String = head(text).chars().take(300).collect();
    first_in(&start, &SPONSORED)
        .filter(|label| has_word(&start, label))
        .map(|label| format!("labelled “{label}”"))
}

/// Whether a title is written in capitals: at least three words and twelve letters, four in five in upper case.
pub(super) fn is_shouting(title: &str) -> bool {
    let upper = title.chars().filter(|letter| letter.is_uppercase()).count();
    let lower = title.chars().filter(|letter| letter.is_lowercase()).count();
    upper + lower >= 12 && upper >= 4 * lower && title.split_whitespace().nth(2).is_some()
}

/// What in a title is loud.
pub(super) fn shouting(title: &str) -> Option<String> {
    if is_shouting(title) {
        return Some("the title is written in capitals".to_owned());
    }
    let loud = ["!!", "?!", "!?", "??"].into_iter().find(|marks| title.contains(marks))?;
    Some(format!("“{loud}” in the title"))
}

fn first_in<'a>(text: &str, phrases: &[&'a str]) -> Option<&'a str> {
    phrases.iter().copied().find(|phrase| text.contains(phrase))
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
    })
}

fn head(text: &str) -> String {
    text[..text.floor_char_boundary(EDGE)].to_lowercase()
}

fn tail(text: &str) -> String {
    text[text.ceil_char_boundary(text.len().saturating_sub(EDGE))..].to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn market_reports_are_told_from_news_of_markets() {
        for spam in [
            "Global Conversational AI Market Size to Reach USD 41.4 Billion by 2030",
            "AI in Agriculture Market Share, Growth, Trends, Industry Forecast 2024-2031",
            "Machine Vision Market Report: CAGR of 8.1% Through 2032",
            "Smart Kettle Market Analysis by Type, by Application and Global Forecast",
        ] {
            assert!(market_report(spam, "").is_some(), "{spam}");
        }
        for news in [
            "Chip maker's market value passes $3 trillion",
            "Stock market outlook: what analysts see for 2026",
            "Phone maker gains market share in Europe",
            "Housing market forecast darkens as rates stay high",
        ] {
            assert_eq!(market_report(news, ""), None, "{news}");
        }
    }

    #[test]
    fn press_releases() {
        assert!(press_release("prnewswire.com", "").is_some());
        assert!(press_release("a.example", "BERLIN, May 1 /PRNewswire/ -- Acme today").is_some());
        let end = "Acme sells. Forward-looking statements may be wrong. Media contact: Ann";
        assert!(press_release("a.example", end).is_some());
        assert_eq!(
            press_release("a.example", "The company's investor relations office did not answer."),
            None
        );
    }

    #[test]
    fn titles() {
        assert!(clickbait("You Won’t Believe What This Robot Did").is_some());
        assert_eq!(clickbait("What this robot did at the factory"), None);
        assert!(listicle("The 10 best AI tools for writers").is_some());
        assert!(listicle("7 ways to tune a model").is_some());
        assert_eq!(listicle("3 dead after bridge collapse"), None);
        assert_eq!(listicle("2024 best film list"), None);
        assert!(shouting("ROBOT WINS THE MARATHON IN PEKING").is_some());
        assert!(shouting("Robot wins!!").is_some());
        assert_eq!(shouting("NASA, ESA: joint mission"), None);
        assert!(promotion("Save 40% off this drone", "").is_some());
        assert!(promotion("A drone", "Sponsored content\n\nThis drone flies.").is_some());
        assert_eq!(promotion("A drone", "The drone flies."), None);
    }

    #[test]
    fn edges_are_cut_between_letters() {
        let text = "é".repeat(3_000);
        assert!(head(&text).len() <= EDGE && tail(&text).len() <= EDGE);
    }
}
