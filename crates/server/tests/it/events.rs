//! Events: which ones a publication causes, their order, and reconnects.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    http::{Request, StatusCode, header},
};
use courant_model::Item;
use courant_render::Snapshot;
use courant_server::{ConnectionCounts, Limits, serve};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::common::{
    app::LISTENERS,
    sample, schema,
    site::{EVENTS, Site},
};

/// An event, or without a name a comment or an id.
#[derive(Debug, Default)]
struct Event {
    name: String,
    id: String,
    data: Value,
}

struct Stream {
    body: BodyDataStream,
    text: String,
}

impl Stream {
    async fn open(site: &Site, query: &str, last_id: Option<&str>) -> Self {
        let mut request =
            Request::get(format!("{EVENTS}{query}")).header(header::ACCEPT_ENCODING, "gzip, br");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).expect("sound test data");
        let response = tower::ServiceExt::oneshot(site.router.clone(), request).await.expect("an response");
        assert_eq!(response.status(), StatusCode::OK);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        assert!(!response.headers().contains_key(header::CONTENT_ENCODING), "compression would delay events");
        Self { body: response.into_body().into_data_stream(), text: String::new() }
    }

    /// The next event, with or without a name; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (read(event), rest.to_owned());
                self.text = rest;
                return Some(event);
            }
            let more = tokio::time::timeout(Duration::from_secs(10), self.body.next()).await;
            let bytes = more.expect("an event within ten seconds")?.expect("a sound body");
            self.text.push_str(std::str::from_utf8(&bytes).expect("UTF-8"));
        }
    }

    /// The next event with a name.
    async fn event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("an event");
            if !event.name.is_empty() {
                return event;
            }
        }
    }
}

fn read(text: &str) -> Event {
    let mut event = Event::default();
    for line in text.lines() {
        match line.split_once(": ") {
            Some(("event", name)) => name.clone_into(&mut event.name),
            Some(("id", id)) => id.clone_into(&mut event.id),
            Some(("data", data)) => event.data = serde_json::from_str(data).expect("JSON"),
            _ => {}
        }
    }
    event
}

/// The leads of the two newest public stories of the sample.
fn leads(snapshot: &Snapshot) -> [Item; 2] {
    let publication = sample::publish(snapshot.clone());
    let document = publication.get("/api/v1/stories.json").expect("a document").expect("it renders");
    let list: Value = serde_json::from_slice(&document.body).expect("JSON");
    let lead = |at: usize| {
        let id = list["stories"][at]["lead"]["id"].as_str().expect("an id");
        let item = snapshot.items.iter().find(|item| item.id.to_string() == id).expect("it is there");
        Item::clone(item)
    };
    [lead(0), lead(1)]
}

/// The sample with one article replaced.
fn with(snapshot: &Snapshot, item: Item) -> Snapshot {
    let mut snapshot = snapshot.clone();
    let at = snapshot.items.iter().position(|old| old.id == item.id).expect("it is there");
    snapshot.items[at] = Arc::new(item);
    snapshot
}

impl Site {
    fn publish(&self, snapshot: &Snapshot) {
        self.current.send_replace(Arc::new(sample::publish(snapshot.clone())));
    }
}

fn sample_of_ten() -> Snapshot {
    let mut snapshot = sample::snapshot();
    snapshot.site.page_size = 10;
    snapshot
}

#[tokio::test]
async fn a_listener_gets_changed_new_removed_and_merged_stories() {
    let site = Site::new().await;
    let mut listener = Stream::open(&site, "", None).await;
    let first = sample_of_ten();
    let [mut changed, mut withdrawn] = leads(&first);

    // A change of heat alone causes no event; a new headline does.
    changed.heat = Some(courant_model::Heat::from_degrees(3));
    site.publish(&with(&first, changed.clone()));
    "Another headline".clone_into(&mut changed.record.title);
    let second = with(&first, changed.clone());
    site.publish(&second);
    let event = listener.event().await;
    assert_eq!((event.name.as_str(), &event.data["lead"]["title"]), ("story", &"Another headline".into()));
    schema::check(&site.api, &json!({ "$ref": "#/components/schemas/Story" }), &event.data, "story");
    let list = site.json("/api/v1/stories/?limit=5").await;
    assert!(list["stories"].as_array().unwrap().contains(&event.data), "as in lists");

    (withdrawn.verdict.published, withdrawn.verdict.rule) = (false, "editor".into());
    let third = with(&second, withdrawn.clone());
    site.publish(&third);
    let event = listener.event().await;
    assert_eq!((event.name.as_str(), event.data), ("removed", json!({ "id": withdrawn.story })));

    let mut fourth = third.clone();
    let into = fourth.stories.iter().map(|story| story.id).find(|id| {
        *id != changed.story
            && site.publication.get(&format!("/stories/{id}/")).is_some()
            && *id != withdrawn.story
    });
    let into = into.expect("another story");
    (changed.verdict.published, changed.verdict.rule) = (false, "threshold".into());
    fourth = with(&fourth, changed.clone());
    fourth.moved.push((changed.story, into));
    site.publish(&fourth);
    let event = listener.event().await;
    assert_eq!((event.name.as_str(), &event.data["id"]), ("merged", &changed.story.to_string().into()));
    assert_eq!(event.data["movedTo"], into.to_string());
    assert!(event.data["url"].as_str().unwrap().ends_with(&format!("/api/v1/stories/{into}.json")));

    site.publish(&second);
    let back: Vec<Event> = vec![listener.event().await, listener.event().await];
    assert!(back.iter().all(|event| event.name == "story"));
    let time = |event: &Event| event.data["lead"]["publishedDateTime"].as_str().unwrap().to_owned();
    assert!(time(&back[0]) <= time(&back[1]), "oldest first");
}

#[tokio::test]
async fn a_reconnecting_listener_gets_what_it_missed() {
    let site = Site::new().await;
    let first = sample_of_ten();
    let [lead, _] = leads(&first);
    let titled = |title: &str| {
        let mut item = lead.clone();
        title.clone_into(&mut item.record.title);
        with(&first, item)
    };
    let mut listener = Stream::open(&site, "", None).await;
    let seen = listener.next().await.unwrap().id;
    assert!(!seen.is_empty(), "the id for a reconnect is sent before the first event");
    drop(listener);
    for title in ["One", "Two", "Three"] {
        let mut steady = Stream::open(&site, "", None).await;
        steady.next().await.unwrap();
        site.publish(&titled(title));
        assert_eq!(steady.event().await.data["lead"]["title"], title);
    }
    let mut back = Stream::open(&site, "", Some(&seen)).await;
    let one = back.event().await;
    assert_eq!(one.data["lead"]["title"], "One");
    assert_eq!(back.event().await.data["lead"]["title"], "Two");
    drop(back);
    let mut again = Stream::open(&site, "", Some(&one.id)).await;
    for title in ["Two", "Three"] {
        assert_eq!(again.event().await.data["lead"]["title"], title);
    }
    drop(again);
    // The id of another server, and invalid ids.
    for id in ["1-1", "x", "\u{1F30A}"] {
        let mut lost = Stream::open(&site, "", Some(id)).await;
        let event = lost.event().await;
        assert_eq!((event.name.as_str(), event.data), ("reset", json!({})), "{id}");
        assert!(!event.id.is_empty());
    }
}

#[tokio::test]
async fn filters_are_those_of_lists_and_stories_that_no_longer_match_are_removed() {
    let first = sample_of_ten();
    let [mut lead, mut other] = leads(&first);
    let provider = lead.record.provider.clone().expect("the sample names it").domain;
    lead.record.language = Some("en".to_owned());
    other.record.language = Some("de".to_owned());
    let second = with(&with(&first, lead.clone()), other.clone());
    let site = Site::of(second.clone()).await;
    let mut german = Stream::open(&site, "?language=de", None).await;
    let mut theirs = Stream::open(&site, &format!("?provider={provider}"), None).await;
    let start = german.next().await.unwrap().id;
    theirs.next().await.unwrap();
    "Changed".clone_into(&mut lead.record.title);
    let third = with(&second, lead.clone());
    site.publish(&third);
    assert_eq!(theirs.event().await.data["lead"]["title"], "Changed");
    // The other listener gets only the id, so that it does not read this event after a reconnect.
    let passed = german.next().await.unwrap();
    assert!(passed.name.is_empty() && !passed.id.is_empty() && passed.id != start);
    other.record.language = Some("fr".to_owned());
    site.publish(&with(&third, other.clone()));
    let event = german.event().await;
    assert_eq!((event.name.as_str(), event.data), ("removed", json!({ "id": other.story })));
}

#[tokio::test]
async fn the_number_of_listeners_is_limited_and_frees_up() {
    let site = Site::new().await;
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        listeners.push(Stream::open(&site, "", None).await);
    }
    let full = site.get(EVENTS).await;
    assert_eq!(full.status, StatusCode::SERVICE_UNAVAILABLE);
    site.check(EVENTS, EVENTS, &full);
    listeners.pop();
    for _ in 0..100 {
        if site.events_open().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the place of a disconnected listener is never free");
}

impl Site {
    async fn events_open(&self) -> bool {
        let request = Request::head(EVENTS).body(Body::empty()).expect("sound test data");
        self.send(request).await.status == StatusCode::OK
    }
}

#[tokio::test]
async fn a_listener_that_falls_behind_is_told_to_fetch_the_lists() {
    let site = Site::new().await;
    let first = sample_of_ten();
    let mut slow = Stream::open(&site, "", None).await;
    slow.next().await.unwrap();
    let mut steady = Stream::open(&site, "", None).await;
    let stories = site.json("/api/v1/stories/").await["total"].as_u64().unwrap();
    for round in 0..60 {
        let mut snapshot = first.clone();
        for item in &mut snapshot.items {
            Arc::make_mut(item).record.title = format!("Round {round}");
        }
        site.publish(&snapshot);
        for _ in 0..stories {
            assert_eq!(steady.event().await.name, "story");
        }
    }
    let mut count = 0;
    loop {
        let event = slow.event().await;
        if event.name == "reset" {
            break;
        }
        count += 1;
    }
    assert!(count < 100, "{count} events were stored for a listener that did not read them");
}

#[tokio::test]
async fn stopping_does_not_wait_for_listeners() {
    let site = Site::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let events = site.events.clone();
    let shutdown = async move {
        let _ = stopped.await;
        events.close();
    };
    let router = site.router.clone();
    let serving =
        tokio::spawn(serve(listener, router, Limits::default(), ConnectionCounts::default(), shutdown));
    let mut client = TcpStream::connect(address).await.unwrap();
    client.write_all(b"GET /api/v1/events/ HTTP/1.1\r\nHost: a.example\r\n\r\n").await.unwrap();
    let mut start = [0; 64];
    client.read_exact(&mut start).await.unwrap();
    assert!(start.starts_with(b"HTTP/1.1 200"));
    stop.send(()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), serving)
        .await
        .expect("it stops immediately")
        .unwrap()
        .unwrap();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends properly: {rest:?}");
}
