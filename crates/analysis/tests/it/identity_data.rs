//! Identity checked with shared data: the AMP cache pairs and the public rule files.

use courant_analysis::identity::{
    Claims, Identity, UrlRules,
    amp::{self, Serving},
    identify, slug,
};
use courant_testkit::{read_jsonl, shared};
use proptest::prelude::*;
use serde_json::Value;
use url::Url;

use crate::support;

fn amp_answer(row: &Value) -> Option<String> {
    let input = row["input"].as_str()?;
    let url = || Url::parse(input).ok();
    match row["kind"].as_str()? {
        "cache_url" => {
            let serving = if row["serving_type"] == "viewer" { Serving::Viewer } else { Serving::Content };
            amp::cache_url(input, row["domain_suffix"].as_str()?, serving)
        }
        "subdomain" => Some(amp::subdomain(url()?.host_str()?)),
        "source_url" => Some(amp::source_url(&url()?).to_string()),
        "strip_params" => Some(amp::strip_params(&url()?).to_string()),
        kind => panic!("unknown kind {kind}"),
    }
}

#[test]
fn every_amp_pair_is_right() {
    let Some(path) = shared("amp/cache_urls.jsonl") else { return };
    let rows = read_jsonl(&path).unwrap();
    for row in &rows {
        assert_eq!(amp_answer(row).as_deref(), row["output"].as_str(), "{row}");
    }
    assert!(rows.len() >= 50);
}

fn all_rules() -> Option<UrlRules> {
    let text = |path: &str| Some(std::fs::read_to_string(shared(path)?).unwrap());
    let mut rules = UrlRules::builtin();
    rules.add_clearurls(&text("urls/clearurls/data.min.json")?).unwrap();
    rules.add_brave_params(&text("urls/brave/query-filter.json")?).unwrap();
    rules.add_brave_params(&text("urls/brave/clean-urls.json")?).unwrap();
    rules.add_brave_debounce(&text("urls/brave/debounce.json")?).unwrap();
    Some(rules)
}

#[test]
fn public_rule_files_are_applied() {
    let Some(rules) = all_rules() else { return };
    for (given, expected) in [
        ("https://news.example/a?id=5&utm_campaign=x&srsltid=y&page=2", "https://news.example/a?id=5&page=2"),
        (
            "https://www.amazon.com/dp/B0/ref=sr_1?keywords=x&qid=2&psc=1",
            "https://www.amazon.com/dp/B0?psc=1",
        ),
        ("https://www.reddit.com/r/x/?share_id=1&sort=new", "https://www.reddit.com/r/x/?sort=new"),
        ("https://click.pstmrk.it/3s/news.example%2Fstory/abc/def", "https://news.example/story"),
        ("https://go.skimresources.com/?id=1&url=https%3A%2F%2Fnews.example%2Fx", "https://news.example/x"),
        ("https://y2u.be/abc", "https://www.youtube.com/watch?v=abc"),
        (
            "https://news.example/story?article=77&v=2&story=3",
            "https://news.example/story?article=77&v=2&story=3",
        ),
    ] {
        let clean = rules.clean(&Url::parse(given).unwrap());
        assert_eq!(clean.url.as_str(), expected, "{given}: {:?}", clean.steps);
        assert_eq!(rules.clean(&clean.url).url, clean.url, "{given}");
    }
}

#[test]
fn the_predecessors_urls_are_canonical() {
    let (Some(path), Some(rules)) = (shared("original/powerapps/quality.csv.gz"), all_rules()) else {
        return;
    };
    let text = String::from_utf8(courant_testkit::read(&path).unwrap()).unwrap();
    for row in &support::csv_rows(&text)[1..] {
        let url = Url::parse(&row[2]).unwrap();
        let first = alone(&url, &rules);
        let again = alone(&first.canonical, &rules);
        assert_eq!((&again.canonical, again.id), (&first.canonical, first.id), "{url}");
    }
}

fn alone(url: &Url, rules: &UrlRules) -> Identity {
    let claims = Claims {
        requested: url,
        final_url: url,
        canonical: Some(url),
        og_url: None,
        json_ld_url: None,
        amp_url: None,
    };
    identify(&claims, rules)
}

#[test]
fn cleaning_by_all_rules_twice_changes_nothing() {
    let Some(rules) = all_rules() else { return };
    let hosts = "(www\\.)?(amazon|google|youtube|ebay|bing|facebook|reddit|x|nytimes|bbc|go\\.skimresources|href)\\.(com|li)";
    let parts = "(/(ref=x|url|dp|amp|out|redirect|watch|search|login|ck/a)){0,2}";
    let params = "((q|url|u|ref|ref_|utm|utm_x|th|ie|id|p|source|at_id|spm|smid|k\\[0\\])=(1|rss|https%3A%2F%2Fhref.li%2F%3Fhttps%3A%2F%2Fb.com%2F%3Fspm%3D1)?&){0,4}";
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(host in hosts, path in parts, query in params)| {
        let url = Url::parse(&format!("https://{host}{path}?{query}")).unwrap();
        let once = rules.clean(&url).url;
        prop_assert_eq!(rules.clean(&once).url, once);
    });
}

#[test]
fn the_predecessors_file_names_are_slugs_of_their_titles() {
    let Some(path) = shared("original/powerapps/news.tar.gz") else { return };
    let files = support::untar(&courant_testkit::read(&path).unwrap());
    let missed: Vec<&String> = files
        .iter()
        .filter(|(path, file)| {
            let stem = path.rsplit('/').next().unwrap().trim_end_matches(".md");
            stem[11..] != slug(&support::text(&support::yaml(file), "title").unwrap())
        })
        .map(|(path, _)| path)
        .collect();
    println!("{} of {} file names", files.len() - missed.len(), files.len());
    assert!(files.len() > 600 && missed.len() <= 1, "{missed:#?}");
}
