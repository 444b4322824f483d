//! `courant store`, and `courant doctor` on a store: space, sweeps, damage.

use std::{fs, path::Path};

use crate::harness::{TestSite, assert_ok, courant};

const ARTICLES: usize = 120;

/// A site with articles, taken in at the time of the tests.
fn filled() -> TestSite {
    let test_site = TestSite::new();
    let entries: String = (0..ARTICLES)
        .map(|number| {
            let text = format!("Mill number {number} of town {} is kept, said its council. ", number * 7919)
                .repeat(20);
            format!(
                "<item><title>Mill number {number} is kept for the town</title>\
                 <link>https://paper.example/2026/01/mill-{number}</link>\
                 <pubDate>Thu, 15 Jan 2026 08:00:00 GMT</pubDate>\
                 <description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
            )
        })
        .collect();
    let feed = format!(
        "<rss version='2.0'><channel><title>The Paper</title><link>https://paper.example/</link>{entries}\
         </channel></rss>"
    );
    let file = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", file.to_str().unwrap()]));
    test_site
}

/// The output of a command at another time, and its exit code.
fn said(test_site: &TestSite, now: &str, args: &[&str]) -> (Option<i32>, String) {
    let output = courant(args).arg("--site").arg(test_site.site()).args(["--now", now]).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn rows(shown: &serde_json::Value, list: &str, part: &str) -> u64 {
    let parts = shown[list].as_array().unwrap().iter();
    parts.filter(|row| row["part"] == part).filter_map(|row| row["rows"].as_u64()).sum()
}

const WEEK_LATER: &str = "2026-01-22T12:00:00Z";

#[test]
fn what_is_no_longer_kept_goes_after_a_round_and_by_command() {
    let test_site = filled();
    let shown = test_site.json(&["store", "show"]);
    assert_eq!(rows(&shown, "parts", "captures"), ARTICLES as u64, "{shown}");
    assert_eq!(shown["nextSweep"].as_array().unwrap().len(), 0, "{shown}");

    let (code, text) = said(&test_site, WEEK_LATER, &["store", "sweep", "--dry-run"]);
    assert!(code == Some(0) && text.contains(&format!("({ARTICLES} rows)")), "{text}");
    let (_, text) = said(&test_site, WEEK_LATER, &["doctor"]);
    assert!(text.contains("the next sweep removes 120 bodies of processed captures"), "{text}");
    let (code, text) = said(&test_site, WEEK_LATER, &["poll"]);
    assert_eq!(code, Some(0), "{text}");
    let (_, text) = said(&test_site, WEEK_LATER, &["store", "show"]);
    assert!(text.contains("The next sweep removes: nothing") && !text.contains("none yet"), "{text}");
    let (code, text) = said(&test_site, "2029-01-01T00:00:00Z", &["store", "sweep"]);
    assert!(code == Some(0) && text.contains("rows of old captures (120 rows)"), "{text}");
    let shown = test_site.json(&["store", "show"]);
    assert_eq!(rows(&shown, "parts", "captures"), 0, "{shown}");
    assert_eq!(rows(&shown, "parts", "texts of articles"), ARTICLES as u64, "{shown}");
    let (code, text) = said(&test_site, WEEK_LATER, &["store", "compact"]);
    assert!(code == Some(0), "{text}");
}

#[test]
fn days_that_would_take_entries_in_again_are_refused_with_their_line() {
    let test_site = TestSite::new();
    let path = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().position(|line| line == "source_entry_days = 180").unwrap() + 1;
    fs::write(&path, text.replace("source_entry_days = 180", "source_entry_days = 29")).unwrap();
    let output = test_site.run(&["sources", "list"]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(
        message.contains(&format!("courant.toml:{line}: [keep] source_entry_days must be 0")),
        "{message}"
    );
}

/// Writes over pages of a file that hold a text, from their beginning.
fn damage(file: &Path, text: &str, most: usize) {
    const PAGE: usize = 4096;
    // The first byte of the leaf of a table.
    const LEAF: u8 = 0x0D;
    let mut bytes = fs::read(file).unwrap();
    let holds = |page: &[u8]| page[0] == LEAF && page.windows(text.len()).any(|part| part == text.as_bytes());
    let mut damaged = 0;
    for page in bytes.chunks_mut(PAGE).filter(|page| holds(page)).take(most) {
        page[..100].fill(0xEE);
        damaged += 1;
    }
    assert!(damaged > 0, "{text} is in the file");
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_table_is_named_with_its_command_and_recovered() {
    let test_site = filled();
    let file = test_site.site().join(".courant/store.db");
    damage(&file, "\"original_url\":\"https://paper.example/2026/01/mill-60\"", 9);
    let output = test_site.run(&["doctor"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("damaged: ") && text.contains("table article_details: Tree "), "{text}");
    assert!(text.contains("courant store recover") && text.contains("unreadable and skipped"), "{text}");
    // Everything else still works.
    assert_ok(&test_site.run(&["store", "show"]));
    let output = test_site.run(&["store", "recover"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(4), "some rows were lost: {text}");
    assert!(
        text.contains("The damaged one is kept as") && text.contains("courant ingest --records"),
        "{text}"
    );
    let output = test_site.run(&["doctor", "--deep"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && text.contains("sound, every index compared"), "{text}");
    let records = test_site.site().join("records/news");
    assert_ok(&test_site.run(&["ingest", "--records", records.to_str().unwrap()]));
    let shown = test_site.json(&["store", "show"]);
    assert_eq!(rows(&shown, "parts", "articles: places and verdicts"), ARTICLES as u64, "{shown}");
}

#[test]
fn a_file_that_is_not_a_database_is_reported_with_what_to_do() {
    let test_site = filled();
    let file = test_site.site().join(".courant/store.db");
    fs::write(&file, "x".repeat(100_000)).unwrap();
    let (code, text) = said(&test_site, "2026-01-15T12:00:00Z", &["doctor"]);
    assert!(code == Some(1) && text.contains("courant store recover"), "{text}");
    let (code, text) = said(&test_site, "2026-01-15T12:00:00Z", &["store", "recover"]);
    assert!(code == Some(1) && text.contains("nothing was changed") && text.contains("--records"), "{text}");
}

#[test]
fn dead_letters_are_listed_and_tried_again() {
    let test_site = TestSite::new();
    let (code, text) = said(&test_site, "2026-01-15T12:00:00Z", &["store", "dead-letters"]);
    assert!(code == Some(1) && text.contains("does not exist yet"), "{text}");
    assert_ok(&test_site.run(&[
        "ingest",
        "--feed",
        test_site.file("f.xml", "<rss version='2.0'><channel/></rss>").to_str().unwrap(),
    ]));
    let (_, text) = said(&test_site, "2026-01-15T12:00:00Z", &["store", "dead-letters"]);
    assert!(text.contains("No dead letters."), "{text}");
    let (code, text) = said(&test_site, "2026-01-15T12:00:00Z", &["store", "dead-letters", "--retry", "x"]);
    assert!(code == Some(1) && text.contains("no dead letter has the key"), "{text}");
    let (code, text) = said(&test_site, "2026-01-15T12:00:00Z", &["store", "dead-letters", "--retry-all"]);
    assert!(code == Some(0) && text.contains("0 back in the queue"), "{text}");
}
