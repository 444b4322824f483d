//! Identity against shared data: the AMP cache pairs and the public rule files.
#![expect(clippy::unwrap_used, reason = "a test may stop at what it cannot read")]

mod support;

use courant_analysis::identity::{
    UrlRules,
    amp::{self, Serving},
    slug,
};
use courant_testkit::{read_jsonl, shared};
use serde_json::Value;
use url::Url;

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
