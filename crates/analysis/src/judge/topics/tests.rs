use courant_model::Topic;
use url::Url;

use super::*;
use crate::judge::{Judge, Profile};

fn topic(id: &str, parent: Option<&str>, keywords: &[&str], exclude: &[&str]) -> Topic {
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Topic {
        id: id.to_owned(),
        name: id.to_owned(),
        parent: parent.map(str::to_owned),
        keywords: all(keywords),
        exclude: all(exclude),
        hashtags: vec![format!("#{id}Tag")],
        ..Topic::default()
    }
}

fn judge() -> Judge {
    let topics = vec![
        topic("ai", None, &["artificial intelligence", "AI", "chatbot"], &[]),
        topic("vision", Some("ai"), &["computer vision"], &["computer vision syndrome"]),
        topic("faces", Some("vision"), &["facial recognition"], &[]),
        topic("medicine", Some("ai"), &["+hospital", "+patients", "++tumour", "Watson"], &["Emma Watson"]),
    ];
    Judge::new(Taxonomy::new(topics).unwrap(), Vec::new(), Profile::default())
}

fn found(title: &str, excerpt: &str, text: &str) -> Vec<TopicMatch> {
    let url = Url::parse("https://a.example/x").unwrap();
    judge().judge(&input(&url, title, excerpt, text)).topics
}

fn input<'a>(url: &'a Url, title: &'a str, excerpt: &'a str, text: &'a str) -> JudgeInput<'a> {
    JudgeInput { language: Some("en"), ..JudgeInput::of_words(title, excerpt, text, url, "a.example") }
}

fn names(title: &str, excerpt: &str, text: &str) -> String {
    let mut names: Vec<String> = found(title, excerpt, text).into_iter().map(|topic| topic.name).collect();
    names.sort_unstable();
    names.join(" ")
}

#[test]
fn subjects_are_distinguished_from_mentions() {
    let long = "word ".repeat(300);
    let once = format!("{long} a chatbot {long}");
    let often = format!("{} {long}", "The chatbot answers. ".repeat(6));
    for (title, excerpt, text, expected) in [
        ("Chatbots in schools", "", "", "ai"),
        ("CHATBOTS MEET AI RULES", "", "", "ai"),
        ("Schools change", "A chatbot helps teachers.", "", "ai"),
        ("Schools change", "", once.as_str(), ""),
        ("Schools change", "", often.as_str(), "ai"),
        ("Schools change", "He once sold a chatbot.", long.as_str(), ""),
        ("Training in Spain remains plain", "Said the maid of Ai Weiwei", "", ""),
        ("Post #AITAG news", "", "", "ai"),
    ] {
        assert_eq!(names(title, excerpt, text), expected, "{title} / {excerpt}");
    }
}

#[test]
fn parents_are_implied_and_conditions_respected() {
    assert_eq!(names("Facial recognition at the gates", "", ""), "ai faces vision");
    assert_eq!(names("Computer vision syndrome hurts office workers", "", ""), "");
    assert_eq!(names("Hospital opens new wing for patients", "", ""), "");
    assert_eq!(names("Hospital tries A.I. on patients", "", ""), "ai medicine");
    assert_eq!(names("Watson reads scans", "", ""), "ai medicine");
    assert_eq!(names("Emma Watson reads poems", "", ""), "");
    assert_eq!(names("watson reads scans", "", ""), "");
}

#[test]
fn hostile_texts_terminate() {
    let repeated = "computer vision syndrome Emma Watson hospital AI ".repeat(20_000);
    assert!(!names(&repeated, &repeated, &repeated).is_empty());
    assert_eq!(names(&"x".repeat(1 << 20), "", &"\u{301}".repeat(1 << 18)), "");
}

#[test]
fn a_site_without_taxonomy_accepts_everything() {
    let finder = TopicFinder::new(Taxonomy::default());
    let url = Url::parse("https://a.example/x").unwrap();
    let found = finder.find(&input(&url, "Anything", "", ""), &Layout::of(""));
    assert_eq!((found.topics.len(), found.focus), (0, Focus::Everything));
}

#[test]
fn reasons_list_terms_and_positions() {
    let topics = found("Facial recognition in hospitals", "The AI looks at patients; the AI errs.", "");
    let lines: Vec<String> = topics
        .iter()
        .map(|topic| format!("{} {}: {}", topic.name, topic.score, topic.because.join("; ")))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn strong_conditional_words_count_in_the_excerpt_too() {
    assert_eq!(names("AI reads scans", "It finds each tumour.", ""), "ai medicine");
    assert_eq!(names("AI with computer vision reads scans", "A hospital pays for it.", ""), "ai vision");
    assert_eq!(names("A camera reads scans", "It finds each tumour.", ""), "");
}

#[test]
fn the_excerpt_decides_the_subtopic_if_nothing_else_does() {
    assert_eq!(names("AI reads scans", "A hospital pays for it.", ""), "ai medicine");
    assert_eq!(names("A camera reads scans", "A hospital pays for it.", ""), "");
}

#[test]
fn an_obituary_mentions_many_subjects() {
    assert_eq!(names("Obituary: the baker of Lund", "He once sold a chatbot.", ""), "");
    assert_eq!(names("Obituary: the father of artificial intelligence", "He wrote a chatbot.", ""), "ai");
}

#[test]
fn capitals_mean_little_where_ai_is_a_word() {
    let url = Url::parse("https://a.example/x").unwrap();
    for (language, count) in [("it", 0), ("en", 1)] {
        let shouted = input(&url, "AI CONFINI DEL MONDO", "", "");
        let topics = judge().judge(&JudgeInput { language: Some(language), ..shouted }).topics;
        assert_eq!(topics.len(), count, "{language}");
    }
}

#[test]
fn given_topics_are_kept() {
    let taxonomy = Taxonomy::new(vec![topic("ai", None, &[], &[])]).unwrap();
    let names = ["Robots & Co".to_owned(), "ai".to_owned()];
    let ids: Vec<String> = given(&taxonomy, &names).into_iter().map(|topic| topic.id).collect();
    assert_eq!(ids, ["robots-co", "ai"]);
}
