//! The content of lists, written by hand: what `list.html` and `provider.html` say, at a fraction of their cost.
//!
//! Each story stands in half a dozen lists. As with the pages of stories, this is used while the site has no template
//! of its own in the place of those concerned, and a test holds the two equal, byte for byte.

use super::{
    frame::Pager,
    list::{DayGroup, ProviderArticle, ProviderList, StoryList},
    story_html::Html,
};
use crate::card::Card;

/// What stands inside `main` on a page of stories.
pub(super) fn stories(page: &StoryList<'_>) -> String {
    let stories: usize = page.days.iter().map(|day| day.cards.len()).sum();
    let mut html = Html::with_capacity(1_024 + stories * 1_600);
    html.list_head(page);
    if page.days.is_empty() {
        html.raw("<p class=\"nothing\">No story here yet.</p>\n");
    }
    for day in &page.days {
        html.day_of_stories(day, page.dated);
    }
    html.pager(&page.pager, ["Newer stories", "Earlier stories"]);
    html.finish()
}

/// What stands inside `main` on a page of a provider.
pub(super) fn provider(page: &ProviderList<'_>) -> String {
    let mut html = Html::with_capacity(1_024 + page.articles.len() * 800);
    html.raw("<header class=\"page-head\">\n<p class=\"label\">Provider</p>\n<h1>")
        .text(page.name)
        .raw("</h1>\n");
    if let Some(description) = page.description {
        html.raw("<p class=\"intro\">").text(description).raw("</p>");
    }
    html.raw("<p class=\"page-facts\">").place(&page.pager, &page.count).raw(" · <a href=\"https://");
    html.text(page.domain).raw("/\">").text(page.domain).raw("</a></p>\n</header>\n<ul class=\"lines\">\n");
    for article in &page.articles {
        html.article(article);
    }
    html.raw("</ul>\n");
    html.pager(&page.pager, ["Newer articles", "Earlier articles"]);
    html.finish()
}

impl Html {
    fn list_head(&mut self, page: &StoryList<'_>) {
        self.raw("<header class=\"page-head\">\n<p class=\"label\">").raw(page.label);
        if let Some(above) = &page.above
            && let Some(href) = &above.href
        {
            self.raw(" · <a href=\"").text(href).raw("\">").text(above.name).raw("</a>");
        }
        self.raw("</p>\n<h1>").text(&page.heading).raw("</h1>\n");
        if let Some(intro) = page.intro.filter(|intro| !intro.is_empty()) {
            self.raw("<p class=\"intro\">").text(intro).raw("</p>");
        }
        self.raw("<p class=\"page-facts\">").place(&page.pager, &page.count);
        if page.label == "Topic" {
            self.raw(" · ");
            for (at, feed) in page.frame.feeds.iter().enumerate() {
                self.raw(if at > 0 { " <a href=\"" } else { "<a href=\"" });
                self.text(&feed.href).raw("\">").text(&feed.title).raw("</a>");
            }
        }
        self.raw("</p>\n");
        if !page.below.is_empty() {
            self.raw("<ul class=\"chips\" aria-label=\"Topics below this one\">\n");
            for topic in &page.below {
                self.raw("<li><a href=\"").text(topic.href.as_deref().unwrap_or_default()).raw("\">");
                self.text(topic.name).raw("</a></li>\n");
            }
            self.raw("</ul>\n");
        }
        self.raw("</header>\n");
    }

    /// Which page of a list this is, or how much the list has.
    fn place(&mut self, pager: &Pager, count: &str) -> &mut Self {
        match pager.page {
            0 => self.text(count),
            page => self.raw("Page ").number(page as i64).raw(", counted from the oldest"),
        }
    }

    fn day_of_stories(&mut self, day: &DayGroup<'_>, dated: bool) {
        self.raw("<section class=\"day\"");
        if dated {
            self.raw(">\n<h2 class=\"day-name\"><a href=\"").text(&day.href).raw("\"><time datetime=\"");
            self.text(&day.date).raw("\">").text(&day.name).raw("</time></a></h2>");
        } else {
            self.raw(" aria-label=\"").text(&day.name).raw("\">\n");
        }
        self.raw("<div class=\"day-stories\">\n");
        for card in &day.cards {
            self.row(card, if dated { 3 } else { 2 });
        }
        self.raw("</div>\n</section>\n");
    }

    /// A story in a list; its headline is a heading of this level.
    fn row(&mut self, card: &Card<'_>, level: i64) {
        self.raw("<article class=\"story row")
            .raw(if card.image.is_none() { " bare" } else { "" })
            .raw("\">\n");
        if let Some(picture) = &card.image {
            self.small_picture(picture);
        }
        self.raw("\n<div class=\"words\">\n");
        self.kicker(card);
        self.raw("\n<h").number(level).raw(" class=\"headline\">").link(&card.lead).raw("</h").number(level);
        self.raw(">\n");
        if let Some(excerpt) = card.lead.excerpt {
            self.raw("<p class=\"excerpt\"").language(&card.lead).raw(">").text(excerpt).raw("</p>");
        }
        self.raw("<p class=\"meta\">").by(card.lead.provider.as_ref()).raw(" ").stamp(&card.lead.time);
        self.raw(" <span class=\"heat heat-")
            .number(card.level.into())
            .raw("\">Heat ")
            .number(card.heat.into());
        self.raw("</span> <a class=\"sources\" href=\"").text(&card.story).raw("\">").text(&card.sources);
        self.raw("<span class=\"unseen\">: all coverage</span></a></p>\n");
        self.related(card);
        self.raw("</div>\n</article>\n");
    }

    fn related(&mut self, card: &Card<'_>) {
        if card.related.is_empty() {
            return;
        }
        self.raw("<ul class=\"related\">");
        for line in &card.related {
            self.raw("<li>").link(line).raw(" <span class=\"who\">");
            if let Some(provider) = &line.provider {
                self.text(provider.name);
            }
            self.raw("</span></li>");
        }
        if card.more > 0 {
            self.raw("<li><a class=\"more\" href=\"").text(&card.story).raw("\">").number(card.more as i64);
            self.raw(" more<span class=\"unseen\"> articles of this story</span></a></li>");
        }
        self.raw("</ul>");
    }

    fn article(&mut self, article: &ProviderArticle<'_>) {
        let line = &article.line;
        self.raw("<li>\n<h2 class=\"headline\">").link(line).raw("</h2>\n");
        if let Some(excerpt) = line.excerpt {
            self.raw("<p class=\"excerpt\"").language(line).raw(">").text(excerpt).raw("</p>");
        }
        self.raw("<p class=\"meta\">").stamp(&line.time).raw("\n");
        self.raw(if article.leads { "<span class=\"badge\">Lead</span>" } else { "" });
        self.raw(if article.copy { "<span class=\"badge quiet\">Copy</span>" } else { "" });
        self.raw("<a class=\"sources\" href=\"").text(&article.story).raw("\">").text(&article.sources);
        self.raw("<span class=\"unseen\">: all coverage of this story</span></a></p>\n</li>\n");
    }

    fn pager(&mut self, pager: &Pager, [newer, older]: [&str; 2]) {
        if pager.newer.is_some() || pager.older.is_some() {
            self.raw("<nav class=\"pager\" aria-label=\"Pages\">\n");
            match &pager.newer {
                Some(href) => {
                    self.raw("<a rel=\"prev\" href=\"").text(href).raw("\">← ").raw(newer).raw("</a>")
                }
                None => self.raw("<span></span>"),
            };
            self.raw("<span class=\"pager-place\">");
            if pager.page > 0 {
                self.raw("Page ").number(pager.page as i64);
                if let Some(pages) = pager.pages {
                    self.raw(" of ").number(pages as i64);
                }
            }
            self.raw("</span>\n");
            match &pager.older {
                Some(href) => {
                    self.raw("<a rel=\"next\" href=\"").text(href).raw("\">").raw(older).raw(" →</a>")
                }
                None => self.raw("<span></span>"),
            };
            self.raw("</nav>");
        }
        self.raw("\n");
    }
}
