//! An editor overrules the machine by editing a record file.

use std::fs;

use crate::harness::{TestSite, archive, assert_ok};

fn site_with_articles() -> (TestSite, String) {
    let test_site = TestSite::new();
    let file = test_site.file("pages.warc", archive(12));
    assert_ok(&test_site.run(&["ingest", "--warc", file.to_str().unwrap()]));
    let name = test_site.records().keys().next().unwrap().clone();
    (test_site, name)
}

fn edit(test_site: &TestSite, name: &str, change: impl Fn(&str) -> String) {
    let path = test_site.site().join("records").join(name);
    let text = fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "the edit changes something");
    fs::write(path, changed).unwrap();
}

fn publish(test_site: &TestSite) -> std::process::Output {
    test_site.run(&["build", "--out", test_site.site().join("public").to_str().unwrap()])
}

#[test]
fn an_edited_field_stays_while_the_rest_goes_on() {
    let (test_site, name) = site_with_articles();
    edit(&test_site, &name, |text| {
        let title = text.lines().find(|line| line.starts_with("title: ")).unwrap();
        text.replacen(title, "title: \"An editor's headline\"", 1)
    });
    assert_ok(&publish(&test_site));
    assert_ok(&publish(&test_site));
    let records = test_site.records();
    assert!(records[&name].contains("title: \"An editor's headline\""));
    let front = fs::read_to_string(test_site.site().join("public/index.html")).unwrap();
    let listed = records.values().filter(|text| text.contains("An editor's headline")).count();
    assert!(listed >= 1 && (front.contains("An editor") || records[&name].contains("published: false")));
}

#[test]
fn an_editor_publishes_and_holds() {
    let (test_site, name) = site_with_articles();
    let flip = |text: &str| {
        if text.contains("\npublished: true\n") {
            text.replacen("\npublished: true\n", "\npublished: false\n", 1)
        } else {
            text.replacen("\npublished: false\n", "\npublished: true\n", 1)
        }
    };
    let before = test_site.records()[&name].contains("\npublished: true\n");
    edit(&test_site, &name, flip);
    assert_ok(&publish(&test_site));
    assert_eq!(test_site.records()[&name].contains("\npublished: true\n"), !before);
    // Another run over the same articles does not undo the decision.
    let file = test_site.file("again.warc", archive(12));
    assert_ok(&test_site.run(&["ingest", "--warc", file.to_str().unwrap()]));
    assert_eq!(test_site.records()[&name].contains("\npublished: true\n"), !before);
}

#[test]
fn a_record_that_cannot_be_read_is_left_alone_and_named() {
    let (test_site, name) = site_with_articles();
    edit(&test_site, &name, |text| text.replacen("---\n", "---\n]broken: [yaml\n", 1));
    let spoiled = test_site.records()[&name].clone();
    let output = publish(&test_site);
    assert_eq!(output.status.code(), Some(4), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(test_site.records()[&name], spoiled);
}

#[test]
fn a_deleted_record_is_written_again() {
    let (test_site, name) = site_with_articles();
    let before = test_site.records();
    fs::remove_file(test_site.site().join("records").join(&name)).unwrap();
    assert_ok(&publish(&test_site));
    assert_eq!(test_site.records(), before);
}

#[test]
fn a_file_that_is_not_ours_is_never_overwritten() {
    let test_site = TestSite::new();
    let (twin, name) = site_with_articles();
    drop(twin);
    let place = test_site.site().join("records").join(&name);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(&place, "my own notes").unwrap();
    let file = test_site.file("pages.warc", archive(12));
    let output = test_site.run(&["ingest", "--warc", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(fs::read_to_string(&place).unwrap(), "my own notes");
}

#[test]
fn the_machine_is_compared_with_the_editor() {
    let (test_site, name) = site_with_articles();
    let before = test_site.json(&["train", "evaluate", "--since", "200w"]);
    assert_eq!((before["articles"].as_u64(), before["spoken"].as_u64()), (Some(12), Some(0)));
    assert_eq!((&before["publication"]["wrong"], &before["publication"]["missed"]), (&0.into(), &0.into()));
    let published = test_site.records()[&name].contains("\npublished: true\n");
    edit(&test_site, &name, |text| {
        text.replacen(&format!("\npublished: {published}\n"), &format!("\npublished: {}\n", !published), 1)
    });
    assert_ok(&publish(&test_site));
    let chart = test_site.file("chart.svg", "");
    let after = test_site.json(&["train", "evaluate", "--since", "200w", "--svg", chart.to_str().unwrap()]);
    assert_eq!(after["spoken"].as_u64(), Some(1));
    let (one, none) = if published { ("wrong", "missed") } else { ("missed", "wrong") };
    assert_eq!((&after["publication"][one], &after["publication"][none]), (&1.into(), &0.into()));
    let svg = fs::read_to_string(chart).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains(">Publication<") && svg.ends_with("</svg>\n"), "{svg}");
}
