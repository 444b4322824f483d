//! WebSub hubs in scenarios: their verification requests, their pushes and their silence.

use courant_pipeline::{HubCallbacks, Push};
use courant_server::{HubSubscriptions, Pushed, Verification, hub_callback_routes};
use courant_store::Subscription;
use hmac::{Hmac, KeyInit, Mac};
use tokio::net::TcpListener;
use url::Url;

use crate::scenarios::{
    runner::{ScenarioRunner, at},
    server::{Body, FORBIDDEN, Reply, request},
};

/// The pipeline's subscriptions behind the real callback router.
#[derive(Clone)]
struct Subscriptions(HubCallbacks);

impl HubSubscriptions for Subscriptions {
    async fn exists(&self, id: String) -> bool {
        self.0.exists(&id).await.unwrap()
    }

    async fn verify(&self, id: String, request: Verification) -> bool {
        self.0.verify(&id, &request.mode, &request.topic, request.lease_seconds).await.unwrap()
    }

    async fn receive(&self, id: String, pushed: Pushed) -> bool {
        let (signature, content_type) = (pushed.signature.as_deref(), pushed.content_type.as_deref());
        self.0.receive(&id, Push { signature, content_type, body: &pushed.body }).await.unwrap()
    }
}

impl ScenarioRunner {
    fn topic(&self) -> Url {
        self.feed.clone()
    }

    /// Stores a verified subscription with a lease of `lease` seconds.
    pub(crate) async fn subscribe(&mut self, lease: i64) {
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
        self.context.store.save_subscription(&subscription).await.unwrap();
    }

    /// Sends a hub's request to the real callback router.
    async fn hub_request(&self, method: &str, query: &str, headers: &str, body: &[u8]) -> (u16, String) {
        let listener = TcpListener::bind((FORBIDDEN, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = hub_callback_routes(
            "/websub",
            Subscriptions(HubCallbacks::new(tokio::sync::watch::channel(self.context.clone()).1)),
        );
        let server = tokio::spawn(async move { axum::serve(listener, app).await });
        let answer = request(address, &format!("{method} /websub/s1{query} HTTP/1.1{headers}"), body).await;
        server.abort();
        answer
    }

    pub(crate) async fn hub_verifies(&mut self, query: &str) {
        self.subscribe(60).await;
        let topic: String = url::form_urlencoded::byte_serialize(self.topic().as_str().as_bytes()).collect();
        let query = query.replace("hub.topic=T&", &format!("hub.topic={topic}&"));
        self.hub_answer = Some(self.hub_request("GET", &format!("?{query}"), "", b"").await);
    }

    pub(crate) async fn hub_pushes(&mut self, name: &str, is_good: bool) -> (u16, String) {
        let respond = serde_json::json!({ "status": 200, "body": name });
        let Body::Whole(document) = self.reply(&respond).await.body else { unreachable!() };
        let secret: &[u8] = if is_good { b"lighthouse" } else { b"wreckers" };
        let mac = <Hmac<sha2::Sha256> as KeyInit>::new_from_slice(secret).unwrap().chain_update(&document);
        let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = format!("\r\nContent-Type: application/rss+xml\r\nX-Hub-Signature: sha256={hex}");
        self.hub_request("POST", "", &headers, &document).await
    }

    /// A hub that pushes every `every` seconds for `total` seconds, while due sources are polled.
    pub(crate) async fn push_repeatedly(&mut self, every: i64, total: i64) {
        self.subscribe(864_000).await;
        let reply = self.reply(&serde_json::json!({ "status": 200, "body": "feed:2" })).await;
        self.route("/feed.xml", reply);
        self.poll(true).await;
        self.server.state.lock().unwrap().requests.clear();
        for _ in 0..total / every {
            self.pass_time(every);
            self.hub_pushes("feed:+1new", true).await;
            self.poll(false).await;
        }
    }

    /// A hub that has verified and then never pushes.
    pub(crate) async fn silent_hub(&mut self, seconds: i64) {
        self.subscribe(864_000).await;
        let reply = self.reply(&serde_json::json!({ "status": 200, "body": "feed:2" })).await;
        self.route("/feed.xml", reply);
        self.pass_time(60);
        self.poll(true).await;
        let state = self.state().await;
        if state.next_due.as_second() - self.now().as_second() < 64_800 {
            self.problems.push("a trusted hub did not lengthen the poll interval".to_owned());
        }
        self.pass_time(seconds);
    }
}
