//! What is learned from examples, and how a site uses it.

use std::fs;

use crate::harness::{TestSite, assert_ok, courant};

/// A labelled stream: events of three articles each, with distinct names and words.
fn track(first: usize, events: usize) -> String {
    let mut lines = Vec::new();
    for event in first..first + events {
        let (place, person) = (format!("Tarn{event}ford"), format!("Olin{event}sen"));
        for (version, verb) in ["floods", "is under water", "evacuated after the flood"].iter().enumerate() {
            let line = serde_json::json!({
                "id": format!("{event}-{version}"),
                "title": format!("{place} {verb} as dam {} breaks", event % 7),
                "body": format!("The mayor of {place}, {person}, said that {} houses stand in the water. Report {version}.", 10 + event),
                "time": format!("2026-01-{:02}T0{version}:00:00Z", 1 + event % 28),
                "source": format!("paper{version}.example"),
                "cluster": format!("event {event}"),
            });
            lines.push(line.to_string());
        }
    }
    lines.join("\n")
}

#[test]
fn a_model_is_trained_tried_and_used() {
    let test_site = TestSite::new();
    let tracks = test_site.site().parent().unwrap().join("tracks");
    fs::create_dir(&tracks).unwrap();
    fs::write(tracks.join("one.jsonl"), track(0, 40)).unwrap();
    fs::write(tracks.join("two.jsonl"), track(100, 40)).unwrap();
    let tracks = tracks.to_str().unwrap();
    let model = test_site.site().join("stories.json");
    let quick = ["--set", "trees=20", "--set", "rounds=1", "--set", "depth=3"];
    let out = ["--out", model.to_str().unwrap()];
    let trained = courant(&["train", "group", "--data", tracks]).args(quick).args(out).output().unwrap();
    assert_ok(&trained);
    let said = String::from_utf8(trained.stdout).unwrap();
    assert!(said.contains("on unseen stories") && said.contains("two"), "{said}");
    let first = fs::read(&model).unwrap();
    assert_ok(
        &courant(&["train", "group", "--data", tracks, "--folds", "0"])
            .args(quick)
            .args(out)
            .output()
            .unwrap(),
    );
    assert_eq!(fs::read(&model).unwrap(), first, "the same streams give the same model");

    let config = test_site.site().join("courant.toml");
    let text =
        fs::read_to_string(&config).unwrap().replacen("[group]", "[group]\nmodel = \"stories.json\"", 1);
    fs::write(&config, text).unwrap();
    assert_ok(&test_site.run(&["train", "group", "--data", tracks, "--check"]));
    let feed = "<rss version='2.0'><channel><title>Tarn</title><item><title>Otters at the weir</title>\
        <link>https://one.example/otters</link></item></channel></rss>";
    let feed = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]));
    fs::write(&model, String::from_utf8(first).unwrap().replacen("all_max", "all_most", 1)).unwrap();
    let refused = test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("stories.json"), "{said}");
}

#[test]
fn a_folder_without_streams_and_an_unknown_setting_are_errors() {
    let test_site = TestSite::new();
    let folder = test_site.site();
    let folder = folder.to_str().unwrap();
    let none = courant(&["train", "group", "--data", folder]).output().unwrap();
    assert!(String::from_utf8_lossy(&none.stderr).contains("no labelled streams in"));
    test_site.file("track.jsonl", "{\"id\": 1}\nno json\n");
    let folder = test_site.site().parent().unwrap().to_owned();
    let bad = courant(&["train", "group", "--data", folder.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8_lossy(&bad.stderr).contains("line 2"));
    test_site.file("track.jsonl", track(0, 4));
    let unknown = courant(&["train", "group", "--data", folder.to_str().unwrap(), "--set", "leaves=3"])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("merge-least"));
}

#[test]
fn vectors_of_two_languages_become_a_dictionary() {
    let test_site = TestSite::new();
    let english = test_site.file("en.vec", "3 3\nbridge 1 0 0\nwheel 0 1 0\notter 0 0 1\n");
    let spanish = test_site.file("es.vec", "rueda 0.1 0.9 0\npuente 0.9 0.1 0\nsiempre 0.5 0.5 0.5\n");
    let folder = test_site.site().join("words");
    fs::create_dir(&folder).unwrap();
    let out = folder.join("es.tsv");
    let made = courant(&["train", "words", "--least", "0.9", "--from"])
        .args([&spanish, std::path::Path::new("--into"), &english, std::path::Path::new("--out"), &out])
        .output()
        .unwrap();
    assert_ok(&made);
    assert_eq!(fs::read_to_string(&out).unwrap(), "rueda\twheel\t0.99\npuente\tbridge\t0.99\n");
    assert_ok(&test_site.run(&["doctor"]));
    fs::write(&out, "rueda\n").unwrap();
    let told = test_site.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(String::from_utf8_lossy(&told.stderr).contains("es.tsv:1"), "{told:?}");
}
