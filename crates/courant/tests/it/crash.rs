//! Killed in the middle, a run that is begun again gives what an undisturbed one gives.

use std::{collections::BTreeMap, fs, thread, time::Duration};

use crate::harness::{TestSite, archive, assert_ok};

const PAGES: usize = 400;

#[test]
fn a_run_killed_again_and_again_gives_the_same_records() {
    let bytes = archive(PAGES);
    let calm = TestSite::new();
    let file = calm.file("pages.warc", &bytes);
    assert_ok(&calm.run(&["ingest", "--warc", file.to_str().unwrap()]));
    let expected = calm.records();
    assert!(expected.len() > PAGES / 2, "{} records", expected.len());

    let stormy = TestSite::new();
    // The key seals the private part of each record; the same key makes the records comparable.
    fs::copy(calm.site().join("keys/site.key"), stormy.site().join("keys/site.key")).unwrap();
    let file = stormy.file("pages.warc", &bytes);
    let mut killed = 0;
    for attempt in 0..12_u64 {
        let mut child = stormy.start(&["ingest", "--warc", file.to_str().unwrap()]);
        thread::sleep(Duration::from_millis(60 + attempt * attempt * 25));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            killed += 1;
        }
        child.wait().unwrap();
    }
    assert!(killed >= 2, "only {killed} runs were caught at work");
    assert_ok(&stormy.run(&["ingest", "--warc", file.to_str().unwrap()]));
    assert_same(&stormy.records(), &expected);
}

/// Fails with the lines that differ: whole records would fill the screen.
fn assert_same(found: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) {
    let names: Vec<[&String; 2]> = found.keys().zip(expected.keys()).map(|(a, b)| [a, b]).collect();
    assert!(found.len() == expected.len() && names.iter().all(|[a, b]| a == b), "other files: {names:#?}");
    let differing: Vec<String> = found
        .iter()
        .flat_map(|(name, text)| {
            let lines = text.lines().zip(expected[name].lines()).filter(|(a, b)| a != b);
            lines.map(move |(a, b)| format!("{name}: {a:.90} | {b:.90}"))
        })
        .collect();
    assert!(differing.is_empty(), "{} lines differ: {differing:#?}", differing.len());
    assert_eq!(found, expected);
}

#[test]
fn a_second_run_writes_nothing() {
    let test_site = TestSite::new();
    let file = test_site.file("pages.warc", archive(60));
    let first = test_site.json(&["ingest", "--warc", file.to_str().unwrap()]);
    assert_eq!(first["ingest"]["read"], 60);
    let records = test_site.records();
    let second = test_site.json(&["ingest", "--warc", file.to_str().unwrap()]);
    assert_eq!((&second["ingest"]["new"], &second["publish"]["written"]), (&0.into(), &0.into()));
    assert_eq!(test_site.records(), records);
}

#[test]
fn a_truncated_archive_gives_what_it_holds() {
    let test_site = TestSite::new();
    let mut bytes = archive(20);
    bytes.truncate(bytes.len() - 700);
    let file = test_site.file("pages.warc", bytes);
    let output = test_site.run(&["ingest", "--json", "--warc", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "some items failed");
    let done: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(done["ingest"]["new"], 19);
    assert_eq!(done["ingest"]["failed"].as_array().unwrap().len(), 1);
}
