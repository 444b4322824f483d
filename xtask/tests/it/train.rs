//! The trainers.

use std::fs;

use courant_site::{Site, Subject};

use crate::{assert_ok, xtask};

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
    let folder = tempfile::tempdir().unwrap();
    let tracks = folder.path().join("tracks");
    fs::create_dir(&tracks).unwrap();
    fs::write(tracks.join("one.jsonl"), track(0, 40)).unwrap();
    fs::write(tracks.join("two.jsonl"), track(100, 40)).unwrap();
    let tracks = tracks.to_str().unwrap();
    let site = folder.path().join("site");
    let key = courant_formats::sealed::Key::from_bytes([0; 32]);
    courant_site::create(&site, Some(Subject::Ai), &key).unwrap();
    let model = site.join("stories.json");
    let train = |folds: &str| {
        let quick = ["--set", "trees=20", "--set", "rounds=1", "--set", "depth=3"];
        let arguments = ["train", "group", "--data", tracks, "--folds", folds];
        let trained = xtask(&[&arguments[..], &quick, &["--out", model.to_str().unwrap()]].concat());
        assert_ok(&trained);
        String::from_utf8(trained.stdout).unwrap()
    };
    let printed = train("2");
    assert!(printed.contains("on unseen stories") && printed.contains("two"), "{printed}");
    let first = fs::read(&model).unwrap();
    train("0");
    assert_eq!(fs::read(&model).unwrap(), first, "the same streams give the same model");

    let config = site.join("courant.toml");
    let text =
        fs::read_to_string(&config).unwrap().replacen("[group]", "[group]\nmodel = \"stories.json\"", 1);
    fs::write(&config, text).unwrap();
    assert!(Site::open(&site).unwrap().group_model().unwrap().is_some());
    let check = ["train", "group", "--data", tracks, "--check"];
    let own = xtask(&[&check[..], &["--site", site.to_str().unwrap()]].concat());
    assert_ok(&own);
    let bundled = xtask(&check);
    assert_ok(&bundled);
    assert_ne!(own.stdout, bundled.stdout, "the site's own model is scored");
}

#[test]
fn a_folder_without_streams_and_an_unknown_setting_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let error = |arguments: &[&str]| {
        let output = xtask(&[&["train", "group", "--data", data], arguments].concat());
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(error(&[]).contains("no labelled streams in"));
    fs::write(folder.path().join("track.jsonl"), "{\"id\": 1}\nno json\n").unwrap();
    assert!(error(&[]).contains("line 2"));
    fs::write(folder.path().join("track.jsonl"), track(0, 4)).unwrap();
    assert!(error(&["--set", "leaves=3"]).contains("merge-least"));
}

#[test]
fn vectors_of_two_languages_become_a_dictionary() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let english = file("en.vec", "3 3\nbridge 1 0 0\nwheel 0 1 0\notter 0 0 1\n");
    let spanish = file("es.vec", "rueda 0.1 0.9 0\npuente 0.9 0.1 0\nsiempre 0.5 0.5 0.5\n");
    let out = folder.path().join("es.tsv");
    let made = xtask(&[
        "train",
        "words",
        "--least",
        "0.9",
        "--from",
        &spanish,
        "--into",
        &english,
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_ok(&made);
    assert_eq!(fs::read_to_string(&out).unwrap(), "rueda\twheel\t0.99\npuente\tbridge\t0.99\n");
}
