//! A fake web: one server that answers for every host, by host and path.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU8, Ordering},
};

use url::Url;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, path},
};

/// A server to which all host names lead. A request without a prepared answer gets a 404.
#[derive(Debug)]
pub struct FakeWeb {
    server: MockServer,
    answers: AtomicU8,
}

impl FakeWeb {
    /// Starts a web without pages.
    pub async fn start() -> Self {
        Self { server: MockServer::start().await, answers: AtomicU8::new(0) }
    }

    /// For the client: every host leads here.
    pub fn origins(&self) -> Vec<(String, SocketAddr)> {
        vec![("*".to_owned(), *self.server.address())]
    }

    /// Answers requests of this URL, instead of an earlier answer.
    ///
    /// # Panics
    /// If `url` is not a URL with a host.
    pub async fn answer(&self, url: &str, answer: ResponseTemplate) {
        let url = Url::parse(url).expect("a test gives whole URLs");
        let priority = u8::MAX.saturating_sub(self.answers.fetch_add(1, Ordering::Relaxed)).max(1);
        Mock::given(header("host", url.host_str().expect("a test gives URLs with a host")))
            .and(path(url.path()))
            .respond_with(answer)
            .with_priority(priority)
            .mount(&self.server)
            .await;
    }

    /// Answers requests of this URL with a body of this content type.
    pub async fn serve(&self, url: &str, content_type: &str, body: &str) {
        let answer = ResponseTemplate::new(200).set_body_raw(body.as_bytes().to_vec(), content_type);
        self.answer(url, answer).await;
    }

    /// The number of requests so far.
    pub async fn requests(&self) -> usize {
        self.server.received_requests().await.unwrap_or_default().len()
    }
}
