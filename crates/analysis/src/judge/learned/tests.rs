use std::collections::BTreeSet;

use url::Url;

use super::*;
use crate::judge::JudgeInput;

/// Articles of which every fourth is about ferries; the rules know half of their words and are
/// misled by a name.
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
fn missed_topics_are_rescued_and_wrong_ones_vetoed() {
    let trained = with_examples(320, |examples| train(["ferries"], examples, 7));
    let trial = trained.trials["ferries"].as_ref().unwrap();
    assert_eq!((trial.rules.right, trial.rules.wrong, trial.rules.missed), (40, 40, 40));
    assert!(trial.learned.precision().unwrap() > 0.97 && trial.learned.recall().unwrap() > 0.97, "{trial:?}");
    let url = Url::parse("https://news.example/a").unwrap();
    let correction = |title: &str, rules: bool| {
        let input = JudgeInput::of_words(title, "", "", &url, "news.example");
        trained.learned.correction("ferries", rules, &features(&input))
    };
    assert!(
        matches!(correction("Catamaran crossings to Halden resume, captains of line 9 say", false), Some(Correction::Rescue(sure)) if sure > 0.5)
    );
    assert!(
        matches!(correction("Singer Bryan Ferry plays Halden concert hall on tour 9", true), Some(Correction::Veto(sure)) if sure < 0.5)
    );
    assert_eq!(correction("Something else altogether", false), None);
    assert_eq!(trained.learned.correction("harbours", false, &[1]), None);
}

#[test]
fn few_examples_teach_nothing() {
    let trained = with_examples(60, |examples| train(["ferries", "harbours"], examples, 7));
    assert_eq!(trained.trials["ferries"], Err(TooFewExamples { about: 15, other: 45 }));
    assert_eq!(trained.trials["harbours"], Err(TooFewExamples { about: 0, other: 60 }));
    assert!(trained.learned.is_empty());
}

#[test]
fn random_labels_teach_nothing() {
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
fn the_file_is_deterministic_and_errors_name_the_cause() {
    let json = |seed| with_examples(320, |examples| train(["ferries"], examples, seed).learned.to_json());
    let first = json(7);
    assert_eq!(first, json(7));
    let read = LearnedTopics::from_json(&first).unwrap();
    assert_eq!((read.len(), read.to_json()), (1, first));
    for (bad, said) in [
        ("{}", "invalid file of learned topics"),
        (r#"{"version": 9, "shape": 1}"#, "version 9"),
        (r#"{"version": 1, "topics": {"a": {"bias": 1e39, "weights": []}}}"#, ""),
        (r#"{"version": 1, "topics": {}, "more": 1}"#, "unknown field"),
    ] {
        assert!(LearnedTopics::from_json(bad).unwrap_err().to_string().contains(said), "{bad}");
    }
}
