//! The site over HTTP, with a publication of three stories.

mod connections;
mod images;
mod paths;
mod policies;
mod search;
mod validators;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode, header},
};
use courant_model::{
    ArticleId, BuiltInRule, Heat, Item, Provider, Record, RecordPath, SiteInfo, StoryId, StoryView,
    Timestamp, Topic, Verdict,
};
use courant_render::{FoundArticle, Publication, Snapshot, Templates};
use courant_server::{Search, SearchFailed, SearchQuery, SearchResults, router};
use tokio::sync::watch;
use tower::ServiceExt;

use crate::common::app::app;

/// Finds the first article for any text but `fail`, for which the store is down.
#[derive(Clone)]
struct FixedSearch;

impl Search for FixedSearch {
    async fn search(&self, query: SearchQuery) -> Result<SearchResults, SearchFailed> {
        if query.text == "fail" {
            return Err(SearchFailed("the disk failed".to_owned()));
        }
        let hit = FoundArticle { article: article(1), snippet: "a \u{2}<tide>\u{3} turns".to_owned() };
        let hits = if query.offset == 0 { vec![hit] } else { Vec::new() };
        Ok(SearchResults { total: 1, hits })
    }
}

fn article(number: u8) -> ArticleId {
    ArticleId::from_bytes([number; 16])
}

fn item(number: u8) -> Item {
    let at: Timestamp = "2023-02-16T12:00:00Z".parse().expect("sound test data");
    Item {
        id: article(number),
        path: RecordPath::news(at, "a-story", number.into()),
        record: Record {
            category: "news".into(),
            title: format!("Story {number}"),
            published_date_time: Some(at),
            web_url: Some(format!("https://paper.example/{number}")),
            provider: Some(Provider {
                name: "Paper".into(),
                domain: "paper.example".into(),
                images: Vec::new(),
            }),
            topics: vec!["Tides".into()],
            ..Record::default()
        },
        story: StoryId::opened_by(article(number)),
        copy_of: None,
        heat: Some(Heat::from_degrees(80)),
        verdict: Verdict::new(true, BuiltInRule::Threshold, ""),
        first_seen: at,
        picture: None,
        thumbnails: Vec::new(),
        signals: Vec::new(),
        topics: Vec::new(),
        because: Vec::new(),
    }
}

fn publication(url: &str) -> Arc<Publication> {
    let items: Vec<Arc<Item>> = (1..=3).map(item).map(Arc::new).collect();
    let stories = items.iter().enumerate().map(|(lead, item)| {
        Arc::new(StoryView {
            id: item.story,
            lead,
            related: Vec::new(),
            heat_because: Vec::new(),
            heat_curve: None,
            pinned: false,
        })
    });
    let snapshot = Snapshot {
        taken: "2023-02-16T14:00:00.5Z".parse().expect("sound test data"),
        site: SiteInfo {
            title: "Tides".into(),
            description: "What the water does.".into(),
            url: url.parse().expect("sound test data"),
            language: "en".into(),
            page_size: 20,
            threshold: 70,
            half_life_h: 24.0,
            hubs: Vec::new(),
            beacon: false,
            story_feeds: true,
            addresses: courant_model::PublicUrls::default(),
        },
        topics: vec![Topic { id: "tides".into(), name: "Tides".into(), ..Topic::default() }],
        providers: Vec::new(),
        stories: stories.collect(),
        items,
        moved: vec![(StoryId::opened_by(article(9)), StoryId::opened_by(article(1)))],
        collections: Arc::default(),
        classic: None,
    };
    Arc::new(Publication::new(Arc::new(snapshot), Arc::new(Templates::bundled())).expect("sound test data"))
}

fn site() -> Router {
    site_at("https://tides.example/", None)
}

fn site_at(url: &str, images: Option<std::path::PathBuf>) -> Router {
    let (_, receiver) = watch::channel(publication(url));
    site_of(receiver, images)
}

/// A site with the publications from `publication`.
fn site_of(publication: watch::Receiver<Arc<Publication>>, images: Option<std::path::PathBuf>) -> Router {
    let mut app = app(publication, FixedSearch);
    app.images = images;
    router(app)
}

struct TestResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl TestResponse {
    fn header(&self, name: impl header::AsHeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("sound test data"))
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("sound test data")
    }

    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("sound test data")
    }
}

async fn send(site: &Router, request: Request<Body>) -> TestResponse {
    let response = site.clone().oneshot(request).await.expect("the service never fails");
    let (parts, body) = response.into_parts();
    TestResponse {
        status: parts.status,
        headers: parts.headers,
        body: to_bytes(body, 1 << 22).await.expect("a whole body").to_vec(),
    }
}

async fn get(site: &Router, path: &str) -> TestResponse {
    send(site, Request::get(path).body(Body::empty()).expect("sound test data")).await
}

async fn get_with(site: &Router, path: &str, name: header::HeaderName, value: &str) -> TestResponse {
    send(site, Request::get(path).header(name, value).body(Body::empty()).expect("sound test data")).await
}
