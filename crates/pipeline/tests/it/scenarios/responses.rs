//! The responses that the steps of a scenario describe, and the poll that requests them.

use std::time::Duration;

use serde_json::Value;

use crate::scenarios::{
    bodies::{BodyContext, body},
    checks,
    runner::{START, ScenarioRunner, at},
    server::Reply,
};

impl ScenarioRunner {
    pub(crate) async fn reply(&mut self, respond: &Value) -> Reply {
        let host = self.host();
        let context = BodyContext {
            host: &host,
            hub: self.hub.as_deref(),
            began: at(START),
            now: self.now(),
            before: self.entries_before,
            port: self.server.port,
        };
        let name = respond["body"].as_str().unwrap_or_default();
        let (body, entries) = body(name, respond["encode"].as_str(), context).await;
        if entries > 0 {
            self.entries_before = entries;
        }
        let headers = respond["headers"].as_object().into_iter().flatten();
        let mut headers: Vec<(String, String)> =
            headers.map(|(name, value)| (name.clone(), self.header(value.as_str().unwrap()))).collect();
        for number in 0..respond["h_count"].as_u64().unwrap_or(0) {
            headers.push((format!("X-Flood-{number}"), "x".to_owned()));
        }
        let delay = Duration::from_secs(respond["delay_headers_s"].as_u64().unwrap_or(0));
        Reply { status: respond["status"].as_u64().unwrap() as u16, headers, body, delay }
    }

    /// `HTTP-DATE+7200` is the HTTP date 7,200 seconds from now; other values stay as they are.
    pub(crate) fn header(&self, value: &str) -> String {
        match value.strip_prefix("HTTP-DATE+") {
            None => value.to_owned(),
            Some(seconds) => {
                let time = at(self.now().as_second() + seconds.parse::<i64>().unwrap());
                time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
            }
        }
    }

    /// Scripts this response and those that redirects lead to, then polls.
    pub(crate) async fn respond(&mut self, steps: &[Value]) -> usize {
        let is_added =
            !self.context.store.sources().await.unwrap().iter().any(|state| state.source.url == self.feed);
        let mut wanted = Vec::new();
        let mut count = 0;
        for step in steps {
            let Some(respond) = step.get("respond") else { break };
            if count > 0 && step.get("advance_s").is_some() {
                break;
            }
            let reply = self.reply(respond).await;
            let url = step["url"].as_str().map_or_else(|| self.feed.path().to_owned(), str::to_owned);
            wanted.push(step["expect_request"].clone());
            let is_redirect = matches!(reply.status, 301 | 302 | 303 | 307 | 308);
            self.server.state.lock().unwrap().script.push_back((url, reply));
            count += 1;
            if !is_redirect {
                break;
            }
        }
        if steps[0]["url"].as_str() == Some("/favicon.ico") {
            self.server.state.lock().unwrap().script.clear();
            return count;
        }
        let before = self.server.state.lock().unwrap().requests.len();
        if is_added {
            self.add_feed().await;
        } else {
            self.poll(true).await;
        }
        let requests = self.server.state.lock().unwrap().requests[before..].to_vec();
        for (at, wanted) in wanted.iter().enumerate().filter(|(_, wanted)| !wanted.is_null()) {
            match requests.get(at) {
                None => self.problems.push(format!("request {} was not made", before + at + 1)),
                Some(request) => self.problems.extend(checks::request_problem(request, wanted)),
            }
        }
        let left = std::mem::take(&mut self.server.state.lock().unwrap().script);
        if let Some((url, _)) = left.front() {
            self.problems.push(format!("{url} was not requested"));
        }
        count
    }

    pub(crate) async fn chain(&mut self, hops: u64) {
        for hop in 0..hops {
            let from = if hop == 0 { "/feed.xml".to_owned() } else { format!("/hop{hop}") };
            let mut reply = Reply::plain(302, "");
            reply.headers.push(("Location".to_owned(), format!("/hop{}", hop + 1)));
            self.route(&from, reply);
        }
        self.poll(true).await;
    }
}
