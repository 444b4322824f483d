//! What surrounds every page: head, masthead, navigation and foot.

use std::collections::HashSet;

use serde::Serialize;

use crate::{
    Publication,
    card::Named,
    policy::content_policy,
    route::{Channel, List, Route, Syntax},
};

/// How many topics the navigation shows.
const NAV_TOPICS: usize = 8;

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Frame<'a> {
    pub(crate) site: &'a str,
    pub(crate) site_description: &'a str,
    pub(crate) language: &'a str,
    pub(crate) root: &'a str,
    pub(crate) style: String,
    /// The content security policy.
    pub(crate) policy: &'static str,
    pub(crate) title: String,
    pub(crate) description: String,
    /// The page's one address; absent on pages that have none.
    pub(crate) canonical: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) image: Option<String>,
    pub(crate) feeds: Vec<FeedLink>,
    /// Feeds of what this page alone shows.
    pub(crate) own_feeds: Vec<FeedLink>,
    pub(crate) nav: Vec<NavLink<'a>>,
    /// Linked data, safe to stand inside a `script` element.
    pub(crate) json_ld: Option<String>,
    /// Whether search engines are asked to stay away.
    pub(crate) hidden: bool,
    /// What was searched for, shown again in the search field.
    pub(crate) query: &'a str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct FeedLink {
    pub(crate) title: String,
    pub(crate) href: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct NavLink<'a> {
    #[serde(flatten)]
    pub(crate) to: Named<'a>,
    pub(crate) current: bool,
}

/// Links to the pages beside one page of a list.
#[derive(Debug, Serialize)]
pub(crate) struct Pager {
    /// The number of this page; 0 where it has none.
    pub(crate) page: usize,
    /// How many there are, where that is said.
    pub(crate) pages: Option<usize>,
    pub(crate) newer: Option<String>,
    pub(crate) older: Option<String>,
}

impl Publication {
    /// The frame of the page at this address. `title` is empty on the front page.
    pub(crate) fn frame(&self, route: Route<'_>, title: &str, description: &str) -> Frame<'_> {
        Frame {
            feeds: self.feed_links(Channel::Site),
            nav: self.nav(route),
            ..self.bare_frame(route, title, description)
        }
    }

    /// A frame without what is the same on all pages: for pages that are put into a shell.
    pub(crate) fn bare_frame(&self, route: Route<'_>, title: &str, description: &str) -> Frame<'_> {
        let site = &self.snapshot.site;
        Frame {
            site: &site.title,
            site_description: &site.description,
            language: &site.language,
            root: &self.root,
            style: self.link(Route::Style(self.templates.style_name())),
            policy: content_policy(site.beacon),
            title: if title.is_empty() { site.title.clone() } else { format!("{title} · {}", site.title) },
            description: if description.is_empty() { &site.description } else { description }.to_owned(),
            canonical: Some(self.address(route)),
            kind: "website",
            image: None,
            feeds: Vec::new(),
            own_feeds: Vec::new(),
            nav: Vec::new(),
            json_ld: None,
            hidden: false,
            query: "",
        }
    }

    /// The feeds of a channel.
    pub(crate) fn feed_links(&self, channel: Channel<'_>) -> Vec<FeedLink> {
        feed_links(|syntax| self.link(Route::Feed(channel, syntax)))
    }

    /// The first topics that have stories, in the order of the taxonomy: the owner's order, which no story changes.
    fn nav(&self, route: Route<'_>) -> Vec<NavLink<'_>> {
        let topics = &self.snapshot.topics;
        let mut seen = HashSet::new();
        (0..topics.len())
            .filter(|&at| self.list_len(List::Topic(&topics[at].id)) > 0)
            .filter(|&at| seen.insert(topics[at].id.as_str()))
            .take(NAV_TOPICS)
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
        let (newer, older) = self.paging(self.list_len(list)).beside(page);
        let link = |page: usize| self.link(Route::Page(list, page));
        // How many pages there are would change with every new story.
        Pager { page, pages: None, newer: newer.map(link), older: older.map(link) }
    }
}

/// Links to a feed in all its syntaxes.
pub(super) fn feed_links(address: impl Fn(Syntax) -> String) -> Vec<FeedLink> {
    Syntax::ALL
        .into_iter()
        .map(|syntax| FeedLink {
            title: match syntax {
                Syntax::Rss => "RSS",
                Syntax::Atom => "Atom",
                Syntax::Json => "JSON Feed",
            }
            .to_owned(),
            href: address(syntax),
            kind: syntax.media_type(),
        })
        .collect()
}
