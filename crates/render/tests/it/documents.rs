//! What programs read: the API, the feeds, the sitemaps.

use courant_render::Snapshot;
use courant_render::{FoundArticle, Publication, SearchView};
use serde_json::Value;

use crate::sample;

/// A few stories of the sample, so that snapshots stay readable.
fn few() -> Publication {
    let sample = sample::snapshot();
    let kept = [sample::story_id(0), sample::story_id(5), sample::story_id(8), sample::story_id(10)];
    let items = sample.items.into_iter().filter(|item| kept.contains(&item.story));
    let mut snapshot: Snapshot = sample::assemble(items);
    snapshot.site.page_size = 2;
    sample::publish(snapshot)
}

fn text(path: &str) -> String {
    let document = few().get(path).expect("the path exists").expect("it renders");
    String::from_utf8(document.body).expect("text is UTF-8")
}

fn json(path: &str) -> Value {
    serde_json::from_str(&text(path)).expect("JSON")
}

#[test]
fn stories_are_pinned() {
    insta::assert_json_snapshot!("stories", json("/api/v1/stories.json"));
    insta::assert_json_snapshot!("stories_page_1", json("/api/v1/stories/page/1/"));
    insta::assert_json_snapshot!("story", json(&format!("/api/v1/stories/{}/", sample::story_id(5))));
}

#[test]
fn an_article_is_pinned() {
    let story = json(&format!("/api/v1/stories/{}/", sample::story_id(0)));
    let id = story["related"][3]["id"].as_str().unwrap();
    insta::assert_json_snapshot!("article", json(&format!("/api/v1/articles/{id}/")));
}

#[test]
fn lists_are_pinned() {
    insta::assert_json_snapshot!("topics", json("/api/v1/topics/"));
    insta::assert_json_snapshot!("providers", json("/api/v1/providers/"));
}

#[test]
fn a_search_answer_is_pinned() {
    let publication = few();
    let view = SearchView {
        query: "harbour & sea".to_owned(),
        topic: None,
        page: 1,
        page_size: 20,
        total: 1,
        hits: vec![FoundArticle {
            article: publication.snapshot().items[0].id,
            snippet: "the <old> \u{2}harbour\u{3} …".to_owned(),
        }],
    };
    let answer: Value = serde_json::from_slice(&publication.search_answer(&view).unwrap().body).unwrap();
    insta::assert_json_snapshot!("search", answer);
}

#[test]
fn feeds_are_pinned() {
    insta::assert_snapshot!("rss", text("/feed.xml"));
    insta::assert_snapshot!("atom", text("/topics/sea-level/atom.xml"));
    insta::assert_json_snapshot!("json_feed", json("/feed.json"));
}

#[test]
fn sitemaps_are_pinned() {
    insta::assert_snapshot!("sitemap", text("/sitemap.xml"));
    insta::assert_snapshot!("news_sitemap", text("/news-sitemap.xml"));
    insta::assert_snapshot!("robots", text("/robots.txt"));
}

#[test]
fn xml_is_well_formed_and_holds_no_forbidden_character() {
    let mut snapshot = sample::snapshot();
    for item in &mut snapshot.items {
        std::sync::Arc::make_mut(item).record.title.push_str(" \u{0}\u{b}\u{1f}\u{ffff} ]]> &amp; <b>");
    }
    let publication = sample::publish(snapshot);
    for path in publication.paths().filter(|path| path.contains(".xml")) {
        let text = String::from_utf8(publication.get(&path).unwrap().unwrap().body).unwrap();
        assert!(!text.contains(['\u{0}', '\u{b}', '\u{1f}', '\u{ffff}']), "{path}");
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event() {
                Ok(quick_xml::events::Event::Eof) => break,
                Ok(_) => {}
                Err(error) => panic!("{path}: {error}"),
            }
        }
    }
}

#[test]
fn nothing_in_the_api_is_null() {
    let publication = sample::publication();
    for path in publication.paths().filter(|path| path.starts_with("/api/")) {
        let body = publication.get(&path).unwrap().unwrap().body;
        assert!(!String::from_utf8(body).unwrap().contains(":null"), "{path}");
    }
}

#[test]
fn a_large_sitemap_is_split_and_indexed() {
    let sample = sample::snapshot();
    let template = sample.items.iter().find(|item| item.heat.is_some()).unwrap();
    let items = (0..5_010_u128).map(|number| {
        let bytes = (number + 1).to_be_bytes();
        let mut item = courant_model::Item::clone(template);
        item.id = courant_model::ArticleId::from_bytes(bytes);
        item.story = courant_model::StoryId::from_bytes(bytes);
        item
    });
    let publication = sample::publish(sample::assemble(items));
    let locations = |path: &str| {
        String::from_utf8(publication.get(path).unwrap().unwrap().body).unwrap().matches("<loc>").count()
    };
    assert_eq!(locations("/sitemap.xml"), 4, "lists, then stories in parts of 2,000");
    assert!(locations("/sitemap-1.xml") < 100);
    assert_eq!(locations("/sitemap-2.xml"), 2_000);
    assert_eq!(locations("/sitemap-4.xml"), 1_010);
    assert!(publication.get("/sitemap-5.xml").is_none());
    assert_eq!(publication.paths().filter(|path| path.starts_with("/sitemap")).count(), 5);
}
