use courant_model::{Image, Judgement, KnownProvider, Provider, Quality, Topic};
use proptest::prelude::*;
use url::Url;

use super::*;
use crate::judge::{ClassicProfile, Judge, Profile, Taxonomy};

/// A good article of a provider that the site trusts.
struct Piece {
    title: String,
    text: String,
    url: Url,
    images: Vec<Image>,
    authors: Vec<String>,
}

/// Paragraphs of 52 words that do not repeat themselves.
fn varied(paragraphs: usize) -> String {
    const WORDS: &str = "the robots moved through hall without a sound and nobody watched them while cranes above \
        turned slowly in cold light of early morning ships waited at quay for hours captains drank tea played cards \
        carved names in benches complained about weather price fuel or dull food one clerk counted boxes with chalk on \
        wet stone floor her dog slept under desk because rain had come back from sea again as every autumn";
    let words: Vec<&str> = WORDS.split_whitespace().collect();
    let mut state = 7_u64;
    let mut paragraph = || {
        let sentences: Vec<String> = (0..4)
            .map(|_| {
                let sentence: Vec<&str> = (0..13)
                    .map(|_| {
                        state = state
                            .wrapping_mul(6_364_136_223_846_793_005)
                            .wrapping_add(1_442_695_040_888_963_407);
                        words[(state >> 33) as usize % words.len()]
                    })
                    .collect();
                format!("{}.", sentence.join(" "))
            })
            .collect();
        sentences.join(" ")
    };
    (0..paragraphs).map(|_| paragraph()).collect::<Vec<_>>().join("\n\n")
}

impl Piece {
    fn good() -> Self {
        Self {
            title: "Robots take over the night shift at the harbour".to_owned(),
            text: varied(16),
            url: Url::parse("https://news.example/robots").unwrap(),
            images: vec![Image {
                width: Some(1_600),
                height: Some(900),
                ..Image::at("https://news.example/a.jpg")
            }],
            authors: vec!["Ann Writer".to_owned()],
        }
    }

    fn input(&self) -> JudgeInput<'_> {
        JudgeInput {
            title: &self.title,
            excerpt: "At the harbour, robots now load the ships.",
            text: &self.text,
            url: &self.url,
            provider_domain: "news.example",
            language: Some("en"),
            images: &self.images,
            has_amp: false,
            has_featured_content: false,
            kind: ArticleKind::Article,
            authors: &self.authors,
            paywalled: false,
            is_copy: false,
            unread: false,
            published: "2024-05-01T00:00:00Z".parse().ok(),
            first_seen: None,
            topics: None,
        }
    }
}

fn judge(profile: Profile) -> Judge {
    let topic = Topic {
        id: "robots".to_owned(),
        name: "Robots".to_owned(),
        keywords: vec!["robot".to_owned()],
        ..Topic::default()
    };
    let known = |domain: &str, trust| KnownProvider {
        provider: Provider { name: domain.to_owned(), domain: domain.to_owned(), images: Vec::new() },
        trust,
        ..KnownProvider::default()
    };
    let providers = vec![known("trusted.example", 100), known("doubtful.example", 10)];
    Judge::new(Taxonomy::new(vec![topic]).unwrap(), providers, profile)
}

fn quality(input: &JudgeInput<'_>) -> i32 {
    judge(Profile::default()).judge(input).quality.points()
}

#[test]
fn a_breakdown_is_readable() {
    let piece = Piece::good();
    let judgement = judge(Profile::default()).judge(&piece.input());
    let lines: Vec<String> = judgement
        .signals
        .iter()
        .map(|signal| format!("{:>4} {:<14} {}", signal.points, signal.kind, signal.because))
        .collect();
    insta::assert_snapshot!(format!("{}\n{:>4}", lines.join("\n"), judgement.quality.points()));
}

#[test]
fn each_signal_moves_the_quality_its_way() {
    let piece = Piece::good();
    let good = piece.input();
    let base = quality(&good);
    let release = format!("BERLIN /PRNewswire/ -- {}", piece.text);
    let stuffed = "Robots are robots for all who want robots of any kind. ".repeat(60);
    let endless = piece.text.replace('.', "");
    let sourced = format!("“It is quiet,” said Ann. According to the port nobody minds.\n\n{}", piece.text);
    let small = [Image { width: Some(200), ..Image::at("a") }];
    for (what, change, sign) in [
        ("trusted", JudgeInput { provider_domain: "www.trusted.example", ..good }, 1),
        ("doubtful", JudgeInput { provider_domain: "doubtful.example", ..good }, -1),
        ("no excerpt", JudgeInput { excerpt: "", ..good }, -1),
        ("no time", JudgeInput { published: None, ..good }, -1),
        ("no image", JudgeInput { images: &[], ..good }, -1),
        ("small image", JudgeInput { images: &small, ..good }, -1),
        ("no author", JudgeInput { authors: &[], ..good }, -1),
        ("copy", JudgeInput { is_copy: true, ..good }, -1),
        ("release", JudgeInput { text: &release, ..good }, -1),
        ("thin", JudgeInput { text: "Robots work.", ..good }, -1),
        ("paywall stub", JudgeInput { text: "Robots work.", paywalled: true, ..good }, -1),
        ("bait", JudgeInput { title: "You won't believe what this robot did next", ..good }, -1),
        ("list", JudgeInput { title: "10 best robot tools for the home", ..good }, -1),
        ("loud", JudgeInput { title: "Robots take over the night shift!!", ..good }, -1),
        ("market", JudgeInput { title: "Global Robot Market Size to Reach $9 Billion by 2031", ..good }, -1),
        ("sale", JudgeInput { title: "Save 40% off this home robot today", ..good }, -1),
        ("spun", JudgeInput { text: &stuffed, ..good }, -1),
        ("endless sentence", JudgeInput { text: &endless, ..good }, -1),
        ("sources", JudgeInput { text: &sourced, ..good }, 1),
        ("old", JudgeInput { first_seen: "2024-08-01T00:00:00Z".parse().ok(), ..good }, -1),
        ("fresh", JudgeInput { first_seen: "2024-05-03T00:00:00Z".parse().ok(), ..good }, 0),
        ("unread", JudgeInput { unread: true, ..good }, -1),
        ("short title", JudgeInput { title: "Robots", ..good }, -1),
        (
            "off topic",
            JudgeInput { title: "The night shift at the harbour", excerpt: "Ships.", text: "", ..good },
            -1,
        ),
        ("amp", JudgeInput { has_amp: true, ..good }, 1),
    ] {
        assert_eq!((quality(&change) - base).signum(), sign, "{what}");
    }
}

#[test]
fn spam_is_never_published_and_the_best_quality_is_bounded() {
    let piece = Piece::good();
    let market = "Global Robot Market Size to Reach $9 Billion by 2031";
    assert!(quality(&JudgeInput { title: market, provider_domain: "trusted.example", ..piece.input() }) < 70);
    assert!(
        quality(&JudgeInput { provider_domain: "trusted.example", has_amp: true, ..piece.input() }) <= 110
    );
    assert!(quality(&piece.input()) >= 70);
}

#[test]
fn other_languages_lose_points() {
    let piece = Piece::good();
    let with = |languages: &[&str]| {
        let languages = languages.iter().map(|code| (*code).to_owned()).collect();
        judge(Profile::default()).for_languages(languages).judge(&piece.input()).quality.points()
    };
    assert_eq!(with(&[]), with(&["de", "en-GB"]));
    assert!(with(&["de"]) < with(&["en"]));
}

fn adds_up(judgement: &Judgement) -> bool {
    let sum: i32 = judgement.signals.iter().map(|signal| signal.points).sum();
    Quality::from_points(sum) == judgement.quality && sum >= 0
}

proptest! {
    #[test]
    fn the_breakdown_adds_up(
        title in "(Global |ROBOT |7 ways )?[a-z ]{0,40}(market size CAGR by 2030|!!|you won't believe)?",
        text in "(\\(BUSINESS WIRE\\)|Acme today announced )?([a-z ]{0,80}(buy now|in conclusion|said|share if)\n\n){0,6}",
        flags in prop::array::uniform4(any::<bool>()), width in prop::option::of(0_u32..3_000), trust in -200_i32..200,
    ) {
        let piece = Piece { title, text, images: vec![Image { width, ..Image::at("a") }], ..Piece::good() };
        let [amp, paywalled, is_copy, embed] = flags;
        let input = JudgeInput { has_amp: amp, paywalled, is_copy, has_featured_content: embed, ..piece.input() };
        let weights = Weights { trust, ..Weights::default() };
        prop_assert!(adds_up(&judge(Profile::Default(weights)).judge(&input)));
        prop_assert!(adds_up(&judge(Profile::Classic(ClassicProfile::default())).judge(&input)));
    }
}
