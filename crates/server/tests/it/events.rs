//! Events: what listeners are told of each publication, in which order, and what they miss.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, BodyDataStream},
    http::{Request, StatusCode, header},
};
use courant_model::{Item, Snapshot};
use courant_server::{ConnectionCounts, Limits, serve};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::common::{
    sample, schema,
    site::{EVENTS, LISTENERS, Site},
};

/// One event, or a comment or id alone where it has no name.
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
    async fn open(site: &Site, query: &str, last: Option<&str>) -> Self {
        let mut request =
            Request::get(format!("{EVENTS}{query}")).header(header::ACCEPT_ENCODING, "gzip, br");
        if let Some(id) = last {
            request = request.header("last-event-id", id);
        }
        let request = request.body(Body::empty()).expect("sound test data");
        let answer = tower::ServiceExt::oneshot(site.router.clone(), request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
            ("access-control-allow-origin", "*"),
        ] {
            assert_eq!(answer.headers()[name], value);
        }
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING), "packing would hold events back");
        Self { body: answer.into_body().into_data_stream(), text: String::new() }
    }

    /// What comes next, named or not; `None` at the end.
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

/// The sample with one article other than it was.
fn with(snapshot: &Snapshot, item: Item) -> Snapshot {
    let mut snapshot = snapshot.clone();
    let at = snapshot.items.iter().position(|old| old.id == item.id).expect("it is there");
    snapshot.items[at] = Arc::new(item);
    snapshot
}

impl Site {
    fn show(&self, snapshot: &Snapshot) {
        self.newest.send_replace(Arc::new(sample::publish(snapshot.clone())));
    }
}

fn sample_of_ten() -> Snapshot {
    let mut snapshot = sample::snapshot();
    snapshot.site.page_size = 10;
    snapshot
}

#[tokio::test]
async fn a_listener_is_told_what_changed_came_went_and_moved() {
    let site = Site::new().await;
    let mut listener = Stream::open(&site, "", None).await;
    let first = sample_of_ten();
    let [mut changed, mut withdrawn] = leads(&first);

    // Cooling alone is no news; the headline is.
    changed.heat = courant_model::Heat::from_degrees(3);
    site.show(&with(&first, changed.clone()));
    "Another headline".clone_into(&mut changed.record.title);
    let second = with(&first, changed.clone());
    site.show(&second);
    let event = listener.event().await;
    assert_eq!((event.name.as_str(), &event.data["lead"]["title"]), ("story", &"Another headline".into()));
    schema::check(&site.api, &json!({ "$ref": "#/components/schemas/Story" }), &event.data, "story");
    let list = site.json("/api/v1/stories/?limit=5").await;
    assert!(list["stories"].as_array().unwrap().contains(&event.data), "as it is in lists");

    (withdrawn.verdict.published, withdrawn.verdict.rule) = (false, "editor".into());
    let third = with(&second, withdrawn.clone());
    site.show(&third);
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
    site.show(&fourth);
    let event = listener.event().await;
    assert_eq!((event.name.as_str(), &event.data["id"]), ("merged", &changed.story.to_string().into()));
    assert_eq!(event.data["movedTo"], into.to_string());
    assert!(event.data["url"].as_str().unwrap().ends_with(&format!("/api/v1/stories/{into}.json")));

    site.show(&second);
    let back: Vec<Event> = vec![listener.event().await, listener.event().await];
    assert!(back.iter().all(|event| event.name == "story"));
    let time = |event: &Event| event.data["lead"]["publishedDateTime"].as_str().unwrap().to_owned();
    assert!(time(&back[0]) <= time(&back[1]), "oldest first");
}

#[tokio::test]
async fn who_comes_back_gets_what_was_missed() {
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
    assert!(!seen.is_empty(), "a place to come back to is known before anything happens");
    drop(listener);
    for title in ["One", "Two", "Three"] {
        let mut steady = Stream::open(&site, "", None).await;
        steady.next().await.unwrap();
        site.show(&titled(title));
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
    // An id of another server, and what is none.
    for id in ["1-1", "x", "\u{1F30A}"] {
        let mut lost = Stream::open(&site, "", Some(id)).await;
        let event = lost.event().await;
        assert_eq!((event.name.as_str(), event.data), ("reset", json!({})), "{id}");
        assert!(!event.id.is_empty());
    }
}

#[tokio::test]
async fn filters_are_those_of_lists_and_leaving_is_told() {
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
    site.show(&third);
    assert_eq!(theirs.event().await.data["lead"]["title"], "Changed");
    // Nothing for the other but the place, so that it need not ask for this again.
    let passed = german.next().await.unwrap();
    assert!(passed.name.is_empty() && !passed.id.is_empty() && passed.id != start);
    other.record.language = Some("fr".to_owned());
    site.show(&with(&third, other.clone()));
    let event = german.event().await;
    assert_eq!((event.name.as_str(), event.data), ("removed", json!({ "id": other.story })));
}

#[tokio::test]
async fn there_is_room_for_so_many_and_for_those_who_follow_them() {
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
    panic!("the place of one who left is never free");
}

impl Site {
    async fn events_open(&self) -> bool {
        let request = Request::head(EVENTS).body(Body::empty()).expect("sound test data");
        self.ask(request).await.status == StatusCode::OK
    }
}

#[tokio::test]
async fn a_listener_that_falls_behind_is_told_to_look_at_the_lists() {
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
        site.show(&snapshot);
        for _ in 0..stories {
            assert_eq!(steady.event().await.name, "story");
        }
    }
    let mut told = 0;
    loop {
        let event = slow.event().await;
        if event.name == "reset" {
            break;
        }
        told += 1;
    }
    assert!(told < 100, "{told} events were kept for one who did not take them");
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
    tokio::time::timeout(Duration::from_secs(5), serving).await.expect("it stops at once").unwrap().unwrap();
    let mut rest = String::new();
    client.read_to_string(&mut rest).await.unwrap();
    assert!(rest.ends_with("0\r\n\r\n"), "the stream ends well: {rest:?}");
}
