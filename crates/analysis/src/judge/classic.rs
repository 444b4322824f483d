//! The predecessor's rules, exactly: topics by substring of the title, quality by a closed formula.

use courant_model::{Signal, SignalKind, TopicMatch};

use super::{ClassicProfile, JudgeInput, Taxonomy};
use crate::glob;

/// The topics given with the article, or by the predecessor's rule: every root topic, and each
/// other topic with a keyword that is a substring of the lower-cased title.
pub(super) fn topics(taxonomy: &Taxonomy, input: &JudgeInput<'_>) -> Vec<TopicMatch> {
    if let Some(given) = input.topics {
        return super::topics::given(taxonomy, given);
    }
    let title = input.title.to_lowercase();
    let mut topics: Vec<TopicMatch> = (0..taxonomy.topics().len())
        .filter_map(|place| {
            let topic = &taxonomy.topics()[place];
            let hits = hits(&topic.keywords, &title);
            let is_root = taxonomy.parent(place).is_none();
            let because = match hits.is_empty() {
                false => hits.iter().map(|keyword| format!("“{keyword}” in the title")).collect(),
                true if is_root => vec!["every article has the root topic".to_owned()],
                true => return None,
            };
            let score = hits.len().max(1) as f64;
            Some(TopicMatch { id: topic.id.clone(), name: topic.name.clone(), score, because })
        })
        .collect();
    topics.sort_by(|one, other| other.score.total_cmp(&one.score));
    topics
}

/// The entries of a keyword list that are substrings of a lower-cased title; an entry listed twice
/// counts twice.
fn hits<'a>(keywords: &'a [String], title: &str) -> Vec<&'a str> {
    let is_in_title = |keyword: &&str| !keyword.is_empty() && title.contains(&keyword.to_lowercase());
    keywords.iter().map(String::as_str).filter(is_in_title).collect()
}

/// The predecessor's breakdown: 20·image + 20·AMP + 100·embed + 50·official + K·known provider +
/// 2·topics + 15·keyword hits in the title − ⌊(length of the title − 70) / 2⌋ if that is positive.
pub(super) fn signals(
    taxonomy: &Taxonomy,
    profile: &ClassicProfile,
    is_known: bool,
    topics: &[TopicMatch],
    input: &JudgeInput<'_>,
) -> Vec<Signal> {
    let title = input.title.to_lowercase();
    let keywords: Vec<&str> = topics
        .iter()
        .filter_map(|topic| taxonomy.place_of(&topic.name))
        .flat_map(|place| hits(&taxonomy.topics()[place].keywords, &title))
        .collect();
    let length = input.title.chars().count() as i32;
    let official = profile.official.iter().find(|pattern| glob::matches_url(pattern, input.url.as_str()));
    let signal = |kind: SignalKind, points: i32, because: String| Signal { kind, points, because };
    let when = |holds: bool, points: i32| if holds { points } else { 0 };
    vec![
        signal(SignalKind::Image, when(!input.images.is_empty(), 20), "it has a picture".to_owned()),
        signal(SignalKind::Amp, when(input.has_amp, 20), "it has an AMP page".to_owned()),
        signal(
            SignalKind::Featured,
            when(input.has_featured_content, 100),
            "a video or podcast is embedded".to_owned(),
        ),
        signal(
            SignalKind::Official,
            when(official.is_some(), 50),
            format!("address like {}", official.map_or("", |at| at)),
        ),
        signal(
            SignalKind::KnownProvider,
            when(is_known, profile.known_points),
            format!("{} is a provider of this site", input.provider_domain),
        ),
        signal(SignalKind::Topics, 2 * topics.len() as i32, format!("topics: {}", topics.len())),
        signal(
            SignalKind::TitleKeywords,
            15 * keywords.len() as i32,
            format!("in the title: {}", keywords.join(", ")),
        ),
        signal(
            SignalKind::TitleLength,
            -((length - 70).max(0) / 2),
            format!("the title has {length} characters, 70 are free"),
        ),
    ]
}
