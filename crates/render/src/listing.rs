//! Lists of the live API: filtered, and cut by cursors instead of page numbers, so that what arrives meanwhile
//! neither repeats an entry nor hides one.

use std::collections::HashSet;

use courant_model::{Item, Timestamp};
use serde::Serialize;
use url::form_urlencoded;

use crate::{
    Document, Publication, RenderError,
    api::{Article, Explain, RELATED_IN_LIST, Story, answer, article_of, story_of},
    cursor::Place,
    index::{articles_of, line_of, time_of},
    shelf::Shelf,
};

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// Public stories, newest lead first.
    Stories,
    /// Public articles, newest first.
    Articles,
}

impl Listed {
    const fn name(self) -> &'static str {
        match self {
            Self::Stories => "stories",
            Self::Articles => "articles",
        }
    }
}

/// Which part of a list is wanted. A story passes a filter where its lead does; `provider` looks at all its
/// articles.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    /// The cursor of the last answer; the list goes on behind that place, whether an entry stands there or not.
    pub after: Option<String>,
    /// How many entries are wanted at most; at least one is given where there is one.
    pub limit: usize,
    /// The id of a topic: it, or one below it.
    pub topic: Option<String>,
    /// The domain of a provider, in lower case.
    pub provider: Option<String>,
    /// A language, without region.
    pub language: Option<String>,
    /// Published at or after this moment.
    pub since: Option<Timestamp>,
    /// Published before this moment.
    pub until: Option<Timestamp>,
    /// At least this quality.
    pub min_quality: Option<i64>,
    /// Whether the reasons are wanted.
    pub explain: bool,
}

/// Why a list could not be given.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A parameter means nothing here.
    #[error("{name}: {detail}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The answer could not be written.
    #[error(transparent)]
    Render(#[from] RenderError),
}

#[derive(Serialize)]
struct Answer<'a> {
    /// Where the list goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The same place, for `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    #[serde(flatten)]
    entries: Entries<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Entries<'a> {
    Stories(Vec<Story<'a>>),
    Articles(Vec<Article<'a>>),
}

/// Part of a list.
pub(crate) fn list(
    publication: &Publication,
    listed: Listed,
    query: &ListQuery,
) -> Result<Document, ListError> {
    let snapshot = &publication.snapshot;
    let filter = Filter::new(publication, query)?;
    let explain = if query.explain { Explain::All } else { Explain::Nothing };
    let (found, cursor) = match listed {
        Listed::Stories => {
            let lead = |at: usize| &snapshot.items[snapshot.stories[at].lead];
            let place = |at: usize| Place {
                at: time_of(lead(at), snapshot.taken),
                id: *snapshot.stories[at].id.as_bytes(),
            };
            let told_by = |at| articles_of(snapshot, at).any(|index| filter.provider(&snapshot.items[index]));
            part(&publication.index.newest, query, place, |at| filter.item(lead(at)) && told_by(at))?
        }
        Listed::Articles => {
            let item = |at: usize| &snapshot.items[at];
            let place =
                |at: usize| Place { at: time_of(item(at), snapshot.taken), id: *item(at).id.as_bytes() };
            let fits = |at: usize| filter.item(item(at)) && filter.provider(item(at));
            part(&publication.index.articles, query, place, fits)?
        }
    };
    let entries = match listed {
        Listed::Stories => Entries::Stories(
            found.into_iter().map(|at| story_of(publication, at, RELATED_IN_LIST, explain)).collect(),
        ),
        Listed::Articles => Entries::Articles(
            found.into_iter().map(|at| article_of(publication, &snapshot.items[at], query.explain)).collect(),
        ),
    };
    let next = cursor.as_deref().map(|cursor| next_address(publication, listed, query, cursor));
    Ok(answer(publication, &Answer { next, cursor, entries })?)
}

/// The wanted entries of an ordered list, and the cursor of the last where more follow.
pub(crate) fn part(
    ordered: &Shelf,
    query: &ListQuery,
    place: impl Fn(usize) -> Place,
    fits: impl Fn(usize) -> bool,
) -> Result<(Vec<usize>, Option<String>), ListError> {
    let mut rest = 0..ordered.len();
    if let Some(cursor) = &query.after {
        let last = Place::read(cursor)
            .ok_or(ListError::Parameter { name: "after", detail: "this is no cursor; begin without one" })?;
        rest.end = ordered.place(|at| place(at).key() > last.key());
    }
    if let Some(until) = query.until {
        rest.end = rest.end.min(ordered.place(|at| place(at).at < until));
    }
    if let Some(since) = query.since {
        rest.start = ordered.place(|at| place(at).at < since);
    }
    let limit = query.limit.max(1);
    let mut found: Vec<usize> = ordered.newest_in(rest).filter(|&at| fits(at)).take(limit + 1).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|&at| place(at).cursor());
    Ok((found, last))
}

/// What must be true of an article.
struct Filter<'a> {
    publication: &'a Publication,
    query: &'a ListQuery,
    /// Positions of the wanted topic and those below it in the taxonomy.
    topics: Option<HashSet<usize>>,
}

impl<'a> Filter<'a> {
    fn new(publication: &'a Publication, query: &'a ListQuery) -> Result<Self, ListError> {
        let all = &publication.snapshot.topics;
        let names = &publication.index.topic_names;
        let below = |id: &str| {
            let wanted = |at: usize| {
                line_of(&publication.snapshot, names, at).into_iter().any(|above| all[above].id == id)
            };
            (0..all.len()).filter(|&at| wanted(at)).collect::<HashSet<_>>()
        };
        let topics = query.topic.as_deref().map(below);
        if topics.as_ref().is_some_and(HashSet::is_empty) {
            return Err(ListError::Parameter { name: "topic", detail: "the site has no topic with this id" });
        }
        Ok(Self { publication, query, topics })
    }

    /// All but the provider.
    fn item(&self, item: &Item) -> bool {
        let record = &item.record;
        let names = &self.publication.index.topic_names;
        let language = |wanted: &String| {
            let stated = record.language.as_deref().unwrap_or_default();
            stated.split(['-', '_']).next() == Some(wanted.as_str())
        };
        let topic = |wanted: &HashSet<usize>| {
            record.topics.iter().filter_map(|name| names.get(name)).any(|at| wanted.contains(at))
        };
        self.query.language.as_ref().is_none_or(language)
            && self
                .query
                .min_quality
                .is_none_or(|least| record.quality.is_some_and(|quality| quality >= least))
            && self.topics.as_ref().is_none_or(topic)
    }

    fn provider(&self, item: &Item) -> bool {
        self.query.provider.as_ref().is_none_or(|domain| {
            item.record.provider.as_ref().is_some_and(|provider| provider.domain == *domain)
        })
    }
}

/// The address of the part that follows: the same question with another cursor.
fn next_address(publication: &Publication, listed: Listed, query: &ListQuery, cursor: &str) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
    pairs.append_pair("after", cursor);
    pairs.append_pair("limit", &query.limit.to_string());
    for (name, value) in [
        ("topic", query.topic.clone()),
        ("provider", query.provider.clone()),
        ("language", query.language.clone()),
        ("since", moment(query.since)),
        ("until", moment(query.until)),
        ("min_quality", query.min_quality.map(|least| least.to_string())),
        ("explain", query.explain.then(|| "1".to_owned())),
    ] {
        if let Some(value) = value {
            pairs.append_pair(name, &value);
        }
    }
    format!("{}api/v1/{}/?{}", publication.home, listed.name(), pairs.finish())
}
