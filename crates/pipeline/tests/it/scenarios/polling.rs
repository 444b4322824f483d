//! The jobs that the steps of a scenario start: polling, discovery, fetching pages, a restart.

use std::time::Duration;

use courant_model::Source;
use courant_net::{Purpose, Request};
use courant_pipeline::{cache_images, discover, poll, poll_one, process_pending};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::scenarios::{
    runner::{START, ScenarioRunner, open_context, source},
    server::Reply,
};

impl ScenarioRunner {
    /// A whole polling round, as in production.
    pub(crate) async fn poll(&mut self, all: bool) {
        let stop = CancellationToken::new();
        // A single feed is polled by itself, so that its outcome can be checked.
        let due = if all {
            self.context.store.sources().await.unwrap()
        } else {
            self.context.store.due_sources(self.now(), 1000).await.unwrap()
        };
        if due.len() == 1 && all && !due[0].gone {
            self.last = Some(poll_one(&self.context, &self.client, &due[0]).await.unwrap());
        } else {
            poll(&self.context, &self.client, all, &stop).await.unwrap();
        }
        self.process().await;
    }

    pub(crate) async fn process(&mut self) {
        let stop = CancellationToken::new();
        process_pending(&self.context, &stop, |_| {}).await.unwrap();
        cache_images(&self.context, &self.client, &stop).await.unwrap();
    }

    pub(crate) async fn add_feed(&mut self) {
        let found = discover(&self.context.site, &self.client, &self.feed).await;
        if found.found.len() != 1 {
            self.problems.push(format!("discovery found {} feeds", found.found.len()));
        }
    }

    pub(crate) async fn poll_url(&mut self, url: &Url) {
        let mut listed: Vec<Source> =
            self.context.store.sources().await.unwrap().into_iter().map(|state| state.source).collect();
        listed.push(source(url));
        self.context.store.sync_sources(&listed, self.now()).await.unwrap();
        let state = self.context.store.source(url).await.unwrap().unwrap();
        self.last = Some(poll_one(&self.context, &self.client, &state).await.unwrap());
    }

    /// Polls a URL given by the scenario, at the port of the scripted servers.
    pub(crate) async fn poll_given_url(&mut self, text: &str) {
        let text = text.replacen("10.0.0.1", &self.own_network("10.0.0.1"), 1);
        let mut url = Url::parse(&text).unwrap();
        if url.scheme() == "http" && url.port().is_none() {
            url.set_port(Some(self.server.port)).unwrap();
        }
        self.feed = url.clone();
        self.poll_url(&url).await;
    }

    pub(crate) async fn edit_feed_url(&mut self, path: &str) {
        self.feed = self.feed.join(path).unwrap();
        self.context.store.sync_sources(&[source(&self.feed)], self.now()).await.unwrap();
    }

    /// Closes the store and opens it again in the same folder, as a restart does.
    pub(crate) async fn restart(&mut self) {
        let listed: Vec<Source> =
            self.context.store.sources().await.unwrap().into_iter().map(|state| state.source).collect();
        // The store is unlocked when its last clone is dropped, so another context takes its place.
        let other_folder = tempfile::tempdir().unwrap();
        let placeholder = open_context(other_folder.path(), Vec::new(), START).await;
        std::mem::replace(&mut self.context, placeholder).store.close().await.unwrap();
        self.context = open_context(self.folder.path(), listed, self.now().as_second()).await;
        self.client = self.new_client();
    }

    pub(crate) async fn many_feeds(&mut self, count: u64, restart: bool) {
        let respond = serde_json::json!({ "status": 200, "body": "feed:2" });
        let mut listed = Vec::new();
        for number in 0..count {
            let path = format!("/feed{number}.xml");
            let reply = self.reply(&respond).await;
            self.route(&path, reply);
            listed.push(source(&self.feed.join(&path).unwrap()));
        }
        self.context.store.sync_sources(&listed, self.now()).await.unwrap();
        self.poll(false).await;
        if restart {
            self.restart().await;
            self.server.state.lock().unwrap().requests.clear();
            self.pass_time(5);
            self.poll(false).await;
        }
    }

    pub(crate) async fn feeds_of_one_host(&mut self, count: u64) {
        for path in (0..count).map(|number| format!("/feed{number}.xml")) {
            let mut reply = self.reply(&serde_json::json!({ "status": 200, "body": "feed:2" })).await;
            reply.delay = Duration::from_millis(20);
            self.route(&path, reply);
        }
        let listed: Vec<Source> = (0..count)
            .map(|number| source(&self.feed.join(&format!("/feed{number}.xml")).unwrap()))
            .collect();
        self.context.store.sync_sources(&listed, self.now()).await.unwrap();
        self.poll(true).await;
    }

    pub(crate) async fn fetch_page(&mut self, path: &str) {
        self.route(path, Reply::plain(200, "<!doctype html><title>Page</title><p>Text"));
        let request = Request::new(self.feed.join(path).unwrap(), Purpose::Page);
        self.fetched = Some(self.client.get(&request).await.is_ok());
    }
}
