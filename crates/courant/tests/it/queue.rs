//! What waits for an editor, and an editor's decisions about single articles.

use std::{
    fs,
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::harness::{TestSite, assert_ok, courant};

const ARTICLES: [(&str, &str, &str); 4] = [
    (
        "bridge",
        "Larkfield swing bridge to close for eleven weeks",
        "The swing bridge over the Ottery at Larkfield will stay closed for eleven weeks, the harbour board said on Tuesday.",
    ),
    (
        "otters",
        "Otters are back at the mill stream of Tarrow",
        "A pair of otters has returned to the mill stream of Tarrow for the first time since 1962, wardens said.",
    ),
    (
        "fair",
        "Halden sells its old fairground to a school",
        "The council of Halden has sold the fairground behind the station to a school that wants to plant an orchard.",
    ),
    (
        "spam",
        "Ten gadgets that every kitchen needs",
        "Knives, boards and bowls: what every kitchen needs this year, and where it can be bought for little money.",
    ),
];

fn address(slug: &str) -> String {
    format!("https://{slug}.example/2026/{slug}?a=1&b=2")
}

fn test_site() -> TestSite {
    let test_site = TestSite::new();
    let articles = ARTICLES.map(|(slug, title, text)| (address(slug), title, text));
    test_site.ingest_articles(&articles, 8);
    test_site
}

fn heat(test_site: &TestSite, slug: &str) -> i64 {
    test_site.json(&["article", "show", &address(slug)])["heat"].as_i64().unwrap()
}

/// Gives the site a threshold and rules, and scores everything by them.
fn ruled(test_site: &TestSite, threshold: i64, rules: &str) {
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text = text.replacen("threshold = 70", &format!("threshold = {threshold}"), 1);
    let changed =
        text.replacen("[[gate.rules]].\nrules = []", &format!("[[gate.rules]].\nrules = [{rules}]"), 1);
    assert_ne!(text, changed);
    fs::write(config, changed).unwrap();
    publish(test_site);
}

fn publish(test_site: &TestSite) {
    assert_ok(&test_site.run(&["build", "--out", test_site.site().join("public").to_str().unwrap()]));
}

fn waiting(test_site: &TestSite, more: &[&str]) -> Vec<(String, String)> {
    let queue = test_site.json(&[&["queue"], more].concat());
    let text = |entry: &serde_json::Value, field: &str| entry[field].as_str().unwrap().to_owned();
    queue.as_array().unwrap().iter().map(|entry| (text(entry, "provider"), text(entry, "rule"))).collect()
}

const RULES: &str = r#"
  { name = "bridges", when = { title = ["bridge"] }, then = "hold" },
  { name = "kitchens", when = { title = ["kitchen"] }, then = "drop" },
"#;

#[test]
fn what_waits_is_listed_and_published_by_the_command_that_is_named() {
    let test_site = test_site();
    let hot = heat(&test_site, "fair").max(heat(&test_site, "otters"));
    let near = |slug| heat(&test_site, slug) >= hot + 5 - 10;
    assert!(near("fair") && near("otters"), "alike in this test");
    ruled(&test_site, hot + 5, RULES);
    let pair = |provider: &str, rule: &str| (format!("{provider}.example"), rule.to_owned());
    let all = [pair("bridge", "bridges"), pair("fair", "threshold"), pair("otters", "threshold")];
    assert_eq!(waiting(&test_site, &[]), all);
    assert_eq!(waiting(&test_site, &["--limit", "1"]), all[..1]);
    let mut later = courant(&["queue", "--since", "1d", "--json", "--now", "2026-01-20T12:00:00Z"]);
    let later = later.arg("--site").arg(test_site.site()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&later.stdout).trim(), "[]");
    let entry = &test_site.json(&["queue"])[0];
    assert_eq!(entry["command"], format!("courant article publish '{}'", address("bridge")));
    assert_eq!(entry["title"], "Larkfield swing bridge to close for eleven weeks");
    let told = test_site.run(&["queue"]);
    assert!(
        String::from_utf8_lossy(&told.stdout)
            .contains(&format!("courant article publish '{}'", address("otters")))
    );

    let published = test_site.json(&["article", "publish", &address("bridge"), "--by", "Ann"]);
    assert_eq!((&published["published"], &published["rule"]), (&true.into(), &"editor".into()));
    assert_eq!(published["words"][0]["by"], "Ann");
    assert_eq!(waiting(&test_site, &[]), all[1..]);
    let front = fs::read_to_string(test_site.site().join("public/index.html")).unwrap();
    assert!(!front.contains("swing bridge"), "not built yet");
    publish(&test_site);
    let front = fs::read_to_string(test_site.site().join("public/index.html")).unwrap();
    assert!(front.contains("swing bridge"));

    ruled_lower(&test_site, hot + 5, hot + 30);
    assert_eq!(waiting(&test_site, &[]), [], "far from the threshold nothing waits");
}

fn ruled_lower(test_site: &TestSite, from: i64, to: i64) {
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.replacen(&format!("threshold = {from}"), &format!("threshold = {to}"), 1))
        .unwrap();
    publish(test_site);
}

#[test]
fn a_decision_about_an_article_holds_until_it_is_undone() {
    let test_site = test_site();
    ruled(&test_site, 0, RULES);
    let explained = |slug: &str| test_site.json(&["article", "show", &address(slug)])["verdict"].clone();
    let held = test_site.json(&["article", "hold", &address("otters")]);
    assert_eq!((&held["published"], &held["rule"]), (&false.into(), &"editor".into()));
    assert_eq!(waiting(&test_site, &[]).len(), 1, "an article that an editor holds does not wait");
    publish(&test_site);
    assert_eq!(explained("otters")["published"], false);
    let record = test_site.records().into_values().find(|text| text.contains("Otters are back")).unwrap();
    assert!(record.contains("published: false"));
    let again = test_site.json(&["article", "unset", &address("otters"), "published"]);
    assert_eq!((&again["published"], &again["rule"]), (&true.into(), &"threshold".into()));
    assert!(again["words"].as_array().unwrap().is_empty());

    for (args, why) in [
        (["unset", "otters", "published"], "\"published\" of this article has no override"),
        (["unset", "otters", "lead"], "use `courant story`"),
        (["unset", "nowhere", "title"], "no stored article has the URL"),
    ] {
        let refused = test_site.run(&["article", args[0], &address(args[1]), args[2]]);
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{args:?}");
    }
}

#[test]
fn a_running_program_publishes_and_others_read_the_queue() {
    let test_site = test_site();
    ruled(&test_site, 0, RULES);
    let mut running =
        test_site.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let before = waiting(&test_site, &[]);
    let published = test_site.json(&["article", "publish", &address("bridge")]);
    let after = waiting(&test_site, &[]);
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(before, [("bridge.example".to_owned(), "bridges".to_owned())]);
    assert_eq!((&published["published"], &published["rule"]), (&true.into(), &"editor".into()));
    assert_eq!(after, []);
}
