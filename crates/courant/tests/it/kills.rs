//! Killed at random times, whatever command is at work: nothing is lost, nothing is doubled, and
//! `doctor` is content.

use std::{collections::BTreeMap, env, fs, path::Path, process::Child, thread, time::Duration};

use crate::{
    fake_web::FakeWeb,
    harness::{TestSite, archive, assert_ok},
};

/// Articles of the fake web and of the archive.
const ARTICLES: usize = 200;
const ARCHIVED: usize = 40;
/// Kills where `COURANT_KILLS` names no number.
const KILLS: u64 = 12;
/// Maximum time from the start of a command to its kill, in milliseconds.
const LATEST_MS: u64 = 1_500;

#[test]
fn commands_killed_at_random_times_lose_and_duplicate_nothing() {
    let Some(web) = FakeWeb::start(ARTICLES) else {
        return courant_testkit::skip("a range of loopback addresses");
    };
    let test_site = site(&web);
    let warc = test_site.file("pages.warc", archive(ARCHIVED));
    let out = test_site.site().join("../public");
    let commands: [&[&str]; 4] = [
        &["run", "--listen", "127.0.0.1:0"],
        &["poll", "--all"],
        &["ingest", "--warc", warc.to_str().unwrap()],
        &["build", "--out", out.to_str().unwrap()],
    ];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut caught = BTreeMap::<&str, u64>::new();
    for _ in 0..kills() {
        let command = commands[dice.below(4) as usize];
        let child = test_site.start(command);
        thread::sleep(Duration::from_millis(dice.below(LATEST_MS)));
        *caught.entry(command[0]).or_default() += u64::from(killed(child));
    }
    println!("killed at work: {caught:?}");
    assert!(caught.values().sum::<u64>() >= kills() / 8, "too few were caught at work: {caught:?}");

    for command in [commands[1], commands[2], commands[3]] {
        assert_ok(&test_site.run(command));
    }
    let found = web_urls(&test_site.site().join("records/news"));
    let twice: Vec<_> = found.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "records of one article: {twice:?}");
    let lost: Vec<_> = web.articles().into_iter().filter(|url| found.binary_search(url).is_err()).collect();
    let dead = test_site.run(&["store", "dead-letters"]);
    let dead = String::from_utf8_lossy(&dead.stdout);
    assert!(lost.is_empty(), "{} articles are missing: {lost:?}\n{dead}", lost.len());
    let archived = found.iter().filter(|url| url.starts_with("https://paper")).count();
    assert_eq!((found.len(), archived), (ARTICLES + ARCHIVED, ARCHIVED));
    let doctor = test_site.run(&["doctor"]);
    assert_ok(&doctor);
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(!said.contains("FAIL") && said.contains("0 dead letters"), "{said}");

    let again = test_site.json(&["poll", "--all"]);
    assert_eq!(again["publish"]["written"], 0, "a further poll writes nothing: {again}");
    assert_ok(&test_site.run(&["build", "--check", out.to_str().unwrap()]));
}

/// A new site whose sources are the papers of the web.
fn site(web: &FakeWeb) -> TestSite {
    let test_site = TestSite::new();
    fs::write(test_site.site().join("sources.opml"), web.opml()).unwrap();
    let file = test_site.site().join("courant.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("allow = []", "allow = [\"127.0.0.0/8\"]".to_owned()),
        ("ports = []", format!("ports = [{}]", web.port())),
        ("host_pause_ms = 500", "host_pause_ms = 0".to_owned()),
    ] {
        assert!(text.contains(from), "courant.toml has no {from}");
        text = text.replacen(from, &to, 1);
    }
    fs::write(&file, text).unwrap();
    test_site
}

/// Kills a process; whether it was still at work.
fn killed(mut child: Child) -> bool {
    let at_work = child.try_wait().unwrap().is_none();
    if at_work {
        child.kill().unwrap();
    }
    child.wait().unwrap();
    at_work
}

/// The `webUrl` of each record in a folder, sorted.
fn web_urls(folder: &Path) -> Vec<String> {
    let mut urls: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap())
        .map(|text| {
            let line = text.lines().find_map(|line| line.strip_prefix("webUrl: "));
            line.unwrap_or_else(|| panic!("no webUrl in {text}")).trim_matches(['"', '\'']).to_owned()
        })
        .collect();
    urls.sort();
    urls
}

fn kills() -> u64 {
    env::var("COURANT_KILLS").map_or(KILLS, |number| number.parse().expect("COURANT_KILLS is a number"))
}

/// A small generator with a fixed start (xorshift), so that each run kills at the same times.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}
