use std::collections::BTreeSet;

use url::Url;

use super::*;
use crate::judge::JudgeInput;

/// Articles of which every fourth is about ferries; the rules know half of their words and fall for a name.
fn with_examples<T>(count: usize, then: impl FnOnce(&[Example<'_>]) -> T) -> T {
    const PORTS: [&str; 5] = ["Larkfield", "Halden", "Tarrow", "Ottery", "Norvik"];
    let url = Url::parse("https://news.example/a").unwrap();
    let titles: Vec<String> = (0..count)
        .map(|number| {
            let port = PORTS[number % 5];
            match number % 8 {
                0 => format!("The ferry to {port} sails again after storm number {number}"),
                4 => format!("Catamaran crossings to {port} resume, captains of line {number} say"),
                2 => format!("Singer Bryan Ferry plays {port} concert hall on tour {number}"),
                other => format!("Council of {port} votes on budget {number} and school {other}"),
            }
        })
        .collect();
    let examples: Vec<Example<'_>> = titles
        .iter()
        .enumerate()
        .map(|(number, title)| Example {
            input: JudgeInput::of_words(title, "", "", &url, "news.example"),
            topics: if number % 4 == 0 { BTreeSet::from(["ferries"]) } else { BTreeSet::new() },
            rules: if number % 8 == 0 || number % 8 == 2 {
                BTreeSet::from(["ferries"])
            } else {
                BTreeSet::new()
            },
        })
        .collect();
    then(&examples)
}

#[test]
fn what_the_rules_miss_is_rescued_and_what_they_catch_wrongly_is_refused() {
    let trained = with_examples(320, |examples| train(["ferries"], examples, 7));
    let trial = trained.trials["ferries"].as_ref().unwrap();
    assert_eq!((trial.rules.right, trial.rules.wrong, trial.rules.missed), (40, 40, 40));
    assert!(trial.learned.precision().unwrap() > 0.97 && trial.learned.recall().unwrap() > 0.97, "{trial:?}");
    let url = Url::parse("https://news.example/a").unwrap();
    let say = |title: &str, rules: bool| {
        let input = JudgeInput::of_words(title, "", "", &url, "news.example");
        trained.learned.say("ferries", rules, &features(&input))
    };
    assert!(
        matches!(say("Catamaran crossings to Halden resume, captains of line 9 say", false), Some(Say::Rescue(sure)) if sure > 0.5)
    );
    assert!(
        matches!(say("Singer Bryan Ferry plays Halden concert hall on tour 9", true), Some(Say::Veto(sure)) if sure < 0.5)
    );
    assert_eq!(say("Something else altogether", false), None);
    assert_eq!(trained.learned.say("harbours", false, &[1]), None);
}

#[test]
fn little_teaches_nothing() {
    let trained = with_examples(60, |examples| train(["ferries", "harbours"], examples, 7));
    assert_eq!(trained.trials["ferries"], Err(TooFew { about: 15, other: 45 }));
    assert_eq!(trained.trials["harbours"], Err(TooFew { about: 0, other: 60 }));
    assert!(trained.learned.is_empty());
}

#[test]
fn labels_without_sense_teach_nothing_that_is_heard() {
    let url = Url::parse("https://news.example/a").unwrap();
    let titles: Vec<String> = (0..200).map(|number| format!("word{number} stands alone")).collect();
    let examples: Vec<Example<'_>> = titles
        .iter()
        .enumerate()
        .map(|(number, title)| Example {
            input: JudgeInput::of_words(title, "", "", &url, "news.example"),
            topics: if number % 3 == 0 { BTreeSet::from(["a"]) } else { BTreeSet::new() },
            rules: BTreeSet::new(),
        })
        .collect();
    let trial = train(["a"], &examples, 1).trials["a"].unwrap();
    assert_eq!(trial.learned.right, 0, "{trial:?}");
}

#[test]
fn the_file_is_the_same_for_the_same_and_faults_are_named() {
    let json = |seed| with_examples(320, |examples| train(["ferries"], examples, seed).learned.to_json());
    let first = json(7);
    assert_eq!(first, json(7));
    let read = LearnedTopics::from_json(&first).unwrap();
    assert_eq!((read.len(), read.to_json()), (1, first));
    for (bad, said) in [
        ("{}", "no learned topics"),
        (r#"{"version": 9, "shape": 1}"#, "version 9"),
        (r#"{"version": 1, "topics": {"a": {"bias": 1e39, "weights": []}}}"#, ""),
        (r#"{"version": 1, "topics": {}, "more": 1}"#, "unknown field"),
    ] {
        assert!(LearnedTopics::from_json(bad).unwrap_err().to_string().contains(said), "{bad}");
    }
}
