//! An editor's boost: degrees of heat that a story has until a moment, as an override on one of its articles. What a
//! rule of the gate gives is something else, and is called by the rule's name.

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

/// The boost of an override; `None` where it says something else.
fn boost(word: &Override) -> Option<Boost> {
    let degrees = word.value.get("degrees")?.as_int()?;
    Some(Boost {
        degrees: i32::try_from(degrees).ok()?,
        by: word.by.clone(),
        until: word.value.get("until")?.as_str()?.parse().ok()?,
    })
}

/// The boosts that hold at a moment, by story. A story has one: the last word, where more came together by a merge.
pub(crate) fn in_force<'a>(
    words: impl IntoIterator<Item = &'a Override>,
    story_of: impl Fn(ArticleId) -> Option<StoryId>,
    now: Timestamp,
) -> HashMap<StoryId, Boost> {
    let mut last: HashMap<StoryId, (Timestamp, ArticleId, Boost)> = HashMap::new();
    for word in words.into_iter().filter(|word| word.field == BOOST) {
        let Some(boost) = boost(word).filter(|boost| boost.holds(now)) else { continue };
        let Some(story) = story_of(word.article) else { continue };
        let known = last.get(&story).map(|&(at, article, _)| (at, article));
        if known.is_none_or(|known| known < (word.at, word.article)) {
            last.insert(story, (word.at, word.article, boost));
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

    fn word(article: u8, value: Value, made: i64) -> Override {
        let article = ArticleId::from_bytes([article; 16]);
        Override { article, field: BOOST.to_owned(), value, by: "Ann".to_owned(), at: at(made) }
    }

    #[test]
    fn the_last_word_in_force_counts() {
        let story = StoryId::opened_by(ArticleId::from_bytes([1; 16]));
        let words =
            [word(1, value(15, at(100)), 10), word(2, value(-5, at(50)), 30), word(3, value(7, at(90)), 20)];
        let degrees = |now: i64| {
            let boosts = in_force(&words, |_| Some(story), at(now));
            boosts.get(&story).map(|boost| boost.degrees)
        };
        assert_eq!(
            [degrees(40), degrees(50), degrees(90), degrees(100)],
            [Some(-5), Some(7), Some(15), None]
        );
    }

    #[test]
    fn what_a_record_file_says_of_a_field_of_this_name_is_no_boost() {
        let story = StoryId::opened_by(ArticleId::from_bytes([1; 16]));
        let words = [word(1, Value::Int(15), 1), word(2, Value::Null, 1)];
        assert!(in_force(&words, |_| Some(story), at(0)).is_empty());
    }
}
