//! Proposals learned from editors' decisions, and that nothing changes before they are applied.

use std::{fs, ops::Range};

use serde_json::Value;

use crate::harness::{TestSite, assert_ok, files};

const PORTS: &str = "_id: port\nname: Ports\nkeywords:\n  - port\n";
const FERRIES: &str =
    "# Ships that come back.\n_id: ferry\nname: Ferries\nparent: Ports\nkeywords:\n  - ferry # of any size\n";

/// Of eight articles one is about a ferry that the rules know, one about one that they do not, one
/// names a singer for whom they fall, and one is a counted list, which costs points.
fn title(number: usize) -> String {
    let port = ["Larkfield", "Halden", "Tarrow", "Ottery", "Norvik"][number % 5];
    match number % 8 {
        0 => format!("The ferry to the port of {port} sails again after storm {number}"),
        2 => format!("Singer Bryan Ferry plays the port of {port} on tour {number}"),
        4 => format!("Catamaran crossings to the port of {port} resume, captains of line {number} say"),
        6 => format!("10 things to know about the port of {port} and quay {number}"),
        other => format!("Council votes on port of {port}, budget {number} and school {other}"),
    }
}

fn take_in(test_site: &TestSite, numbers: Range<usize>) {
    let items: Vec<String> = numbers
        .map(|number| {
            format!(
                "<item><title>{}</title><link>https://p{number}.example/{number}</link>\
                 <pubDate>Wed, 14 Jan 2026 09:00:00 GMT</pubDate><description></description></item>",
                title(number)
            )
        })
        .collect();
    let feed = format!("<rss version='2.0'><channel><title>Port</title>{}</channel></rss>", items.concat());
    let file = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", file.to_str().unwrap()]));
}

/// A site with a hundred articles, with a threshold that holds lists and publishes everything else.
fn test_site() -> TestSite {
    let test_site = TestSite::new();
    let write = |name: &str, text: &str| fs::write(test_site.site().join(name), text).unwrap();
    write("topics/00-port.yaml", PORTS);
    write("topics/01-ferry.yaml", FERRIES);
    let config = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    take_in(&test_site, 0..1);
    let score = test_site.json(&["article", "show", "https://p0.example/0"]);
    let threshold = format!("threshold = {}", score["quality"]);
    write("courant.toml", &config.replacen("threshold = 70", &threshold, 1));
    take_in(&test_site, 1..97);
    test_site
}

fn edit(test_site: &TestSite, change: impl Fn(&str) -> Option<String>) {
    for (name, text) in test_site.records() {
        if let Some(edited) = change(&text) {
            assert_ne!(edited, text);
            fs::write(test_site.site().join("records").join(name), edited).unwrap();
        }
    }
    let out = test_site.site().with_file_name("out");
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
}

fn entries(found: &Value) -> Vec<(&str, &str, &str, u64)> {
    found["proposals"]["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            (
                entry["topic"].as_str().unwrap(),
                entry["change"].as_str().unwrap(),
                entry["entry"].as_str().unwrap(),
                entry["mended"]["count"].as_u64().unwrap(),
            )
        })
        .collect()
}

#[test]
fn without_an_editors_word_nothing_is_proposed() {
    let test_site = test_site();
    let found = test_site.json(&["train"]);
    assert_eq!(
        (found["proposals"]["articles"].as_u64(), found["proposals"]["spoken"].as_u64()),
        (Some(97), Some(0))
    );
    assert!(found["proposals"]["weights"].is_null() && entries(&found).is_empty(), "{found}");
    let said = test_site.run(&["train", "--apply", "1"]);
    assert!(String::from_utf8_lossy(&said.stderr).contains("proposal 1 does not exist"), "{said:?}");
}

#[test]
fn topics_that_an_editor_gave_and_took_become_entries() {
    let test_site = test_site();
    edit(&test_site, |text| {
        if text.contains("Catamaran") {
            Some(text.replacen("  - Ports\n", "  - Ports\n  - Ferries\n", 1))
        } else if text.contains("Bryan") {
            Some(text.replacen("  - Ferries\n", "", 1))
        } else {
            None
        }
    });
    let before = files(&test_site.site().join("topics"));
    let found = test_site.json(&["train"]);
    let proposed = entries(&found);
    assert_eq!(
        proposed,
        [("ferry", "keyword", "captains", 12), ("ferry", "exclude", "bryan", 12)],
        "the first of what is equally telling: {found}"
    );
    for entry in found["proposals"]["entries"].as_array().unwrap() {
        assert_eq!(
            (entry["broken"]["count"].as_u64(), entry["mended"]["some"].as_array().unwrap().len()),
            (Some(0), 5)
        );
    }
    assert_eq!(files(&test_site.site().join("topics")), before, "nothing changes before it is told to");
    let taken = test_site.json(&["train", "--apply", "2"]);
    assert_eq!(taken["changed"].as_array().unwrap().len(), 1);
    let file = fs::read_to_string(test_site.site().join("topics/01-ferry.yaml")).unwrap();
    assert_eq!(file, format!("{FERRIES}exclude:\n  - bryan\n"));
    let left = test_site.json(&["train"]);
    assert_eq!(entries(&left), [("ferry", "keyword", "captains", 12)]);
    let about = test_site.json(&["topics", "test", "Bryan Ferry sings at the port"]);
    let ids: Vec<&str> =
        about["topics"].as_array().unwrap().iter().map(|topic| topic["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["port"]);
}

#[test]
fn what_an_editor_publishes_again_and_again_changes_a_weight() {
    let test_site = test_site();
    let held = |text: &str| text.contains("10 things") && text.contains("published: false");
    assert_eq!(test_site.records().values().filter(|text| held(text)).count(), 12);
    edit(&test_site, |text| held(text).then(|| text.replacen("published: false", "published: true", 1)));
    let config = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    let found = test_site.json(&["train"]);
    let weights = &found["proposals"]["weights"];
    assert_eq!(
        (weights["before"]["spoken"].as_u64(), weights["before"]["agreed"].as_u64()),
        (Some(12), Some(0))
    );
    assert_eq!(
        (weights["after"]["agreed"].as_u64(), weights["notSeen"]["agreed"].as_u64()),
        (Some(12), Some(12))
    );
    let changes = weights["changes"].as_array().unwrap();
    assert_eq!((changes.len(), changes[0]["name"].as_str()), (1, Some("listicle")), "{weights}");
    assert_eq!(changes[0]["evidence"]["count"].as_u64(), Some(12));
    assert_eq!(
        (weights["newlyPublished"]["count"].as_u64(), weights["newlyHeld"]["count"].as_u64()),
        (Some(12), Some(0))
    );
    assert_eq!(fs::read_to_string(test_site.site().join("courant.toml")).unwrap(), config);
    let said = test_site.run(&["train", "--apply", "all"]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("listicle = "), "{said:?}");
    let settings = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    let to = changes[0]["to"].as_i64().unwrap();
    assert_eq!(settings, config.replacen("listicle = -6", &format!("listicle = {to}"), 1));
    assert!(test_site.json(&["train"])["proposals"]["weights"].is_null(), "with it the machine agrees");
}
