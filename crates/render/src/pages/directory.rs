//! The pages that list lists: all topics, all providers, all days.

use std::collections::{HashMap, HashSet};

use courant_model::Topic;
use serde::Serialize;

use super::{HTML, frame::Frame};
use crate::{
    Document, Publication, RenderError,
    route::{List, Route},
    words::count,
};

#[derive(Serialize)]
struct Directory<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    intro: &'static str,
    empty: &'static str,
    groups: Vec<Group<'a>>,
}

#[derive(Serialize)]
struct Group<'a> {
    name: Option<String>,
    entries: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: String,
    href: String,
    count: String,
    about: Option<&'a str>,
    below: bool,
}

/// All topics, each below its parent's.
pub(crate) fn topics(publication: &Publication) -> Result<Document, RenderError> {
    let topics = &publication.snapshot.topics;
    let entries = family_order(topics).into_iter().map(|at| &topics[at]).filter_map(|topic| {
        let stories = publication.index.topics.get(&topic.id)?;
        Some(Entry {
            name: topic.name.clone(),
            href: publication.link(Route::Page(List::Topic(&topic.id), 0)),
            count: count(stories.len(), "story", "stories"),
            about: topic.description.as_deref(),
            below: topic.parent.is_some(),
        })
    });
    page(
        publication,
        Route::Topics,
        "Topics",
        "What this publication follows. A topic includes the stories of the topics below it.",
        "This publication has no topics: it takes every article that its sources bring.",
        vec![Group { name: None, entries: entries.collect() }],
    )
}

/// The topics, each followed by those below it; otherwise in the order of the taxonomy.
fn family_order(topics: &[Topic]) -> Vec<usize> {
    let mut below: HashMap<&str, Vec<usize>> = HashMap::new();
    let names: HashSet<&str> = topics.iter().map(|topic| topic.name.as_str()).collect();
    for (at, topic) in topics.iter().enumerate() {
        if let Some(name) = topic.parent.as_deref().filter(|name| names.contains(name)) {
            below.entry(name).or_default().push(at);
        }
    }
    let roots = (0..topics.len())
        .filter(|&at| !topics[at].parent.as_deref().is_some_and(|name| names.contains(name)));
    // What stands in a circle of parents has no root above it and comes last.
    let mut waiting: Vec<usize> = roots.chain(0..topics.len()).collect();
    waiting.reverse();
    let mut seen = HashSet::new();
    let mut order = Vec::with_capacity(topics.len());
    while let Some(at) = waiting.pop() {
        if seen.insert(at) {
            order.push(at);
            waiting.extend(below.get(topics[at].name.as_str()).into_iter().flatten().rev());
        }
    }
    order
}

/// All providers with public articles, by name.
pub(crate) fn providers(publication: &Publication) -> Result<Document, RenderError> {
    let mut entries: Vec<(&str, Entry<'_>)> = publication
        .index
        .providers
        .iter()
        .map(|(domain, articles)| {
            let name = publication.index.provider_name(&publication.snapshot, domain);
            let entry = Entry {
                name: if name.is_empty() { domain.clone() } else { name.to_owned() },
                href: publication.link(Route::Page(List::Provider(domain), 0)),
                count: count(articles.len(), "article", "articles"),
                about: Some(domain),
                below: false,
            };
            (domain.as_str(), entry)
        })
        .collect();
    entries.sort_by_cached_key(|(domain, entry)| (entry.name.to_lowercase(), *domain));
    let entries = entries.into_iter().map(|(_, entry)| entry).collect();
    page(
        publication,
        Route::Providers,
        "Providers",
        "Who published the articles that are listed here.",
        "No article has been published here yet.",
        vec![Group { name: None, entries }],
    )
}

/// All days with public stories, newest first, by month.
pub(crate) fn archive(publication: &Publication) -> Result<Document, RenderError> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (&date, &stories) in publication.index.days.iter().rev() {
        let month = date.strftime("%B %Y").to_string();
        if groups.last().is_none_or(|group| group.name.as_ref() != Some(&month)) {
            groups.push(Group { name: Some(month), entries: Vec::new() });
        }
        let entry = Entry {
            name: date.strftime("%A, %-d %B").to_string(),
            href: publication.link(Route::Page(List::Day(date), 0)),
            count: count(stories, "story", "stories"),
            about: None,
            below: false,
        };
        if let Some(group) = groups.last_mut() {
            group.entries.push(entry);
        }
    }
    page(
        publication,
        Route::Archive,
        "Archive",
        "Every story of this publication, by the day on which its leading article was published (UTC).",
        "No story has been published here yet.",
        groups,
    )
}

fn page(
    publication: &Publication,
    route: Route<'_>,
    heading: &'static str,
    intro: &'static str,
    empty: &'static str,
    groups: Vec<Group<'_>>,
) -> Result<Document, RenderError> {
    let frame = publication.frame(route, heading, intro);
    let page = Directory { frame, heading, intro, empty, groups };
    Ok(publication.document(HTML, publication.templates.render("index.html", &page)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_follow_their_parents_and_circles_end() {
        let topic = |name: &str, parent: Option<&str>| Topic {
            name: name.to_owned(),
            parent: parent.map(str::to_owned),
            ..Topic::default()
        };
        let topics = [
            topic("a", None),
            topic("b", None),
            topic("a1", Some("a")),
            topic("x", Some("y")),
            topic("y", Some("x")),
            topic("a2", Some("a")),
            topic("lost", Some("nobody")),
        ];
        assert_eq!(family_order(&topics), [0, 2, 5, 1, 6, 3, 4]);
    }
}
