//! Sources as their owner sees them.

use crate::harness::{NOW, TestSite, assert_ok, courant};

#[test]
fn each_source_says_how_it_fares() {
    let place = tempfile::tempdir().unwrap();
    let site = place.path().join("demo");
    let mut demo = courant(&["demo", "--once", "--listen", "127.0.0.1:0", "--now", NOW, "--dir"]);
    assert_ok(&demo.arg(&site).output().unwrap());
    let list = |more: &[&str]| {
        let mut command = courant(&["sources", "list", "--now", NOW, "--site"]);
        let output = command.arg(&site).args(more).output().unwrap();
        assert_ok(&output);
        output.stdout
    };
    let sources: Vec<serde_json::Value> = serde_json::from_slice(&list(&["--json"])).unwrap();
    let gone: Vec<_> = sources.iter().filter(|source| source["gone"] == true).collect();
    assert!(gone.iter().all(|source| source["nextPoll"].is_null() && source["lastError"].is_string()));
    let alive: Vec<_> = sources.iter().filter(|source| source["lastSuccess"].is_string()).collect();
    assert!(gone.len() == 1 && alive.len() > 5, "{} gone, {} alive", gone.len(), alive.len());
    for source in alive {
        assert!(source["because"].is_string() && source["nextPoll"].is_string(), "{source}");
        assert!(
            source["entriesAWeek"].as_f64().unwrap() > 0.0 && source["articles"].as_u64().unwrap() > 0,
            "{source}"
        );
        assert!((0.0..=1.0).contains(&source["publishedShare"].as_f64().unwrap()), "{source}");
        assert!((0.0..=1.0).contains(&source["copyShare"].as_f64().unwrap()), "{source}");
        assert!(source["meanQuality"].is_f64(), "{source}");
    }
    let shown = String::from_utf8(list(&[])).unwrap();
    assert!(shown.contains("entries per week") && shown.contains("next poll 2026-01-15T"), "{shown}");
    assert!(shown.contains("not polled again: the feed answered 410 Gone"), "{shown}");
}

#[test]
fn a_page_is_a_source() {
    let test_site = TestSite::new();
    let file = test_site.site().join("courant.toml");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("\n[[source]]\nurl = \"https://harbour.example/news\"\n[source.list]\nitem = \"li\"\n");
    std::fs::write(&file, &text).unwrap();
    let sources = test_site.json(&["sources", "list"]);
    assert_eq!(sources[0]["kind"], "page");
    std::fs::write(&file, text.replace("\"li\"", "\"li[\"")).unwrap();
    let output = test_site.run(&["sources", "list"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("[source.list] item \"li[\" is not a valid CSS selector")
    );
}

#[test]
fn the_list_of_another_reader_is_taken_in_and_given_back() {
    let test_site = TestSite::new();
    // Not well-formed: an open folder, a bare ampersand, an invalid URL, a duplicate.
    let list = test_site.file(
        "reader.opml",
        "<opml version=1.0><body><outline text='Sea & shore'>\n\
         <outline type=rss text=Lake xmlUrl='feed://lake.example/feed?a=1&b=2'/>\n\
         <outline text=Bay xmlUrl='https://bay.example/rss'/>\n<outline text=Bay xmlUrl='https://bay.example/rss'/>\n\
         <outline text=Odd xmlUrl='mailto:ann@bay.example'/>\n</body>",
    );
    let output =
        test_site.run(&["sources", "import", list.to_str().unwrap(), "--folder", "Old reader", "--json"]);
    assert_eq!(output.status.code(), Some(4), "the odd one is reported");
    let imported: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        imported,
        serde_json::json!({
            "added": ["http://lake.example/feed?a=1&b=2", "https://bay.example/rss"],
            "known": 1,
            "refused": [[5, "mailto:ann@bay.example"]]
        })
    );
    let sources = test_site.json(&["sources", "list"]);
    let tags: Vec<&serde_json::Value> =
        sources.as_array().unwrap().iter().map(|source| &source["tags"]).collect();
    assert_eq!(tags, [&serde_json::json!(["Old reader", "Sea & shore"]); 2]);
    // Another site imports the whole export.
    let given = test_site.run(&["sources", "export"]);
    assert_ok(&given);
    let other = TestSite::new();
    let list = other.file("given.opml", &given.stdout);
    let again = other.json(&["sources", "import", list.to_str().unwrap()]);
    assert_eq!(again["added"].as_array().map(Vec::len), Some(2));
    assert_eq!(other.json(&["sources", "list"])[0]["tags"], sources[0]["tags"]);
}
