//! The search page: a form that works without scripts, and the results.

use minijinja::Value;

use super::{
    HTML,
    layout::{Layout, Pager, feed_links, layout},
};
use crate::{
    Document, RenderError,
    context::RenderContext,
    formatting::count,
    route::{List, Route},
    search_view::{FoundArticle, SearchView},
    story_card::{ArticleLine, article_line},
    template_data::template_data,
};

template_data! {
    struct SearchPage {
        frame,
        query,
        /// Whether anything was searched for.
        asked,
        found,
        topics,
        hits,
        pager,
    }
}

template_data! {
    struct TopicChoice {
        id,
        name,
        chosen,
    }
}

template_data! {
    struct Hit in line: ArticleLine {
        story,
        snippet,
    }
}

template_data! {
    /// A piece of a snippet.
    struct Piece {
        text,
        found,
    }
}

/// The search page.
pub(crate) fn search(context: &RenderContext, view: &SearchView) -> Result<Document, RenderError> {
    let asked = !view.query.trim().is_empty();
    let link = |file: &str, page| context.root.clone() + &view.path(file, page)[1..];
    let hits: Result<Vec<Value>, RenderError> =
        view.hits.iter().filter_map(|hit| search_hit(context, hit)).collect();
    let page = SearchPage {
        frame: search_layout(context, view, asked, &link)?.into(),
        query: (&view.query).into(),
        asked: asked.into(),
        found: count(view.total, "article", "articles").into(),
        topics: topic_choices(context, view),
        hits: hits?.into(),
        pager: pager(view, |page| link("", page)).into(),
    };
    Ok(context.document(HTML, context.templates.render("search.html", page.into())?))
}

fn search_layout(
    context: &RenderContext,
    view: &SearchView,
    asked: bool,
    link: &impl Fn(&str, usize) -> String,
) -> Result<Layout, RenderError> {
    let title = if asked { format!("Search: {}", view.query) } else { "Search".to_owned() };
    let layout = layout(context, Route::Search, &title, "")?;
    let own_feeds = if asked { feed_links(|syntax| link(syntax.file(), 1)) } else { layout.own_feeds };
    Ok(Layout { hidden: asked.into(), query: (&view.query).into(), own_feeds, ..layout })
}

fn topic_choices(context: &RenderContext, view: &SearchView) -> Value {
    let topics = context.snapshot.topics.iter();
    let with_stories = topics.filter(|topic| context.list_len(List::Topic(&topic.id)) > 0);
    with_stories
        .map(|topic| TopicChoice {
            id: (&topic.id).into(),
            name: (&topic.name).into(),
            chosen: (view.topic.as_deref() == Some(&topic.id)).into(),
        })
        .collect()
}

fn search_hit(context: &RenderContext, hit: &FoundArticle) -> Option<Result<Value, RenderError>> {
    let item = &context.snapshot.items[context.public_item(hit.article)?];
    let piece = |(text, found): (&str, bool)| Piece { text: text.into(), found: found.into() };
    let shown = |line: ArticleLine| Hit {
        line: line.into(),
        story: context.link(Route::Story(item.story)).into(),
        snippet: pieces(&hit.snippet).into_iter().map(piece).collect(),
    };
    Some(article_line(context, item).map(|line| shown(line).into()))
}

fn pager(view: &SearchView, link: impl Fn(usize) -> String) -> Pager {
    let (page, pages) = (view.page(), view.pages());
    Pager {
        page: page.into(),
        pages: pages.into(),
        newer: (page > 1).then(|| link((page - 1).min(pages))).into(),
        older: (page < pages).then(|| link(page + 1)).into(),
    }
}

/// A snippet cut at its marks, each piece with whether it was found. Unpaired marks are dropped.
fn pieces(snippet: &str) -> Vec<(&str, bool)> {
    let mut found = false;
    let mut pieces = Vec::new();
    for part in snippet.split_inclusive(['\u{2}', '\u{3}']) {
        let text = part.trim_end_matches(['\u{2}', '\u{3}']);
        if !text.is_empty() {
            pieces.push((text, found));
        }
        found = part.ends_with('\u{2}');
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_cut_at_its_marks() {
        assert_eq!(pieces("a \u{2}b\u{3} c"), [("a ", false), ("b", true), (" c", false)]);
        assert_eq!(pieces("\u{3}\u{2}"), []);
        assert_eq!(pieces("plain"), [("plain", false)]);
    }
}
