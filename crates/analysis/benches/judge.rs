//! Articles judged and URLs cleaned per second, on one core.

use std::fmt::Write as _;

use courant_analysis::{
    identity::{Claims, UrlRules, canonical_key, identify},
    judge::{Judge, JudgeInput, Profile, Taxonomy},
};
use courant_model::{ArticleKind, Image, Topic};
use divan::{Bencher, counter::ItemsCount};
use url::Url;

fn main() {
    divan::main();
}

/// Words typical of news, a few of them keywords.
const VOCABULARY: &str = "the minister said on monday that new rules for robot makers would come into force next year \
    because people had asked for them and companies feared long delays while researchers in several cities showed how \
    neural networks read old letters and maps of rivers without help from any expert in the field which surprised many";

/// A text of `count` words, different for each `seed`.
fn text(seed: usize, count: usize) -> String {
    let words: Vec<&str> = VOCABULARY.split_whitespace().collect();
    let mut text = String::new();
    let mut state = seed as u64 + 1;
    for at in 0..count {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(words[(state >> 33) as usize % words.len()]);
        text.push_str(if at % 60 == 59 { ".\n\n" } else { " " });
    }
    text
}

/// Keywords in the texts.
const PRESENT: [&str; 3] = ["robot", "neural network", "old letters"];

/// A taxonomy with this many keywords in twenty topics. One in three is a phrase that begins with a
/// word of the texts, so that no word can be skipped.
fn taxonomy(keywords: usize) -> Taxonomy {
    const SYLLABLES: [&str; 16] =
        ["ro", "ne", "ma", "li", "ter", "sa", "co", "de", "in", "vo", "ka", "pri", "tu", "gen", "mo", "la"];
    let word = |number: usize| {
        let mut word = String::new();
        let mut rest = number * 7_919 + 17;
        for _ in 0..3 {
            word.push_str(SYLLABLES[rest % 16]);
            rest /= 16;
        }
        let _ = write!(word, "{}", ["n", "t", "r", ""][number % 4]);
        word
    };
    let plain: Vec<&str> = VOCABULARY.split_whitespace().collect();
    let topics = (0..20).map(|place| Topic {
        id: format!("topic-{place}"),
        name: format!("Topic {place}"),
        parent: (place > 0).then(|| "Topic 0".to_owned()),
        keywords: (place..keywords.saturating_sub(PRESENT.len()))
            .step_by(20)
            .map(|number| match number % 3 {
                0 => format!("{} {}", plain[number % plain.len()], word(number + 1)),
                _ => word(number),
            })
            .chain(PRESENT.get(place).map(|keyword| (*keyword).to_owned()))
            .collect(),
        ..Topic::default()
    });
    Taxonomy::new(topics.collect()).expect("the topics have distinct names and one root")
}

/// Articles of 500 words with all inputs set.
#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn judge_articles(bencher: Bencher<'_, '_>, keywords: usize) {
    let judge = Judge::new(taxonomy(keywords), Vec::new(), Profile::default());
    let url = Url::parse("https://news.example/2024/05/a-story").expect("a constant URL");
    let texts: Vec<(String, String)> = (0..64).map(|seed| (text(seed, 500), text(seed + 99, 35))).collect();
    let images = [Image { width: Some(1_200), ..Image::at("https://news.example/a.jpg") }];
    let authors = ["Ann Writer".to_owned()];
    bencher.counter(ItemsCount::new(texts.len())).bench(|| {
        texts
            .iter()
            .map(|(text, excerpt)| {
                judge.judge(&JudgeInput {
                    title: "Robots read old letters in the city archive",
                    excerpt,
                    text,
                    url: &url,
                    provider_domain: "news.example",
                    language: Some("en"),
                    images: &images,
                    has_amp: false,
                    has_featured_content: false,
                    kind: ArticleKind::Article,
                    authors: &authors,
                    paywalled: false,
                    is_copy: false,
                    unread: false,
                    published: None,
                    first_seen: None,
                    topics: None,
                })
            })
            .map(|judgement| judgement.quality.points())
            .sum::<i32>()
    });
}

const URLS: [&str; 8] = [
    "https://www.news.example/2024/05/a-fine-long-story?utm_source=rss&utm_medium=feed&id=7",
    "https://www.news.example/2024/05/a-fine-long-story",
    "https://www.google.com/url?rct=j&sa=t&url=https%3A%2F%2Fnews.example%2Fa%3Fgclid%3D1&ct=ga",
    "https://amp.news.example/story/12345?usqp=mq331AQCCAE&amp_js_v=0.1",
    "https://blog.site.example/p/slug?ref=chapter&page=2#section",
    "https://www.bbc.com/news/articles/abc?at_medium=RSS&at_campaign=KARANGA",
    "https://www.nytimes.com/2024/05/01/technology/story.html?smid=tw-share&partner=rss",
    "https://www.youtube.com/watch?v=abc&feature=youtu.be&t=10",
];

/// The public rule files if they are found, else none: then only the built-in list is measured.
fn rules(with_files: bool) -> UrlRules {
    let mut rules = UrlRules::builtin();
    let file = |path: &str| courant_testkit::shared(path).and_then(|path| std::fs::read_to_string(path).ok());
    if with_files {
        let read = [
            file("urls/clearurls/data.min.json").map(|json| rules.add_clearurls(&json)),
            file("urls/brave/query-filter.json").map(|json| rules.add_brave_params(&json)),
            file("urls/brave/debounce.json").map(|json| rules.add_brave_debounce(&json)),
        ];
        assert!(read.into_iter().flatten().all(|read| read.is_ok()), "the rule files are sound");
    }
    rules
}

#[divan::bench(args = [false, true])]
fn clean_urls(bencher: Bencher<'_, '_>, with_files: bool) {
    let rules = rules(with_files);
    let urls: Vec<Url> = URLS.iter().map(|text| Url::parse(text).expect("a constant URL")).collect();
    bencher
        .counter(ItemsCount::new(urls.len()))
        .bench(|| urls.iter().map(|url| rules.clean(url).removed.len()).sum::<usize>());
}

#[divan::bench]
fn identify_pages(bencher: Bencher<'_, '_>) {
    let rules = rules(true);
    let urls: Vec<Url> = URLS.iter().map(|text| Url::parse(text).expect("a constant URL")).collect();
    bencher.counter(ItemsCount::new(urls.len())).bench(|| {
        urls.iter()
            .map(|url| {
                let claims = Claims {
                    requested: url,
                    final_url: url,
                    canonical: Some(url),
                    og_url: Some(url),
                    json_ld_url: None,
                    amp_url: None,
                };
                identify(&claims, &rules).steps.len()
            })
            .sum::<usize>()
    });
}

#[divan::bench]
fn keys(bencher: Bencher<'_, '_>) {
    let urls: Vec<Url> = URLS.iter().map(|text| Url::parse(text).expect("a constant URL")).collect();
    bencher
        .counter(ItemsCount::new(urls.len()))
        .bench(|| urls.iter().map(|url| canonical_key(url).len()).sum::<usize>());
}
