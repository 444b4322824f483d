//! The signals of the default quality: each checks one thing and gives its reason.

use courant_model::{ArticleKind, Signal, SignalKind};

use super::{
    JudgeInput, Weights,
    layout::Layout,
    spam::{self, Scan},
    topics::{Focus, FoundTopics},
};
use crate::plural::counted;

/// The trust in a provider that the site does not know.
const UNKNOWN_TRUST: u8 = courant_model::KnownProvider::default_trust();

/// Number of words from which a text has full depth.
const DEEP: usize = 800;

/// Number of words up to which a text has no depth.
const SHALLOW: usize = 50;

/// Minimum number of words of an article that is not thin.
const THIN: usize = 80;

/// Number of words below which a paywalled text is only a stub.
const STUB: usize = 250;

/// Days between publication and first sight after which an article is stale.
const STALE_DAYS: i64 = 60;

/// The site's entry for a provider.
#[derive(Debug, Clone)]
pub(super) struct ProviderTrust {
    /// Its name.
    pub(super) name: String,
    /// The editor's trust, 0 to 100.
    pub(super) trust: u8,
}

/// All signals, in the order of the breakdown.
pub(super) fn all(
    weights: &Weights,
    known: Option<&ProviderTrust>,
    languages: &[String],
    found: &FoundTopics,
    input: &JudgeInput<'_>,
    text: &Layout<'_>,
) -> Vec<Signal> {
    let scan = Scan::of(input.title, text);
    let mut signals = rewards(weights, known, found, input, text);
    let penalties_found = penalties(weights, languages, &scan, input, text);
    // Advertisers quote themselves: such quotes are not sources.
    if !penalties_found.iter().any(|penalty| ADVERTISING.contains(&penalty.kind)) {
        signals.extend(sources(weights.sources, &scan, input));
    }
    signals.extend(penalties_found);
    signals
}

/// The penalties of texts written in their author's own interest.
const ADVERTISING: [SignalKind; 5] = [
    SignalKind::PressRelease,
    SignalKind::MarketReport,
    SignalKind::Clickbait,
    SignalKind::Promotion,
    SignalKind::Spun,
];

fn rewards(
    weights: &Weights,
    known: Option<&ProviderTrust>,
    found: &FoundTopics,
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
        input.has_amp.then(|| signal(SignalKind::Amp, weights.amp, "an AMP page is known".to_owned())),
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
            SignalKind::PressRelease,
            weights.press_release,
            spam::press_release(input.provider_domain, title, text, scan),
        ),
        (SignalKind::MarketReport, weights.market_report, spam::market_report(scan)),
        (SignalKind::Clickbait, weights.clickbait, spam::clickbait(scan)),
        (SignalKind::Listicle, weights.listicle, spam::listicle(title)),
        (SignalKind::Promotion, weights.promotion, spam::promotion(scan)),
        (SignalKind::Spun, weights.spun, spam::spun(title, text, scan)),
        (SignalKind::Readability, weights.readability, spam::sentences(text)),
        (SignalKind::Stale, weights.stale, stale(input)),
        (SignalKind::WrongLanguage, weights.wrong_language, wrong_language(languages, input)),
        (SignalKind::Thin, weights.thin, thin(text_words, input)),
        (SignalKind::Paywall, weights.paywall, paywall(text_words, input)),
        (SignalKind::Unread, weights.unread, unread(input)),
        (SignalKind::Shouting, weights.shouting, spam::shouting(title)),
        (SignalKind::TitleLength, weights.title_length, title_length(title)),
    ]
    .into_iter()
    .filter_map(|(kind, points, reason)| reason.map(|because| signal(kind, points, because)))
    .collect()
}

const fn signal(kind: SignalKind, points: i32, because: String) -> Signal {
    Signal { kind, points, because }
}

/// A share of the points, rounded to whole points.
fn share(points: i32, part: f64) -> i32 {
    (f64::from(points) * part.clamp(0.0, 1.0)).round() as i32
}

fn trust(points: i32, known: Option<&ProviderTrust>, input: &JudgeInput<'_>) -> Signal {
    let (trust, because) = match known {
        Some(ProviderTrust { name, trust }) => (*trust, format!("trust in {name}: {trust} of 100")),
        None => (
            UNKNOWN_TRUST,
            format!("{} is an unknown provider; trust {UNKNOWN_TRUST} of 100", input.provider_domain),
        ),
    };
    signal(SignalKind::Trust, share(points, f64::from(trust) / 100.0), because)
}

fn completeness(points: i32, found: &FoundTopics, input: &JudgeInput<'_>) -> Signal {
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
        [] => "title, excerpt, time, language and topic are present".to_owned(),
        missing => format!("missing: {}", missing.join(", ")),
    };
    signal(SignalKind::Completeness, share(points, there as f64 / parts.len() as f64), because)
}

/// Videos and podcasts are not measured by their text: they get half.
fn depth(points: i32, text_words: usize, input: &JudgeInput<'_>) -> Signal {
    let by_text = text_words.saturating_sub(SHALLOW) as f64 / (DEEP - SHALLOW) as f64;
    let heard = matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast);
    if heard && by_text < 0.5 {
        return signal(
            SignalKind::Depth,
            share(points, 0.5),
            format!("a {} is not measured by its text", input.kind.as_str()),
        );
    }
    let because = match text_words {
        0 => "the text is not known".to_owned(),
        count => format!("the text has {}", counted(count, "word", "words")),
    };
    signal(SignalKind::Depth, share(points, by_text), because)
}

fn image(points: i32, input: &JudgeInput<'_>) -> Signal {
    let Some(image) = input.images.first() else {
        return signal(SignalKind::Image, 0, "no image".to_owned());
    };
    let (part, because) = match image.width {
        None => (0.6, "an image of unknown size".to_owned()),
        Some(width) => {
            let part = match width {
                1_200.. => 1.0,
                600.. => 0.8,
                300.. => 0.5,
                _ => 0.2,
            };
            (part, format!("an image {width} pixels wide"))
        }
    };
    signal(SignalKind::Image, share(points, part), because)
}

fn byline(points: i32, input: &JudgeInput<'_>) -> Option<Signal> {
    let author = input.authors.iter().find(|author| !author.trim().is_empty())?;
    Some(signal(SignalKind::Byline, points, format!("by {author}")))
}

/// At least three paragraphs, of twelve to two hundred words on average.
fn structure(points: i32, text: &Layout<'_>) -> Option<Signal> {
    let lengths = text.paragraphs();
    let average = lengths.iter().sum::<usize>() / lengths.len().max(1);
    (lengths.len() >= 3 && (12..=200).contains(&average)).then(|| {
        signal(
            SignalKind::Structure,
            points,
            format!("{} paragraphs of {average} words on average", lengths.len()),
        )
    })
}

fn originality(points: i32, copy: i32, input: &JudgeInput<'_>) -> Signal {
    if input.is_copy {
        signal(SignalKind::Copy, copy, "the text is another article's".to_owned())
    } else {
        signal(SignalKind::Originality, points, "no other article has this text".to_owned())
    }
}

fn focus(points: i32, focus: Focus) -> Option<Signal> {
    match focus {
        Focus::Title => Some(signal(SignalKind::Focus, points, "the title names the subject".to_owned())),
        Focus::Excerpt => {
            Some(signal(SignalKind::Focus, share(points, 0.5), "the excerpt names the subject".to_owned()))
        }
        Focus::Everything => {
            Some(signal(SignalKind::Focus, points, "the site takes every subject".to_owned()))
        }
        Focus::Text | Focus::None => None,
    }
}

/// Videos and podcasts are not measured by their text.
fn sources(points: i32, scan: &Scan, input: &JudgeInput<'_>) -> Option<Signal> {
    if matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast) {
        return None;
    }
    let (part, reason) = spam::sources(input.text, scan)?;
    Some(signal(SignalKind::Sources, share(points, part), format!("named sources: {reason}")))
}

fn featured(points: i32, input: &JudgeInput<'_>) -> Option<Signal> {
    let fits = matches!(input.kind, ArticleKind::Video | ArticleKind::Podcast) && input.has_featured_content;
    fits.then(|| signal(SignalKind::Featured, points, format!("the {} is embedded", input.kind.as_str())))
}

/// Old articles presented as new.
fn stale(input: &JudgeInput<'_>) -> Option<String> {
    let days = input.published?.duration_until(input.first_seen?).as_hours() / 24;
    (days > STALE_DAYS).then(|| format!("published {days} days before it was first seen"))
}

/// Languages are compared without their regions; an unknown language is not wrong.
fn wrong_language(languages: &[String], input: &JudgeInput<'_>) -> Option<String> {
    let primary = |code: &str| code.split(['-', '_']).next().unwrap_or(code).to_lowercase();
    let language = primary(input.language?);
    let is_wanted = languages.is_empty() || languages.iter().any(|wanted| primary(wanted) == language);
    (!is_wanted).then(|| format!("the site does not publish in “{language}”"))
}

fn thin(text_words: usize, input: &JudgeInput<'_>) -> Option<String> {
    let is_text = input.kind == ArticleKind::Article && !input.text.is_empty();
    (is_text && !input.paywalled && text_words < THIN)
        .then(|| format!("the text has only {}", counted(text_words, "word", "words")))
}

fn paywall(text_words: usize, input: &JudgeInput<'_>) -> Option<String> {
    (input.paywalled && text_words < STUB)
        .then(|| format!("behind a paywall; {} free", counted(text_words, "word is", "words are")))
}

fn unread(input: &JudgeInput<'_>) -> Option<String> {
    input.unread.then(|| "the page was not read; only its feed entry is known".to_owned())
}

fn title_length(title: &str) -> Option<String> {
    if title.chars().any(|c| !c.is_ascii() && c.is_alphabetic() && !c.is_lowercase() && !c.is_uppercase()) {
        // Scripts without case mostly have no spaces either: their words can't be counted this way.
        return None;
    }
    let count = title.split_whitespace().count();
    (!(3..=30).contains(&count)).then(|| format!("the title has {}", counted(count, "word", "words")))
}

#[cfg(test)]
mod tests;
