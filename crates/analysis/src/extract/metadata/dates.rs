//! Publication time and time of the last change, in a fixed order of precedence.
//!
//! What the page states for machines about itself comes first (JSON-LD, then meta elements, then
//! microdata and `time`), then the date in its URL, then what it shows to readers. The original
//! date is always preferred over the date of a change; dates of comments, sidebars and copyright
//! lines never count.

use courant_model::Timestamp;
use jiff::tz::Offset;
use url::Url;

use super::{
    date_text::{DateOrder, StatedInstant, in_text, in_url, read},
    zone,
};
use crate::extract::page::{
    facts::{DateElement, Facts, Region},
    json_ld::LinkedData,
};

/// The two times of an article.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Dates {
    pub(in crate::extract) published: Option<Timestamp>,
    pub(in crate::extract) updated: Option<Timestamp>,
    /// The publisher's offset from UTC at publication; `None` if it is neither stated nor can be
    /// inferred.
    pub(in crate::extract) zone: Option<Offset>,
    /// Whether the date is an article's: stated as such, or shown to readers. Programs state a date
    /// for every page they generate, shops and companies included, but don't show it there.
    pub(in crate::extract) reliable: bool,
}

/// Characters after the headline within which the article's own date line is expected.
const BELOW_HEADLINE: usize = 250;

/// Names of meta elements for the publication time, best first.
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
/// Names of meta elements for a date of unspecified meaning.
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
/// Names of meta elements for the last change.
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
    let order = DateOrder::of(facts, linked, url);
    let stated = |text: Option<&str>| text.and_then(|text| read(text, order));
    let url_date = in_url(url);
    let reliable =
        stated(linked.published.as_deref()).or_else(|| metas(facts, PUBLISHED, order)).or(url_date).is_some();
    let published = stated(linked.published.as_deref())
        .or_else(|| metas(facts, PUBLISHED, order))
        .or_else(|| stated(linked.page_published.as_deref()))
        .or_else(|| {
            marked(facts, order, |element| {
                element.class_and_id.contains("datepublished") || element.class_and_id.contains("datecreated")
            })
        })
        .or_else(|| stated(facts.item_prop("datepublished").or_else(|| facts.item_prop("datecreated"))))
        .or_else(|| {
            metas(facts, DATED, order)
                .filter(|found| url_date.is_none_or(|url_date| is_near(found.at, url_date.at)))
        });
    let updated = stated(linked.modified.as_deref())
        .or_else(|| metas(facts, MODIFIED, order))
        .or_else(|| stated(linked.page_modified.as_deref()))
        .or_else(|| {
            marked(facts, order, |element| {
                element.class_and_id.contains("datemodified") || element.class_and_id.contains("dateupdated")
            })
        })
        .or_else(|| stated(facts.item_prop("datemodified")));
    let published = match (published, url_date) {
        // A rebuilt page states the day of the rebuild; its URL kept the original day.
        (Some(found), Some(url_date)) if found.at.as_second() - url_date.at.as_second() > 45 * 86_400 => {
            Some(url_date)
        }
        (Some(found), _) => Some(found),
        (None, Some(url_date)) => {
            Some(shown(facts, order).filter(|shown| is_near(shown.at, url_date.at)).unwrap_or(url_date))
        }
        (None, None) => {
            let last_resort = || {
                unusual_metas(facts, order)
                    .or_else(|| in_opening(facts, order))
                    .or_else(|| in_image_url(facts))
            };
            shown(facts, order).or_else(|| updated.is_none().then(last_resort).flatten())
        }
    };
    let published = published.or(updated);
    let updated = updated
        .filter(|updated| published.is_some_and(|published| updated.at > published.at))
        .map(|it| it.at);
    let zone = published.and_then(|published| {
        zone::publication_offset(published, || zone::shown_days(facts, url_date, order))
    });
    let reliable = reliable || shown_at(facts, Region::Main, order).is_some();
    Dates { published: published.map(|it| it.at), updated, zone, reliable }
}

/// A date in any other meta element whose name refers to publication; the last resort.
fn unusual_metas(facts: &Facts, order: DateOrder) -> Option<StatedInstant> {
    let speaks =
        |name: &str| ["publish", "uploaded", "created", "posted"].iter().any(|word| name.contains(word));
    facts.metas.iter().filter(|(name, _)| speaks(name)).find_map(|(_, content)| read(content, order))
}

/// The day in the first paragraph, as in news reports.
fn in_opening(facts: &Facts, order: DateOrder) -> Option<StatedInstant> {
    let opening =
        facts.dated_texts.iter().find(|dated| dated.region == Region::Main && dated.text.len() > 80)?;
    in_text(&opening.text, order)
}

/// The day in the URL of the page's image: programs sort uploads by day.
fn in_image_url(facts: &Facts) -> Option<StatedInstant> {
    let image = facts.meta(&["og:image", "twitter:image"])?;
    Url::parse(image).ok().as_ref().and_then(in_url)
}

/// Whether the first date is from three days before to 45 days after the second.
fn is_near(found: Timestamp, url_date: Timestamp) -> bool {
    (-3 * 86_400..=45 * 86_400).contains(&(found.as_second() - url_date.as_second()))
}

fn metas(facts: &Facts, names: &[&str], order: DateOrder) -> Option<StatedInstant> {
    names.iter().find_map(|name| facts.metas_named(name).find_map(|text| read(text, order)))
}

/// The first date of an element that fits and is not in a foreign region.
fn marked(facts: &Facts, order: DateOrder, fits: impl Fn(&DateElement) -> bool) -> Option<StatedInstant> {
    let mut elements: Vec<&DateElement> =
        facts.times.iter().filter(|element| element.region != Region::Foreign && fits(element)).collect();
    elements.sort_by_key(|element| element.region);
    elements.into_iter().find_map(|element| date_of(element, order))
}

fn date_of(element: &DateElement, order: DateOrder) -> Option<StatedInstant> {
    element.value.as_deref().and_then(|text| read(text, order)).or_else(|| in_text(&element.text, order))
}

/// The date that the page shows to readers: `time` elements and elements with the class of a date
/// line.
fn shown(facts: &Facts, order: DateOrder) -> Option<StatedInstant> {
    shown_at(facts, Region::Main, order).or_else(|| shown_at(facts, Region::Aside, order))
}

fn shown_at(facts: &Facts, region: Region, order: DateOrder) -> Option<StatedInstant> {
    let is_change = |element: &DateElement| {
        ["updated", "modified", "last-update", "lastupdate", "aktualisiert"]
            .iter()
            .any(|word| element.class_and_id.contains(word))
            && !element.class_and_id.contains("publi")
            || starts_as_change(&element.text)
    };
    let is_other = |element: &DateElement| {
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
        .any(|word| element.class_and_id.contains(word))
    };
    let lists = teasers(facts);
    let near = |element: &&DateElement| {
        element.region == region && !is_other(element) && !lists.contains(&element.class_and_id.as_str())
    };
    let originals = || facts.times.iter().filter(near).filter(|element| !is_change(element));
    let below_headline = || {
        let dated = facts.dated_texts.iter().filter(|dated| dated.region == region);
        dated
            .filter(|dated| is_below_headline(facts, dated.text_before))
            .filter(|dated| dated.text.chars().count() <= 40 && !starts_as_change(&dated.text))
            .find_map(|dated| in_text(&dated.text, order))
    };
    originals()
        .filter(|element| is_below_headline(facts, element.text_before))
        .find_map(|element| date_of(element, order))
        .or_else(below_headline)
        .or_else(|| first_of(&originals, order))
        .or_else(|| written(facts, region, order))
        .or_else(|| facts.times.iter().filter(near).find_map(|element| date_of(element, order)))
}

/// The first date of an element marked as publication, else of a `time`, else of any element.
fn first_of<'a, Elements: Iterator<Item = &'a DateElement>>(
    originals: &impl Fn() -> Elements,
    order: DateOrder,
) -> Option<StatedInstant> {
    originals()
        .filter(|element| {
            element.class_and_id.contains("publi")
                || element.class_and_id.contains("entry-date")
                || element.class_and_id.contains("post-date")
        })
        .find_map(|element| date_of(element, order))
        .or_else(|| originals().filter(|element| element.is_time).find_map(|element| date_of(element, order)))
        .or_else(|| originals().find_map(|element| date_of(element, order)))
}

/// Whether a position is where an article's date line is expected.
fn is_below_headline(facts: &Facts, text_before: usize) -> bool {
    facts.headline_at.is_some_and(|at| (at..at + BELOW_HEADLINE).contains(&text_before))
}

/// Classes of dates that belong to lists of other articles: the same class at least three times,
/// all after the middle of the text.
fn teasers(facts: &Facts) -> Vec<&str> {
    let half = facts.counts.text_chars / 2;
    let mut counts: Vec<(&str, usize, usize)> = Vec::new();
    for element in &facts.times {
        match counts.iter_mut().find(|(class_and_id, ..)| *class_and_id == element.class_and_id) {
            Some((_, count, _)) => *count += 1,
            None => counts.push((&element.class_and_id, 1, element.text_before)),
        }
    }
    let lists = counts.into_iter().filter(|(_, count, first)| *count >= 3 && *first > half);
    lists.map(|(class_and_id, ..)| class_and_id).collect()
}

/// A date that stands alone in the text near the headline.
fn written(facts: &Facts, region: Region, order: DateOrder) -> Option<StatedInstant> {
    let half = facts.counts.text_chars / 2;
    let here = || facts.dated_texts.iter().filter(move |dated| dated.region == region);
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
    fn dates_have_an_order_of_precedence() {
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
    fn dates_of_comments_and_copyrights_do_not_count() {
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
    fn a_video_and_an_image_give_the_day_only_as_a_last_resort() {
        let film = r#"<script type="application/ld+json">{"@type":"VideoObject","uploadDate":"2015-01-16"}</script>"#;
        let meta = "<meta property=article:published_time content=2026-03-02>";
        let image = "<meta property=og:image content=https://a.example/files/2026/03/05/p.png>";
        let url = "https://a.example/x";
        assert_eq!(day(&format!("{film}{meta}{image}"), url), "2026-03-02 -");
        assert_eq!(day(&format!("{film}{image}"), url), "2015-01-16 -");
        assert_eq!(day(image, url), "2026-03-05 -");
    }

    #[test]
    fn a_url_has_a_day_only_if_it_is_valid() {
        assert_eq!(day("<p>x", "https://a.example/2026/13/41/x"), "- -");
        assert_eq!(day("<p>x", "https://a.example/news/20260314/x"), "2026-03-14 -");
        assert_eq!(day("<p>x", "https://a.example/2026/mar/14/x"), "2026-03-14 -");
        assert_eq!(day("<p>x", "https://a.example/item-1998123456"), "- -");
    }
}
