//! What surrounds the content of a page: head, masthead, navigation and footer. Templates read it
//! as `frame`.

use std::collections::HashSet;

use minijinja::Value;

use crate::{
    RenderError,
    card_parts::topic_page,
    context::RenderContext,
    policy::content_policy,
    route::{Channel, List, Route, Syntax},
    template_data::{PageShell, template_data},
};

/// Maximum number of topics in the navigation.
const MAX_NAV_TOPICS: usize = 8;

template_data! {
    struct Layout in shell: PageShell {
        title,
        description,
        /// The page's one URL; none on pages that have none.
        canonical,
        kind,
        image,
        /// Feeds of what this page alone shows.
        own_feeds,
        /// Linked data as markup, safe inside a `script` element.
        json_ld,
        /// Whether search engines are asked not to list the page.
        hidden,
        /// What was searched for, shown again in the search field.
        query,
    }
}

template_data! {
    struct FeedLink {
        title,
        href,
        kind as "type",
    }
}

template_data! {
    struct NavLink {
        name,
        href,
        current,
    }
}

template_data! {
    /// Links to the pages before and after one page of a list.
    struct Pager {
        /// The number of this page; 0 if it has none.
        page,
        /// The number of pages, if it is shown.
        pages,
        newer,
        older,
    }
}

template_data! {
    struct Framed {
        frame,
    }
}

/// The layout of the page at this URL. `title` is empty on the front page.
pub(crate) fn layout(
    context: &RenderContext,
    route: Route<'_>,
    title: &str,
    description: &str,
) -> Result<Layout, RenderError> {
    let site = &context.snapshot.site;
    let topic = match route {
        Route::Page(List::Topic(id), _) => context.snapshot.topics.iter().position(|topic| topic.id == id),
        _ => None,
    };
    Ok(Layout {
        shell: context.cache.shell(topic, || page_shell(context, topic))?,
        title: if title.is_empty() {
            (&site.title).into()
        } else {
            format!("{title} · {}", site.title).into()
        },
        description: if description.is_empty() { &site.description } else { description }.into(),
        canonical: context.url(route).into(),
        kind: "website".into(),
        image: ().into(),
        own_feeds: Vec::<Value>::new().into(),
        json_ld: ().into(),
        hidden: false.into(),
        query: "".into(),
    })
}

/// What the lists of a topic share, or all other pages.
fn page_shell(context: &RenderContext, topic: Option<usize>) -> Result<PageShell, RenderError> {
    let bare = Layout { shell: bare_shell(context, topic).into(), query: "".into(), ..Layout::default() };
    let frame = Value::from(bare);
    let part = |name: &str| -> Result<Value, RenderError> {
        let page = Framed { frame: frame.clone() };
        context.templates.fragment(name, page.into())
    };
    Ok(PageShell {
        head_links: part("head_links.html")?,
        search_form: part("search_form.html")?,
        sections: part("sections.html")?,
        footer: part("footer.html")?,
        ..bare_shell(context, topic)
    })
}

fn bare_shell(context: &RenderContext, topic: Option<usize>) -> PageShell {
    let site = &context.snapshot.site;
    let channel = topic.map_or(Channel::Site, |at| Channel::Topic(&context.snapshot.topics[at].id));
    PageShell {
        site: (&site.title).into(),
        site_description: (&site.description).into(),
        language: (&site.language).into(),
        root: (&context.root).into(),
        style: context.link(Route::Style(context.templates.style_name())).into(),
        policy: Value::from_safe_string(content_policy(site.beacon).to_owned()),
        feeds: channel_feeds(context, channel),
        nav: nav(context, topic),
        ..PageShell::default()
    }
}

/// The first topics that have stories, in the order of the taxonomy: the owner's order, which no
/// story changes.
fn nav(context: &RenderContext, current: Option<usize>) -> Value {
    let topics = &context.snapshot.topics;
    let mut seen = HashSet::new();
    let shown = (0..topics.len())
        .filter(|&at| context.list_len(List::Topic(&topics[at].id)) > 0)
        .filter(|&at| seen.insert(topics[at].id.as_str()))
        .take(MAX_NAV_TOPICS);
    let link = |at: usize| NavLink {
        name: topics[at].shortname.as_ref().unwrap_or(&topics[at].name).into(),
        href: topic_page(context, at).into(),
        current: current.is_some_and(|current| topics[current].id == topics[at].id).into(),
    };
    shown.map(link).collect()
}

/// Links to the pages before and after this one.
pub(crate) fn pager(context: &RenderContext, list: List<'_>, page: usize) -> Pager {
    let (newer, older) = context.paging(context.list_len(list)).beside(page);
    let link = |page: usize| context.link(Route::Page(list, page));
    // The number of pages would change with every new story.
    Pager {
        page: page.into(),
        pages: ().into(),
        newer: newer.map(link).into(),
        older: older.map(link).into(),
    }
}

/// Links to the feeds of a channel.
pub(crate) fn channel_feeds(context: &RenderContext, channel: Channel<'_>) -> Value {
    feed_links(|syntax| context.link(Route::Feed(channel, syntax)))
}

/// Links to a feed in all its syntaxes.
pub(super) fn feed_links(url: impl Fn(Syntax) -> String) -> Value {
    let title = |syntax| match syntax {
        Syntax::Rss => "RSS",
        Syntax::Atom => "Atom",
        Syntax::Json => "JSON Feed",
    };
    let link = |syntax: Syntax| FeedLink {
        title: title(syntax).into(),
        href: url(syntax).into(),
        kind: syntax.media_type().into(),
    };
    Syntax::ALL.into_iter().map(link).collect()
}
