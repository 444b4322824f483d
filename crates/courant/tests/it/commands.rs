//! New sites, mistakes in their files, exit codes.

use std::fs;

use crate::harness::{TestSite, assert_ok, courant, run};

fn error_of(test_site: &TestSite, args: &[&str]) -> (Option<i32>, String) {
    let output = test_site.run(args);
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_folder_that_is_no_site_is_named() {
    let place = tempfile::tempdir().unwrap();
    let output = run(&["build", "--out", "x", "--site", place.path().to_str().unwrap()]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{message}");
    assert!(message.contains("courant.toml") && message.contains("courant new"), "{message}");
}

#[test]
fn an_unknown_key_is_an_error_with_file_and_line() {
    let test_site = TestSite::new();
    let path = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&path).unwrap().replacen("[poll]\n", "[poll]\nevery = 5\n", 1);
    let line = text.lines().position(|line| line == "every = 5").unwrap() + 1;
    fs::write(&path, text).unwrap();
    let (code, message) = error_of(&test_site, &["sources", "list"]);
    assert_eq!(code, Some(3));
    assert!(message.contains(&format!("courant.toml:{line}: unknown field `every`")), "{message}");
}

#[test]
fn a_topic_without_its_parent_is_an_error_with_file_and_line() {
    let test_site = TestSite::new();
    fs::write(
        test_site.site().join("topics/01-wind.yaml"),
        "_id: wind\nname: Wind\nparent: Enegry\nkeywords:\n  - wind\n",
    )
    .unwrap();
    let (code, message) = error_of(&test_site, &["sources", "list"]);
    assert_eq!(code, Some(3));
    assert!(message.contains("01-wind.yaml:3: parent \"Enegry\""), "{message}");
}

#[test]
fn a_source_listed_twice_is_an_error_with_file_and_line() {
    let test_site = TestSite::new();
    let outline = "<outline type=\"rss\" text=\"A\" xmlUrl=\"https://a.example/feed\"/>";
    let opml = format!(
        "<?xml version=\"1.0\"?>\n<opml version=\"2.0\"><head/><body>\n{outline}\n{outline}\n</body></opml>\n"
    );
    fs::write(test_site.site().join("sources.opml"), opml).unwrap();
    let (code, message) = error_of(&test_site, &["sources", "list"]);
    assert_eq!(code, Some(3));
    assert!(
        message.contains("sources.opml:4: source https://a.example/feed is listed twice, first on line 3"),
        "{message}"
    );
}

#[test]
fn doctor_says_what_to_do() {
    let test_site = TestSite::new();
    let findings = test_site.json(&["doctor"]);
    let by_name = |name: &str| {
        findings.as_array().unwrap().iter().find(|finding| finding["what"] == name).unwrap().clone()
    };
    assert_eq!(by_name("site")["state"], "warn");
    assert!(by_name("site")["todo"].as_str().unwrap().contains("courant sources add"));
    assert_eq!(by_name("disk")["state"], "ok");
    assert_eq!(by_name("keys")["state"], "ok");
}

#[test]
fn the_ai_site_opens() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("ai");
    assert_ok(&run(&["new", dir.to_str().unwrap(), "--subject", "ai"]));
    let output = run(&["sources", "list", "--json", "--site", dir.to_str().unwrap()]);
    assert_ok(&output);
    let sources: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(sources.as_array().unwrap().len() >= 40);
}

#[test]
fn a_feed_file_becomes_articles() {
    let test_site = TestSite::new();
    let feed = test_site.file(
        "feed.xml",
        "<rss version=\"2.0\"><channel><title>A paper</title><link>https://paper.example/</link>\
         <item><title>Otters return to the mill stream</title><link>https://paper.example/otters?utm_source=x</link>\
         <pubDate>Wed, 14 Jan 2026 08:00:00 GMT</pubDate><description>After thirty years two otters were seen at the mill.</description></item>\
         <item><title>No link here</title></item></channel></rss>",
    );
    let output = test_site.run(&["ingest", "--json", "--feed", feed.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4), "the entry without a link is reported");
    let records = test_site.records();
    assert_eq!(records.len(), 1);
    let (name, text) = records.iter().next().unwrap();
    assert_eq!(name, "news/2026-01-14-otters-return-to-the-mill-stream.md");
    assert!(text.contains("webUrl: \"https://paper.example/otters\""), "{text}");
}

#[test]
fn the_site_may_be_named_in_the_environment() {
    let test_site = TestSite::new();
    let output = courant(&["sources", "list"]).env("COURANT_SITE", test_site.site()).output().unwrap();
    assert_ok(&output);
    let other = courant(&["sources", "list", "--site", "/nonexistent"])
        .env("COURANT_SITE", test_site.site())
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(3), "the flag comes first");
}

#[test]
fn an_old_name_of_a_command_does_the_same_and_says_the_new_one() {
    let test_site = TestSite::new();
    let url = "https://paper.example/none";
    for (old, new) in [
        (&["judge", "--explain", url][..], &["article", "show", url][..]),
        (&["judge", "--again", "--dry-run"], &["article", "judge", "--dry-run"]),
        (&["publish", url, "--by", "Ann"], &["article", "publish", url, "--by", "Ann"]),
        (&["hold", url], &["article", "hold", url]),
        (&["unset", url, "title"], &["article", "unset", url, "title"]),
        (&["evaluate", "--since", "1w", "--json"], &["train", "evaluate", "--since", "1w", "--json"]),
        (&["seal", "--classic"], &["keys", "seal", "--classic"]),
        (&["unseal", "/nonexistent"], &["keys", "unseal", "/nonexistent"]),
    ] {
        let (before, now) = (test_site.run(old), test_site.run(new));
        assert_eq!((before.status.code(), &before.stdout), (now.status.code(), &now.stdout), "{old:?}");
        let said = String::from_utf8_lossy(&before.stderr);
        let (first, rest) = said.split_once('\n').unwrap();
        if now.status.code() != Some(2) {
            let name = format!("courant: this command is now `courant {} {}", new[0], new[1]);
            assert!(first.starts_with(&name), "{said}");
            assert_eq!(rest, String::from_utf8_lossy(&now.stderr), "{old:?}");
        }
    }
}

#[test]
fn completions_and_manual_pages_are_written() {
    let output = run(&["completions", "bash"]);
    assert_ok(&output);
    assert!(String::from_utf8_lossy(&output.stdout).contains("courant__subcmd__article"));
    let place = tempfile::tempdir().unwrap();
    assert_ok(&run(&["man", place.path().join("man").to_str().unwrap()]));
    let page = fs::read_to_string(place.path().join("man/courant-article-publish.1")).unwrap();
    assert!(page.contains("Publish an article"), "{page}");
}
