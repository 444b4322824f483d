//! The demo: a full front page from the bundled newswire.

use std::{fs, path::Path};

use crate::harness::{NOW, assert_ok, courant, files};

fn demo(dir: &Path) {
    let mut command = courant(&["demo", "--once", "--listen", "127.0.0.1:0", "--now", NOW, "--dir"]);
    assert_ok(&command.arg(dir).output().unwrap());
}

#[test]
fn the_demo_fills_a_front_page() {
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("demo");
    demo(&site);
    let records = files(&site.join("records/news"));
    assert!(records.len() >= 130, "{} records", records.len());
    let published = records.values().filter(|text| text.contains("\npublished: true\n")).count();
    assert!(published >= 20, "{published} published");
    // Of a wire report and its reprints, the report comes first, and the reprints are its copies.
    let report = "2026-01-15-cable-fault-in-halden-strait-cuts-power-to-400000-homes-around-port-ellery.md";
    assert!(records[report].contains("domain: northwire.example"), "{}", records[report]);
    assert!(!records.values().any(|text| text.contains("utm_source")), "trackers are gone");
    assert!(!records.values().any(|text| text.contains("â€™")), "mojibake is repaired");
    let spam = records.values().filter(|text| text.contains("domain: marketsignals.example"));
    assert!(spam.clone().count() > 0 && spam.clone().all(|text| text.contains("\npublished: false\n")));
    let amp = records.values().find(|text| text.contains("\nampWebUrl: ")).unwrap();
    assert!(amp.contains("cdnAmpWebUrl: \"https://") && amp.contains("cdn.ampproject.org/c/s/"));
    assert!(
        records.values().any(|text| text.contains("\ntype: video\n") && text.contains("featuredContent"))
    );
    assert!(records.values().any(|text| text.contains("isCached: true")), "pictures are copied");
}

#[test]
fn a_static_build_of_the_demo_is_whole_and_repeatable() {
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("demo");
    demo(&site);
    let build = |name: &str| {
        let out = place.path().join(name);
        let mut command = courant(&["build", "--now", NOW, "--out"]);
        assert_ok(&command.arg(&out).arg("--site").arg(&site).output().unwrap());
        files(&out)
    };
    let first = build("one");
    assert!(
        first.contains_key("index.html")
            && first.contains_key("feed.xml")
            && first.contains_key("sitemap.xml")
    );
    assert_eq!(first, build("two"));
    let front = &first["index.html"];
    assert!(front.len() < 60_000, "{} bytes", front.len());
    assert!(front.contains("Halden Strait"));
    // Links of the front page that lead into the site lead to files of the build.
    let stories = first.keys().filter(|name| name.starts_with("stories/")).count();
    assert!(stories >= 20, "{stories} story pages");
    fs::remove_dir_all(place.path().join("two")).unwrap();
}
