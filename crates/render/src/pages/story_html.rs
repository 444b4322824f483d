//! The content of a story's page, written by hand: what `story.html` says, at a twentieth of its cost.
//!
//! Nine of ten pages are stories, so that they decide what a build costs. This is used where the site has no
//! template of its own in place of `base.html`, `macros.html` or `story.html`; a test holds the two equal, byte for
//! byte.

use std::fmt::Write as _;

use courant_model::{Reason, Signal, TopicMatch};

use super::story::{CoverageDay, Report, StoryPage};
use crate::{
    card::{Card, Line, Named, Picture, Time},
    templates::write_escaped,
};

/// How many authors and how many topics are named.
const AUTHORS: usize = 4;
const KICKER_TOPICS: usize = 2;

/// HTML as it is written. Writing to a `String` cannot fail, so results are dropped.
pub(super) struct Html(String);

/// What stands inside `main`.
pub(super) fn content(page: &StoryPage<'_>) -> String {
    let mut html = Html::with_capacity(8 << 10);
    html.head(page);
    html.raw("<div class=\"story-lower\">\n<section class=\"coverage\" aria-labelledby=\"coverage\">\n");
    html.raw("<h2 id=\"coverage\" class=\"label\">Who reported it when</h2>\n");
    page.days.iter().for_each(|day| html.day(day));
    if page.left_out > 0 {
        html.raw("<p class=\"nothing\">").number(page.left_out as i64);
        html.raw(" further articles are not shown here; the <a href=\"").text(&page.api);
        html.raw("\">API</a> has them.</p>");
    }
    html.raw("</section>\n<section class=\"reasons\" aria-labelledby=\"reasons\">\n");
    html.raw("<h2 id=\"reasons\" class=\"label\">Why it stands here</h2>\n");
    if let Some(curve) = &page.curve {
        html.raw("<figure class=\"curve\">").raw(curve);
        html.raw("<figcaption>Heat since the first report</figcaption></figure>");
    }
    html.heat(page.card.heat, page.heat_terms);
    html.quality(page.quality, page.bill);
    html.topics(page.topic_terms);
    html.raw("<p class=\"hint\"><a href=\"").text(page.frame.root);
    html.raw("about/\">About the scores</a></p>\n</section>\n</div>\n");
    html.finish()
}

impl Html {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    pub(super) fn finish(self) -> String {
        self.0
    }

    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        let _ = write_escaped(&mut self.0, text);
        self
    }

    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        let _ = write!(self.0, "{number}");
        self
    }

    fn head(&mut self, page: &StoryPage<'_>) {
        let card = &page.card;
        self.raw("<article class=\"story-page");
        self.raw(if card.image.is_none() { " bare" } else { "" });
        self.raw("\">\n<header class=\"story-head\">\n");
        self.kicker(card);
        self.raw("\n<h1 class=\"headline\">").link(&card.lead).raw("</h1>\n<p class=\"meta\">");
        self.by(card.lead.provider.as_ref());
        if !page.authors.is_empty() {
            let named = &page.authors[..page.authors.len().min(AUTHORS)];
            self.raw(" <span class=\"authors\">by ").text(&named.join(", "));
            self.raw(if page.authors.len() > AUTHORS { " and others</span>" } else { "</span>" });
        }
        self.raw(" ").stamp(&card.lead.time).raw("</p>\n</header>\n");
        if let Some(picture) = &card.image {
            self.raw("<figure>\n").picture(picture).raw("\n");
            if let Some(credit) = picture.credit {
                self.raw("<figcaption>").text(credit).raw("</figcaption>");
            }
            self.raw("</figure>\n");
        }
        self.raw("<div class=\"story-body\">\n");
        if let Some(excerpt) = card.lead.excerpt {
            self.raw("<p class=\"standfirst\"").language(&card.lead).raw(">").text(excerpt).raw("</p>");
        }
        self.raw("<p><a class=\"button\" href=\"").text(&card.lead.href).raw("\"").ping(&card.lead);
        self.raw(">Read it");
        if let Some(provider) = &card.lead.provider {
            self.raw(" at ").text(provider.name);
        }
        self.raw("</a></p>\n");
        if let Some(feed) = page.frame.own_feeds.first() {
            self.raw("<p class=\"hint\"><a href=\"")
                .text(&feed.href)
                .raw("\">Follow this story</a> in a feed reader</p>");
        }
        self.raw("</div>\n<dl class=\"figures\">\n<div><dt>Heat</dt><dd>");
        self.number(card.heat.into()).raw("</dd></div>\n<div><dt>Quality</dt><dd>").number(page.quality);
        self.raw("</dd></div>\n<div><dt>Coverage</dt><dd>").text(&card.sources);
        self.raw("</dd></div>\n<div><dt>In all</dt><dd>").text(&page.articles);
        self.raw("</dd></div>\n</dl>\n</article>\n");
    }

    pub(super) fn kicker(&mut self, card: &Card<'_>) {
        if card.topics.is_empty() && card.lead.kind.is_none() {
            return;
        }
        self.raw("<p class=\"kicker\">");
        if let Some(kind) = card.lead.kind {
            self.raw("<span class=\"kind\">").text(kind).raw("</span> ");
        }
        for (at, topic) in card.topics.iter().take(KICKER_TOPICS).enumerate() {
            self.raw(if at > 0 { " <a href=\"" } else { "<a href=\"" });
            self.text(topic.href.as_deref().unwrap_or_default()).raw("\">").text(topic.name).raw("</a>");
        }
        self.raw("</p>");
    }

    /// A headline that leads to its article.
    pub(super) fn link(&mut self, line: &Line<'_>) -> &mut Self {
        self.raw("<a href=\"").text(&line.href).raw("\"").ping(line).language(line).raw(">");
        self.text(line.title).raw("</a>")
    }

    fn ping(&mut self, line: &Line<'_>) -> &mut Self {
        match &line.ping {
            Some(ping) => self.raw(" ping=\"").text(ping).raw("\""),
            None => self,
        }
    }

    pub(super) fn language(&mut self, line: &Line<'_>) -> &mut Self {
        if let Some(language) = line.lang {
            self.raw(" lang=\"").text(language).raw("\"");
        }
        self.raw(if line.rtl { " dir=\"rtl\"" } else { "" })
    }

    pub(super) fn by(&mut self, provider: Option<&Named<'_>>) -> &mut Self {
        match provider {
            Some(Named { name, href: Some(href) }) => {
                self.raw("<a class=\"provider\" href=\"").text(href).raw("\">").text(name).raw("</a>")
            }
            Some(Named { name, href: None }) => {
                self.raw("<span class=\"provider\">").text(name).raw("</span>")
            }
            None => self,
        }
    }

    pub(super) fn stamp(&mut self, time: &Time) -> &mut Self {
        self.raw("<time datetime=\"").text(&time.iso).raw("\">").text(&time.long).raw("</time>")
    }

    fn picture(&mut self, picture: &Picture<'_>) -> &mut Self {
        self.any_picture(picture, "(min-width: 60rem) 48rem, 100vw", "")
    }

    /// A picture of a list, fetched when it comes into view.
    pub(super) fn small_picture(&mut self, picture: &Picture<'_>) -> &mut Self {
        self.any_picture(picture, "(min-width: 40rem) 24rem, 100vw", " loading=\"lazy\"")
    }

    fn any_picture(&mut self, picture: &Picture<'_>, sizes: &str, loading: &str) -> &mut Self {
        self.raw("<div class=\"frame\"><img src=\"").text(&picture.src).raw("\"");
        if let Some(srcset) = &picture.srcset {
            self.raw(" srcset=\"").text(srcset).raw("\" sizes=\"").raw(sizes).raw("\"");
        }
        self.raw(" alt=\"").text(picture.alt).raw("\" width=\"").number(picture.width.into());
        self.raw("\" height=\"").number(picture.height.into()).raw("\"").raw(loading);
        self.raw(" decoding=\"async\" referrerpolicy=\"no-referrer\"></div>")
    }

    fn day(&mut self, day: &CoverageDay<'_>) {
        self.raw("<section class=\"coverage-day\">\n<h3 class=\"day-name\"><time datetime=\"")
            .text(&day.date);
        self.raw("\">").text(&day.name).raw("</time></h3>\n<ol class=\"timeline\">\n");
        day.reports.iter().for_each(|report| self.report(report));
        self.raw("</ol>\n</section>\n");
    }

    fn report(&mut self, report: &Report<'_>) {
        self.raw("<li class=\"report").raw(if report.leads { " leads" } else { "" });
        self.raw("\">\n<time class=\"hour\" datetime=\"").text(&report.line.time.iso).raw("\">");
        self.text(&report.line.time.short).raw("<span class=\"unseen\"> UTC</span></time>\n");
        self.raw("<div class=\"report-words\">\n<p class=\"report-who\">").by(report.line.provider.as_ref());
        for (is_so, badge) in [
            (report.first, " <span class=\"badge\">First</span>"),
            (report.leads, " <span class=\"badge\">Lead</span>"),
            (report.copy, " <span class=\"badge quiet\">Copy</span>"),
        ] {
            self.raw(if is_so { badge } else { "" });
        }
        if let Some(kind) = report.line.kind {
            self.raw(" <span class=\"badge quiet\">").text(kind).raw("</span>");
        }
        self.raw("</p>\n<p class=\"report-title\">").link(&report.line).raw("</p>\n");
        if !report.copies.is_empty() {
            self.raw("<details class=\"copies\">\n<summary>").text(&report.copies_label);
            self.raw(" elsewhere</summary>\n<ul>\n");
            for copy in &report.copies {
                self.raw("<li>").stamp(&copy.time).raw(" ").by(copy.provider.as_ref()).raw(" ").link(copy);
                self.raw("</li>\n");
            }
            self.raw("</ul>\n</details>\n");
        }
        self.raw("</div>\n</li>\n");
    }

    fn heat(&mut self, heat: i32, terms: &[Reason]) {
        self.raw("<details>\n<summary>The heat: ").number(heat.into());
        self.raw("</summary>\n<p>The quality of the leading article, and what adds to it now.</p>\n");
        if terms.is_empty() {
            self.raw("<p>Nothing adds to it.</p>");
        } else {
            self.raw("<dl class=\"terms\">\n");
            for term in terms {
                self.term(&term.what, &term.detail);
            }
            self.raw("</dl>\n");
        }
        self.raw("</details>\n");
    }

    fn term(&mut self, what: &str, detail: &str) {
        self.raw("<div><dt>").text(what).raw("</dt><dd>").text(detail).raw("</dd></div>\n");
    }

    fn quality(&mut self, quality: i64, bill: &[Signal]) {
        self.raw("<details>\n<summary>The quality: ").number(quality).raw("</summary>\n");
        if bill.is_empty() {
            self.raw("<p>It was imported with its record; there is no bill.</p></details>\n");
            return;
        }
        self.raw("<table class=\"bill\">\n<caption class=\"unseen\">The bill behind the quality</caption>\n");
        self.raw("<thead><tr><th scope=\"col\">Signal</th><th scope=\"col\">What was seen</th>");
        self.raw("<th scope=\"col\" class=\"points\">Points</th></tr></thead>\n<tbody>\n");
        for line in bill {
            self.raw("<tr><th scope=\"row\">").text(&line.name).raw("</th><td>").text(&line.because);
            let _ = writeln!(self.0, "</td><td class=\"points\">{:+}</td></tr>", line.points);
        }
        self.raw("</tbody>\n<tfoot><tr><th scope=\"row\" colspan=\"2\">Quality</th><td class=\"points\">");
        self.number(quality).raw("</td></tr></tfoot>\n</table>\n</details>\n");
    }

    fn topics(&mut self, topics: &[TopicMatch]) {
        if topics.is_empty() {
            return;
        }
        self.raw("<details>\n<summary>The topics</summary>\n<dl class=\"terms\">\n");
        for topic in topics {
            self.term(&topic.name, &topic.because.join("; "));
        }
        self.raw("</dl>\n</details>\n");
    }
}
