//! An editor divides a story, makes stories one, and chooses a lead; no later run takes it back.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::Stdio,
    time::Duration,
};

use crate::harness::{NOW, TestSite, assert_ok, courant};

const BRIDGE: &str = "The swing bridge over the Ottery at Larkfield will stay closed for eleven weeks, the harbour board \
    said on Tuesday, after divers found cracks in two of its iron wheels. Ferries carry the 4,000 people who cross it every \
    day, and lorries have to go round by Halden.";
const CRACKS: &str = "Divers of the harbour board have found cracks in iron wheels of the Larkfield swing bridge, which dates from \
    1887. Nobody may cross it for eleven weeks; small boats take walkers over the Ottery, and drivers must go by way of Halden, \
    an engineer explained to the town council.";
const OTTERS: &str = "A pair of otters has returned to the mill stream of Tarrow for the first time since 1962, wardens of \
    the county said. Cameras showed three cubs below the old weir, and anglers have been asked to keep away until May.";

fn address(slug: &str) -> String {
    format!("https://{slug}.example/2026/{slug}")
}

/// Ingests articles, each from its own provider, one hour apart.
fn take_in(test_site: &TestSite, articles: &[(&str, &str, &str)], hour: usize) {
    let articles: Vec<(String, &str, &str)> =
        articles.iter().map(|&(slug, title, text)| (address(slug), title, text)).collect();
    test_site.ingest_articles(&articles, hour);
}

fn test_site() -> TestSite {
    let test_site = TestSite::new();
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap().replacen("threshold = 70", "threshold = 0", 1);
    fs::write(config, text).unwrap();
    take_in(
        &test_site,
        &[
            ("one", "Larkfield swing bridge to close for eleven weeks", BRIDGE),
            ("two", "Swing bridge at Larkfield closed after cracks are found", CRACKS),
            ("three", "Otters are back at the mill stream of Tarrow", OTTERS),
        ],
        8,
    );
    test_site
}

/// The story of each article, by its slug.
fn stories(test_site: &TestSite, slugs: &[&'static str]) -> BTreeMap<&'static str, String> {
    let story = |slug: &&'static str| {
        let shown = test_site.json(&["story", "show", &address(slug)]);
        (*slug, shown["story"].as_str().unwrap().to_owned())
    };
    slugs.iter().map(story).collect()
}

#[test]
fn a_merge_is_kept_and_the_old_address_leads_on() {
    let test_site = test_site();
    let before = stories(&test_site, &["one", "two", "three"]);
    assert_ne!(before["one"], before["three"]);
    let merged = test_site.json(&["story", "merge", &address("one"), &address("three")]);
    assert_eq!(merged["story"].as_str(), Some(before["one"].as_str()));
    let members: Vec<&str> = merged["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| member["provider"].as_str().unwrap())
        .collect();
    assert!(members.contains(&"three.example") && members.contains(&"one.example"), "{members:?}");
    let again = test_site.run(&["story", "merge", &address("one"), &address("three")]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("already in one story"));
    // The otters' follow-up joins the story that holds them now.
    take_in(
        &test_site,
        &[(
            "four",
            "Otters with three cubs at the mill stream of Tarrow",
            &OTTERS.replace("county", "shire"),
        )],
        15,
    );
    assert_eq!(stories(&test_site, &["four"])["four"], before["one"]);
    let out = test_site.site().join("public");
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    let old = fs::read_to_string(out.join(format!("stories/{}/index.html", before["three"]))).unwrap();
    assert!(old.contains(&before["one"]), "{old}");
}

#[test]
fn a_division_holds_whatever_comes_later() {
    let test_site = test_site();
    let before = stories(&test_site, &["one", "two"]);
    if before["one"] != before["two"] {
        test_site.json(&["story", "merge", &address("one"), &address("two")]);
    }
    let whole = stories(&test_site, &["one", "two"]);
    assert_eq!(whole["one"], whole["two"]);
    // Which of them is the other's copy, if any, is the machine's business; the original takes its
    // copies along.
    let shown = test_site.json(&["story", "show", &address("one")]);
    let copy = shown["members"].as_array().unwrap().iter().any(|member| member["copyOf"].is_string());
    assert!(!copy, "the two texts are told apart in this test: {shown}");
    let apart = test_site.json(&["story", "split", &address("two"), "--by", "Ann"]);
    assert_eq!(
        apart["members"][0]["because"][0]["detail"],
        format!("Ann took it out of the story {}", whole["one"])
    );
    let divided = stories(&test_site, &["one", "two"]);
    assert_eq!(divided["one"], whole["one"]);
    assert_ne!(divided["two"], whole["one"]);
    // An article like both joins one of them and makes them no single story.
    take_in(
        &test_site,
        &[
            (
                "five",
                "Swing bridge at Larkfield to stay closed for eleven weeks after cracks",
                &BRIDGE.replace("Ferries", "Boats"),
            ),
            ("two", "Swing bridge at Larkfield closed after cracks are found, again", BRIDGE),
        ],
        15,
    );
    let later = stories(&test_site, &["one", "two", "five"]);
    assert_eq!((&later["one"], &later["two"]), (&divided["one"], &divided["two"]));
    let alone = test_site.run(&["story", "split", &address("three")]);
    assert!(String::from_utf8_lossy(&alone.stderr).contains("nothing would be left"));
    // The record does not mention it.
    assert!(test_site.records().values().all(|text| !text.contains("\nstory:") && !text.contains("\nlead:")));
}

#[test]
fn a_chosen_lead_leads_until_it_is_taken_back() {
    let test_site = test_site();
    test_site.json(&["story", "merge", &address("one"), &address("three")]);
    let lead = |test_site: &TestSite| {
        let shown = test_site.json(&["story", "show", &address("one")]);
        (shown["members"][0]["provider"].as_str().unwrap().to_owned(), shown["members"][0]["chosen"] == true)
    };
    let (machine, _) = lead(&test_site);
    let other = if machine == "three.example" { "one" } else { "three" };
    test_site.json(&["story", "lead", &address(other)]);
    assert_eq!(lead(&test_site), (format!("{other}.example"), true));
    take_in(
        &test_site,
        &[("six", "Otters at the mill stream: cubs seen", &OTTERS.replace("county", "parish"))],
        16,
    );
    assert_eq!(lead(&test_site), (format!("{other}.example"), true));
    test_site.json(&["story", "lead", &address(other), "--undo"]);
    assert!(!lead(&test_site).1);
}

#[test]
fn dropped_articles_are_in_no_story_and_effects_reach_the_records() {
    let test_site = test_site();
    let record = |slug: &str| {
        let found = test_site
            .records()
            .into_values()
            .find(|text| text.contains(&address(slug)) && text.contains(&format!("https://{slug}.example")));
        found.unwrap()
    };
    let standing = |slug: &str| test_site.json(&["article", "show", &address(slug)]);
    let (lead, other) =
        if standing("one")["heat"].as_i64() == Some(-1) { ("two", "one") } else { ("one", "two") };
    let heat = standing(lead)["heat"].as_i64().unwrap();
    assert!(record(lead).contains("related:"));
    let config = test_site.site().join("courant.toml");
    let text = fs::read_to_string(&config).unwrap().replacen(
        "[[gate.rules]].\nrules = []",
        &format!(
            "[[gate.rules]].\nrules = [\n  {{ name = \"bridges\", when = {{ title = [\"bridge\"] }}, then = {{ tag = \"bridges\" }} }},\n  \
             {{ name = \"hot\", when = {{ title = [\"otters\"] }}, then = {{ boost = 7 }} }},\n  \
             {{ name = \"away\", when = {{ provider = [\"{other}.example\"] }}, then = \"drop\" }},\n]"
        ),
        1,
    );
    let tried = test_site.file("other.toml", &text);
    let trial = test_site.json(&["gate", "--dry-run", "--since", "2w", "--config", tried.to_str().unwrap()]);
    assert_eq!(
        (trial["dropped"].as_u64(), trial["givenByRule"]["bridges"].as_u64()),
        (Some(1), Some(2)),
        "{trial}"
    );
    assert_eq!(trial["changes"].as_array().map(Vec::len), Some(3));
    let otters = standing("three")["heat"].as_i64().unwrap();
    fs::write(&config, text).unwrap();
    let records = test_site.records().len();
    let out = test_site.site().with_file_name("out");
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    assert_eq!(test_site.records().len(), records, "nothing is deleted");
    assert!(!record(lead).contains("related:") && record(lead).contains("- bridges"), "{}", record(lead));
    assert!(record(other).contains("published: false"));
    assert!(standing(lead)["heat"].as_i64().unwrap() < heat, "what is dropped heats nothing");
    assert_eq!(standing("three")["heat"].as_i64(), Some(otters + 7));
    let dropped = standing(other);
    assert_eq!((&dropped["verdict"]["dropped"], &dropped["verdict"]["rule"]), (&true.into(), &"away".into()));
    let again = test_site.json(&["gate", "--dry-run"]);
    assert_eq!(again["changes"].as_array().map(Vec::len), Some(0));
    let before = test_site.records();
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    assert_eq!(test_site.records(), before, "gifts are not given twice");
}

#[test]
fn a_pinned_story_comes_first() {
    let test_site = test_site();
    let out = test_site.site().join("public");
    let first = |test_site: &TestSite| {
        assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
        let front = fs::read_to_string(out.join("index.html")).unwrap();
        let places = ["one", "three"].map(|slug| front.find(&address(slug)).unwrap());
        if places[0] < places[1] { "one" } else { "three" }
    };
    let machine = first(&test_site);
    let other = if machine == "one" { "three" } else { "one" };
    assert_eq!(test_site.json(&["story", "pin", &address(other)])["pinned"], true);
    assert_eq!(first(&test_site), other);
    take_in(&test_site, &[("seven", "Weather: fog on the Ottery", "Fog lay on the river until noon.")], 17);
    assert_eq!(first(&test_site), other, "whatever comes later");
    assert_eq!(test_site.json(&["story", "pin", &address(other), "--undo"])["pinned"], false);
    assert_eq!(first(&test_site), machine);
}

#[test]
fn a_boost_holds_until_it_ends_and_goes_along_with_a_merge() {
    let test_site = test_site();
    let shown = |args: &[&str], now: &str| {
        let mut command = courant(args);
        let output =
            command.arg("--site").arg(test_site.site()).args(["--now", now, "--json"]).output().unwrap();
        assert_ok(&output);
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let heat = |now: &str| {
        let out = test_site.site().join("public");
        let mut build = courant(&["build", "--out", out.to_str().unwrap()]);
        assert_ok(&build.arg("--site").arg(test_site.site()).args(["--now", now]).output().unwrap());
        shown(&["story", "show", &address("three")], now)["heat"].as_i64().unwrap()
    };
    let plain = heat(NOW);
    let three = address("three");
    let boosted =
        test_site.json(&["story", "boost", &three, "--degrees", "15", "--hours", "6", "--by", "Ann"]);
    let ends = serde_json::json!({"degrees": 15, "by": "Ann", "until": "2026-01-15T18:00:00Z"});
    assert_eq!(boosted["boost"], ends);
    assert_eq!(heat(NOW), plain + 15);
    let read = |name: &str| fs::read_to_string(test_site.site().join("public").join(name)).unwrap();
    let story = boosted["story"].as_str().unwrap();
    assert!(read(&format!("stories/{story}/index.html")).contains("+15 by Ann until 2026-01-15T18:00:00Z"));
    let record = test_site.records().into_values().find(|text| text.contains("three.example")).unwrap();
    assert!(record.contains(&format!("heat: {}\n", plain + 15)) && !record.contains("boost"), "{record}");

    take_in(&test_site, &[("eight", "Weather: fog on the Ottery", "Fog lay on the river until noon.")], 9);
    assert_eq!(heat("2026-01-15T17:59:59Z"), plain + 15, "whatever comes later, until the last second");
    assert_eq!(heat("2026-01-15T18:00:00Z"), plain, "then it ends");
    let ended = shown(&["story", "show", &three], "2026-01-15T18:00:00Z");
    assert!(ended["boost"].is_null());

    let merged = test_site.json(&["story", "merge", &address("one"), &three]);
    assert_eq!(merged["boost"], ends, "a merged story keeps it");
    assert_eq!(test_site.json(&["story", "boost", &address("two"), "--degrees=-5"])["boost"]["degrees"], -5);
    assert!(test_site.json(&["story", "boost", &three, "--degrees", "0"])["boost"].is_null());
    test_site.json(&["story", "boost", &three, "--degrees", "4"]);
    assert!(test_site.json(&["story", "boost", &three, "--undo"])["boost"].is_null());
    assert_eq!(test_site.run(&["story", "boost", &three]).status.code(), Some(2), "degrees or --undo");
}

#[test]
fn a_running_program_carries_out_an_editors_decision() {
    let test_site = test_site();
    let before = stories(&test_site, &["one", "three"]);
    let mut running =
        test_site.command(&["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let server = said.trim().rsplit_once("http://").expect("the address it listens on").1.to_owned();

    let merged = test_site.json(&["story", "merge", &address("one"), &address("three")]);
    let boosted = test_site.json(&["story", "boost", &address("one"), "--degrees", "9"]);
    let refused = test_site.run(&["story", "lead", "https://nobody.example/nothing"]);
    let old = format!("/stories/{}/", before["three"]);
    let shown = (0..200).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        get(&server, &old).contains(&before["one"])
    });
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(merged["story"].as_str(), Some(before["one"].as_str()));
    assert_eq!(boosted["boost"]["degrees"], 9);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("no stored article has the URL"));
    assert!(shown, "the old URL leads to the current story");
    assert_eq!(stories(&test_site, &["three"])["three"], before["one"], "and it is kept");
}

/// What a server answers to a request for this path.
fn get(server: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(server).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}
