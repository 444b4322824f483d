//! What surrounds every page: head, masthead, navigation and foot.

use std::collections::HashSet;

use serde::Serialize;

use crate::{
    Publication,
    card::Named,
    route::{List, Route, Syntax},
};

/// How many topics the navigation shows.
const NAV_TOPICS: usize = 8;

#[derive(Debug, Serialize)]
pub(crate) struct Frame<'a> {
    pub(crate) site: &'a str,
    pub(crate) site_description: &'a str,
    pub(crate) language: &'a str,
    pub(crate) root: &'a str,
    pub(crate) style: String,
    pub(crate) title: String,
    pub(crate) description: String,
    /// The page's one address; absent on pages that have none.
    pub(crate) canonical: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) image: Option<String>,
    pub(crate) feeds: Vec<FeedLink>,
    pub(crate) nav: Vec<NavLink<'a>>,
    /// Linked data, safe to stand inside a `script` element.
    pub(crate) json_ld: Option<String>,
    /// Whether search engines are asked to stay away.
    pub(crate) hidden: bool,
    /// What was searched for, shown again in the search field.
    pub(crate) query: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct FeedLink {
    pub(crate) title: String,
    pub(crate) href: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(crate) struct NavLink<'a> {
    #[serde(flatten)]
    pub(crate) to: Named<'a>,
    pub(crate) current: bool,
}

/// Links to the pages beside one page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Pager {
    pub(crate) page: usize,
    pub(crate) pages: usize,
    pub(crate) newer: Option<String>,
    pub(crate) older: Option<String>,
}

impl Publication {
    /// The frame of the page at this address. `title` is empty on the front page.
    pub(crate) fn frame(&self, route: Route<'_>, title: &str, description: &str) -> Frame<'_> {
        let site = &self.snapshot.site;
        Frame {
            site: &site.title,
            site_description: &site.description,
            language: &site.language,
            root: &self.root,
            style: self.link(Route::Style(self.templates.style_name())),
            title: if title.is_empty() { site.title.clone() } else { format!("{title} · {}", site.title) },
            description: if description.is_empty() { &site.description } else { description }.to_owned(),
            canonical: Some(self.address(route)),
            kind: "website",
            image: None,
            feeds: self.feed_links(None),
            nav: self.nav(route),
            json_ld: None,
            hidden: false,
            query: "",
        }
    }

    /// The feeds of the site or of a topic.
    pub(crate) fn feed_links(&self, topic: Option<&str>) -> Vec<FeedLink> {
        Syntax::ALL
            .into_iter()
            .map(|syntax| FeedLink {
                title: match syntax {
                    Syntax::Rss => "RSS",
                    Syntax::Atom => "Atom",
                    Syntax::Json => "JSON Feed",
                }
                .to_owned(),
                href: self.link(Route::Feed(topic, syntax)),
                kind: syntax.media_type(),
            })
            .collect()
    }

    /// The topics with most stories, in the order of the taxonomy.
    fn nav(&self, route: Route<'_>) -> Vec<NavLink<'_>> {
        let topics = &self.snapshot.topics;
        let stories = |at: usize| self.index.topics.get(&topics[at].id).map_or(0, Vec::len);
        let mut busiest: Vec<usize> = (0..topics.len()).filter(|&at| stories(at) > 0).collect();
        busiest.sort_by_key(|&at| (std::cmp::Reverse(stories(at)), at));
        busiest.truncate(NAV_TOPICS);
        busiest.sort_unstable();
        let mut seen = HashSet::new();
        busiest
            .into_iter()
            .filter(|&at| seen.insert(topics[at].id.as_str()))
            .map(|at| NavLink {
                to: Named {
                    name: topics[at].shortname.as_deref().unwrap_or(&topics[at].name),
                    ..self.topic_link(at)
                },
                current: matches!(route, Route::Page(List::Topic(id), _) if id == topics[at].id),
            })
            .collect()
    }

    /// Links to the pages beside this one.
    pub(crate) fn pager(&self, list: List<'_>, page: usize) -> Pager {
        let pages = self.page_count(self.list_len(list));
        let link = |page: usize| self.link(Route::Page(list, page));
        Pager {
            page,
            pages,
            newer: (page > 1).then(|| link(page - 1)),
            older: (page < pages).then(|| link(page + 1)),
        }
    }
}
