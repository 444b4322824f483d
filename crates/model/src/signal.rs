//! The signals of a quality.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::names::named_or_other;

named_or_other! {
    /// What a signal of a quality checks.
    pub enum SignalKind {
        /// Trust in the provider.
        Trust = "trust",
        /// How many of title, excerpt, time, language and topic are known.
        Completeness = "completeness",
        /// Length of the text.
        Depth = "depth",
        /// An image, and its size.
        Image = "image",
        /// A named author.
        Byline = "byline",
        /// Paragraphs of readable length.
        Structure = "structure",
        /// The text is original.
        Originality = "originality",
        /// The site's subject is in the title or excerpt.
        Focus = "focus",
        /// Named sources and URLs.
        Sources = "sources",
        /// An embedded video or podcast.
        Featured = "featured",
        /// An AMP page is known.
        Amp = "amp",
        /// The text is a copy of another article.
        Copy = "copy",
        /// It is a press release.
        PressRelease = "press_release",
        /// It advertises a market report.
        MarketReport = "market_report",
        /// The title withholds what it is about.
        Clickbait = "clickbait",
        /// The title announces a counted list.
        Listicle = "listicle",
        /// It is an advertisement or full of affiliate links.
        Promotion = "promotion",
        /// The text was probably written by a machine or from a template.
        Spun = "spun",
        /// The sentences are too long to be readable.
        Readability = "readability",
        /// It was published long before it was first seen.
        Stale = "stale",
        /// It is in none of the site's languages.
        WrongLanguage = "wrong_language",
        /// The page has hardly any text.
        Thin = "thin",
        /// Only the beginning is free to read.
        Paywall = "paywall",
        /// The page was not read, and the source of the entry belongs to another provider.
        Unread = "unread",
        /// The title is in capitals or has repeated exclamation marks.
        Shouting = "shouting",
        /// The title is too short or too long.
        TitleLength = "title_length",
        /// Classic profile: its URL is that of an official source.
        Official = "official",
        /// Classic profile: the site knows its provider.
        KnownProvider = "known_provider",
        /// Classic profile: number of topics.
        Topics = "topics",
        /// Classic profile: keywords of its topics in the title.
        TitleKeywords = "title_keywords",
        /// Raises a negative sum to 0.
        Floor = "floor",
    }
    /// A signal of another version of the program, in a stored breakdown.
    else Other
}

/// One signal of a quality. The points of all signals add up to the quality exactly (a signal
/// `floor` is added if the sum would be negative).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Signal {
    /// Short permanent name of what it checks: `image`, `title_length`.
    #[serde(rename = "name")]
    #[schema(value_type = String)]
    pub kind: SignalKind,
    /// May be negative.
    pub points: i32,
    /// What was found, for editors.
    pub because: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_signal_is_read_back_by_its_name() {
        for kind in SignalKind::KNOWN {
            assert_eq!(SignalKind::from(kind.as_str()), *kind);
            assert!(!matches!(kind, SignalKind::Other(_)));
            let signal = Signal { kind: kind.clone(), points: -3, because: "why".to_owned() };
            let json = serde_json::to_string(&signal).unwrap();
            assert_eq!(json, format!(r#"{{"name":"{kind}","points":-3,"because":"why"}}"#));
            assert_eq!(serde_json::from_str::<Signal>(&json).unwrap(), signal);
        }
    }

    #[test]
    fn a_signal_of_another_version_keeps_its_name() {
        let json = r#"{"name":"charm","points":2,"because":"a pun"}"#;
        let signal: Signal = serde_json::from_str(json).unwrap();
        assert_eq!(signal.kind, SignalKind::Other("charm".into()));
        assert_eq!(serde_json::to_string(&signal).unwrap(), json);
    }
}
