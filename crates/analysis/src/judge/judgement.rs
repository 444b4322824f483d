//! Topics and quality of one article.

use courant_model::{Judgement, KnownProvider, Quality, Signal, SignalKind, TopicOrigin};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::{
    JudgeInput, Taxonomy, Weights, classic,
    layout::Layout,
    learned::LearnedTopics,
    signals::{self, ProviderTrust},
    topics::{EntriesFound, TopicEntry, TopicFinder},
};

/// How quality is computed.
#[derive(Debug, Clone, PartialEq)]
pub enum Profile {
    /// The predecessor's formula, exactly.
    Classic(ClassicProfile),
    /// The sum of signals by these weights.
    Default(Weights),
}

impl Default for Profile {
    fn default() -> Self {
        Self::Default(Weights::default())
    }
}

/// The site's configuration of the classic profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassicProfile {
    /// Points for a provider that the site knows: 40, or 30 in the A.I. edition.
    pub known_points: i32,
    /// URLs of official sources, with `*` for any characters: `blog.example/*/news/*`. The scheme
    /// and `www.` are not compared.
    pub official: Vec<String>,
}

impl Default for ClassicProfile {
    fn default() -> Self {
        Self { known_points: 40, official: Vec::new() }
    }
}

/// Judges articles by a taxonomy, the providers that the site knows, and a profile. Cheap to use
/// from many threads at once.
#[derive(Debug)]
pub struct Judge {
    finder: TopicFinder,
    known: FxHashMap<String, ProviderTrust>,
    languages: Vec<String>,
    profile: Profile,
}

impl Judge {
    /// A judge; providers are found by their domain and their aliases.
    pub fn new(taxonomy: Taxonomy, providers: Vec<KnownProvider>, profile: Profile) -> Self {
        let known = providers
            .into_iter()
            .flat_map(|known| {
                let KnownProvider { provider, trust, aliases, .. } = known;
                let name = provider.name;
                std::iter::once(provider.domain)
                    .chain(aliases)
                    .map(move |domain| (domain.to_lowercase(), ProviderTrust { name: name.clone(), trust }))
            })
            .collect();
        Self { finder: TopicFinder::new(taxonomy), known, languages: Vec::new(), profile }
    }

    /// The judge of a site in these languages (ISO 639-1): in the default profile, articles in
    /// other languages lose points. Without any, all languages are accepted.
    #[must_use]
    pub fn for_languages(self, languages: Vec<String>) -> Self {
        Self { languages, ..self }
    }

    /// The judge with topics learned from the site's articles; the classic profile ignores them.
    #[must_use]
    pub fn with_learned(self, learned: LearnedTopics) -> Self {
        Self { finder: self.finder.with_learned(learned), ..self }
    }

    /// The taxonomy by which this judge finds topics.
    pub fn taxonomy(&self) -> &Taxonomy {
        self.finder.taxonomy()
    }

    /// The topics of an article, most relevant first, and its quality with the breakdown. The
    /// points of the breakdown add up exactly to the quality.
    pub fn judge(&self, input: &JudgeInput<'_>) -> Judgement {
        let known = self.known_provider(input.provider_domain);
        let (topics, is_corrected, refused, signals) = match &self.profile {
            Profile::Classic(profile) => {
                let topics = classic::topics(self.taxonomy(), input);
                let signals = classic::signals(self.taxonomy(), profile, known.is_some(), &topics, input);
                (topics, false, Vec::new(), signals)
            }
            Profile::Default(weights) => {
                let text = Layout::of(input.text);
                let found = self.finder.find(input, &text);
                let signals = signals::all(weights, known, &self.languages, &found, input, &text);
                (found.topics, found.is_corrected, found.refused, signals)
            }
        };
        let topics_from = if has_given_topics(input) {
            TopicOrigin::Given
        } else if is_corrected {
            TopicOrigin::Learned
        } else {
            TopicOrigin::Rules
        };
        let (quality, signals) = breakdown(signals);
        Judgement { topics, topics_from, quality, signals, refused }
    }

    /// All entries of the topic files, in their order.
    pub fn topic_entries(&self) -> Vec<TopicEntry> {
        self.finder.topic_entries()
    }

    /// Which entries of the topic files occur in an article, whatever its topics.
    pub fn entries_found(&self, input: &JudgeInput<'_>) -> EntriesFound {
        self.finder.entries_found(input)
    }

    /// The provider, if it or the site that it belongs to is known.
    fn known_provider(&self, domain: &str) -> Option<&ProviderTrust> {
        let domain = domain.to_lowercase();
        let host = domain.split('/').next().unwrap_or(&domain);
        let parents = host.match_indices('.').map(|(at, _)| &host[at + 1..]);
        [domain.as_str(), host].into_iter().chain(parents).find_map(|domain| self.known.get(domain))
    }
}

/// Whether topics came with an article. A record without topics gives none: its article gets the
/// topics of the rules as soon as it is judged again.
fn has_given_topics(input: &JudgeInput<'_>) -> bool {
    input.topics.is_some_and(|topics| !topics.is_empty())
}

/// Adds up the signals; a signal `floor` raises a negative sum to 0. Signals without points are
/// left out.
fn breakdown(mut signals: Vec<Signal>) -> (Quality, Vec<Signal>) {
    signals.retain(|signal| signal.points != 0);
    let sum: i32 = signals.iter().map(|signal| signal.points).sum();
    if sum < 0 {
        signals.push(Signal {
            kind: SignalKind::Floor,
            points: -sum,
            because: "quality is never below 0".to_owned(),
        });
    }
    (Quality::from_points(sum), signals)
}
