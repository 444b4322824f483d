//! The quality of extraction, measured on the shared annotated pages if they are present.
//!
//! The metrics are those of the data's README; each test prints its figures and fails below a floor
//! that was reached when the floor was last set (figures are deterministic; floors are a little
//! below them, so that a change which trades one page for another does not fail).
//! `SHOW=title-wcxb cargo test …` prints misses.

use std::collections::BTreeSet;

use crate::extraction_support::{
    Mean, Page, STEP, author_f1, day, links_equal, page_set, segments, shingle_scores, title_equal, word_f1,
};
use courant_analysis::extract::Extracted;
use serde_json::Value;

/// How far a figure may be below its floor on a sample of the pages.
const SAMPLED: f64 = if STEP > 1 { 0.16 } else { 0.0 };

/// Floors, from a run over all pages of each set.
mod floor {
    pub(crate) const WCXB_WORD_F1: f64 = 0.958;
    pub(crate) const WCXB_SHINGLE_F1: f64 = 0.95;
    pub(crate) const WCXB_TITLE: f64 = 0.93;
    pub(crate) const WCXB_AUTHOR: f64 = 0.755;
    pub(crate) const WCXB_DATE: f64 = 0.915;
    pub(crate) const MULTILINGUAL_SEGMENTS: f64 = 0.94;
    pub(crate) const MULTILINGUAL_TITLE: f64 = 0.91;
    pub(crate) const MULTILINGUAL_AUTHOR: f64 = 0.685;
    pub(crate) const MULTILINGUAL_DATE: f64 = 0.885;
    pub(crate) const DATES: f64 = 0.9;
    pub(crate) const CANONICAL: f64 = 1.0;
    pub(crate) const AMP: f64 = 1.0;
    pub(crate) const OG_IMAGE: f64 = 0.97;
    pub(crate) const NO_ARTICLE_PRECISION: f64 = 0.9;
    pub(crate) const NO_ARTICLE_RECALL: f64 = 0.9;
    pub(crate) const NEWSPAPER_IMAGE: f64 = 0.85;
    pub(crate) const NEWSPAPER_LANGUAGE: f64 = 0.95;
}

fn reach(what: &str, found: f64, floor: f64) {
    println!("{what:<40} {found:.4}");
    assert!(found >= floor - SAMPLED, "{what}: {found:.4} is below the floor {floor}");
}

fn show(figure: &str, page: &Page, truth: &Value, found: &str) {
    if std::env::var("SHOW").is_ok_and(|wanted| wanted == figure) {
        println!("MISS {} {} | {truth} | {found}", page.id, page.url);
    }
}

fn show_refusal(page: &Page, found: &Extracted) -> bool {
    if let Some(rejection) = &found.rejection {
        show("refused", page, &page.truth["title"], &rejection.to_string());
    }
    found.rejection.is_some()
}

/// Title, author and date accuracy of a set.
fn metadata(set: &str, pages: &[(Page, Extracted)], date_key: &str) -> [f64; 3] {
    let (mut title, mut author, mut date) = (Mean::default(), Mean::default(), Mean::default());
    for (page, found) in pages {
        if let Some(truth) = page.truth["title"].as_str() {
            let right = title_equal(truth, &found.title);
            title.add(right);
            if !right {
                show(&format!("title-{set}"), page, &page.truth["title"], &found.title);
            }
        }
        if let Some(truth) = page.truth["author"].as_str() {
            let score = author_f1(truth, &found.authors);
            author.add(score);
            if score < 1.0 {
                show(&format!("author-{set}"), page, &page.truth["author"], &found.authors.join("; "));
            }
        }
        if let Some(truth) = page.truth[date_key].as_str() {
            let given = day(found);
            date.add(given == truth);
            if given != truth {
                show(&format!("date-{set}"), page, &page.truth[date_key], &given);
            }
        }
    }
    [title.value(), author.value(), date.value()]
}

#[test]
fn wcxb_articles() {
    let Some(pages) = page_set("wcxb-dev") else { return };
    let articles: Vec<_> =
        pages.into_iter().filter(|(page, _)| page.truth["page_type"] == "article").collect();
    let (mut words, mut precision, mut recall) = (Mean::default(), Mean::default(), Mean::default());
    for (page, found) in &articles {
        let truth = page.truth["text"].as_str().unwrap_or_default();
        let score = word_f1(truth, &found.text);
        words.add(score);
        let (page_precision, page_recall) = shingle_scores(truth, &found.text);
        if let Some(value) = page_precision {
            precision.add(value);
        }
        recall.add(page_recall);
        if score < 0.95 {
            show("text", page, &Value::from(score), &format!("p {page_precision:.3?} r {page_recall:.3}"));
        }
    }
    let (precision, recall) = (precision.value(), recall.value());
    println!("WCXB shingles: precision {precision:.4} recall {recall:.4}");
    let [title, author, date] = metadata("wcxb", &articles, "publish_date");
    reach("WCXB title", title, floor::WCXB_TITLE);
    reach("WCXB author", author, floor::WCXB_AUTHOR);
    reach("WCXB date", date, floor::WCXB_DATE);
    reach("WCXB articles, word F1", words.value(), floor::WCXB_WORD_F1);
    let shingles = 2.0 * precision * recall / (precision + recall).max(f64::EPSILON);
    reach("WCXB articles, 4-token shingle F1", shingles, floor::WCXB_SHINGLE_F1);
}

#[test]
fn articles_and_others() {
    let Some(pages) = page_set("wcxb-dev") else { return };
    let (mut refused, mut refused_articles, mut others) = (0, 0, 0);
    for (page, found) in &pages {
        let is_refused = show_refusal(page, found);
        if page.truth["page_type"] == "article" {
            refused_articles += u32::from(is_refused);
            continue;
        }
        others += 1;
        refused += u32::from(is_refused);
        if !is_refused {
            show("passed", page, &page.truth["page_type"], &found.title);
        }
    }
    println!("no article: {refused} of {others} refused, {refused_articles} articles refused");
    let precision = f64::from(refused) / f64::from((refused + refused_articles).max(1));
    reach("no article: precision", precision, floor::NO_ARTICLE_PRECISION);
    reach("no article: recall", f64::from(refused) / f64::from(others), floor::NO_ARTICLE_RECALL);
}

#[test]
fn multilingual() {
    let Some(pages) = page_set("multilingual") else { return };
    let (mut hit, mut missed, mut wrong, mut refused) = (0, 0, 0, 0);
    for (page, found) in &pages {
        let (page_hit, page_missed, page_wrong) = segments(&page.truth, &found.text);
        (hit, missed, wrong) = (hit + page_hit, missed + page_missed, wrong + page_wrong);
        if page_missed + page_wrong > 0 {
            show("segments", page, &page.truth["with"], &format!("missed {page_missed} wrong {page_wrong}"));
        }
        refused += u32::from(show_refusal(page, found));
    }
    println!(
        "multilingual: {refused} of {} refused; segments {hit} found, {missed} missed, {wrong} wrong",
        pages.len()
    );
    let [title, author, date] = metadata("multilingual", &pages, "date");
    reach("multilingual title", title, floor::MULTILINGUAL_TITLE);
    reach("multilingual author", author, floor::MULTILINGUAL_AUTHOR);
    reach("multilingual date", date, floor::MULTILINGUAL_DATE);
    let f1 = 2.0 * f64::from(hit) / f64::from((2 * hit + missed + wrong).max(1));
    reach("multilingual segments F1", f1, floor::MULTILINGUAL_SEGMENTS);
}

#[test]
fn declared_addresses() {
    let Some(pages) = page_set("multilingual") else { return };
    let Some(path) = courant_testkit::shared("extraction/multilingual/declared.json") else { return };
    let declared: Value = serde_json::from_slice(&courant_testkit::read(&path).unwrap()).unwrap();
    let (mut canonical, mut amp, mut image) = (Mean::default(), Mean::default(), Mean::default());
    for (page, found) in &pages {
        let facts = &declared[&page.id];
        let compare = |mean: &mut Mean, key: &str, given: Option<&str>, with_query: bool| {
            if let Some(truth) = facts[key].as_str() {
                let right = given.is_some_and(|given| links_equal(truth, given, with_query));
                mean.add(right);
                if !right {
                    show("declared", page, &facts[key], given.unwrap_or("-"));
                }
            }
        };
        compare(&mut canonical, "canonical", found.canonical.as_ref().map(url::Url::as_str), true);
        compare(&mut amp, "amphtml", found.amp_url.as_ref().map(url::Url::as_str), true);
        compare(&mut image, "og_image", found.images.first().map(|image| image.url.as_str()), false);
    }
    reach("declared canonical", canonical.value(), floor::CANONICAL);
    reach("declared AMP page", amp.value(), floor::AMP);
    reach("declared og:image leads", image.value(), floor::OG_IMAGE);
}

#[test]
fn dates() {
    let Some(pages) = page_set("dates") else { return };
    let [_, _, date] = metadata("dates", &pages, "date");
    let refused = pages.iter().filter(|(page, found)| show_refusal(page, found)).count();
    println!("dates: {refused} of {} refused", pages.len());
    reach("dates", date, floor::DATES);
}

#[test]
fn newspaper() {
    let Some(pages) = page_set("newspaper") else { return };
    let (mut image, mut language, mut author, mut date, mut title) =
        (Mean::default(), Mean::default(), Mean::default(), Mean::default(), Mean::default());
    for (page, found) in &pages {
        if let Some(truth) = page.truth["top_image"].as_str().filter(|url| !url.is_empty()) {
            let given = found.images.first().map(|image| image.url.as_str()).unwrap_or_default();
            let right = links_equal(truth, given, false);
            image.add(right);
            if !right {
                show("image", page, &page.truth["top_image"], given);
            }
        }
        if let Some(truth) = page.truth["language"].as_str().filter(|code| !code.is_empty()) {
            language.add(found.language.as_deref() == Some(truth));
        }
        let names: BTreeSet<&str> =
            page.truth["authors"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        if !names.is_empty() {
            author.add(author_f1(&names.into_iter().collect::<Vec<_>>().join("; "), &found.authors));
        }
        if let Some(truth) = page.truth["publish_date"].as_str().filter(|date| date.len() >= 10) {
            date.add(day(found) == truth[..10]);
        }
        if let Some(truth) = page.truth["title"].as_str() {
            title.add(title_equal(truth, &found.title));
        }
    }
    println!("newspaper title {:.3} author {:.3} date {:.3}", title.value(), author.value(), date.value());
    reach("newspaper lead image", image.value(), floor::NEWSPAPER_IMAGE);
    reach("newspaper language", language.value(), floor::NEWSPAPER_LANGUAGE);
}
