//! The pages of all topics, all providers and all days.

use std::collections::{HashMap, HashSet};

use courant_model::Topic;
use minijinja::Value;

use super::{HTML, layout::layout};
use crate::{
    Document, RenderError,
    context::RenderContext,
    formatting::count,
    route::{List, Route},
    template_data::template_data,
};

template_data! {
    struct Directory {
        frame,
        heading,
        intro,
        /// What the page says if there is no entry.
        empty,
        groups,
    }
}

template_data! {
    struct Group {
        name,
        entries,
    }
}

template_data! {
    struct Entry {
        name,
        href,
        count,
        about,
        /// Whether it is a topic below another.
        below,
    }
}

/// The texts of a page.
struct Texts {
    heading: &'static str,
    intro: &'static str,
    empty: &'static str,
}

/// All topics, each below its parent's.
pub(crate) fn topics(context: &RenderContext) -> Result<Document, RenderError> {
    let topics = &context.snapshot.topics;
    let entries = family_order(topics).into_iter().map(|at| &topics[at]).filter_map(|topic| {
        let stories = context.index.topics.get(&topic.id)?;
        Some(Entry {
            name: (&topic.name).into(),
            href: context.link(Route::Page(List::Topic(&topic.id), 0)).into(),
            count: count(stories.len(), "story", "stories").into(),
            about: topic.description.as_deref().into(),
            below: topic.parent.is_some().into(),
        })
    });
    page(
        context,
        Route::Topics,
        &Texts {
            heading: "Topics",
            intro: "What this publication covers. A topic includes the stories of the topics below it.",
            empty: "This publication has no topics: it covers everything that its sources publish.",
        },
        vec![Group { name: ().into(), entries: entries.collect() }],
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
    // Topics whose parents form a circle are below no root and come last.
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
pub(crate) fn providers(context: &RenderContext) -> Result<Document, RenderError> {
    let mut entries: Vec<(String, &str, Entry)> = context
        .index
        .providers
        .iter()
        .map(|(domain, articles)| {
            let name = context.index.provider_name(&context.snapshot, domain);
            let name = if name.is_empty() { domain } else { name };
            let entry = Entry {
                name: name.into(),
                href: context.link(Route::Page(List::Provider(domain), 0)).into(),
                count: count(articles.len(), "article", "articles").into(),
                about: domain.into(),
                below: false.into(),
            };
            (name.to_lowercase(), domain.as_str(), entry)
        })
        .collect();
    entries.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let entries = entries.into_iter().map(|(_, _, entry)| entry).collect();
    page(
        context,
        Route::Providers,
        &Texts {
            heading: "Providers",
            intro: "The publishers of the articles listed here.",
            empty: "No article has been published here yet.",
        },
        vec![Group { name: ().into(), entries }],
    )
}

/// All days with public stories, newest first, by month.
pub(crate) fn archive(context: &RenderContext) -> Result<Document, RenderError> {
    let mut months: Vec<(String, Vec<Value>)> = Vec::new();
    for (&date, &stories) in context.index.days.iter().rev() {
        let month = date.strftime("%B %Y").to_string();
        let entry = Entry {
            name: date.strftime("%A, %-d %B").to_string().into(),
            href: context.link(Route::Page(List::Day(date), 0)).into(),
            count: count(stories, "story", "stories").into(),
            about: ().into(),
            below: false.into(),
        };
        match months.last_mut() {
            Some((last, entries)) if *last == month => entries.push(entry.into()),
            _ => months.push((month, vec![entry.into()])),
        }
    }
    let groups = months.into_iter().map(|(month, days)| Group { name: month.into(), entries: days.into() });
    page(
        context,
        Route::Archive,
        &Texts {
            heading: "Archive",
            intro: "Every story of this publication, by the day on which its leading article was published (UTC).",
            empty: "No story has been published here yet.",
        },
        groups.collect(),
    )
}

fn page(
    context: &RenderContext,
    route: Route<'_>,
    texts: &Texts,
    groups: Vec<Group>,
) -> Result<Document, RenderError> {
    let page = Directory {
        frame: layout(context, route, texts.heading, texts.intro)?.into(),
        heading: texts.heading.into(),
        intro: texts.intro.into(),
        empty: texts.empty.into(),
        groups: groups.into_iter().collect(),
    };
    Ok(context.document(HTML, context.templates.render("index.html", page.into())?))
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
