//! Redirects, missing and withdrawn documents, refused requests.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use courant_render::{Publication, Snapshot, Templates};
use tokio::sync::watch;

use super::{article, get, publication, send, site, site_at, site_of};

#[tokio::test]
async fn a_missing_page_is_a_page_for_people_and_a_problem_for_programs() {
    let site = site();
    let page = get(&site, "/stories/nothing/").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("There is nothing at this address"));
    let problem = get(&site, "/api/v1/stories/nothing/").await;
    assert_eq!(problem.status, StatusCode::NOT_FOUND);
    assert_eq!(problem.header(header::CONTENT_TYPE), "application/problem+json");
    insta::assert_json_snapshot!("not_found", problem.json());
}

#[tokio::test]
async fn paths_without_the_final_slash_redirect() {
    let site = site();
    for (path, target) in
        [("/about", "/about/"), ("/topics/tides?x=1", "/topics/tides/?x=1"), ("/search?q=a", "/search/?q=a")]
    {
        let response = get(&site, path).await;
        assert_eq!(response.status, StatusCode::PERMANENT_REDIRECT, "{path}");
        assert_eq!(response.header(header::LOCATION), target);
    }
    for path in ["/nothing", "//about", "/feed.xmlx", "/%2F%2Fevil.example"] {
        assert_eq!(get(&site, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_merged_story_redirects() {
    for file in ["", "feed.xml", "atom.xml", "feed.json"] {
        let response = get(&site(), &format!("/stories/{}/{file}", article(9))).await;
        assert_eq!(response.status, StatusCode::MOVED_PERMANENTLY, "{file}");
        assert_eq!(response.header(header::LOCATION), format!("/stories/{}/{file}", article(1)));
    }
}

#[tokio::test]
async fn a_site_without_feeds_of_stories_answers_404_for_them() {
    let mut snapshot = Snapshot::clone(publication("https://tides.example/").snapshot());
    snapshot.site.story_feeds = false;
    let withdrawn = Arc::make_mut(&mut snapshot.items[1]);
    (withdrawn.verdict.published, withdrawn.verdict.rule) = (false, "editor".into());
    let without = Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).unwrap();
    let (_, receiver) = watch::channel(Arc::new(without));
    let site = site_of(receiver, None);
    for number in [1, 2, 9] {
        let feed = format!("/stories/{}/feed.xml", article(number));
        assert_eq!(get(&site, &feed).await.status, StatusCode::NOT_FOUND, "{number}");
    }
}

#[tokio::test]
async fn a_site_below_a_path_is_also_at_the_root() {
    let site = site_at("https://host.example/news/", None);
    for path in ["/news/", "/", "/news/about/", "/about/", "/news/search/?q=tide"] {
        assert_eq!(get(&site, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(get(&site, "/news/about").await.header(header::LOCATION), "/news/about/");
    assert_eq!(get(&site, "/newspaper/").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_withdrawn_document_is_gone_and_an_unpublished_one_is_not_found() {
    let (sender, receiver) = watch::channel(publication("https://tides.example/"));
    let site = site_of(receiver, None);
    let (story, record) = (format!("/stories/{}/", article(1)), format!("/api/v1/articles/{}/", article(1)));
    let api = format!("/api/v1/stories/{}/", article(1));
    // Article 9 opened a story that was merged into that of article 1.
    let merged = format!("/stories/{}/", article(9));
    let feed = format!("{story}atom.xml");
    for path in [&story, &record, &api, &feed] {
        assert_eq!(get(&site, path).await.status, StatusCode::OK, "{path}");
    }
    for (rule, wanted) in [("editor", StatusCode::GONE), ("threshold", StatusCode::NOT_FOUND)] {
        let mut snapshot = Snapshot::clone(sender.borrow().snapshot());
        let lead = Arc::make_mut(&mut snapshot.items[0]);
        (lead.verdict.published, lead.verdict.rule) = (false, rule.into());
        let held = Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).unwrap();
        for path in [&story, &record, &api, &merged, &feed] {
            assert!(held.get(path).is_none(), "{path} is in the static build");
        }
        sender.send(Arc::new(held)).unwrap();
        for path in [&story, &merged, &feed] {
            let page = get(&site, path).await;
            assert_eq!(page.status, wanted, "{path}");
            assert_eq!(page.text().contains("This story was withdrawn"), wanted == StatusCode::GONE);
            assert!(page.text().contains("noindex"));
        }
        for path in [&record, &api] {
            let problem = get(&site, path).await;
            assert_eq!((problem.status, &problem.json()["status"]), (wanted, &wanted.as_u16().into()));
        }
    }
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    let site = site();
    for path in ["/", "/search/", "/healthz"] {
        let response = send(&site, Request::post(path).body(Body::from("x")).unwrap()).await;
        assert_eq!(response.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert!(response.header(header::ALLOW).contains("GET"), "{path}");
    }
}

#[tokio::test]
async fn a_url_that_is_too_long_is_refused() {
    let response = get(&site(), &format!("/search/?q={}", "x".repeat(5000))).await;
    assert_eq!(response.status, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn health_has_the_time_of_the_publication() {
    let health = get(&site(), "/healthz").await;
    assert_eq!(health.json()["status"], "ok");
    assert_eq!(health.json()["snapshot"], "2023-02-16T14:00:00.5Z");
    assert_eq!(health.header(header::CACHE_CONTROL), "no-store");
}
