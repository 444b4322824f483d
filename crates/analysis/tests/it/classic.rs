//! The classic profile compared with what the predecessor published: any mismatch fails.

use courant_analysis::{
    gate::{Gate, GateInput, GateProfile},
    judge::{ClassicProfile, Judge, JudgeInput, Profile, Taxonomy},
};
use courant_model::{ArticleKind, Heat, Image, KnownProvider, Provider, Quality, Record, Topic};
use courant_testkit::{read, shared};
use url::Url;

use crate::support;

/// A published article of the predecessor, with what its score depends on.
#[derive(Default)]
struct Published {
    title: String,
    url: String,
    provider: String,
    topics: Vec<String>,
    image: bool,
    amp: bool,
    featured: bool,
}

impl Published {
    fn quality(&self, judge: &Judge, topics_given: bool) -> (i32, Vec<String>) {
        let url = Url::parse(&self.url).unwrap();
        let images: &[Image] = if self.image { &[Image::at("https://a.example/a.jpg")] } else { &[] };
        let judgement = judge.judge(&JudgeInput {
            title: &self.title,
            excerpt: "",
            text: "",
            url: &url,
            provider_domain: &self.provider,
            language: None,
            images,
            has_amp: self.amp,
            has_featured_content: self.featured,
            kind: ArticleKind::Article,
            authors: &[],
            paywalled: false,
            unread: false,
            is_copy: false,
            published: None,
            first_seen: None,
            topics: topics_given.then_some(self.topics.as_slice()),
        });
        let sum: i32 = judgement.signals.iter().map(|signal| signal.points).sum();
        assert_eq!(sum, judgement.quality.points(), "the bill adds up");
        let mut names: Vec<String> = judgement.topics.into_iter().map(|topic| topic.name).collect();
        names.sort_unstable();
        (judgement.quality.points(), names)
    }
}

fn known(domain: &str) -> KnownProvider {
    KnownProvider {
        provider: Provider { domain: domain.to_owned(), ..Provider::default() },
        ..KnownProvider::default()
    }
}

/// The judge of the predecessor's site, with the providers that it knew.
fn power_apps() -> Option<Judge> {
    let files = support::untar(&read(&shared("original/powerapps/data.tar.gz")?).unwrap());
    let in_folder = |folder: &'static str| {
        files.iter().filter(move |(path, _)| path.contains(folder)).map(|(_, file)| file)
    };
    let topics: Vec<Topic> = in_folder("topics/").map(|file| support::topic(file)).collect();
    let providers: Vec<KnownProvider> =
        in_folder("organizations/").map(|file| support::provider(file)).collect();
    assert_eq!((topics.len(), providers.len()), (7, 70));
    let profile =
        ClassicProfile { known_points: 40, official: vec!["powerapps.microsoft.com/*/blog/*".to_owned()] };
    Some(Judge::new(Taxonomy::new(topics).unwrap(), providers, Profile::Classic(profile)))
}

#[test]
fn every_distinct_score_is_reproduced() {
    let (Some(path), Some(site)) = (shared("original/powerapps/quality.csv.gz"), power_apps()) else {
        return;
    };
    let profile =
        ClassicProfile { known_points: 40, official: vec!["powerapps.microsoft.com/*/blog/*".to_owned()] };
    let judge = Judge::new(site.taxonomy().clone(), vec![known("known.example")], Profile::Classic(profile));
    let text = String::from_utf8(read(&path).unwrap()).unwrap();
    let rows = support::csv_rows(&text);
    for row in &rows[1..] {
        let yes = |column: usize| row[column] == "1";
        let article = Published {
            title: row[1].clone(),
            url: row[2].clone(),
            provider: if yes(8) { "known.example" } else { "unknown.example" }.to_owned(),
            topics: row[3].split('|').map(str::to_owned).collect(),
            image: yes(4),
            amp: yes(5),
            featured: yes(6),
        };
        assert_eq!(article.quality(&judge, true).0.to_string(), row[12], "{row:?}");
    }
    println!("{} scores", rows.len() - 1);
    assert_eq!(rows.len() - 1, 706);
}

#[test]
fn every_record_is_reproduced() {
    let (Some(path), Some(judge)) = (shared("original/powerapps/news.tar.gz"), power_apps()) else { return };
    let gate = Gate { profile: GateProfile::Classic, ..Gate::default() };
    let files = support::untar(&read(&path).unwrap());
    let mut topics_equal = 0;
    for (path, file) in &files {
        let node = support::yaml(file);
        let text = |field| support::text(&node, field);
        let has = |field: &str| node.as_mapping_get(field).is_some();
        let mut article = Published {
            title: text("title").unwrap(),
            url: text("originalUrl").unwrap(),
            provider: support::text(node.as_mapping_get("provider").unwrap(), "domain").unwrap(),
            topics: support::texts(&node, "topics"),
            image: has("images"),
            amp: has("ampWebUrl"),
            featured: has("featuredContent"),
        };
        let (quality, _) = article.quality(&judge, true);
        assert_eq!(Some(i64::from(quality)), node["quality"].as_integer(), "{path}");
        let time = "2024-01-01T00:00:00Z".parse().unwrap();
        let verdict = gate.decide(&GateInput {
            record: &Record::default(),
            signals: &[],
            is_copy: false,
            quality: Quality::from_points(quality),
            heat: Some(Heat::from_degrees(quality)),
            has_topic: true,
            story_size: 1,
            published: time,
            first_seen: time,
            editor: None,
        });
        assert_eq!(Some(verdict.published), node["published"].as_bool(), "{path}");
        let (_, own) = article.quality(&judge, false);
        article.topics.sort_unstable();
        topics_equal += usize::from(own == article.topics);
    }
    println!("topics as published: {topics_equal} of {}", files.len());
    assert_eq!(files.len(), 674);
    assert!(topics_equal >= 672, "{topics_equal}");
}

/// The example of the A.I. edition: two topics and one keyword, “ai”, give all its points.
#[test]
fn the_ai_edition_gives_nineteen_points() {
    let Some(folder) = shared("original/ai-topics") else { return };
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let topics = paths.iter().map(|path| support::topic(&std::fs::read_to_string(path).unwrap())).collect();
    let profile = ClassicProfile { known_points: 30, official: Vec::new() };
    let judge =
        Judge::new(Taxonomy::new(topics).unwrap(), vec![known("known.example")], Profile::Classic(profile));
    let mut article = Published {
        title: "US Looking to Build Alliances for Responsible Military AI Use".to_owned(),
        url: "https://unknown.example/a".to_owned(),
        provider: "unknown.example".to_owned(),
        topics: vec!["AI Ethics".to_owned(), "AI".to_owned()],
        ..Published::default()
    };
    assert_eq!(article.quality(&judge, true).0, 19);
    article.provider = "known.example".to_owned();
    assert_eq!(article.quality(&judge, true).0, 49);
    let Some(seed) = shared("original/seed-record.md") else { return };
    let seed = std::fs::read_to_string(seed).unwrap();
    let node = support::yaml(&seed);
    assert_eq!(support::text(&node, "title").unwrap(), article.title);
    assert_eq!(node["quality"].as_integer(), Some(19));
}
