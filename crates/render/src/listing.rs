//! Lists of the live API: filtered, and cut by cursors instead of page numbers, so that new entries
//! neither repeat nor hide others.

use std::collections::HashSet;

use courant_model::{Item, Timestamp};
use url::form_urlencoded;

use crate::{
    Document, RenderError,
    api::{ArticleList, Explain, RELATED_IN_LIST, StoryList, article_of, story_of},
    context::RenderContext,
    cursor::Place,
    index::{SortedIndex, ancestors_of, articles_of, time_of},
};

/// The kind of entries of a list.
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

/// A part of a list. A story passes a filter if its lead does, and `provider` if any of its
/// articles does.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListQuery {
    /// The cursor of the previous part, after which this one begins. Its entry need not exist any
    /// more.
    pub after: Option<String>,
    /// Maximum number of entries; 0 counts as 1.
    pub limit: usize,
    /// The id of a topic: it, or one below it.
    pub topic: Option<String>,
    /// The domain of a provider, in lower case.
    pub provider: Option<String>,
    /// A language, without region.
    pub language: Option<String>,
    /// Published at or after this time.
    pub since: Option<Timestamp>,
    /// Published before this time.
    pub until: Option<Timestamp>,
    /// At least this quality.
    pub min_quality: Option<i64>,
    /// Whether entries have their reasons.
    pub explain: bool,
}

/// A list could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A parameter is invalid.
    #[error("{name}: {detail}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// The document could not be written.
    #[error(transparent)]
    Render(#[from] RenderError),
}

/// Part of a list.
pub(crate) fn list(
    context: &RenderContext,
    listed: Listed,
    query: &ListQuery,
) -> Result<Document, ListError> {
    let snapshot = &context.snapshot;
    let filter = Filter::new(context, query)?;
    let explain = if query.explain { Explain::All } else { Explain::Nothing };
    let (found, cursor) = match listed {
        Listed::Stories => {
            let lead = |at: usize| &snapshot.items[snapshot.stories[at].lead];
            let place = |at: usize| Place {
                at: time_of(lead(at), snapshot.taken),
                id: *snapshot.stories[at].id.as_bytes(),
            };
            let is_reported_by_provider =
                |at| articles_of(snapshot, at).any(|index| filter.provider(&snapshot.items[index]));
            part(&context.index.newest, query, place, |at| {
                filter.item(lead(at)) && is_reported_by_provider(at)
            })?
        }
        Listed::Articles => {
            let item = |at: usize| &snapshot.items[at];
            let place =
                |at: usize| Place { at: time_of(item(at), snapshot.taken), id: *item(at).id.as_bytes() };
            let fits = |at: usize| filter.item(item(at)) && filter.provider(item(at));
            part(&context.index.articles, query, place, fits)?
        }
    };
    let next = cursor.as_deref().map(|cursor| next_url(context, listed, query, cursor));
    Ok(match listed {
        Listed::Stories => {
            let stories =
                found.into_iter().map(|at| story_of(context, at, RELATED_IN_LIST, explain)).collect();
            context.json(&StoryList { next, cursor, stories, ..StoryList::default() })?
        }
        Listed::Articles => {
            let article = |at: usize| article_of(context, &snapshot.items[at], query.explain);
            let articles = found.into_iter().map(article).collect();
            context.json(&ArticleList { next, cursor, articles })?
        }
    })
}

/// The part of a sorted list that a query asks for, and the cursor of its last entry if more
/// follow.
pub(crate) fn part(
    ordered: &SortedIndex,
    query: &ListQuery,
    place: impl Fn(usize) -> Place,
    fits: impl Fn(usize) -> bool,
) -> Result<(Vec<usize>, Option<String>), ListError> {
    let mut rest = 0..ordered.len();
    if let Some(cursor) = &query.after {
        let last = Place::read(cursor).ok_or(ListError::Parameter {
            name: "after",
            detail: "invalid cursor; start again without `after`",
        })?;
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

/// The filters of a query.
struct Filter<'a> {
    context: &'a RenderContext,
    query: &'a ListQuery,
    /// Positions in the taxonomy of the topic of the query and those below it.
    topics: Option<HashSet<usize>>,
}

impl<'a> Filter<'a> {
    fn new(context: &'a RenderContext, query: &'a ListQuery) -> Result<Self, ListError> {
        let all = &context.snapshot.topics;
        let names = &context.index.topic_names;
        let below = |id: &str| {
            let is_below = |at: usize| {
                ancestors_of(&context.snapshot, names, at).into_iter().any(|above| all[above].id == id)
            };
            (0..all.len()).filter(|&at| is_below(at)).collect::<HashSet<_>>()
        };
        let topics = query.topic.as_deref().map(below);
        if topics.as_ref().is_some_and(HashSet::is_empty) {
            return Err(ListError::Parameter { name: "topic", detail: "the site has no topic with this id" });
        }
        Ok(Self { context, query, topics })
    }

    /// Whether an article passes all filters but that of the provider.
    fn item(&self, item: &Item) -> bool {
        let record = &item.record;
        let names = &self.context.index.topic_names;
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

/// The URL of the next part: the same query with another cursor.
fn next_url(context: &RenderContext, listed: Listed, query: &ListQuery, cursor: &str) -> String {
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    pairs.append_pair("after", cursor);
    pairs.append_pair("limit", &query.limit.to_string());
    for (name, value) in [
        ("topic", query.topic.clone()),
        ("provider", query.provider.clone()),
        ("language", query.language.clone()),
        ("since", time(query.since)),
        ("until", time(query.until)),
        ("min_quality", query.min_quality.map(|least| least.to_string())),
        ("explain", query.explain.then(|| "1".to_owned())),
    ] {
        if let Some(value) = value {
            pairs.append_pair(name, &value);
        }
    }
    format!("{}api/v1/{}/?{}", context.home, listed.name(), pairs.finish())
}
