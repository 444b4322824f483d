//! Keys: creating, listing, rotating, and what they have sealed.

use std::{fs, io::Write, process::Stdio};

use crate::harness::{TestSite, assert_ok};

const FEED: &str = "<rss version='2.0'><channel><title>Lake</title><item><title>The mill of Halden is kept</title>\
    <link>https://lake.example/mill</link><pubDate>Wed, 14 Jan 2026 09:00:00 GMT</pubDate>\
    <description>The council agreed on Tuesday that the old mill of Halden shall be kept.</description></item>\
    </channel></rss>";

/// A site with one record that has a private part, and that record's name.
fn site_with_a_record() -> (TestSite, String) {
    let test_site = TestSite::new();
    let path = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&path).unwrap().replacen("threshold = 70", "threshold = 0", 1);
    fs::write(&path, text).unwrap();
    let feed = test_site.file("feed.xml", FEED);
    assert_ok(&test_site.run(&["ingest", "--feed", feed.to_str().unwrap()]));
    let (name, text) = test_site.records().into_iter().next().expect("a record");
    assert!(text.contains("secured: \"v2."), "{text}");
    (test_site, name)
}

fn unsealed(test_site: &TestSite, name: &str) -> (bool, String) {
    let file = test_site.site().join("records").join(name);
    let output = test_site.run(&["keys", "unseal", file.to_str().unwrap()]);
    let said = if output.status.success() { &output.stdout } else { &output.stderr };
    (output.status.success(), String::from_utf8_lossy(said).into_owned())
}

#[test]
fn rotation_seals_everything_again() {
    let (test_site, name) = site_with_a_record();
    let before = test_site.records()[&name].clone();
    let (opened, payload) = unsealed(&test_site, &name);
    assert!(opened && payload.contains("\"signals\""), "{payload}");
    let rotated = test_site.json(&["keys", "rotate"]);
    assert_eq!(
        (rotated["sealedAnew"].as_u64(), rotated["closed"].as_array().map(Vec::len)),
        (Some(1), Some(0))
    );
    let keys = test_site.json(&["keys", "list"]);
    assert_eq!(keys["keys"][0]["id"], rotated["id"]);
    assert_eq!(
        (keys["keys"][0]["payloads"].as_u64(), keys["keys"][1]["payloads"].as_u64()),
        (Some(1), Some(0))
    );
    let out = test_site.file("out", "");
    fs::remove_file(&out).unwrap();
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    let after = &test_site.records()[&name];
    assert!(*after != before && after.contains(rotated["id"].as_str().unwrap()), "{after}");
    assert_eq!(unsealed(&test_site, &name), (true, payload));
    // The old key alone no longer opens it; the error names the key that would.
    let path = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&path).unwrap();
    let file = format!("\"{}\", ", rotated["file"].as_str().unwrap());
    fs::write(&path, text.replacen(&file, "", 1)).unwrap();
    let (opened, message) = unsealed(&test_site, &name);
    assert!(!opened && message.contains(rotated["id"].as_str().unwrap()), "{message}");
}

#[test]
fn errors_tell_apart_moved_altered_and_foreign_payloads() {
    let (test_site, name) = site_with_a_record();
    let text = test_site.records()[&name].clone();
    let folder = test_site.site().join("records");
    fs::write(folder.join("news/another.md"), &text).unwrap();
    let (opened, message) = unsealed(&test_site, "news/another.md");
    assert!(!opened && message.contains("from which it was moved") && message.contains(&name), "{message}");
    let sealed =
        text.lines().find_map(|line| line.strip_prefix("secured: \"")).unwrap().trim_end_matches('"');
    let at = sealed.len() / 2;
    let other = if &sealed[at..=at] == "A" { "B" } else { "A" };
    let altered = format!("{}{other}{}", &sealed[..at], &sealed[at + 1..]);
    fs::write(folder.join(&name), text.replace(sealed, &altered)).unwrap();
    let (opened, message) = unsealed(&test_site, &name);
    assert!(!opened && message.contains("was altered"), "{message}");
}

#[test]
fn the_classic_form_is_written_and_opened() {
    let (test_site, name) = site_with_a_record();
    let mut child = test_site
        .command(&["keys", "seal", "--classic", &name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"a note").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_ok(&output);
    let sealed = String::from_utf8(output.stdout).unwrap();
    let text = test_site.records()[&name].clone();
    let before = text.lines().find(|line| line.starts_with("secured: ")).unwrap();
    let file = test_site.site().join("records").join(&name);
    fs::write(&file, text.replace(before, &format!("secured: \"{}\"", sealed.trim()))).unwrap();
    assert_eq!(unsealed(&test_site, &name), (true, "a note\n".to_owned()));
}
