//! Boosts by editors: a story gets additional degrees of heat until a given time. A boost is stored
//! as an override of one of the story's articles. A boost by a gate rule is something else and is
//! listed under the rule's name.

use std::collections::HashMap;

use courant_analysis::story::Boost;
use courant_model::{ArticleId, Override, StoryId, Timestamp, Value};

/// The field of an override that boosts the story of an article.
pub(crate) const BOOST: &str = "boost";

/// The value of the override.
pub(crate) fn value(degrees: i32, until: Timestamp) -> Value {
    Value::Map(vec![
        ("degrees".to_owned(), Value::Int(degrees.into())),
        ("until".to_owned(), Value::Text(until.to_string())),
    ])
}

/// The boost in an override; `None` if its value has another form.
fn boost(stored: &Override) -> Option<Boost> {
    let degrees = stored.value.get("degrees")?.as_int()?;
    Some(Boost {
        degrees: i32::try_from(degrees).ok()?,
        by: stored.by.clone(),
        until: stored.value.get("until")?.as_str()?.parse().ok()?,
    })
}

/// The boosts in force at a given time, by story. If a merged story has several, the latest one
/// counts.
pub(crate) fn in_force<'a>(
    overrides: impl IntoIterator<Item = &'a Override>,
    story_of: impl Fn(ArticleId) -> Option<StoryId>,
    now: Timestamp,
) -> HashMap<StoryId, Boost> {
    let mut last: HashMap<StoryId, (Timestamp, ArticleId, Boost)> = HashMap::new();
    for stored in overrides.into_iter().filter(|stored| stored.field == BOOST) {
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
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn boosted(article: u8, value: Value, made: i64) -> Override {
        let article = ArticleId::from_bytes([article; 16]);
        Override { article, field: BOOST.to_owned(), value, by: "Ann".to_owned(), at: at(made) }
    }

    #[test]
    fn the_latest_boost_in_force_counts() {
        let story = StoryId::opened_by(ArticleId::from_bytes([1; 16]));
        let overrides = [
            boosted(1, value(15, at(100)), 10),
            boosted(2, value(-5, at(50)), 30),
            boosted(3, value(7, at(90)), 20),
        ];
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
        let overrides = [boosted(1, Value::Int(15), 1), boosted(2, Value::Null, 1)];
        assert!(in_force(&overrides, |_| Some(story), at(0)).is_empty());
    }
}
