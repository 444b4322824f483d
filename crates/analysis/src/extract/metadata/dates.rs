//! When it was published and last changed, in a defended order.
//!
//! What the page says for machines about itself comes first (JSON-LD, then meta elements, then microdata and
//! `time`), what its address says next, what it shows to readers last. The original date is preferred over the
//! date of a change everywhere; a comment's, a sidebar's or a copyright's date never counts.

use courant_model::Timestamp;
use jiff::tz::Offset;
use url::Url;

use super::{
    date_text::{Moment, Order, in_address, in_text, read},
    zone,
};
use crate::extract::page::{
    facts::{Facts, Place, TimeMark},
    json_ld::LinkedData,
};

/// The two times of an article.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Dates {
    pub(in crate::extract) published: Option<Timestamp>,
    pub(in crate::extract) updated: Option<Timestamp>,
    /// Where the page's clock stood at the publication; `None` where it says nothing and nothing tells.
    pub(in crate::extract) zone: Option<Offset>,
    /// The date is an article's: stated as such, or shown to readers. Programs state a day for every page they
    /// write, a shop's and a company's too, but show none there.
    pub(in crate::extract) firm: bool,
}

/// Letters below the headline within which the article's own date line stands.
const BELOW_HEADLINE: usize = 250;

/// Meta names that state the publication, best first.
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:published_time",
    "og:article:published_time",
    "datepublished",
    "date_published",
    "rnews:datepublished",
    "publish_date",
    "publish-date",
    "publishdate",
    "published_time",
    "article_date_original",
    "original-publish-date",
    "publication_date",
    "publication-date",
    "pubdate",
    "publishtime",
    "cxenseparse:recs:publishtime",
    "sailthru.date",
    "parsely-pub-date",
    "dcterms.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "citation_publication_date",
    "citation_date",
    "prism.publicationdate",
    "article:post_date",
    "og:pubdate",
    "published",
    "gentics.publication_date",
    "displaydate",
    "article.published",
    "bt:pubdate",
    "vr:published_time",
    "ptime",
    "dc.date.publication",
    "apub:time",
    "firstpublished",
    "originalpublicationdate",
    "last-published",
];
/// Meta names that state a date without saying which.
const DATED: &[&str] = &[
    "dc.date",
    "dcterms.date",
    "dc:date",
    "date",
    "article:date",
    "citation_online_date",
    "created",
    "article.created",
    "datecreated",
    "creation_date",
    "doc_date",
    "release_date",
];
/// Meta names that state the last change.
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "article:modified",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "modified_time",
    "article:updated_time",
    "last-modified",
    "lastmod",
    "updated",
    "last_updated",
    "dateupdated",
    "revised",
    "article.updated",
];

/// The dates of a page.
pub(in crate::extract) fn dates(facts: &Facts, linked: &LinkedData, url: &Url) -> Dates {
    let order = Order::of(facts, linked, url);
    let stated = |text: Option<&str>| text.and_then(|text| read(text, order));
    let address = in_address(url);
    let firm =
        stated(linked.published.as_deref()).or_else(|| metas(facts, PUBLISHED, order)).or(address).is_some();
    let published = stated(linked.published.as_deref())
        .or_else(|| metas(facts, PUBLISHED, order))
        .or_else(|| stated(linked.page_published.as_deref()))
        .or_else(|| {
            marked(facts, order, |mark| {
                mark.marks.contains("datepublished") || mark.marks.contains("datecreated")
            })
        })
        .or_else(|| stated(facts.item_prop("datepublished").or_else(|| facts.item_prop("datecreated"))))
        .or_else(|| {
            metas(facts, DATED, order)
                .filter(|found| address.is_none_or(|address| is_near(found.at, address.at)))
        });
    let updated = stated(linked.modified.as_deref())
        .or_else(|| metas(facts, MODIFIED, order))
        .or_else(|| stated(linked.page_modified.as_deref()))
        .or_else(|| {
            marked(facts, order, |mark| {
                mark.marks.contains("datemodified") || mark.marks.contains("dateupdated")
            })
        })
        .or_else(|| stated(facts.item_prop("datemodified")));
    let published = match (published, address) {
        // A page that was rebuilt states the day of the rebuilding; its address kept the day of the beginning.
        (Some(found), Some(address)) if found.at.as_second() - address.at.as_second() > 45 * 86_400 => {
            Some(address)
        }
        (Some(found), _) => Some(found),
        (None, Some(address)) => {
            Some(shown(facts, order).filter(|shown| is_near(shown.at, address.at)).unwrap_or(address))
        }
        (None, None) => {
            let last_resort = || {
                unusual_metas(facts, order)
                    .or_else(|| in_opening(facts, order))
                    .or_else(|| in_picture_address(facts))
            };
            shown(facts, order).or_else(|| updated.is_none().then(last_resort).flatten())
        }
    };
    let published = published.or(updated);
    let updated = updated
        .filter(|updated| published.is_some_and(|published| updated.at > published.at))
        .map(|it| it.at);
    let zone = published.and_then(|published| zone::of(published, || zone::days(facts, address, order)));
    let firm = firm || shown_at(facts, Place::Own, order).is_some();
    Dates { published: published.map(|it| it.at), updated, zone, firm }
}

/// What a name says that is not in the lists but speaks of publication; the last resort.
fn unusual_metas(facts: &Facts, order: Order) -> Option<Moment> {
    let speaks =
        |name: &str| ["publish", "uploaded", "created", "posted"].iter().any(|word| name.contains(word));
    facts.metas.iter().filter(|(name, _)| speaks(name)).find_map(|(_, content)| read(content, order))
}

/// The day that the first paragraph names, as reports do.
fn in_opening(facts: &Facts, order: Order) -> Option<Moment> {
    let opening =
        facts.dated_texts.iter().find(|dated| dated.place == Place::Own && dated.text.len() > 80)?;
    in_text(&opening.text, order)
}

/// The day in the address of the page's picture: programs sort uploads by day.
fn in_picture_address(facts: &Facts) -> Option<Moment> {
    let picture = facts.meta(&["og:image", "twitter:image"])?;
    Url::parse(picture).ok().as_ref().and_then(in_address)
}

/// Whether two dates are of the same days, or the first is a little later.
fn is_near(found: Timestamp, address: Timestamp) -> bool {
    (-3 * 86_400..=45 * 86_400).contains(&(found.as_second() - address.as_second()))
}

fn metas(facts: &Facts, names: &[&str], order: Order) -> Option<Moment> {
    names.iter().find_map(|name| facts.metas_named(name).find_map(|text| read(text, order)))
}

/// The first date of an element that fits and does not stand apart.
fn marked(facts: &Facts, order: Order, fits: impl Fn(&TimeMark) -> bool) -> Option<Moment> {
    let mut marks: Vec<&TimeMark> =
        facts.times.iter().filter(|mark| mark.place != Place::Foreign && fits(mark)).collect();
    marks.sort_by_key(|mark| mark.place);
    marks.into_iter().find_map(|mark| date_of(mark, order))
}

fn date_of(mark: &TimeMark, order: Order) -> Option<Moment> {
    mark.value.as_deref().and_then(|text| read(text, order)).or_else(|| in_text(&mark.text, order))
}

/// What the page shows its readers: `time` elements and elements with the marks of a date line.
fn shown(facts: &Facts, order: Order) -> Option<Moment> {
    shown_at(facts, Place::Own, order).or_else(|| shown_at(facts, Place::Beside, order))
}

fn shown_at(facts: &Facts, place: Place, order: Order) -> Option<Moment> {
    let is_change = |mark: &TimeMark| {
        ["updated", "modified", "last-update", "lastupdate", "aktualisiert"]
            .iter()
            .any(|word| mark.marks.contains(word))
            && !mark.marks.contains("publi")
            || starts_as_change(&mark.text)
    };
    let is_other = |mark: &TimeMark| {
        [
            "event",
            "copyright",
            "comment",
            "calendar",
            "countdown",
            "clock",
            "today",
            "current-date",
            "weather",
        ]
        .iter()
        .any(|word| mark.marks.contains(word))
    };
    let lists = teasers(facts);
    let near =
        |mark: &&TimeMark| mark.place == place && !is_other(mark) && !lists.contains(&mark.marks.as_str());
    let originals = || facts.times.iter().filter(near).filter(|mark| !is_change(mark));
    let below_headline = || {
        let dated = facts.dated_texts.iter().filter(|dated| dated.place == place);
        dated
            .filter(|dated| is_below_headline(facts, dated.text_before))
            .filter(|dated| dated.text.chars().count() <= 40 && !starts_as_change(&dated.text))
            .find_map(|dated| in_text(&dated.text, order))
    };
    originals()
        .filter(|mark| is_below_headline(facts, mark.text_before))
        .find_map(|mark| date_of(mark, order))
        .or_else(below_headline)
        .or_else(|| first_of(&originals, order))
        .or_else(|| written(facts, place, order))
        .or_else(|| facts.times.iter().filter(near).find_map(|mark| date_of(mark, order)))
}

/// The first date of these elements that says to be the publication's, else of a `time`, else of any.
fn first_of<'a, Marks: Iterator<Item = &'a TimeMark>>(
    originals: &impl Fn() -> Marks,
    order: Order,
) -> Option<Moment> {
    originals()
        .filter(|mark| {
            mark.marks.contains("publi")
                || mark.marks.contains("entry-date")
                || mark.marks.contains("post-date")
        })
        .find_map(|mark| date_of(mark, order))
        .or_else(|| originals().filter(|mark| mark.is_time).find_map(|mark| date_of(mark, order)))
        .or_else(|| originals().find_map(|mark| date_of(mark, order)))
}

/// Whether something stands where the date line of an article stands.
fn is_below_headline(facts: &Facts, text_before: usize) -> bool {
    facts.headline_at.is_some_and(|at| (at..at + BELOW_HEADLINE).contains(&text_before))
}

/// The marks of dates that belong to lists of other articles: alike, at least three, and all behind the text's
/// middle.
fn teasers(facts: &Facts) -> Vec<&str> {
    let half = facts.counts.text_chars / 2;
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    for mark in &facts.times {
        match counts.iter_mut().find(|(marks, ..)| *marks == mark.marks) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((&mark.marks, 1, mark.text_before)),
        }
    }
    let lists = counts.into_iter().filter(|(_, count, first)| *count >= 3 && *first > half);
    lists.map(|(marks, ..)| marks).collect()
}

/// A date that stands by itself in the text near the headline.
fn written(facts: &Facts, place: Place, order: Order) -> Option<Moment> {
    let half = facts.counts.text_chars / 2;
    let here = || facts.dated_texts.iter().filter(move |dated| dated.place == place);
    let short = |limit: usize| {
        here().filter(move |dated| dated.text.chars().count() <= limit && !starts_as_change(&dated.text))
    };
    short(70)
        .filter(|dated| dated.behind_heading && dated.text_before <= half)
        .find_map(|dated| in_text(&dated.text, order))
        .or_else(|| {
            short(70)
                .filter(|dated| !dated.behind_heading)
                .filter_map(|dated| in_text(&dated.text, order))
                .next_back()
        })
        .or_else(|| short(70).find_map(|dated| in_text(&dated.text, order)))
        .or_else(|| {
            here().filter(|dated| starts_as_change(&dated.text)).find_map(|dated| in_text(&dated.text, order))
        })
}

fn starts_as_change(text: &str) -> bool {
    let text = text.trim_start().to_lowercase();
    [
        "updated",
        "last updated",
        "modified",
        "last modified",
        "aktualisiert",
        "zuletzt",
        "letzte änderung",
        "mis à jour",
        "modifié",
        "actualizado",
        "aggiornato",
    ]
    .iter()
    .any(|word| text.starts_with(word))
}

#[cfg(test)]
mod tests {
    use dom_query::Document;

    use super::*;

    fn day(html: &str, url: &str) -> String {
        let facts = Facts::read(&Document::from(html));
        let linked = crate::extract::page::json_ld::read(&facts.json_ld, |_| false);
        let found = dates(&facts, &linked, &Url::parse(url).unwrap());
        let text =
            |time: Option<Timestamp>| time.map_or("-".to_owned(), |time| time.to_string()[..10].to_owned());
        format!("{} {}", text(found.published), text(found.updated))
    }

    #[test]
    fn the_order_is_defended() {
        let ld = r#"<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2026-03-01T10:00:00Z","dateModified":"2026-03-04"}</script>"#;
        let meta = "<meta property=article:published_time content=2026-03-02>";
        let time = "<time datetime=2026-03-03>3 March</time>";
        let url = "https://a.example/x";
        assert_eq!(day(&format!("{meta}{time}{ld}"), url), "2026-03-01 2026-03-04");
        assert_eq!(day(&format!("{meta}{time}"), url), "2026-03-02 -");
        assert_eq!(day(time, url), "2026-03-03 -");
        assert_eq!(day("<p>x", "https://a.example/2026/03/05/x"), "2026-03-05 -");
        assert_eq!(day("<p class=post-date>Posted on 6 March 2026 by Ada</p>", url), "2026-03-06 -");
    }

    #[test]
    fn the_original_is_preferred_over_the_change() {
        let page = "<time class=updated datetime=2026-03-09>x</time><time class=entry-date datetime=2026-03-01>y</time>";
        assert_eq!(day(page, "https://a.example/"), "2026-03-01 -");
        let page = "<meta property=article:modified_time content=2026-03-09>";
        assert_eq!(day(page, "https://a.example/"), "2026-03-09 -");
        let page = "<meta property=article:published_time content=2026-09-09>";
        assert_eq!(day(page, "https://a.example/2020/01/02/x.html"), "2020-01-02 -");
    }

    #[test]
    fn comments_and_copyrights_have_no_say() {
        let page =
            "<div class=comments><time datetime=2026-03-09>x</time></div><p class=date>© 2026-01-01 Post</p>";
        assert_eq!(day(page, "https://a.example/"), "- -");
    }

    #[test]
    fn the_date_line_below_the_headline_counts_before_teasers() {
        let head = "<title>The mill is kept for the town</title><h1>The mill is kept for the town</h1>";
        let teasers = "<p class=entry-date>9 May 2026</p><p class=entry-date>8 May 2026</p><p class=entry-date>7 May 2026</p>";
        let text = format!("<p>{}</p>", "The council met, and it agreed. ".repeat(40));
        let url = "https://a.example/x";
        assert_eq!(
            day(
                &format!("<time datetime=2026-05-06>x</time>{head}<ul><li>4 March 2026</li></ul>{text}"),
                url
            ),
            "2026-03-04 -"
        );
        let beside = "<div class=sidebar><time datetime=2026-04-01>x</time></div>";
        assert_eq!(
            day(&format!("{head}{text}<time datetime=2026-04-01>x</time>{teasers}"), url),
            "2026-04-01 -"
        );
        assert_eq!(day(&format!("{beside}{head}<p>4 March 2026</p>{text}"), url), "2026-03-04 -");
        assert_eq!(
            day(&format!("{head}<p>{} on 3 March 2026 it met.</p>{text}", "Long ".repeat(16)), url),
            "2026-03-03 -"
        );
    }

    #[test]
    fn the_headline_may_stand_in_a_lower_heading() {
        let text = "The council met, and it agreed. ".repeat(12);
        let page = format!(
            "<title>The old mill is kept for the town – The Post</title><div class=sidebar><h1>The blog</h1>\
             <h3>The old mill is kept for the town</h3><div>27 Sep 2025</div><p>{text}</p></div>\
             <div class=widget><span class=post-date>20/06/2026</span></div>"
        );
        assert_eq!(day(&page, "https://a.example/x"), "2025-09-27 -");
    }

    #[test]
    fn a_film_and_a_picture_tell_the_day_only_where_nothing_else_does() {
        let film = r#"<script type="application/ld+json">{"@type":"VideoObject","uploadDate":"2015-01-16"}</script>"#;
        let meta = "<meta property=article:published_time content=2026-03-02>";
        let picture = "<meta property=og:image content=https://a.example/files/2026/03/05/p.png>";
        let url = "https://a.example/x";
        assert_eq!(day(&format!("{film}{meta}{picture}"), url), "2026-03-02 -");
        assert_eq!(day(&format!("{film}{picture}"), url), "2015-01-16 -");
        assert_eq!(day(picture, url), "2026-03-05 -");
    }

    #[test]
    fn an_address_states_a_day_only_where_it_is_one() {
        assert_eq!(day("<p>x", "https://a.example/2026/13/41/x"), "- -");
        assert_eq!(day("<p>x", "https://a.example/news/20260314/x"), "2026-03-14 -");
        assert_eq!(day("<p>x", "https://a.example/2026/mar/14/x"), "2026-03-14 -");
        assert_eq!(day("<p>x", "https://a.example/item-1998123456"), "- -");
    }
}
