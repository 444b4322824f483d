//! The feeds of a story and of a search: entries, order and links.

use std::sync::Arc;

use courant_model::{ArticleId, Item};
use courant_render::Snapshot;
use courant_render::{FeedSyntax, FoundArticle, Publication, SearchView};
use dom_query::Document as Page;
use serde_json::Value;

use crate::sample;

const FILES: [&str; 3] = ["feed.xml", "atom.xml", "feed.json"];

/// The sample with three reports of one story, and a copy of the last of them.
fn few() -> Snapshot {
    let sample = sample::snapshot();
    let of_story = sample.items.iter().filter(|item| item.story == sample::story_id(0));
    let mut items: Vec<Item> = of_story.map(|item| Item::clone(item)).collect();
    items.sort_by_key(|item| item.id);
    items.truncate(4);
    assert!(items[3].copy_of == Some(items[2].id));
    sample::assemble(items)
}

fn path(file: &str) -> String {
    format!("/stories/{}/{file}", sample::story_id(0))
}

fn text(publication: &Publication, file: &str) -> String {
    let document = publication.get(&path(file)).expect("the feed exists").expect("it renders");
    String::from_utf8(document.body).expect("feeds are UTF-8")
}

/// The ids of the entries, in their order.
fn ids(publication: &Publication) -> Vec<String> {
    let feed: Value = serde_json::from_str(&text(publication, "feed.json")).expect("JSON");
    let items = feed["items"].as_array().expect("a list");
    items.iter().map(|item| item["id"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn feeds_of_a_story_are_pinned() {
    let publication = sample::publish(few());
    insta::assert_snapshot!("story_rss", text(&publication, "feed.xml"));
    insta::assert_snapshot!("story_atom", text(&publication, "atom.xml"));
    let json: Value = serde_json::from_str(&text(&publication, "feed.json")).unwrap();
    insta::assert_json_snapshot!("story_json_feed", json);
}

#[test]
fn copies_are_no_entries() {
    let publication = sample::publication();
    let story = publication.snapshot().stories.iter().find(|story| story.id == sample::story_id(0)).unwrap();
    assert_eq!(story.related.len(), 9);
    assert_eq!(ids(&publication).len(), 6, "as many as the reports on its page");
}

#[test]
fn an_edit_reorders_nothing_and_a_report_keeps_its_id() {
    let before = ids(&sample::publish(few()));
    let mut edited = few();
    for item in &mut edited.items {
        let item = Arc::make_mut(item);
        item.record.title = format!("Corrected: {}", item.id);
        item.record.updated_date_time = Some(edited.taken);
        item.record.quality = Some(1);
    }
    assert_eq!(ids(&sample::publish(edited)), before);
    let mut reordered = few();
    Arc::make_mut(&mut reordered.stories[0]).related.reverse();
    assert_eq!(ids(&sample::publish(reordered)), before);
}

#[test]
fn the_newest_reports_of_a_large_story_are_in_its_feed() {
    let mut snapshot = few();
    let template = snapshot.items[1].clone();
    let first = snapshot.items.len();
    for number in 1..=80_u8 {
        let mut item = Item::clone(&template);
        item.id = ArticleId::from_bytes([number; 16]);
        item.copy_of = None;
        item.record.published_date_time =
            Some(snapshot.taken - jiff::SignedDuration::from_mins(number.into()));
        snapshot.items.push(item.into());
    }
    Arc::make_mut(&mut snapshot.stories[0]).related.extend(first..first + 80);
    let ids = ids(&sample::publish(snapshot));
    assert_eq!(ids.len(), 50);
    for (id, number) in ids.iter().zip(1_u8..) {
        assert!(id.ends_with(&format!("/{}.json", ArticleId::from_bytes([number; 16]))), "{id}");
    }
}

#[test]
fn a_merged_story_has_the_feed_of_the_present_one() {
    let publication = sample::publish(few());
    for file in FILES {
        let old = format!("/stories/{}/{file}", sample::story_id(98));
        let document = publication.get(&old).unwrap().unwrap();
        assert_eq!(document.moved_to, Some(path(file)));
        assert_eq!(document.body, text(&publication, file).into_bytes());
        assert!(publication.paths().any(|path| path == old));
    }
}

#[test]
fn the_page_of_a_story_names_its_feeds() {
    let publication = sample::publish(few());
    let story = publication.get(&format!("/stories/{}/", sample::story_id(0))).unwrap().unwrap();
    let page = Page::from(String::from_utf8(story.body).unwrap());
    for (file, kind) in FILES.into_iter().zip(["rss+xml", "atom+xml", "feed+json"]) {
        let link = page.select(&format!("link[rel=alternate][href='{}']", path(file)));
        assert_eq!(link.attr("type").unwrap().to_string(), format!("application/{kind}"));
        assert!(link.attr("title").unwrap().starts_with(&*page.select("title").text()));
    }
    assert_eq!(&*page.select(&format!("main a[href='{}']", path("feed.xml"))).text(), "Follow this story");
}

#[test]
fn a_site_can_go_without_feeds_of_stories() {
    let mut snapshot = few();
    snapshot.site.story_feeds = false;
    let publication = sample::publish(snapshot);
    assert!(FILES.iter().all(|file| publication.get(&path(file)).is_none()));
    for path in publication.paths() {
        assert!(!path.starts_with("/stories/") || path.ends_with('/'), "{path}");
        let body = publication.get(&path).unwrap().unwrap().body;
        let text = String::from_utf8_lossy(&body);
        assert!(!text.contains("Follow this story") && !text.contains("so has each story"), "{path}");
    }
}

/// A search that found all articles in no order, for a query that must be escaped.
fn found(publication: &Publication) -> SearchView {
    let mut hits: Vec<FoundArticle> = publication
        .snapshot()
        .items
        .iter()
        .map(|item| FoundArticle { article: item.id, snippet: String::new() })
        .collect();
    hits.rotate_left(2);
    SearchView {
        query: "\"storm surge\" & <tide>".to_owned(),
        topic: Some("sea-level".to_owned()),
        page: 1,
        page_size: 50,
        total: hits.len(),
        hits,
    }
}

#[test]
fn feeds_of_a_search_are_pinned() {
    let publication = sample::publish(few());
    let view = found(&publication);
    let feed = |syntax| String::from_utf8(publication.search_feed(&view, syntax).unwrap().body).unwrap();
    insta::assert_snapshot!("search_rss", feed(FeedSyntax::Rss));
    insta::assert_snapshot!("search_atom", feed(FeedSyntax::Atom));
    let json: Value = serde_json::from_str(&feed(FeedSyntax::Json)).unwrap();
    insta::assert_json_snapshot!("search_json_feed", json);
}

#[test]
fn a_search_without_results_has_a_feed() {
    let publication = sample::publication();
    let view = SearchView { query: "nothing".to_owned(), ..SearchView::default() };
    let feed = publication.search_feed(&view, FeedSyntax::Json).unwrap();
    let feed: Value = serde_json::from_slice(&feed.body).unwrap();
    assert_eq!(feed["items"], serde_json::json!([]));
    assert!(publication.get("/search/feed.json").is_none(), "a folder of files cannot search");
}

#[test]
fn the_page_of_a_search_names_its_feeds() {
    let publication = sample::publish(few());
    let page = publication.search_page(&found(&publication)).unwrap();
    let page = Page::from(String::from_utf8(page.body).unwrap());
    let query = "?q=%22storm+surge%22+%26+%3Ctide%3E&topic=sea-level";
    for file in FILES {
        assert!(
            page.select(&format!("link[rel=alternate][href='/search/{file}{query}']")).exists(),
            "{file}"
        );
    }
    assert_eq!(&*page.select("main a[href^='/search/feed.xml?']").text(), "Feed of this search");
    let bare = publication.search_page(&SearchView::default()).unwrap();
    assert!(!String::from_utf8(bare.body).unwrap().contains("/search/feed.xml"));
}
