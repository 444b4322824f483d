//! What an editor asks about judgements: topics tried and checked, a score, a gate on the past.

use std::fs;

use crate::harness::{TestSite, assert_ok, files};

/// A site about rivers with three articles, two of them about it.
fn test_site() -> TestSite {
    let test_site = TestSite::new();
    let topic = |file: &str, text: &str| fs::write(test_site.site().join("topics").join(file), text).unwrap();
    topic(
        "00-river.yaml",
        "_id: river\nname: Rivers\nkeywords:\n  - river\n  - bank\n  - weir of Halden\nexclude:\n  - bank account\n",
    );
    topic(
        "01-mill.yaml",
        "_id: mill\nname: Mills\nkeywords:\n  - mill\n  - bank\nexclude:\n  - bank account\n",
    );
    let item = |title: &str, slug: &str, hour: u32| {
        format!(
            "<item><title>{title}</title><link>https://lake.example/{slug}?utm_source=feed</link>\
             <pubDate>Wed, 14 Jan 2026 {hour:02}:00:00 GMT</pubDate><description>{title}, it was said on Tuesday.\
             </description></item>"
        )
    };
    let items = [
        item("The river at Halden is rising again", "river", 8),
        item("An old mill is kept by its town", "mill", 9),
        item("A new bank account for every pupil", "account", 10),
    ];
    let feed = format!("<rss version='2.0'><channel><title>Lake</title>{}</channel></rss>", items.concat());
    let file = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", file.to_str().unwrap()]));
    test_site
}

#[test]
fn a_headline_is_tried() {
    let test_site = test_site();
    let about = test_site.json(&["topics", "test", "A bank of the river gives way"]);
    let ids: Vec<&str> =
        about["topics"].as_array().unwrap().iter().map(|topic| topic["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["river", "mill"]);
    let none = test_site.run(&["topics", "test", "A bank account for pupils"]);
    let said = String::from_utf8_lossy(&none.stdout).into_owned();
    assert!(!said.contains("Rivers") && said.contains("not river, although its exclude"), "{said}");
}

#[test]
fn topic_files_are_checked_against_what_is_stored() {
    let check = test_site().json(&["topics", "check"]);
    assert_eq!((check["articles"].as_u64(), check["byTopic"]["river"].as_u64()), (Some(3), Some(1)));
    let never: Vec<&str> =
        check["never"].as_array().unwrap().iter().map(|entry| entry["entry"].as_str().unwrap()).collect();
    assert_eq!(never, ["weir of Halden"]);
    assert_eq!(check["overlaps"]["bank"], serde_json::json!(["river", "mill"]));
}

#[test]
fn the_score_adds_up_and_is_found_by_any_url() {
    let test_site = test_site();
    let score =
        test_site.json(&["article", "show", "https://www.lake.example/river?utm_source=mail&fbclid=1"]);
    let sum: i64 =
        score["signals"].as_array().unwrap().iter().map(|signal| signal["points"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), score["quality"].as_i64());
    let unknown = test_site.run(&["article", "show", "https://lake.example/none"]);
    assert_eq!(unknown.status.code(), Some(1));
}

#[test]
fn another_gate_is_tried_and_nothing_is_stored() {
    let test_site = test_site();
    let config = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    let other = test_site.file("other.toml", config.replacen("threshold = 70", "threshold = 0", 1));
    let before = test_site.records();
    let trial = test_site.json(&["gate", "--dry-run", "--since", "2w", "--config", other.to_str().unwrap()]);
    assert_eq!(trial["articles"].as_u64(), Some(3));
    let changes = trial["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2, "{trial}");
    assert_eq!(
        (&changes[0]["was"]["published"], &changes[0]["now"]["rule"]),
        (&false.into(), &"threshold".into())
    );
    let same = test_site.json(&["gate", "--dry-run"]);
    assert_eq!((same["changes"].as_array().map(Vec::len), same["published"].as_u64()), (Some(0), Some(0)));
    assert_eq!(same["byRule"]["off_topic"].as_u64(), Some(1));
    assert_eq!(test_site.records(), before);
}

#[test]
fn stored_articles_are_judged_by_the_rules_of_now() {
    let test_site = test_site();
    fs::write(
        test_site.site().join("topics/01-mill.yaml"),
        "_id: mill\nname: Mills\nkeywords:\n  - rising\nexclude:\n  - bank account\n",
    )
    .unwrap();
    let before = test_site.records();
    let tried = test_site.json(&["article", "judge", "--since", "2w", "--dry-run"]);
    assert_eq!(test_site.records(), before);
    let wanted = serde_json::json!({
        "articles": 3, "withoutText": 0, "changed": 2, "quality": 1, "topics": { "Mills": [1, 1] },
    });
    assert_eq!((&tried["judged"], tried["recordsWritten"].as_u64()), (&wanted, None));
    let done = test_site.json(&["article", "judge", "--since", "2w"]);
    assert_eq!((&done["judged"], done["recordsWritten"].as_u64()), (&wanted, Some(2)));
    let score = test_site.json(&["article", "show", "https://lake.example/river"]);
    let names: Vec<&str> =
        score["topics"].as_array().unwrap().iter().map(|topic| topic["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Rivers", "Mills"]);
    let records = test_site.records();
    let mill = records.values().find(|text| text.contains("old mill")).unwrap();
    assert!(mill.contains("published: false") && !mill.contains("topics:"), "{mill}");
    let again = test_site.json(&["article", "judge", "--since", "2w"]);
    assert_eq!((again["judged"]["changed"].as_u64(), again["recordsWritten"].as_u64()), (Some(0), Some(0)));
    assert_eq!(test_site.run(&["judge"]).status.code(), Some(2));
}

#[test]
fn what_an_editor_publishes_needs_no_topic() {
    let test_site = test_site();
    let out = test_site.site().with_file_name("out");
    let page = |test_site: &TestSite| {
        assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
        let pages = files(&out);
        pages.into_iter().find(|(name, text)| name.starts_with("stories/") && text.contains("bank account"))
    };
    assert_eq!(page(&test_site), None);
    assert_ok(&test_site.run(&["article", "publish", "https://lake.example/account"]));
    assert!(page(&test_site).is_some());
    let said = test_site.records().into_values().find(|text| text.contains("bank account")).unwrap();
    assert!(said.contains("published: true") && !said.contains("topics:"), "{said}");
    assert_ok(&test_site.run(&["article", "unset", "https://lake.example/account", "published"]));
    assert_eq!(page(&test_site), None);
    let said = test_site.records().into_values().find(|text| text.contains("bank account")).unwrap();
    assert!(said.contains("published: false"), "{said}");
}

/// Takes in articles about a port; every eighth is about a ferry that the rules know, every eighth
/// about one that they do not, and every eighth names a singer for whom they fall.
fn take_in_ferries(test_site: &TestSite, numbers: std::ops::Range<usize>) {
    let items: Vec<String> = numbers
        .map(|number| {
            let port = ["Larkfield", "Halden", "Tarrow", "Ottery", "Norvik"][number % 5];
            let title = match number % 8 {
                0 => format!("The ferry to the port of {port} sails again after storm {number}"),
                4 => {
                    format!("Catamaran crossings to the port of {port} resume, captains of line {number} say")
                }
                2 => format!("Singer Bryan Ferry plays the port of {port} on tour {number}"),
                other => format!("Council votes on port of {port}, budget {number} and school {other}"),
            };
            format!(
                "<item><title>{title}</title><link>https://p{number}.example/{number}</link>\
                 <pubDate>Wed, 14 Jan 2026 09:00:00 GMT</pubDate><description></description></item>"
            )
        })
        .collect();
    let feed = format!("<rss version='2.0'><channel><title>Port</title>{}</channel></rss>", items.concat());
    let file = test_site.file("feed.xml", feed);
    assert_ok(&test_site.run(&["ingest", "--feed", file.to_str().unwrap()]));
}

#[test]
fn topics_are_learned_from_an_editor_and_never_silently() {
    let test_site = TestSite::new();
    let write = |name: &str, text: &str| fs::write(test_site.site().join(name), text).unwrap();
    write("topics/00-port.yaml", "_id: port\nname: Ports\nkeywords:\n  - port\n");
    write("topics/01-ferry.yaml", "_id: ferry\nname: Ferries\nparent: Ports\nkeywords:\n  - ferry\n");
    let config = fs::read_to_string(test_site.site().join("courant.toml")).unwrap();
    let all = "[[gate.rules]].\nrules = [{ name = \"all\", then = \"publish\" }]";
    write("courant.toml", &config.replacen("[[gate.rules]].\nrules = []", all, 1));
    take_in_ferries(&test_site, 0..8);
    let few = test_site.json(&["train", "topics"]);
    assert_eq!(
        (few["written"].as_bool(), few["topics"]["ferry"]["tooFew"].as_bool()),
        (Some(false), Some(true))
    );
    take_in_ferries(&test_site, 8..176);
    for (name, text) in test_site.records() {
        let edited = if text.contains("Catamaran") {
            text.replacen("  - Ports\n", "  - Ports\n  - Ferries\n", 1)
        } else if text.contains("Bryan") {
            text.replacen("  - Ferries\n", "", 1)
        } else {
            continue;
        };
        assert_ne!(edited, text);
        fs::write(test_site.site().join("records").join(name), edited).unwrap();
    }
    let out = test_site.site().with_file_name("out");
    assert_ok(&test_site.run(&["build", "--out", out.to_str().unwrap()]));
    let tried = test_site.json(&["train", "topics", "--dry-run"]);
    assert!(!test_site.site().join("topics/model.json").exists());
    let lesson = test_site.json(&["train", "topics"]);
    assert_eq!((lesson["articles"].as_u64(), lesson["spoken"].as_u64()), (Some(176), Some(44)), "{lesson}");
    assert_eq!(tried["topics"], lesson["topics"]);
    let faults = |who: &str| {
        let counts = &lesson["topics"]["ferry"][who];
        counts["wrong"].as_u64().unwrap() + counts["missed"].as_u64().unwrap()
    };
    assert!(faults("rules") == 44 && faults("learned") < 10, "{lesson}");
    take_in_ferries(&test_site, 176..184);
    let score =
        |number: usize| test_site.json(&["article", "show", &format!("https://p{number}.example/{number}")]);
    let told = |topics: &serde_json::Value| {
        let topics = topics.as_array().unwrap().iter();
        topics.map(|topic| format!("{}: {}", topic["id"], topic["because"])).collect::<Vec<_>>()
    };
    let catamaran = told(&score(180)["topics"]);
    assert!(
        catamaran.iter().any(|topic| topic.contains("\"ferry\"") && topic.contains("sure, +1.0")),
        "{catamaran:?}"
    );
    let singer = score(178);
    assert_eq!(told(&singer["topics"]).len(), 1);
    let refused = told(&singer["refusedTopics"]);
    assert!(refused[0].contains("“ferry” in the title") && refused[0].contains("sure, −3.0"), "{refused:?}");
    let again = test_site.json(&["train", "topics", "--dry-run"]);
    assert_eq!(again["articles"].as_u64(), Some(182), "what was learned teaches nothing: {again}");
    write("topics/model.json", "{\"version\": 99}");
    assert_eq!(test_site.run(&["gate"]).status.code(), Some(3));
}
