//! The site's topics, validated.

use std::collections::HashMap;

use courant_model::Topic;

/// Maximum number of topics between a topic and its root, so that a mistake in a generated taxonomy
/// is found early.
const MAX_DEPTH: usize = 32;

/// Why a taxonomy is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaxonomyError {
    /// Two topics with the same id.
    #[error("two topics have the id `{0}`; ids must be unique")]
    DuplicateId(String),
    /// Two topics with the same name: records name topics, so names must be unique.
    #[error("two topics have the name `{0}`; names must be unique")]
    DuplicateName(String),
    /// A topic without id or name.
    #[error("topic `{0}` lacks an id or a name")]
    MissingName(String),
    /// A parent that is not in the taxonomy.
    #[error("topic `{topic}`: there is no topic named `{parent}` for its parent")]
    MissingParent {
        /// The topic's id.
        topic: String,
        /// The name of the missing parent.
        parent: String,
    },
    /// A topic that is its own ancestor, or a chain of parents that is too long.
    #[error("topic `{0}` is its own ancestor, or more than {MAX_DEPTH} topics deep")]
    Cycle(String),
}

impl TaxonomyError {
    /// The id of the invalid topic (its name, if two share one).
    pub fn topic(&self) -> &str {
        match self {
            Self::DuplicateId(topic)
            | Self::DuplicateName(topic)
            | Self::MissingName(topic)
            | Self::Cycle(topic)
            | Self::MissingParent { topic, .. } => topic,
        }
    }
}

/// The topics of a site, in the order of their files. Ids and names are unique, parents exist, and
/// every chain of parents ends.
#[derive(Debug, Clone, Default)]
pub struct Taxonomy {
    topics: Vec<Topic>,
    parents: Vec<Option<usize>>,
    by_name: HashMap<String, usize>,
}

impl Taxonomy {
    /// Checks the topics and links them to their parents, which are named by their *name*.
    pub fn new(topics: Vec<Topic>) -> Result<Self, TaxonomyError> {
        let mut by_id = HashMap::new();
        let mut by_name = HashMap::new();
        for (place, topic) in topics.iter().enumerate() {
            if topic.id.is_empty() || topic.name.is_empty() {
                return Err(TaxonomyError::MissingName(format!("{}{}", topic.id, topic.name)));
            }
            if by_id.insert(topic.id.as_str(), place).is_some() {
                return Err(TaxonomyError::DuplicateId(topic.id.clone()));
            }
            if by_name.insert(topic.name.clone(), place).is_some() {
                return Err(TaxonomyError::DuplicateName(topic.name.clone()));
            }
        }
        let parents = topics
            .iter()
            .map(|topic| match &topic.parent {
                None => Ok(None),
                Some(parent) => by_name.get(parent).copied().map(Some).ok_or_else(|| {
                    TaxonomyError::MissingParent { topic: topic.id.clone(), parent: parent.clone() }
                }),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let taxonomy = Self { topics, parents, by_name };
        match (0..taxonomy.topics.len()).find(|place| taxonomy.ancestors(*place).count() > MAX_DEPTH) {
            Some(place) => Err(TaxonomyError::Cycle(taxonomy.topics[place].id.clone())),
            None => Ok(taxonomy),
        }
    }

    /// The topics, in the order of their files.
    pub fn topics(&self) -> &[Topic] {
        &self.topics
    }

    /// Whether the site has no taxonomy: then every article is on topic.
    pub fn is_empty(&self) -> bool {
        self.topics.is_empty()
    }

    /// The position of the topic with this name.
    pub(super) fn place_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The position of a topic's parent.
    pub(super) fn parent(&self, place: usize) -> Option<usize> {
        self.parents[place]
    }

    /// The positions of a topic's ancestors, nearest first; ends even in a loop.
    pub fn ancestors(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.parents[place], |parent| self.parents[*parent]).take(MAX_DEPTH + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(id: &str, parent: Option<&str>) -> Topic {
        Topic {
            id: id.to_owned(),
            name: id.to_uppercase(),
            parent: parent.map(str::to_owned),
            ..Topic::default()
        }
    }

    #[test]
    fn errors_name_the_topic() {
        for (topics, expected) in [
            (vec![topic("a", None), topic("a", None)], TaxonomyError::DuplicateId("a".to_owned())),
            (
                vec![topic("a", Some("B"))],
                TaxonomyError::MissingParent { topic: "a".to_owned(), parent: "B".to_owned() },
            ),
            (vec![topic("a", Some("A"))], TaxonomyError::Cycle("a".to_owned())),
            (
                vec![topic("c", None), topic("a", Some("B")), topic("b", Some("A"))],
                TaxonomyError::Cycle("a".to_owned()),
            ),
            (vec![topic("", None)], TaxonomyError::MissingName(String::new())),
        ] {
            assert_eq!(Taxonomy::new(topics).map(|_| ()), Err(expected));
        }
    }

    #[test]
    fn parents_are_found_by_name() {
        let taxonomy =
            Taxonomy::new(vec![topic("c", Some("B")), topic("b", Some("A")), topic("a", None)]).unwrap();
        assert_eq!(taxonomy.ancestors(0).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(taxonomy.place_of("A"), Some(2));
    }
}
