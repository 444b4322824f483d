//! The weights of the default quality.

use courant_model::SignalKind;
use serde::{Deserialize, Serialize};

/// The points of each signal: `[quality]` in the site's configuration, where each can be changed. A
/// reward is the maximum of its signal; penalties apply in full.
///
/// With the default weights an article of an unknown provider with an image, an author and a text
/// of some length reaches about 80, and nothing exceeds 110.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Source trust: this many points at trust 100, proportionally below.
    pub trust: i32,
    /// A fifth each for title, excerpt, time, language and topic.
    pub completeness: i32,
    /// Length of the text, full at 800 words.
    pub depth: i32,
    /// An image, full at a width of 1,200 pixels.
    pub image: i32,
    /// A named author.
    pub byline: i32,
    /// Paragraphs of readable length.
    pub structure: i32,
    /// The text is original.
    pub originality: i32,
    /// The site's subject is in the title; half if it is in the excerpt.
    pub focus: i32,
    /// Sources are named: attributed statements and URLs.
    pub sources: i32,
    /// A video or podcast is embedded in an article of that kind.
    pub featured: i32,
    /// An AMP page is known.
    pub amp: i32,
    /// The text is a copy of another article.
    pub copy: i32,
    /// It is a press release.
    pub press_release: i32,
    /// It advertises a market report.
    pub market_report: i32,
    /// The title withholds what it is about.
    pub clickbait: i32,
    /// The title announces a counted list.
    pub listicle: i32,
    /// It is an advertisement or full of affiliate links.
    pub promotion: i32,
    /// The text was probably written by a machine or from a template: it repeats itself or fits
    /// every subject.
    pub spun: i32,
    /// The sentences are too long to be readable.
    pub readability: i32,
    /// It was published long before it was first seen.
    pub stale: i32,
    /// It is in none of the site's languages.
    pub wrong_language: i32,
    /// The page has hardly any text.
    pub thin: i32,
    /// Only the beginning is free to read.
    pub paywall: i32,
    /// The page was not read, and the source of the entry belongs to another provider.
    pub unread: i32,
    /// The title is in capitals or has repeated exclamation marks.
    pub shouting: i32,
    /// The title is shorter than three words or longer than thirty.
    pub title_length: i32,
}

impl Weights {
    /// Number of weights.
    pub const COUNT: usize = 26;

    /// All weights by the signals that they weigh, in the order of the table.
    pub const fn by_kind(&self) -> [(SignalKind, i32); Self::COUNT] {
        [
            (SignalKind::Trust, self.trust),
            (SignalKind::Completeness, self.completeness),
            (SignalKind::Depth, self.depth),
            (SignalKind::Image, self.image),
            (SignalKind::Byline, self.byline),
            (SignalKind::Structure, self.structure),
            (SignalKind::Originality, self.originality),
            (SignalKind::Focus, self.focus),
            (SignalKind::Sources, self.sources),
            (SignalKind::Featured, self.featured),
            (SignalKind::Amp, self.amp),
            (SignalKind::Copy, self.copy),
            (SignalKind::PressRelease, self.press_release),
            (SignalKind::MarketReport, self.market_report),
            (SignalKind::Clickbait, self.clickbait),
            (SignalKind::Listicle, self.listicle),
            (SignalKind::Promotion, self.promotion),
            (SignalKind::Spun, self.spun),
            (SignalKind::Readability, self.readability),
            (SignalKind::Stale, self.stale),
            (SignalKind::WrongLanguage, self.wrong_language),
            (SignalKind::Thin, self.thin),
            (SignalKind::Paywall, self.paywall),
            (SignalKind::Unread, self.unread),
            (SignalKind::Shouting, self.shouting),
            (SignalKind::TitleLength, self.title_length),
        ]
    }

    /// Weights that give each signal this many points, rewards and penalties alike: a breakdown
    /// made with them tells the share of its weight that each signal gives.
    pub const fn all(points: i32) -> Self {
        Self {
            trust: points,
            completeness: points,
            depth: points,
            image: points,
            byline: points,
            structure: points,
            originality: points,
            focus: points,
            sources: points,
            featured: points,
            amp: points,
            copy: points,
            press_release: points,
            market_report: points,
            clickbait: points,
            listicle: points,
            promotion: points,
            spun: points,
            readability: points,
            stale: points,
            wrong_language: points,
            thin: points,
            paywall: points,
            unread: points,
            shouting: points,
            title_length: points,
        }
    }

    /// Sets the weight of this signal. Returns whether it has one.
    pub const fn set(&mut self, kind: &SignalKind, points: i32) -> bool {
        let slot = match kind {
            SignalKind::Trust => &mut self.trust,
            SignalKind::Completeness => &mut self.completeness,
            SignalKind::Depth => &mut self.depth,
            SignalKind::Image => &mut self.image,
            SignalKind::Byline => &mut self.byline,
            SignalKind::Structure => &mut self.structure,
            SignalKind::Originality => &mut self.originality,
            SignalKind::Focus => &mut self.focus,
            SignalKind::Sources => &mut self.sources,
            SignalKind::Featured => &mut self.featured,
            SignalKind::Amp => &mut self.amp,
            SignalKind::Copy => &mut self.copy,
            SignalKind::PressRelease => &mut self.press_release,
            SignalKind::MarketReport => &mut self.market_report,
            SignalKind::Clickbait => &mut self.clickbait,
            SignalKind::Listicle => &mut self.listicle,
            SignalKind::Promotion => &mut self.promotion,
            SignalKind::Spun => &mut self.spun,
            SignalKind::Readability => &mut self.readability,
            SignalKind::Stale => &mut self.stale,
            SignalKind::WrongLanguage => &mut self.wrong_language,
            SignalKind::Thin => &mut self.thin,
            SignalKind::Paywall => &mut self.paywall,
            SignalKind::Unread => &mut self.unread,
            SignalKind::Shouting => &mut self.shouting,
            SignalKind::TitleLength => &mut self.title_length,
            _ => return false,
        };
        *slot = points;
        true
    }
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            trust: 30,
            completeness: 10,
            depth: 15,
            image: 15,
            byline: 8,
            structure: 5,
            originality: 10,
            focus: 10,
            sources: 5,
            featured: 5,
            amp: 2,
            copy: -20,
            press_release: -25,
            market_report: -60,
            clickbait: -15,
            listicle: -6,
            promotion: -25,
            spun: -25,
            readability: -5,
            stale: -10,
            wrong_language: -15,
            thin: -12,
            paywall: -6,
            unread: -10,
            shouting: -10,
            title_length: -5,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weight_names_equal_their_keys() {
        let written = serde_json::to_value(Weights::default()).unwrap();
        let by_kind = Weights::default().by_kind();
        assert_eq!(written.as_object().unwrap().len(), Weights::COUNT);
        for (at, (kind, points)) in by_kind.iter().enumerate() {
            assert_eq!(written[kind.as_str()], *points, "{kind}");
            let mut other = Weights::default();
            assert!(other.set(kind, 99));
            let changed: Vec<usize> =
                (0..Weights::COUNT).filter(|&at| other.by_kind()[at].1 != by_kind[at].1).collect();
            assert_eq!(changed, [at], "{kind}");
        }
        assert!(Weights::all(7).by_kind().iter().all(|(_, points)| *points == 7));
        assert!(!Weights::default().set(&SignalKind::Floor, 1));
    }
}
