//! One stage alone, as scripts use it.

use serde_json::{Value, json};

use crate::harness::batch;

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

#[test]
fn one_bad_line_never_stops_the_rest() {
    let input = "{\"id\":1,\"url\":\"https://a.example/x?utm_source=y&id=3\"}\nnot json\n{\"id\":2}\n{\"id\":3,\"url\":\"https://b.example/\"}\n";
    let answers = batch(&["inspect", "url", "--batch", "--site", "/nonexistent"], input);
    assert_eq!(answers.len(), 4);
    assert_eq!(answers[0]["canonical"], "https://a.example/x?id=3");
    assert_eq!(answers[0]["tracking_removed"], json!(["utm_source"]));
    assert!(answers[1]["error"].is_string() && answers[2]["error"].is_string());
    assert_eq!((&answers[2]["id"], &answers[3]["id"]), (&json!(2), &json!(3)));
}

#[test]
fn a_stream_is_grouped_and_copies_are_named() {
    let text = "The old swing bridge over the Ottery canal will be closed for eleven weeks from Monday so that its bearings, \
                which date from 1884, can be replaced, the harbour board said. Boats may pass at night. The work costs \
                2.3 million marks and was put off three times. Skipper Tam Ellwood called the closure late but welcome.";
    let other = "Two otters were filmed at the Larkfield mill stream for the first time in thirty years, the nature trust \
                 reported, and asked walkers to keep their dogs on a lead until the summer.";
    let article = |id: &str, title: &str, text: &str, url: &str| json!({"id": id, "title": title, "text": text, "url": url, "publishedDateTime": "2026-01-14T08:00:00Z"});
    let input = lines(&[
        article("a", "Ottery swing bridge closes for eleven weeks", text, "https://one.example/a"),
        article("b", "Swing bridge at Ottery to close", text, "https://two.example/b"),
        article("c", "Otters are back at Larkfield mill", other, "https://one.example/c"),
    ]);
    let answers = batch(&["inspect", "group", "--batch"], &input);
    assert_eq!((&answers[0]["story"], &answers[1]["story"]), (&json!("a"), &json!("a")));
    assert_eq!(answers[1]["copyOf"], "a");
    assert_eq!(answers[2]["story"], "c");
    assert!(answers[1]["because"].as_array().is_some_and(|because| !because.is_empty()));
}

#[test]
fn an_agencys_own_article_is_the_original_of_those_that_credit_it() {
    let report = "The old swing bridge over the Ottery canal will be closed for eleven weeks from Monday so that its \
                  bearings, which date from 1884, can be replaced, the harbour board said. Boats may pass at night. The \
                  work costs 2.3 million marks and was put off three times. Skipper Tam Ellwood called it welcome.";
    let reprint = format!("OTTERY (Reuters) - {report}");
    let article = |id: &str, text: &str, url: &str| json!({"id": id, "title": "Swing bridge closes", "text": text, "url": url});
    let input = lines(&[
        article("a", &reprint, "https://one.example/a"),
        article("b", &reprint, "https://two.example/b"),
        article("c", report, "https://www.reuters.com/c"),
    ]);
    let answers = batch(&["inspect", "group", "--batch"], &input);
    assert_eq!((&answers[0]["copyOf"], &answers[1]["copyOf"]), (&json!("c"), &json!("c")));
    assert_eq!((&answers[2]["copyOf"], &answers[2]["story"]), (&json!(null), &json!("a")));
    assert!(answers[0]["because"][0]["detail"].as_str().unwrap().contains("agency"));
}

#[test]
fn a_bill_adds_up() {
    let input = lines(&[json!({
        "id": 7, "title": "Harbour board opens repaired swing bridge", "excerpt": "Boats pass again at Ottery.",
        "url": "https://one.example/bridge", "images": [{"url": "https://one.example/b.jpg", "width": 1200, "height": 675}],
    })]);
    let answer = batch(&["inspect", "judge", "--batch", "--site", "/nonexistent"], &input).remove(0);
    let sum: i64 =
        answer["signals"].as_array().unwrap().iter().map(|signal| signal["points"].as_i64().unwrap()).sum();
    assert_eq!(answer["quality"].as_i64(), Some(sum));
    assert_eq!(answer["id"], 7);
}

#[test]
fn a_record_is_judged_as_it_is() {
    let record = json!({
        "id": 7, "title": "Tide mills turn again", "originalUrl": "https://a.example/x", "webUrl": "https://a.example/y",
        "provider": { "name": "A", "domain": "a.example" }, "topics": ["Tides"], "quality": 3, "heat": -1,
    });
    let answers = batch(
        &["inspect", "judge", "--batch", "--profile", "classic", "--site", "/nonexistent"],
        &lines(&[record, json!({ "id": 8 })]),
    );
    let points: i64 =
        answers[0]["signals"].as_array().unwrap().iter().filter_map(|signal| signal["points"].as_i64()).sum();
    assert_eq!(answers[0]["quality"].as_i64(), Some(points));
    assert_eq!(answers[0]["published"], json!(points >= 70));
    assert!(answers[1]["error"].as_str().unwrap().contains("title"), "{}", answers[1]);
}
