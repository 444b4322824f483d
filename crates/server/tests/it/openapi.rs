//! The description of the API and the program agree, in both directions.

use std::{collections::BTreeSet, fs, path::Path};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use courant_server::openapi;
use serde_json::Value;

use crate::common::{
    sample, schema,
    site::{EVENTS, Site},
};

#[tokio::test]
async fn the_description_matches_its_snapshot() {
    let api = Site::new().await.api;
    // The order of fields has no meaning.
    insta::with_settings!({ sort_maps => true }, { insta::assert_json_snapshot!("openapi", api) });
}

/// With `COURANT_WRITE_OPENAPI=1`, it writes the file again.
#[test]
fn the_file_of_the_description_is_current() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/openapi.json");
    let expected = serde_json::to_string_pretty(&openapi().unwrap()).unwrap() + "\n";
    #[expect(clippy::disallowed_methods, reason = "a test is configured by its environment")]
    let writes = std::env::var_os("COURANT_WRITE_OPENAPI").is_some();
    if writes {
        fs::write(&file, &expected).unwrap();
    } else {
        assert_eq!(
            fs::read_to_string(&file).unwrap(),
            expected,
            "run this test with COURANT_WRITE_OPENAPI=1"
        );
    }
}

#[tokio::test]
async fn every_documented_path_answers_as_documented() {
    let site = Site::new().await;
    for path in site.paths() {
        let url = site.url(&path);
        let response = site.get(&url).await;
        assert_eq!(response.status, StatusCode::OK, "{url}");
        site.check(&path, &url, &response);
        let tag = response.header(header::ETAG);
        let again = Request::get(&url).header(header::IF_NONE_MATCH, tag).body(Body::empty()).unwrap();
        let again = site.send(again).await;
        assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{url}");
        site.check(&path, &url, &again);
        let glue = if url.contains('?') { '&' } else { '?' };
        let endless = site.get(&format!("{url}{glue}x={}", "x".repeat(5000))).await;
        assert_eq!(endless.status, StatusCode::URI_TOO_LONG, "{url}");
        site.check(&path, &url, &endless);
    }
}

#[tokio::test]
async fn every_error_is_as_documented() {
    let site = Site::new().await;
    let nobody = "0123456789abcdef0123456789abcdef";
    let moved = sample::story_id(98);
    for (path, url, status) in [
        ("/api/v1/stories/{id}/", format!("/api/v1/stories/{nobody}/"), 404),
        ("/api/v1/stories/{id}/", "/api/v1/stories/x/".to_owned(), 404),
        ("/api/v1/stories/{id}/", format!("/api/v1/stories/{moved}/"), 301),
        ("/api/v1/stories/page/{page}/", "/api/v1/stories/page/0/".to_owned(), 404),
        ("/api/v1/stories/page/{page}/", "/api/v1/stories/page/999/".to_owned(), 404),
        ("/api/v1/articles/{id}/", format!("/api/v1/articles/{nobody}/"), 404),
        ("/api/v1/stories/{id}/", format!("/api/v1/stories/{nobody}/?explain=maybe"), 400),
        ("/api/v1/articles/{id}/", format!("/api/v1/articles/{nobody}/?explain=maybe"), 400),
        ("/api/v1/stories/", "/api/v1/stories/?limit=0".to_owned(), 400),
        ("/api/v1/articles/", "/api/v1/articles/?after=x".to_owned(), 400),
        (EVENTS, format!("{EVENTS}?topic=unheard-of"), 400),
        (EVENTS, format!("{EVENTS}?limit=5"), 400),
        ("/api/v1/collections/{kind}/", "/api/v1/collections/events/".to_owned(), 404),
        ("/api/v1/collections/{kind}/", "/api/v1/collections/events/?limit=1".to_owned(), 404),
        ("/api/v1/collections/{kind}/", "/api/v1/collections/people/?topic=coast".to_owned(), 400),
        ("/api/v1/collections/{kind}/", "/api/v1/collections/people/?after=x".to_owned(), 400),
        ("/api/v1/collections/{kind}/{id}/", "/api/v1/collections/people/held/".to_owned(), 404),
        ("/api/v1/newsletters/", "/api/v1/newsletters/?limit=0".to_owned(), 400),
        ("/api/v1/newsletters/{id}/", "/api/v1/newsletters/none/".to_owned(), 404),
        ("/api/v1/search/", "/api/v1/search/".to_owned(), 400),
        ("/api/v1/search/", "/api/v1/search/?q=a&page=51".to_owned(), 400),
        ("/api/v1/search/", "/api/v1/search/?q=fail".to_owned(), 503),
    ] {
        let response = site.get(&url).await;
        assert_eq!(response.status.as_u16(), status, "{url}");
        site.check(path, &url, &response);
    }
}

#[tokio::test]
async fn every_path_is_documented() {
    let site = Site::new().await;
    let documented: BTreeSet<String> = site.paths().into_iter().chain([EVENTS.to_owned()]).collect();
    let mut found = BTreeSet::new();
    for url in site.publication.paths().filter(|path| path.starts_with("/api/v1/")) {
        let path = template(&url);
        assert!(documented.contains(&path), "{url} is not documented");
        site.check(&path, &url, &site.get(&url).await);
        found.insert(path);
    }
    // The other paths are those of live routes.
    let source = include_str!("../../src/paths.rs");
    found.extend(source.split('"').filter(|path| path.starts_with("/api/v1/")).map(str::to_owned));
    assert_eq!(found, documented);
}

/// The documented path of a URL: with a final slash, and with names in braces for the variable
/// parts.
fn template(url: &str) -> String {
    let path = match url.strip_suffix(".json") {
        Some(stem) if !stem.ends_with("/openapi") => format!("{stem}/"),
        _ => url.to_owned(),
    };
    for (kinds, kind) in [("/api/v1/collections/", "{kind}/"), ("/api/v1/newsletters/", "")] {
        if let Some(rest) = path.strip_prefix(kinds).filter(|rest| !rest.is_empty()) {
            let is_record = kind.is_empty() || rest.trim_end_matches('/').contains('/');
            return format!("{kinds}{kind}{}", if is_record { "{id}/" } else { "" });
        }
    }
    let name = |part: &str| match part.len() {
        32 => "{id}".to_owned(),
        _ if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) => "{page}".to_owned(),
        _ => part.to_owned(),
    };
    path.split('/').map(name).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn every_reference_resolves_and_every_component_is_used() {
    let api = Site::new().await.api;
    let text = api.to_string();
    let references: BTreeSet<&str> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for reference in &references {
        assert!(api.pointer(reference).is_some(), "{reference}");
    }
    for kind in ["schemas", "parameters", "responses", "headers"] {
        for name in api["components"][kind].as_object().unwrap().keys() {
            let pointer = format!("/components/{kind}/{name}");
            assert!(references.contains(pointer.as_str()), "{pointer} is not used");
        }
    }
}

#[tokio::test]
async fn the_manual_has_every_path_and_schema_and_no_script() {
    let site = Site::new().await;
    let page = String::from_utf8(site.get("/api/v1/").await.body).unwrap();
    for path in site.paths() {
        assert!(page.contains(&format!("<code>GET {path}</code>")), "{path}");
    }
    for name in site.api["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!("<h3 id=\"{name}\">")), "{name}");
    }
    assert!(!page.contains("<script") && !page.contains("src=\"http"));
    for target in page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(page.contains(&format!("id=\"{target}\"")), "{target}");
    }
}

#[tokio::test]
async fn the_schema_check_finds_errors() {
    let api = Site::new().await.api;
    let id = "0123456789abcdef0123456789abcdef";
    let article = serde_json::json!({ "$ref": "#/components/schemas/Article" });
    let sound = serde_json::json!({
        "id": id, "story": id, "title": "A", "publishedDateTime": "2023-02-16T14:00:00Z"
    });
    schema::check(&api, &article, &sound, "article");
    for (field, value) in [
        ("id", serde_json::json!("x")),
        ("title", Value::Null),
        ("quality", serde_json::json!("70")),
        ("publishedDateTime", serde_json::json!("2023-02-16")),
        ("webUrl", serde_json::json!("/here")),
        ("unheardOf", serde_json::json!(1)),
    ] {
        let mut wrong = sound.clone();
        wrong[field] = value;
        let checked = std::panic::catch_unwind(|| schema::check(&api, &article, &wrong, "article"));
        assert!(checked.is_err(), "{field}");
    }
}
