use courant_model::{Image, Provider, SignalKind};

use super::*;
use crate::gate::GateError;

fn record() -> Record {
    Record {
        title: "Robots learn to fold laundry".to_owned(),
        excerpt: Some("A press release says so.".to_owned()),
        web_url: Some("https://www.news.example/tech/robots".to_owned()),
        kind: Some("article".to_owned()),
        provider: Some(Provider { domain: "tech.news.example".to_owned(), ..Provider::default() }),
        topics: vec!["Robotics".to_owned()],
        language: Some("en".to_owned()),
        images: vec![Image::at("https://news.example/a.jpg")],
        ..Record::default()
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn input(record: &Record) -> GateInput<'_> {
    GateInput {
        record,
        signals: &[],
        is_copy: false,
        quality: Quality::from_points(60),
        heat: Some(Heat::from_degrees(80)),
        has_topic: true,
        story_size: 3,
        published: at("2024-05-01T00:00:00Z"),
        first_seen: at("2024-05-01T06:00:00Z"),
        editor: None,
    }
}

fn gate(toml: &str) -> Gate {
    serde_json::from_str(toml).unwrap()
}

#[test]
fn the_built_in_rules_are_named() {
    let record = record();
    let good = input(&record);
    let late = at("2024-05-16T00:00:00Z");
    for (input, published, rule, because) in [
        (good, true, "threshold", "heat 80 reaches the threshold of 70"),
        (
            GateInput { heat: Some(Heat::from_degrees(69)), ..good },
            false,
            "threshold",
            "heat 69 is below the threshold of 70",
        ),
        (GateInput { has_topic: false, ..good }, false, "off_topic", "it has no topic of this site"),
        (GateInput { heat: None, ..good }, false, "not_lead", "another article leads its story"),
        (
            GateInput { first_seen: late, ..good },
            false,
            "too_old",
            "published 15 days before it was first seen; the maximum is 14",
        ),
        (
            GateInput { first_seen: late, editor: Some(true), ..good },
            true,
            "editor",
            "the editor published it",
        ),
        (GateInput { editor: Some(false), ..good }, false, "editor", "the editor held it"),
    ] {
        let verdict = Gate::default().decide(&input);
        assert_eq!(
            (verdict.published, verdict.rule.as_str(), verdict.because.as_str()),
            (published, rule, because)
        );
    }
}

#[test]
fn the_classic_profile_uses_only_lead_and_quality() {
    let record = record();
    let classic = Gate { profile: GateProfile::Classic, ..Gate::default() };
    let old = GateInput { has_topic: false, first_seen: at("2030-01-01T00:00:00Z"), ..input(&record) };
    for (quality, is_lead, published) in [(70, true, true), (69, true, false), (189, false, false)] {
        let input =
            GateInput { quality: Quality::from_points(quality), heat: old.heat.filter(|_| is_lead), ..old };
        assert_eq!(classic.decide(&input).published, published, "{quality} {is_lead}");
    }
}

#[test]
fn the_first_rule_that_holds_decides() {
    let record = record();
    let gate = gate(
        r#"{"rules": [
            {"name": "other_language", "when": {"language": ["de"]}, "then": "hold"},
            {"name": "releases", "when": {"text": ["press release"]}, "unless": {"min_quality": 60}, "then": "hold"},
            {"name": "robots", "when": {"topic": ["robotics"], "provider": ["news.example"], "title": ["Fold Laundry"],
                "url": ["news.example/tech/*"], "kind": ["video", "article"], "image": true, "max_age_h": 6,
                "min_story": 3}, "then": "hold"},
            {"name": "all", "then": "publish"}
        ]}"#,
    );
    let matched = gate.decide(&input(&record));
    assert_eq!((matched.published, matched.rule.as_str()), (false, "robots"));
    insta::assert_snapshot!(matched.because, @"title has “Fold Laundry”; topic “robotics”; provider “news.example”; kind “article”; URL like “news.example/tech/*”; has an image; articles in the story: 3; age in hours: 6");
    let poor = GateInput { quality: Quality::from_points(59), ..input(&record) };
    assert_eq!(gate.decide(&poor).rule.as_str(), "releases");
    let alone = GateInput { story_size: 1, heat: None, ..input(&record) };
    let verdict = gate.decide(&alone);
    assert_eq!((verdict.published, verdict.rule.as_str()), (true, "all"));
    assert_eq!(verdict.because, "the rule holds for every article");
}

#[test]
fn only_whole_words_match() {
    let record = Record { title: "Training in Spain".to_owned(), ..Record::default() };
    let hold = gate(r#"{"rules": [{"name": "ai", "when": {"title": ["ai", "", "rain"]}, "then": "hold"}]}"#);
    assert_eq!(hold.decide(&input(&record)).rule.as_str(), "threshold");
}

#[test]
fn unknown_fields_and_invalid_rules_are_errors() {
    for bad in [
        r#"{"treshold": 70}"#,
        r#"{"rules": [{"name": "a", "when": {"subject": ["x"]}, "then": "hold"}]}"#,
        r#"{"rules": [{"name": "a", "then": "burn"}]}"#,
    ] {
        assert!(serde_json::from_str::<Gate>(bad).is_err(), "{bad}");
    }
    for (rules, expected) in [
        (r#"{"name": " ", "then": "hold"}"#, GateError::MissingName(1)),
        (r#"{"name": "editor", "then": "hold"}"#, GateError::ReservedName("editor".to_owned())),
        (r#"{"name": "a", "then": {"boost": 0}}"#, GateError::NoEffect("a".to_owned())),
        (r#"{"name": "a", "then": {"tag": " "}}"#, GateError::NoEffect("a".to_owned())),
        (
            r#"{"name": "a", "then": "hold"}, {"name": "a", "then": "hold"}"#,
            GateError::DuplicateName("a".to_owned()),
        ),
        (
            r#"{"name": "a", "when": {"min_heat": 9, "max_heat": 8}, "then": "hold"}"#,
            GateError::EmptyRange { rule: "a".to_owned(), bound: "heat", min: 9, max: 8 },
        ),
    ] {
        assert_eq!(gate(&format!(r#"{{"rules": [{rules}]}}"#)).check(), Err(expected));
    }
}

#[test]
fn later_rules_see_points_and_tags_of_earlier_ones() {
    let record = record();
    let gate = gate(
        r#"{"threshold": 90, "rules": [
            {"name": "robots", "when": {"topic": ["robotics"]}, "then": {"boost": 15}},
            {"name": "laundry", "when": {"title": ["laundry"]}, "then": {"tag": " household "}},
            {"name": "dull", "when": {"max_heat": 94}, "then": {"boost": -50}},
            {"name": "hot", "when": {"tag": ["household"], "min_heat": 95, "min_quality": 75}, "then": {"boost": 1}},
            {"name": "german", "when": {"language": ["de"]}, "then": {"tag": "german"}}
        ]}"#,
    );
    let verdict = gate.decide(&input(&record));
    assert_eq!((verdict.published, verdict.rule.as_str()), (true, "threshold"));
    assert_eq!(verdict.because, "heat 96 reaches the threshold of 90");
    assert_eq!((verdict.boost(), verdict.tags().collect::<Vec<_>>()), (16, vec!["household"]));
    let told: Vec<_> =
        verdict.effects.iter().map(|effect| (effect.rule.as_str(), effect.because.as_str())).collect();
    assert_eq!(
        told[1..],
        [("laundry", "title has “laundry”"), ("hot", "tag “household”; quality 75; heat 95")]
    );
    let editor = gate.decide(&GateInput { editor: Some(false), ..input(&record) });
    assert_eq!((editor.rule.as_str(), &editor.effects), ("editor", &verdict.effects));
    let member = gate.decide(&GateInput { heat: None, ..input(&record) });
    assert_eq!((member.rule.as_str(), member.published), ("not_lead", false));
}

#[test]
fn a_drop_holds_the_article_and_ends_the_rules() {
    let record = Record { locale: Some("en-GB".to_owned()), ..record() };
    let signals = [
        Signal { kind: SignalKind::PressRelease, points: -30, because: String::new() },
        Signal { kind: SignalKind::Thin, points: 0, because: String::new() },
    ];
    let input = GateInput { signals: &signals, is_copy: true, ..input(&record) };
    let drop = |when: &str| {
        let verdict = gate(&format!(
            r#"{{"rules": [{{"name": "drop", "when": {when}, "then": "drop"}}, {{"name": "tag", "then": {{"tag": "x"}}}}]}}"#
        ))
        .decide(&input);
        assert_eq!(verdict.dropped, verdict.effects.is_empty() && !verdict.published, "{when}");
        verdict.dropped
    };
    for when in [
        r#"{"signal": ["Press_Release"]}"#,
        r#"{"copy": true, "amp": false, "featured": false, "locale": ["en-gb"]}"#,
    ] {
        assert!(drop(when), "{when}");
    }
    for when in [
        r#"{"signal": ["thin"]}"#,
        r#"{"copy": false}"#,
        r#"{"amp": true}"#,
        r#"{"locale": ["en"]}"#,
        r#"{"featured": true}"#,
    ] {
        assert!(!drop(when), "{when}");
    }
    let editor = gate(r#"{"rules": [{"name": "drop", "then": "drop"}]}"#)
        .decide(&GateInput { editor: Some(true), ..input });
    assert!(editor.published && !editor.dropped, "the editor's word beats a rule");
}
