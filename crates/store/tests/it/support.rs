//! Builders for the tests: articles, batches and pages in a line each.

use courant_model::{
    Article, ArticleId, ArticleKind, BuiltInRule, CaptureOrigin, DateOrigin, Heat, Image, Judgement, Map,
    Member, NewCapture, PendingPage, Provider, Quality, Reason, Signal, SignalKind, StoryId, Timestamp,
    TopicMatch, TopicOrigin, Verdict,
};
use courant_store::{ArticleDecision, Batch, RecordVersion, SearchQuery, Store, StoredArticle};
use url::Url;

/// The schema version of this program.
pub(crate) const SCHEMA: i64 = 1;

/// A time of the tests: this many minutes after noon.
pub(crate) fn at(minutes: i64) -> Timestamp {
    let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    noon + jiff::SignedDuration::from_mins(minutes)
}

/// The article of this number.
pub(crate) fn id(number: u32) -> ArticleId {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ArticleId::from_bytes(bytes)
}

/// The story that the article of this number opens.
pub(crate) fn story(number: u32) -> StoryId {
    StoryId::opened_by(id(number))
}

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

pub(crate) fn verdict(published: bool) -> Verdict {
    Verdict::new(published, BuiltInRule::Threshold, "heat 80, wanted 70")
}

pub(crate) fn topic(id: &str) -> TopicMatch {
    TopicMatch {
        id: id.to_owned(),
        name: id.to_uppercase(),
        score: 1.3,
        because: vec![format!("{id} in the title")],
    }
}

/// An article with every field set, alone in its story, published.
pub(crate) fn stored(number: u32, title: &str, text: &str) -> StoredArticle {
    let address = format!("https://www.morning.example/{number}");
    let article = Article {
        id: id(number),
        kind: ArticleKind::Article,
        title: title.to_owned(),
        excerpt: format!("In short: {title}."),
        text: text.to_owned(),
        html: format!("<p>{text}</p>"),
        published: at(i64::from(number)),
        published_from: DateOrigin::Page,
        updated: Some(at(i64::from(number) + 5)),
        first_seen: at(1000 + i64::from(number)),
        original_url: url(&format!("{address}?from=feed")),
        web_url: url(&address),
        amp_web_url: Some(url(&format!("{address}/amp"))),
        cdn_amp_web_url: Some(url(&format!("https://www-morning-example.cdn.example/c/{number}"))),
        provider: Provider {
            name: "The Morning".to_owned(),
            domain: "morning.example".to_owned(),
            images: vec![Image::at("https://www.morning.example/logo.png")],
        },
        authors: vec!["Ada Example".to_owned()],
        tags: vec!["robots".to_owned()],
        language: Some("en".to_owned()),
        locale: Some("en-gb".to_owned()),
        images: vec![Image { width: Some(1200), height: Some(630), ..Image::at(format!("{address}.jpg")) }],
        featured_content: Some("<iframe></iframe>".to_owned()),
        source: Some("https://www.morning.example/feed".to_owned()),
        remarks: vec![courant_model::Reason::new("title", "cut at 500 characters")],
    };
    StoredArticle {
        judgement: Judgement {
            topics: vec![topic("robots")],
            topics_from: TopicOrigin::Rules,
            quality: Quality::from_points(60),
            signals: vec![Signal { kind: SignalKind::Image, points: 60, because: "1200 by 630".to_owned() }],
            refused: Vec::new(),
        },
        member: Member {
            article: article.id,
            story: story(number),
            copy_of: None,
            because: vec![Reason::new("opened", "nothing similar")],
        },
        heat: Some(Heat::from_degrees(80)),
        verdict: verdict(true),
        slug: title.to_lowercase().replace(' ', "-"),
        path: None,
        identity_steps: vec!["canonical link".to_owned()],
        extra: Map::new(),
        secured: None,
        paywalled: false,
        links: None,
        article,
    }
}

/// The same article in another story.
pub(crate) fn in_story(mut stored: StoredArticle, number: u32) -> StoredArticle {
    stored.member.story = story(number);
    stored
}

pub(crate) fn standing(number: u32, of: u32, degrees: i32, published: bool) -> ArticleDecision {
    let heat = Heat::from_published_number(degrees);
    ArticleDecision { article: id(number), story: story(of), heat, verdict: verdict(published) }
}

/// A batch with nothing but articles.
pub(crate) fn batch(articles: impl IntoIterator<Item = StoredArticle>) -> Batch {
    Batch { articles: articles.into_iter().collect(), ..Batch::default() }
}

pub(crate) async fn store_with(articles: impl IntoIterator<Item = StoredArticle>) -> Store {
    let store = Store::in_memory().await.unwrap();
    store.commit(&batch(articles), at(0)).await.unwrap();
    store
}

pub(crate) fn capture(number: u32) -> NewCapture {
    NewCapture {
        url: url(&format!("https://www.morning.example/{number}?from=feed")),
        final_url: url(&format!("https://www.morning.example/{number}")),
        status: 200,
        headers: vec![
            ("content-type".to_owned(), "text/html".to_owned()),
            ("x".to_owned(), "\"é\"".to_owned()),
        ],
        body: format!("<p>{number}</p>").repeat(100).into_bytes(),
        fetched: at(i64::from(number)),
        source: Some("https://www.morning.example/feed".to_owned()),
        entry: Some(r#"{"title":"x"}"#.to_owned()),
        origin: CaptureOrigin::Page,
    }
}

pub(crate) fn page(key: &str, minutes: i64) -> PendingPage {
    PendingPage {
        key: key.to_owned(),
        url: url(&format!("https://www.morning.example/{key}")),
        source: None,
        entry: Some("{}".to_owned()),
        full_text_of: None,
        own: true,
        attempts: 0,
        next_try: at(minutes),
    }
}

/// Marks all dirty records as written, as a publish round does.
pub(crate) async fn write_records(store: &Store) {
    let revision = store.begin_read().await.unwrap().revision();
    let dirty = store.dirty_articles().await.unwrap();
    let version = RecordVersion { hash: [7; 32], fields: "{}".to_owned() };
    let announced: Vec<_> = dirty.iter().map(|&article| (article, version.clone())).collect();
    store.announce_records(&announced).await.unwrap();
    store.records_written(revision, &dirty).await.unwrap();
    assert_eq!(store.dirty_articles().await.unwrap(), []);
}

/// A search for a text, without filters.
pub(crate) fn query(text: &str) -> SearchQuery {
    SearchQuery { text: text.to_owned(), limit: 10, ..SearchQuery::default() }
}
