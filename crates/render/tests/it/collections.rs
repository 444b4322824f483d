//! Records other than news below `/api/v1/`.

use courant_render::{ListQuery, Publication};
use serde_json::Value;

use crate::sample;

fn json(publication: &Publication, path: &str) -> Value {
    let document = publication.get(path).unwrap_or_else(|| panic!("{path} exists")).expect("it renders");
    assert_eq!(document.content_type, "application/json");
    serde_json::from_slice(&document.body).expect("JSON")
}

#[test]
fn documents_are_pinned() {
    let publication = sample::publication();
    insta::assert_json_snapshot!("kinds", json(&publication, "/api/v1/collections/"));
    insta::assert_json_snapshot!("people", json(&publication, "/api/v1/collections/people/"));
    insta::assert_json_snapshot!("newsletters", json(&publication, "/api/v1/newsletters.json"));
    insta::assert_json_snapshot!("person", json(&publication, "/api/v1/collections/people/crew/ada-quill/"));
    insta::assert_json_snapshot!("newsletter", json(&publication, "/api/v1/newsletters/issue-12/"));
}

#[test]
fn newsletters_have_a_second_url() {
    let publication = sample::publication();
    for path in ["newsletters/", "newsletters.json", "newsletters/issue-9.json", "newsletters/issue-9/"] {
        let body = |path: String| publication.get(&path).unwrap().unwrap().body;
        assert_eq!(body(format!("/api/v1/{path}")), body(format!("/api/v1/collections/{path}")), "{path}");
    }
    let mut snapshot = sample::snapshot();
    std::sync::Arc::make_mut(&mut snapshot.collections).remove(0);
    let without = sample::publish(snapshot);
    assert!(
        without.get("/api/v1/newsletters/").is_none()
            && without.get("/api/v1/newsletters/issue-9/").is_none()
    );
    assert!(!without.paths().any(|path| path.contains("newsletters")));
}

#[test]
fn held_records_and_invalid_names_have_no_document() {
    let publication = sample::publication();
    for path in
        ["people/held/", "people/no address/", "people/crew/", "people//", "events/", "news/", "topics/"]
    {
        assert!(publication.get(&format!("/api/v1/collections/{path}")).is_none(), "{path}");
    }
    assert!(!publication.paths().any(|path| path.contains("held") || path.contains(' ')));
}

#[test]
fn parts_of_a_list_join_into_the_whole() {
    let publication = sample::publication();
    let whole = json(&publication, "/api/v1/newsletters/");
    let mut query = ListQuery { limit: 2, ..ListQuery::default() };
    let mut ids = Vec::new();
    loop {
        let part = publication.collection("newsletters", &query).unwrap().unwrap();
        let part: Value = serde_json::from_slice(&part.body).unwrap();
        for record in part["records"].as_array().unwrap() {
            assert!(record["record"].is_object() && record["contentHtml"].is_string());
            ids.push(record["id"].clone());
        }
        let Some(cursor) = part["cursor"].as_str() else {
            assert!(part["next"].is_null());
            break;
        };
        let next =
            format!("https://tidewater.example/api/v1/collections/newsletters/?after={cursor}&limit=2");
        assert_eq!(part["next"], next);
        query.after = Some(cursor.to_owned());
    }
    let all: Vec<Value> =
        whole["records"].as_array().unwrap().iter().map(|record| record["id"].clone()).collect();
    assert_eq!(ids, all);
    assert_eq!(ids, ["issue-15", "issue-12", "issue-9"]);
    assert!(publication.collection("events", &query).is_none());
    query.after = Some("nowhere".to_owned());
    assert!(publication.collection("people", &query).unwrap().is_err());
}
