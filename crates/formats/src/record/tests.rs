//! Properties of the record format, checked on generated records and on the files of the
//! predecessor.

#![allow(clippy::disallowed_macros, reason = "tests print where their output is wanted")]

use std::{collections::BTreeMap, io::Read};

use courant_model::{Image, Map, Provider, Record, Related, Timestamp, Value};
use proptest::{collection::vec, option, prelude::*};

use super::{from_json, read, to_json, write};

/// The files of a packed folder, by path.
fn unpack(path: &str) -> Option<BTreeMap<String, String>> {
    let path = courant_testkit::shared(path)?;
    let bytes = courant_testkit::read(&path).unwrap();
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.header().entry_type().is_file() {
            let name = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            files.insert(name, text);
        }
    }
    Some(files)
}

/// Reads and writes a file, checks that nothing is lost, and tells whether the bytes are the same.
fn survives(name: &str, text: &str) -> bool {
    let record = read(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = write(&record);
    assert_eq!(read(&written).unwrap(), record, "{name}");
    assert_eq!(from_json(&to_json(&record)).unwrap(), record, "{name}");
    assert_same_data(name, text, &written);
    written == text
}

/// The same fields with the same values, and the same body, in whatever order.
fn assert_same_data(name: &str, text: &str, written: &str) {
    let front = |text: &str| {
        let (front, body) = super::read::split(text).unwrap();
        (sorted(crate::yaml::parse(front, 2).unwrap().into_value()), body.trim_matches('\n').to_owned())
    };
    assert_eq!(front(text), front(written), "{name}");
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Map(mut map) => {
            map.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Map(map.into_iter().map(|(name, value)| (name, sorted(value))).collect())
        }
        Value::List(list) => Value::List(list.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[test]
fn every_news_record_comes_back_byte_for_byte() {
    let Some(files) = unpack("original/powerapps/news.tar.gz") else { return };
    assert_eq!(files.len(), 674);
    let different: Vec<_> =
        files.iter().filter(|(name, text)| !survives(name, text)).map(|(name, _)| name).collect();
    println!("{} of {} byte for byte", files.len() - different.len(), files.len());
    assert_eq!(different, Vec::<&String>::new());
    for (name, text) in &files {
        let record = read(text).unwrap();
        assert!(record.extra.is_empty() && record.body.is_empty(), "{name}: {:?}", record.extra);
        assert!(record.published_date_time.is_some() && record.quality.is_some(), "{name}");
    }
}

#[test]
fn the_seed_record_comes_back_byte_for_byte() {
    let Some(path) = courant_testkit::shared("original/seed-record.md") else { return };
    let text = std::fs::read_to_string(path).unwrap();
    assert!(survives("seed", &text));
    let record = read(&text).unwrap();
    assert_eq!((record.quality, record.heat, record.published), (Some(19), Some(-1), Some(false)));
    assert_eq!(record.topics, ["AI Ethics", "AI"]);
    assert_eq!(record.related.len(), 6);
    assert_eq!(record.related[0].provider.as_ref().unwrap().domain, "abcnews.go.com");
    assert!(record.extra.is_empty() && record.related.iter().all(|other| other.extra.is_empty()));
}

#[test]
fn records_of_other_kinds_lose_nothing() {
    if let Some(files) = unpack("original/powerapps/records-other.tar.gz") {
        let same = files.iter().filter(|(name, text)| survives(name, text)).count();
        println!("{same} of {} byte for byte", files.len());
        assert_eq!(files.len(), 705);
    }
    let Some(folder) = courant_testkit::shared("original/ai-samples") else { return };
    let mut folders = vec![folder];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                survives(&path.display().to_string(), &std::fs::read_to_string(&path).unwrap());
                seen += 1;
            }
        }
    }
    assert!(seen >= 11, "{seen}");
}

#[test]
fn unknown_parts_of_providers_and_images_stay_in_their_place() {
    let text = "---\ntitle: \"A\"\n\nprovider:\n  name: Shop\n  domain: shop.example\n  images:\n    - url: \"/a.jpg\"\n      quality: 100\n  authors:\n    - name: Kim\n\nimages:\n  - url: \"/b.jpg\"\n  - url: \"/c.jpg\"\n    credit: Kim\n\n---\n\n";
    let record = read(text).unwrap();
    assert_eq!(record.provider.as_ref().unwrap().domain, "shop.example");
    assert_eq!(record.images.len(), 2);
    assert_eq!(write(&record), text);
    let json = to_json(&record);
    assert_eq!(json["provider"]["authors"][0]["name"], "Kim");
    assert_eq!(json["images"][1]["credit"], "Kim");
    assert_eq!(from_json(&json).unwrap(), record);
}

#[test]
fn a_known_field_of_another_shape_is_kept() {
    let text = "---\ntitle:\n  - a list\nquality: high\npublished: yes\npublishedDateTime: 2023-02-16\ntopics: []\nimages: none\nprovider: Someone\nheat: 1.5\n---\n";
    let record = read(text).unwrap();
    let names: Vec<_> = record.extra.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["title", "quality", "published", "publishedDateTime", "topics", "images", "provider", "heat"]
    );
    assert_eq!(Record { extra: Map::new(), ..record.clone() }, Record::default());
    assert_eq!(read(&write(&record)).unwrap(), record);
    // A known value replaces the one that was not understood.
    let fixed = Record { quality: Some(7), ..record };
    assert!(write(&fixed).contains("quality: 7\n") && !write(&fixed).contains("high"));
}

#[test]
fn scalars_are_read_by_the_core_schema_and_names_as_written() {
    let record =
        read("---\ntitle: 1843\nprovider:\n  name: 24\n  domain: off\ntopics:\n  - yes\n  - 007\n---\n")
            .unwrap();
    assert_eq!(record.title, "1843");
    assert_eq!(record.provider.as_ref().unwrap().name, "24");
    assert_eq!(record.topics, ["yes", "007"]);
    assert_eq!(read(&write(&record)).unwrap(), record);
}

#[test]
fn windows_line_ends_and_byte_order_marks_are_tolerated() {
    let text = "\u{FEFF}---\r\ntitle: \"A\"\r\ntopics:\r\n  - B\r\n---\r\n\r\n";
    let record = read(text).unwrap();
    assert_eq!(
        (record.title.as_str(), record.topics.as_slice(), record.body.as_str()),
        ("A", &["B".to_owned()][..], "")
    );
    assert_eq!(read("---\ntitle: A\n---\n<p>x</p>\r\n\n").unwrap().body, "<p>x</p>\r\n\n");
    assert_eq!(read("---\ntitle: A\n---").unwrap().title, "A");
    assert_eq!(read("---\n---\n").unwrap(), Record::default());
}

#[test]
fn errors_name_the_line() {
    let message = |text: &str| read(text).unwrap_err().to_string();
    let wrong = [
        "",
        "title: A\n",
        "---",
        "---\ntitle: A\n",
        "---\ntitle: A\nlist: [1, 2\n---\n",
        "---\n- a\n---\n",
        "---\ntitle: A\ntitle: B\n---\n",
        "---\na: \"x\n---\n",
        "---\na: b: c\n---\n",
    ];
    insta::assert_snapshot!(wrong.map(|text| format!("{text:?}\n  {}", message(text))).join("\n"));
}

#[test]
fn json_holds_the_body_and_a_field_called_body() {
    let record = read("---\ntitle: A\nbody: in front\n_body: x\n---\n<p>below</p>\n").unwrap();
    let json = to_json(&record);
    assert_eq!(
        (&json["body"], &json["_body"], &json["__body"]),
        (&"<p>below</p>\n".into(), &"in front".into(), &"x".into())
    );
    assert_eq!(from_json(&json).unwrap(), record);
    assert!(from_json(&serde_json::json!([1])).is_err());
    let mut deep = serde_json::json!({});
    for _ in 0..100 {
        deep = serde_json::json!({ "a": deep });
    }
    assert!(from_json(&deep).unwrap_err().to_string().contains("deeper"));
}

fn nasty_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z ]{1,20}",
        3 => any::<String>(),
        3 => prop::sample::select(vec![
            "yes", "no", "null", "~", "true", "1843", "1e3", "0x1F", "12:30", "2023-02-16", "---", "...", "- a", "a: b",
            "a #b", " lead", "trail ", "\n", "a\nb", "\r\n", "\"", "'", "\\", "\\n", "\t", "\u{1F5DE}\u{FE0F}", "\u{85}",
            "\u{2028}", "\u{FEFF}", "\0", "\u{7F}", "{}", "[]", "&a", "*a", "!t", "|", ">", "%", "@", "`", "?", "? a", ":",
            "<<", "=", "#", ",", ".", "-", "\u{FFFE}", "\u{10FFFF}", "\u{A0}x\u{A0}", "é", "a:", "key: 'v'", "\u{200B}",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,60}",
    ]
}

fn some_nasty_text() -> impl Strategy<Value = String> {
    nasty_text().prop_filter("not empty", |text| !text.is_empty())
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::Int),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Value::Float),
        nasty_text().prop_map(Value::Text),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::List), map(inner).prop_map(Value::Map)]
    })
}

/// Named values with distinct names that are not fields of a record.
fn map(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map> {
    vec((nasty_text(), inner), 0..4).prop_map(|mut map| {
        let mut seen = std::collections::BTreeSet::new();
        map.retain(|(name, _)| seen.insert(name.clone()));
        map
    })
}

fn image() -> impl Strategy<Value = Image> {
    (
        nasty_text(),
        any::<Option<u32>>(),
        any::<Option<u32>>(),
        any::<Option<bool>>(),
        option::of(nasty_text()),
    )
        .prop_map(|(url, width, height, is_cached, title)| Image {
            url,
            width,
            height,
            is_cached,
            attribution: title.clone(),
            title,
        })
}

fn time() -> impl Strategy<Value = Timestamp> {
    (-60_000_000_000_i64..250_000_000_000, prop_oneof![4 => Just(0), 1 => 0..1_000_000_000_i32])
        .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap())
}

fn provider() -> impl Strategy<Value = Provider> {
    (nasty_text(), nasty_text(), vec(image(), 0..3)).prop_map(|(name, domain, images)| Provider {
        name,
        domain,
        images,
    })
}

prop_compose! {
    fn related()(
        texts in vec(nasty_text(), 4),
        provider in option::of(provider()),
        time in option::of(time()),
        quality in any::<Option<i64>>(),
        images in vec(image(), 0..2),
        extra in map(value()),
    ) -> Related {
        Related {
            title: texts[0].clone(),
            excerpt: Some(texts[1].clone()),
            web_url: Some(texts[2].clone()),
            amp_web_url: Some(texts[3].clone()),
            published_date_time: time,
            kind: quality.map(|_| texts[1].clone()),
            cdn_amp_web_url: None,
            provider,
            quality,
            images,
            extra,
        }
    }
}

prop_compose! {
    fn record()(
        texts in vec(nasty_text(), 8),
        lists in vec(vec(some_nasty_text(), 0..4), 3),
        times in vec(option::of(time()), 2),
        numbers in vec(any::<Option<i64>>(), 2),
        published in any::<Option<bool>>(),
        provider in option::of(provider()),
        images in vec(image(), 0..3),
        related in vec(related(), 0..3),
        extra in map(value()),
        body in prop_oneof![Just(String::new()), nasty_text(), "[\r\n]{0,4}", "---\n.{0,9}\n---\n"],
    ) -> Record {
        Record {
            category: texts[0].clone(),
            title: texts[1].clone(),
            excerpt: Some(texts[2].clone()),
            published_date_time: times[0],
            updated_date_time: times[1],
            original_url: numbers[0].map(|_| texts[3].clone()),
            web_url: numbers[1].map(|_| texts[4].clone()),
            amp_web_url: published.map(|_| texts[5].clone()),
            cdn_amp_web_url: None,
            kind: Some(texts[6].clone()),
            quality: numbers[0],
            heat: numbers[1],
            published,
            featured_content: Some(texts[7].clone()),
            provider,
            topics: lists[0].clone(),
            tags: lists[1].clone(),
            authors: lists[2].clone(),
            language: Some(texts[3].clone()),
            locale: None,
            images,
            related,
            secured: Some(texts[4].clone()),
            extra,
            body,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn reading_what_was_written_gives_the_record(record in record()) {
        let written = write(&record);
        let again = read(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
        prop_assert_eq!(&again, &record, "{}", written);
        prop_assert_eq!(write(&again), written);
        prop_assert_eq!(&from_json(&to_json(&record)).unwrap(), &record);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(---\n)?[-a-z:\\[\\]{}&*!|>'\"%@#,? \n\t\r0-9]{0,80}(\n---\n)?.{0,10}") {
        if let Ok(record) = read(&text) {
            prop_assert_eq!(read(&write(&record)).unwrap(), record);
        }
    }
}
