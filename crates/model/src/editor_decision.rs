//! Decisions of editors, and the overrides that store them.

use jiff::Timestamp;

use crate::{ArticleId, StoryId, Value, names::named};

named! {
    /// A decision about the story of an article. It is stored like an override of a field of the
    /// article's record, under one of these names.
    pub enum StoryDecision ("decision about a story") {
        /// The article leads its story.
        Lead = "lead",
        /// The article was put into a story by a split.
        Split = "story",
        /// The story is pinned to the top of the front page.
        Pin = "pin",
        /// The story gets additional heat for some time.
        Boost = "boost",
    }
}

/// What an editor decided about an article or its story.
#[derive(Debug, Clone, PartialEq)]
pub enum EditorDecision {
    /// The value of a field of the article's record.
    Field {
        /// The field as it is written in the record: `title`, `published`, `topics`.
        name: String,
        /// The value; [`Value::Null`] removes the field.
        value: Value,
    },
    /// Whether the article leads its story; `false` is like no decision.
    Lead(bool),
    /// Whether the story is pinned to the top of the front page; `false` is like no decision.
    Pin(bool),
    /// The article was put into this story, or left in it, by a split.
    Split(StoryId),
    /// The story gets additional heat.
    Boost {
        /// Degrees; negative to subtract.
        degrees: i32,
        /// When the boost ends.
        until: Timestamp,
    },
    /// A value that does not fit its decision, as a hand edit of a record file can have. It is kept
    /// and has no effect.
    Unusable(StoryDecision, Value),
}

impl EditorDecision {
    /// The decision that is stored under this name with this value.
    pub fn from_stored(name: &str, value: Value) -> Self {
        let Ok(about_story) = name.parse() else { return Self::Field { name: name.to_owned(), value } };
        let read = match about_story {
            StoryDecision::Lead => value.as_bool().map(Self::Lead),
            StoryDecision::Pin => value.as_bool().map(Self::Pin),
            StoryDecision::Split => value.as_str().and_then(|text| text.parse().ok()).map(Self::Split),
            StoryDecision::Boost => boost(&value),
        };
        read.unwrap_or(Self::Unusable(about_story, value))
    }

    /// The name under which it is stored.
    pub fn name(&self) -> &str {
        match self {
            Self::Field { name, .. } => name,
            Self::Lead(_) => StoryDecision::Lead.as_str(),
            Self::Pin(_) => StoryDecision::Pin.as_str(),
            Self::Split(_) => StoryDecision::Split.as_str(),
            Self::Boost { .. } => StoryDecision::Boost.as_str(),
            Self::Unusable(about_story, _) => about_story.as_str(),
        }
    }

    /// The value with which it is stored.
    pub fn value(&self) -> Value {
        match self {
            Self::Field { value, .. } | Self::Unusable(_, value) => value.clone(),
            Self::Lead(holds) | Self::Pin(holds) => Value::Bool(*holds),
            Self::Split(story) => Value::Text(story.to_string()),
            Self::Boost { degrees, until } => Value::Map(vec![
                ("degrees".to_owned(), Value::Int((*degrees).into())),
                ("until".to_owned(), Value::Text(until.to_string())),
            ]),
        }
    }

    /// Whether it is about a field of the article's record, and not about its story.
    pub const fn is_about_record(&self) -> bool {
        matches!(self, Self::Field { .. })
    }
}

fn boost(value: &Value) -> Option<EditorDecision> {
    let degrees = i32::try_from(value.get("degrees")?.as_int()?).ok()?;
    Some(EditorDecision::Boost { degrees, until: value.get("until")?.as_str()?.parse().ok()? })
}

/// An editor's decision about one article; it takes precedence over the computed value and survives
/// every later run.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The article.
    pub article: ArticleId,
    /// What was decided.
    pub decision: EditorDecision,
    /// Who decided: an editor's name, or `record file` for a hand edit.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_decision_is_read_back_by_its_name_and_value() {
        let story = StoryId::opened_by(ArticleId::from_bytes([7; 16]));
        let until = Timestamp::from_second(1_800_000_000).unwrap();
        let decisions = [
            EditorDecision::Lead(true),
            EditorDecision::Pin(false),
            EditorDecision::Split(story),
            EditorDecision::Boost { degrees: -5, until },
            EditorDecision::Field { name: "title".to_owned(), value: Value::from("Two") },
            EditorDecision::Field { name: "excerpt".to_owned(), value: Value::Null },
            EditorDecision::Unusable(StoryDecision::Boost, Value::Int(15)),
        ];
        for decision in &decisions {
            assert_eq!(&EditorDecision::from_stored(decision.name(), decision.value()), decision);
        }
        for about_story in StoryDecision::ALL {
            assert_eq!(about_story.as_str().parse(), Ok(*about_story));
            let decision = decisions.iter().find(|decision| decision.name() == about_story.as_str());
            assert!(decision.is_some_and(|decision| !decision.is_about_record()), "{about_story}");
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_kept_without_effect() {
        for (name, value) in [
            ("lead", Value::Null),
            ("pin", Value::from("yes")),
            ("story", Value::from("the bridge")),
            ("boost", Value::Map(vec![("degrees".to_owned(), Value::Int(15))])),
        ] {
            let decision = EditorDecision::from_stored(name, value.clone());
            let about_story: StoryDecision = name.parse().unwrap();
            assert_eq!(decision, EditorDecision::Unusable(about_story, value.clone()));
            assert_eq!((decision.name(), decision.value()), (name, value));
        }
    }
}
