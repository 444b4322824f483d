//! The live lists: cursors that stay valid while articles arrive, filters, and invalid parameters.

use std::collections::HashSet;

use axum::http::{StatusCode, header};
use courant_model::{ArticleId, StoryId};
use serde_json::Value;

use crate::common::{sample, site::Site};

/// The path and query of an absolute URL.
fn local(value: &Value) -> String {
    let url = url::Url::parse(value.as_str().expect("a URL")).expect("sound test data");
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// All entries of a list, by following `next`. Each response is checked against the description.
async fn followed(site: &Site, list: &str, query: &str) -> Vec<Value> {
    let mut url = format!("/api/v1/{list}/?{query}");
    let mut all = Vec::new();
    for _ in 0..200 {
        let response = site.get(&url).await;
        site.check(&format!("/api/v1/{list}/"), &url, &response);
        let part: Value = serde_json::from_slice(&response.body).expect("JSON");
        all.extend(part[list].as_array().expect("a list").iter().cloned());
        assert_eq!(part["next"].is_null(), part["cursor"].is_null());
        if part["next"].is_null() {
            return all;
        }
        url = local(&part["next"]);
    }
    panic!("the list never ends");
}

fn ids(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["id"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn following_next_gives_each_entry_once_in_order() {
    let site = Site::new().await;
    for list in ["stories", "articles"] {
        let whole = followed(&site, list, "limit=100").await;
        assert!(whole.len() >= 36, "the sample has 36 public stories");
        assert_eq!(ids(&whole).into_iter().collect::<HashSet<_>>().len(), whole.len());
        let time = |entry: &Value| {
            let article = if list == "stories" { &entry["lead"] } else { entry };
            article["publishedDateTime"].as_str().unwrap().to_owned()
        };
        assert!(whole.windows(2).all(|pair| time(&pair[0]) >= time(&pair[1])), "{list}");
        for limit in [1, 7, 36] {
            let parts = followed(&site, list, &format!("limit={limit}")).await;
            assert_eq!(ids(&parts), ids(&whole), "{list} by {limit}");
        }
    }
    let public = site.publication.paths().filter(|path| path.starts_with("/api/v1/articles/")).count();
    assert_eq!(followed(&site, "articles", "limit=100").await.len(), public);
}

#[tokio::test]
async fn new_articles_do_not_disturb_cursors() {
    let site = Site::new().await;
    for list in ["stories", "articles"] {
        let whole = followed(&site, list, "limit=100").await;
        let first = site.json(&format!("/api/v1/{list}/?limit=10")).await;
        // A newer article in its own story, and one as old as the last entry of the first part.
        let mut snapshot = sample::snapshot();
        let shown = first[list][9].clone();
        let time = if list == "stories" { &shown["lead"] } else { &shown }["publishedDateTime"].clone();
        let template = snapshot.items.iter().find(|item| item.verdict.published).unwrap().clone();
        for (number, at) in [(1_u8, snapshot.taken), (2, time.as_str().unwrap().parse().unwrap())] {
            let mut new = courant_model::Item::clone(&template);
            // The lowest ids: they sort before the entries of the first part.
            new.id = ArticleId::from_bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, number]);
            new.story = StoryId::opened_by(new.id);
            new.record.published_date_time = Some(at);
            snapshot.items.push(new.into());
        }
        let later = Site::of(sample::assemble(snapshot.items)).await;
        let query = format!("limit=10&after={}", first["cursor"].as_str().unwrap());
        let rest = followed(&later, list, &query).await;
        assert_eq!(ids(&rest), ids(&whole)[10..], "{list}");
        assert_eq!(followed(&later, list, "limit=100").await.len(), whole.len() + 2);
    }
}

#[tokio::test]
async fn a_cursor_is_valid_without_an_entry_at_its_position() {
    let site = Site::new().await;
    for list in ["stories", "articles"] {
        let whole = followed(&site, list, "limit=100").await;
        let first = site.json(&format!("/api/v1/{list}/?limit=1")).await;
        let cursor = first["cursor"].as_str().unwrap();
        // The highest id at that time: the rest is the same, although no entry has that id.
        let between = format!("{}{}", &cursor[..24], "f".repeat(32));
        let rest = followed(&site, list, &format!("limit=50&after={between}")).await;
        assert_eq!(ids(&rest), ids(&whole)[1..], "{list}");
        assert!(followed(&site, list, &format!("after={}", "0".repeat(56))).await.is_empty());
        let all = followed(&site, list, &format!("limit=100&after={}", "f".repeat(56))).await;
        assert_eq!(ids(&all), ids(&whole), "{list}");
    }
}

type Matches<'a> = Box<dyn Fn(&Value) -> bool + 'a>;

#[tokio::test]
async fn filters_give_all_matching_entries_and_no_others() {
    let site = Site::new().await;
    let all = followed(&site, "articles", "limit=100").await;
    let middle = all[all.len() / 2]["publishedDateTime"].as_str().unwrap().to_owned();
    let filters: [(&str, Matches<'_>); 5] = [
        ("provider=Saltwater.example", Box::new(|it| it["provider"]["domain"] == "saltwater.example")),
        ("language=de", Box::new(|it| it["language"] == "de")),
        ("min_quality=80", Box::new(|it| it["quality"].as_i64().is_some_and(|points| points >= 80))),
        (&format!("since={middle}"), Box::new(|it| it["publishedDateTime"].as_str().unwrap() >= &middle[..])),
        (&format!("until={middle}"), Box::new(|it| it["publishedDateTime"].as_str().unwrap() < &middle[..])),
    ];
    for (query, matches) in &filters {
        let expected: Vec<Value> = all.iter().filter(|entry| matches(entry)).cloned().collect();
        assert!(!expected.is_empty() && expected.len() < all.len(), "{query} does not test anything");
        let found = followed(&site, "articles", &format!("limit=3&{query}")).await;
        assert_eq!(ids(&found), ids(&expected), "{query}");
    }
    let found = followed(&site, "articles", "limit=100&topic=sea-level").await;
    assert!(found.iter().any(|entry| entry["topics"][0] == "Sea level") && found.len() < all.len());
    let both = followed(&site, "articles", "topic=sea-level&language=en&min_quality=70").await;
    assert!(both.len() < found.len());
}

#[tokio::test]
async fn stories_are_filtered_like_the_pages_of_the_site() {
    let site = Site::new().await;
    for topic in site.json("/api/v1/topics/").await["topics"].as_array().unwrap() {
        let id = topic["id"].as_str().unwrap();
        let found = followed(&site, "stories", &format!("limit=5&topic={id}")).await;
        assert_eq!(found.len() as u64, topic["stories"].as_u64().unwrap(), "{id}");
    }
    let covered = followed(&site, "stories", "limit=100&provider=saltwater.example").await;
    assert!(covered.iter().any(|story| story["lead"]["provider"]["domain"] != "saltwater.example"));
    assert!(followed(&site, "stories", "provider=nobody.example").await.is_empty());
}

#[tokio::test]
async fn an_invalid_parameter_is_named() {
    let site = Site::new().await;
    for (query, name) in [
        ("limit=0".to_owned(), "limit"),
        ("limit=101".to_owned(), "limit"),
        ("after=".to_owned(), "after"),
        ("after=nonsense".to_owned(), "after"),
        (format!("after={}", "F".repeat(56)), "after"),
        ("topic=unheard-of".to_owned(), "topic"),
        ("since=yesterday".to_owned(), "since"),
        ("min_quality=good".to_owned(), "min_quality"),
        ("langauge=en".to_owned(), "langauge"),
    ] {
        let response = site.get(&format!("/api/v1/articles/?{query}")).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(response.header(header::CONTENT_TYPE), "application/problem+json");
        let problem: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(problem["parameter"], name, "{query}");
        assert!(problem["detail"].as_str().unwrap().contains(name), "{query}");
    }
}

#[tokio::test]
async fn without_parameters_the_stories_are_those_of_the_static_site() {
    let site = Site::new().await;
    let (live, fixed) =
        (site.get("/api/v1/stories/").await, site.publication.get("/api/v1/stories.json").unwrap().unwrap());
    assert_eq!(live.body, fixed.body);
    assert_eq!(site.get("/api/v1/articles").await.header(header::LOCATION), "/api/v1/articles/");
}

#[tokio::test]
async fn reasons_are_included_on_request() {
    let site = Site::new().await;
    let plain = site.json("/api/v1/stories/?limit=2").await;
    assert!(plain["stories"][0]["because"].is_null() && plain["stories"][0]["lead"]["because"].is_null());
    let explained = site.json("/api/v1/stories/?limit=2&explain=1").await;
    assert!(explained["next"].as_str().unwrap().contains("explain=1"));
    let id = explained["stories"][0]["id"].as_str().unwrap();
    let story = site.json(&format!("/api/v1/stories/{id}/?explain=1")).await;
    for story in [&explained["stories"][0], &story] {
        assert_eq!(story["because"]["heat"][0]["what"], "quality");
        for article in
            std::iter::once(&story["lead"]).chain(story["related"].as_array().into_iter().flatten())
        {
            assert_eq!(article["because"]["quality"][0]["name"], "source");
            assert!(!article["because"]["topics"][0]["because"][0].as_str().unwrap().is_empty());
            assert!(!article["because"]["story"][0]["what"].as_str().unwrap().is_empty());
        }
    }
    let usual = site.json(&format!("/api/v1/stories/{id}/")).await;
    assert!(usual["lead"]["because"].is_null() && !usual["because"]["heat"].is_null());
    assert_eq!(usual, site.json(&format!("/api/v1/stories/{id}/?explain=0")).await);
}
