//! The part of hubs in scenarios: what they ask, what they push, and when they are silent.

use courant_server::hub_callback_routes;
use courant_store::Subscription;
use hmac::{Hmac, KeyInit, Mac};
use tokio::net::TcpListener;
use url::Url;

use super::{
    player::{Player, at},
    server::{Body, FORBIDDEN, Reply, request},
};
use crate::pipeline::PushDesk;

impl Player {
    fn topic(&self) -> Url {
        self.feed.clone()
    }

    /// Has the hub push from now on, as if it had verified.
    pub(super) async fn subscribe(&mut self, lease: i64) {
        let scheme = if self.is_hub_plain { "http" } else { "https" };
        let hub = Url::parse(&format!("{scheme}://{}/", self.host().replacen("site.", "hub.", 1))).unwrap();
        self.route("/", Reply::plain(202, ""));
        self.hub = Some(hub.to_string());
        let subscription = Subscription {
            id: "s1".to_owned(),
            source: self.feed.clone(),
            hub,
            topic: self.topic(),
            secret: "lighthouse".to_owned(),
            asked: self.now(),
            lease_end: Some(at(self.now().as_second() + lease)),
            last_push: None,
            trusted: true,
        };
        self.desk.store.save_subscription(&subscription).await.unwrap();
    }

    /// Sends a request of a hub to the program's own web server.
    async fn hub_request(&self, method: &str, query: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let listener = TcpListener::bind((FORBIDDEN, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app =
            hub_callback_routes("/websub", PushDesk::new(tokio::sync::watch::channel(self.desk.clone()).1));
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let answer = request(address, &format!("{method} /websub/s1{query} HTTP/1.1{headers}"), body).await;
        server.abort();
        answer
    }

    pub(super) async fn hub_asks(&mut self, query: &str) {
        self.subscribe(60).await;
        let topic: String = url::form_urlencoded::byte_serialize(self.topic().as_str().as_bytes()).collect();
        let query = query.replace("hub.topic=T&", &format!("hub.topic={topic}&"));
        self.hub_answer = Some(self.hub_request("GET", &format!("?{query}"), "", b"").await);
    }

    pub(super) async fn hub_pushes(&mut self, name: &str, is_good: bool) -> (u16, String) {
        let respond = serde_json::json!({ "status": 200, "body": name });
        let Body::Whole(document) = self.reply(&respond).await.body else { unreachable!() };
        let secret: &[u8] = if is_good { b"lighthouse" } else { b"wreckers" };
        let mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(secret).unwrap().chain_update(&document);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = format!("\r\nContent-Type: application/rss+xml\r\nX-Hub-Signature: sha256={hex}");
        self.hub_request("POST", "", &headers, &document).await
    }

    /// A hub that pushes every so often, while the program looks at what is due.
    pub(super) async fn be_pushed(&mut self, every: i64, whole: i64) {
        self.subscribe(864_000).await;
        let reply = self.reply(&serde_json::json!({ "status": 200, "body": "feed:2" })).await;
        self.route("/feed.xml", reply);
        self.poll(true).await;
        self.server.state.lock().unwrap().seen.clear();
        for _ in 0..whole / every {
            self.pass(every);
            self.hub_pushes("feed:+1new", true).await;
            self.poll(false).await;
        }
    }

    /// A hub that has verified and then says nothing.
    pub(super) async fn silent_hub(&mut self, seconds: i64) {
        self.subscribe(864_000).await;
        let reply = self.reply(&serde_json::json!({ "status": 200, "body": "feed:2" })).await;
        self.route("/feed.xml", reply);
        self.pass(60);
        self.poll(true).await;
        let state = self.state().await;
        if state.next_due.as_second() - self.now().as_second() < 64_800 {
            self.problems.push("a hub did not spare its source any polls".to_owned());
        }
        self.pass(seconds);
    }
}
