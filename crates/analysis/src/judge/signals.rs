//! The signals of the default quality: each looks at one thing and says what it saw.

use courant_model::{ArticleKind, Signal};

use super::{
    JudgeInput, Weights,
    layout::Layout,
    spam::{self, Scan},
    topics::{Focus, Found},
};

/// The trust in a provider about whom the site says nothing.
const UNKNOWN_TRUST: u8 = courant_model::KnownProvider::default_trust();

/// A text of so many words is as deep as a text can be.
const DEEP: usize = 800;

/// A text of so many words is no text.
const SHALLOW: usize = 50;

/// An article of fewer words is thin.
const THIN: usize = 80;

/// Behind a paywall, a text of fewer words is only a beginning.
const STUB: usize = 250;

/// What was published more days before it was seen is no news.
const STALE_DAYS: i64 = 60;

/// What the site says about a provider.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Its name.
    pub(super) name: String,
    /// The editor's trust, 0 to 100.
    pub(super) trust: u8,
}

/// All signals, in the order of the bill.
pub(super) fn all(
    weights: &Weights,
    known: Option<&Known>,
    languages: &[String],
    found: &Found,
    input: &JudgeInput<'_>,
    text: &Layout<'_>,
) -> Vec<Signal> {
    let scan = Scan::of(input.title, text);
    let mut bill = rewards(weights, known, found, input, text);
    let faults = penalties(weights, languages, &scan, input, text);
    // Who advertises quotes himself: such quotes are no sources.
    if !faults.iter().any(|fault| ADVERTISING.contains(&fault.name.as_str())) {
        bill.extend(sources(weights.sources, &scan, input));
    }
    bill.extend(faults);
    bill
}

/// The penalties of texts that speak for those who made them.
const ADVERTISING: [&str; 5] = ["press_release", "market_report", "clickbait", "promotion", "spun"];

fn rewards(
    weights: &Weights,
    known: Option<&Known>,
    found: &Found,
    input: &JudgeInput<'_>,
    text: &Layout<'_>,
) -> Vec<Signal> {
    [
        Some(trust(weights.trust, known, input)),
        Some(completeness(weights.completeness, found, input)),
        Some(depth(weights.depth, found.words, input)),
        Some(image(weights.image, input)),
        byline(weights.byline, input),
        structure(weights.structure, text),
        Some(originality(weights.originality, weights.copy, input)),
        focus(weights.focus, found.focus),
        featured(weights.featured, input),
        input.has_amp.then(|| signal("amp", weights.amp, "an AMP page is known".to_owned())),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn penalties(
    weights: &Weights,
    languages: &[String],
    scan: &Scan,
    input: &JudgeInput<'_>,
    text: &Layout<'_>,
) -> Vec<Signal> {
    let title = input.title;
    let text_words = text.word_count();
    [
        (
            "press_release",
            weights.press_release,
            spam::press_release(input.provider_domain, title, text, scan),
        ),
        ("market_report", weights.market_report, spam::market_report(scan)),
        ("clickbait", weights.clickbait, spam::clickbait(scan)),
        ("listicle", weights.listicle, spam::listicle(title)),
        ("promotion", weights.promotion, spam::promotion(scan)),
        ("spun", weights.spun, spam::spun(title, text, scan)),
        ("readability", weights.readability, spam::sentences(text)),
        ("stale", weights.stale, stale(input)),
        ("wrong_language", weights.wrong_language, wrong_language(languages, input)),
        ("thin", weights.thin, thin(text_words, input)),
        ("paywall", weights.paywall, paywall(text_words, input)),
        ("unread", weights.unread, unread(input)),
        ("shouting", weights.shouting, spam::shouting(title)),
        ("title_length", weights.title_length, title_length(title)),
    ]
    .into_iter()
    .filter_map(|(name, points, seen)| seen.map(|because| signal(name, points, because)))
    .collect()
}

fn signal(name: &str, points: i32, because: String) -> Signal {
    Signal { name: name.to_owned(), points, because }
}

/// A share of the points, rounded to whole ones.
fn share(points: i32, part: f64) -> i32 {
    (f64::from(points) * part.clamp(0.0, 1.0)).round() as i32
}

fn trust(points: i32, known: Option<&Known>, input: &JudgeInput<'_>) -> Signal {
    let (trust, because) = match known {
        Some(Known { name, trust }) => (*trust, format!("trust in {name}: {trust} of 100")),
        None => {
            (UNKNOWN_TRUST, format!("{} is not known; trust {UNKNOWN_TRUST} of 100", input.provider_domain))
        }
    };
    signal("trust", share(points, f64::from(trust) / 100.0), because)
}

fn completeness(points: i32, found: &Found, input: &JudgeInput<'_>) -> Signal {
    let parts = [
        ("title", !input.title.trim().is_empty()),
        ("excerpt", !input.excerpt.trim().is_empty()),
        ("time", input.published.is_some()),
        ("language", input.language.is_some()),
        ("topic", !found.topics.is_empty() || found.focus == Focus::Everything),
    ];
    let missing: Vec<&str> = parts.iter().filter(|(_, there)| !there).map(|(name, _)| *name).collect();
    let there = parts.len() - missing.len();
    let because = match missing.as_slice() {
        [] => "title, excerpt, time, language and topic are there".to_owned(),
        missing => format!("missing: {}", missing.join(", ")),
    };
    signal("completeness", share(points, there as f64 / parts.len() as f64), because)
}

/// Videos and podcasts are not measured by their text: they get half.
fn depth(points: i32, text_words: usize, input: &JudgeInput<'_>) -> Signal {
    let by_text = text_words.saturating_sub(SHALLOW) as f64 / (DEEP - SHALLOW) as f64;
    let heard = matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast);
    if heard && by_text < 0.5 {
        return signal(
            "depth",
            share(points, 0.5),
            format!("a {} is not measured by its text", input.kind.as_str()),
        );
    }
    let because = match text_words {
        0 => "the text is not known".to_owned(),
        count => format!("the text has {count} words"),
    };
    signal("depth", share(points, by_text), because)
}

fn image(points: i32, input: &JudgeInput<'_>) -> Signal {
    let Some(image) = input.images.first() else { return signal("image", 0, "no picture".to_owned()) };
    let (part, because) = match image.width {
        None => (0.6, "a picture of unknown size".to_owned()),
        Some(width) => {
            let part = match width {
                1_200.. => 1.0,
                600.. => 0.8,
                300.. => 0.5,
                _ => 0.2,
            };
            (part, format!("a picture {width} pixels wide"))
        }
    };
    signal("image", share(points, part), because)
}

fn byline(points: i32, input: &JudgeInput<'_>) -> Option<Signal> {
    let author = input.authors.iter().find(|author| !author.trim().is_empty())?;
    Some(signal("byline", points, format!("by {author}")))
}

/// Paragraphs: at least three, of twelve to two hundred words on average.
fn structure(points: i32, text: &Layout<'_>) -> Option<Signal> {
    let lengths = text.paragraphs();
    let average = lengths.iter().sum::<usize>() / lengths.len().max(1);
    (lengths.len() >= 3 && (12..=200).contains(&average)).then(|| {
        signal("structure", points, format!("{} paragraphs of {average} words on average", lengths.len()))
    })
}

fn originality(points: i32, copy: i32, input: &JudgeInput<'_>) -> Signal {
    if input.is_copy {
        signal("copy", copy, "the text is another article's".to_owned())
    } else {
        signal("originality", points, "no other article has this text".to_owned())
    }
}

fn focus(points: i32, focus: Focus) -> Option<Signal> {
    match focus {
        Focus::Title => Some(signal("focus", points, "the title names the subject".to_owned())),
        Focus::Excerpt => {
            Some(signal("focus", share(points, 0.5), "the excerpt names the subject".to_owned()))
        }
        Focus::Everything => Some(signal("focus", points, "the site takes every subject".to_owned())),
        Focus::Text | Focus::None => None,
    }
}

/// Videos and podcasts are not measured by their text.
fn sources(points: i32, scan: &Scan, input: &JudgeInput<'_>) -> Option<Signal> {
    if matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast) {
        return None;
    }
    let (part, seen) = spam::sources(input.text, scan)?;
    Some(signal("sources", share(points, part), format!("sources are named: {seen}")))
}

fn featured(points: i32, input: &JudgeInput<'_>) -> Option<Signal> {
    let fits = matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast) && input.has_featured_content;
    fits.then(|| signal("featured", points, format!("the {} is embedded", input.kind.as_str())))
}

/// Old pieces that come as new ones.
fn stale(input: &JudgeInput<'_>) -> Option<String> {
    let days = input.published?.duration_until(input.first_seen?).as_hours() / 24;
    (days > STALE_DAYS).then(|| format!("published {days} days before it was seen"))
}

/// Languages are compared without their regions; where none is known, none is wrong.
fn wrong_language(languages: &[String], input: &JudgeInput<'_>) -> Option<String> {
    let primary = |code: &str| code.split(['-', '_']).next().unwrap_or(code).to_lowercase();
    let language = primary(input.language?);
    let is_wanted = languages.is_empty() || languages.iter().any(|wanted| primary(wanted) == language);
    (!is_wanted).then(|| format!("the site does not publish in “{language}”"))
}

fn thin(text_words: usize, input: &JudgeInput<'_>) -> Option<String> {
    let is_text = input.kind == ArticleKind::Article && !input.text.is_empty();
    (is_text && !input.paywalled && text_words < THIN)
        .then(|| format!("the text has only {text_words} words"))
}

fn paywall(text_words: usize, input: &JudgeInput<'_>) -> Option<String> {
    (input.paywalled && text_words < STUB).then(|| format!("behind a paywall, {text_words} words are free"))
}

fn unread(input: &JudgeInput<'_>) -> Option<String> {
    input.unread.then(|| "the page was not read; only its source tells of it".to_owned())
}

fn title_length(title: &str) -> Option<String> {
    if title.chars().any(|letter| {
        !letter.is_ascii() && letter.is_alphabetic() && !letter.is_lowercase() && !letter.is_uppercase()
    }) {
        // Scripts without case are mostly such without blanks too: their words cannot be counted this way.
        return None;
    }
    let count = title.split_whitespace().count();
    (!(3..=30).contains(&count)).then(|| format!("the title has {count} words"))
}

#[cfg(test)]
mod tests;
