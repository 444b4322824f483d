//! The shared date texts give the instants that they mean.

use courant_model::parse_date;

#[test]
fn shared_date_texts_are_read() {
    let Some(path) = courant_testkit::shared("feeds/dates.jsonl") else { return };
    let mut wrong = Vec::new();
    for case in courant_testkit::read_jsonl(&path).unwrap() {
        let text = case["s"].as_str().unwrap();
        let found = parse_date(text).map(|instant| instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        if found.as_deref() != case["utc"].as_str() {
            wrong.push(format!("{text}: {found:?} instead of {}", case["utc"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
