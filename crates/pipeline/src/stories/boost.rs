//! Boosts by editors: a story gets additional degrees of heat until a given time. A boost is stored
//! as an override of one of the story's articles. A boost by a gate rule is something else and is
//! listed under the rule's name.

use std::collections::HashMap;

use courant_analysis::story::Boost;
use courant_model::{ArticleId, EditorDecision, Override, StoryId, Timestamp};

/// The boost in an override, if it is one.
fn boost(stored: &Override) -> Option<Boost> {
    match stored.decision {
        EditorDecision::Boost { degrees, until } => Some(Boost { degrees, by: stored.by.clone(), until }),
        _ => None,
    }
}

/// The boosts in force at a given time, by story. If a merged story has several, the latest one
/// counts.
pub(crate) fn in_force<'a>(
    overrides: impl IntoIterator<Item = &'a Override>,
    story_of: impl Fn(ArticleId) -> Option<StoryId>,
    now: Timestamp,
) -> HashMap<StoryId, Boost> {
    let mut last: HashMap<StoryId, (Timestamp, ArticleId, Boost)> = HashMap::new();
    for stored in overrides {
        let Some(boost) = boost(stored).filter(|boost| boost.holds(now)) else { continue };
        let Some(story) = story_of(stored.article) else { continue };
        let latest = last.get(&story).map(|&(at, article, _)| (at, article));
        if latest.is_none_or(|latest| latest < (stored.at, stored.article)) {
            last.insert(story, (stored.at, stored.article, boost));
        }
    }
    last.into_iter().map(|(story, (.., boost))| (story, boost)).collect()
}

#[cfg(test)]
mod tests {
    use courant_model::Value;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn boosted(article: u8, decision: EditorDecision, made: i64) -> Override {
        let article = ArticleId::from_bytes([article; 16]);
        Override { article, decision, by: "Ann".to_owned(), at: at(made) }
    }

    fn boost(degrees: i32, until: i64) -> EditorDecision {
        EditorDecision::Boost { degrees, until: at(until) }
    }

    #[test]
    fn the_latest_boost_in_force_counts() {
        let story = StoryId::opened_by(ArticleId::from_bytes([1; 16]));
        let overrides =
            [boosted(1, boost(15, 100), 10), boosted(2, boost(-5, 50), 30), boosted(3, boost(7, 90), 20)];
        let degrees = |now: i64| {
            let boosts = in_force(&overrides, |_| Some(story), at(now));
            boosts.get(&story).map(|boost| boost.degrees)
        };
        assert_eq!(
            [degrees(40), degrees(50), degrees(90), degrees(100)],
            [Some(-5), Some(7), Some(15), None]
        );
    }

    #[test]
    fn an_override_with_another_value_is_not_a_boost() {
        let story = StoryId::opened_by(ArticleId::from_bytes([1; 16]));
        let overrides = [Value::Int(15), Value::Null]
            .map(|value| boosted(1, EditorDecision::from_stored("boost", value), 1));
        assert!(in_force(&overrides, |_| Some(story), at(0)).is_empty());
    }
}
