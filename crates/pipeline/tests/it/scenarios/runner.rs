//! Runs one scenario: sets it up, runs its steps, and checks its expectations.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use courant_model::{Source, SourceKind, SourceState, Timestamp};
use courant_net::{Client, OriginOverride, Purpose, Request, Resolve, Resolving};
use courant_pipeline::{
    Context, PollResult, cache_images, client_config, clock::Clock, discover, poll, poll_one, process_pending,
};
use courant_site::Site;
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::scenarios::{
    bodies::{BodyContext, body},
    checks,
    memory::{resident_mb, watch_memory},
    server::{FORBIDDEN, OWN, PUBLIC, Reply, SCRIPTED, Server},
};

/// The start time of every scenario, in seconds since 1970: Tuesday, 3 June 2025, 09:39:21 UTC.
const START: i64 = 1_748_943_561;

/// A fake DNS whose answers change as the scenario states.
#[derive(Default)]
struct FakeDns(Mutex<HashMap<String, Vec<Vec<IpAddr>>>>);

impl Resolve for FakeDns {
    fn resolve(&self, host: &str) -> Resolving {
        let mut names = self.0.lock().unwrap();
        let found = match names.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None if host == "localhost" => vec![FORBIDDEN.into()],
            None => Vec::new(),
        };
        Box::pin(async move { Ok(found) })
    }
}

pub(crate) struct ScenarioRunner {
    pub(crate) server: Server,
    clock: Arc<AtomicI64>,
    dns: Arc<FakeDns>,
    allow: Vec<String>,
    folder: tempfile::TempDir,
    pub(crate) context: Context,
    client: Client,
    pub(crate) feed: Url,
    /// The outcome of the last poll.
    pub(crate) last: Option<PollResult>,
    /// Status and body of the response to a hub.
    pub(crate) hub_answer: Option<(u16, String)>,
    /// Whether the last requested page was fetched.
    pub(crate) fetched: Option<bool>,
    pub(crate) rss_growth_mb: u64,
    pub(crate) wall: Duration,
    pub(crate) hub: Option<String>,
    /// Whether the hub's URL is plain HTTP.
    pub(crate) is_hub_plain: bool,
    entries_before: usize,
    pub(crate) problems: Vec<String>,
}

impl ScenarioRunner {
    /// Runs a scenario and returns its problems; empty if it passed.
    pub(crate) async fn run(scenario: &Value) -> Vec<String> {
        let text = scenario.to_string();
        let top = if text.contains(".example") { "example" } else { "test" };
        let mut runner = Self::set_up(top, &scenario["steps"]).await;
        let (started, rss) = (Instant::now(), resident_mb());
        let peak = watch_memory();
        runner.run_steps(scenario["steps"].as_array().unwrap()).await;
        runner.wall = started.elapsed();
        runner.rss_growth_mb = peak.stop().saturating_sub(rss);
        for (name, wanted) in scenario["expect"].as_object().unwrap() {
            if let Err(problem) = checks::check(&runner, name, wanted).await {
                runner.problems.push(problem);
            }
        }
        runner.problems
    }

    async fn set_up(top: &str, steps: &Value) -> Self {
        let clock = Arc::new(AtomicI64::new(START));
        let server = Server::start(Arc::clone(&clock)).await;
        let folder = tempfile::tempdir().unwrap();
        let dns = Arc::new(FakeDns::default());
        let feed = Url::parse(&format!("http://site.{top}/feed.xml")).unwrap();
        let needs_feed = steps[0].get("add_feed").is_none() && steps[0].get("feeds").is_none();
        let listed = if needs_feed { vec![source(&feed)] } else { Vec::new() };
        let context = open_context(folder.path(), listed, START).await;
        let mut runner = Self {
            client: Client::new(courant_net::ClientConfig::default()).unwrap(),
            server,
            clock,
            dns,
            allow: Vec::new(),
            folder,
            context,
            feed,
            last: None,
            hub_answer: None,
            fetched: None,
            rss_growth_mb: 0,
            wall: Duration::ZERO,
            hub: None,
            is_hub_plain: false,
            entries_before: 0,
            problems: Vec::new(),
        };
        runner.client = runner.new_client();
        runner
    }

    /// A client as in production, but with the scenario's addresses and shorter timeouts.
    fn new_client(&self) -> Client {
        let port = self.server.port;
        let mut config = client_config(&self.context.site, self.context.clock, Vec::new()).unwrap();
        let clock = Arc::clone(&self.clock);
        config.clock = Arc::new(move || at(clock.load(Ordering::SeqCst)));
        config.origins = ["site", "other", "hub"]
            .iter()
            .flat_map(|name| [format!("{name}.test"), format!("{name}.example")])
            .map(|host| OriginOverride { host, origin: SocketAddr::from((SCRIPTED, port)) })
            .collect();
        config.resolver = Arc::clone(&self.dns) as Arc<dyn Resolve>;
        config.ports = vec![port];
        config.allow = self.allow.iter().map(|range| range.parse().unwrap()).collect();
        config.allow.push(format!("{PUBLIC}/32").parse().unwrap());
        config.host_pause = Duration::from_millis(5);
        config.connect_timeout = Duration::from_millis(500);
        config.head_timeout = Duration::from_secs(2);
        config.idle_timeout = Duration::from_secs(2);
        config.total_timeout = config.total_timeout.min(Duration::from_secs(4));
        Client::new(config).unwrap()
    }

    async fn run_steps(&mut self, steps: &[Value]) {
        let mut at = 0;
        while at < steps.len() {
            at += self.run_step(&steps[at..]).await;
        }
    }

    /// Runs the first step and those that belong to the same poll; returns their number.
    async fn run_step(&mut self, steps: &[Value]) -> usize {
        let step = &steps[0];
        if let Some(times) = step["repeat"].as_u64() {
            for _ in 0..times {
                self.advance(step);
                Box::pin(self.run_steps(step["steps"].as_array().unwrap())).await;
            }
            return 1;
        }
        if let Some(every) = step["pushed_every_s"].as_i64() {
            self.push_repeatedly(every, step["advance_s"].as_i64().unwrap()).await;
            return 1;
        }
        if let Some(lease) = step["lease_s"].as_i64() {
            self.subscribe(lease).await;
            self.advance(step);
            self.poll(false).await;
            return 1;
        }
        self.advance(step);
        if step.get("respond").is_some() {
            return self.respond(steps).await;
        }
        self.run_other(step).await;
        1
    }

    async fn run_other(&mut self, step: &Value) {
        for (name, value) in step.as_object().unwrap() {
            match name.as_str() {
                // Read together with other steps, or nothing to do.
                "advance_s" | "same_interval" | "add_feed" | "signature" | "plain_hub" => {}
                "edit_feed_url" => self.edit_feed_url(value.as_str().unwrap()).await,
                "chain" => self.chain(value.as_u64().unwrap()).await,
                "poll_other_feed_same_host" => {
                    let other = self.feed.join("/other.xml").unwrap();
                    self.poll_url(&other).await;
                }
                "manual_refresh" => self.poll(true).await,
                "restart" if step.get("feeds").is_some() => {}
                "restart" => {
                    self.restart().await;
                    self.poll(true).await;
                }
                "feeds" => self.many_feeds(value.as_u64().unwrap(), step.get("restart").is_some()).await,
                "feeds_same_host" => self.feeds_of_one_host(value.as_u64().unwrap()).await,
                "robots" => self.route("/robots.txt", Reply::plain(200, value.as_str().unwrap())),
                "robots_status" => {
                    self.route("/robots.txt", Reply::plain(value.as_u64().unwrap() as u16, ""));
                }
                "extract" => self.fetch_page(value.as_str().unwrap()).await,
                "extract_n" => {
                    for number in 0..value.as_u64().unwrap() {
                        self.fetch_page(&format!("/page{number}.html")).await;
                    }
                }
                "subscribe" => self.poll_given_url(value.as_str().unwrap()).await,
                "dns" | "dns_sequence" => self.set_dns(value),
                "allow" => {
                    self.allow.extend(value.as_array().unwrap().iter().map(|_| format!("{OWN}/32")));
                    self.client = self.new_client();
                }
                "hub_get" => self.hub_verifies(value.as_str().unwrap()).await,
                "hub_post" => {
                    let is_good = step["signature"].as_str().is_some_and(|text| text.ends_with("good"));
                    self.is_hub_plain = step["plain_hub"].as_bool().unwrap_or(false);
                    self.subscribe(864_000).await;
                    self.hub_answer = Some(self.hub_pushes(value.as_str().unwrap(), is_good).await);
                    self.process().await;
                }
                "hub_silent_s" => self.silent_hub(value.as_i64().unwrap()).await,
                other => self.problems.push(format!("unknown step {other}")),
            }
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        at(self.clock.load(Ordering::SeqCst))
    }

    fn advance(&mut self, step: &Value) {
        self.pass_time(step["advance_s"].as_i64().unwrap_or(0));
    }

    pub(crate) fn pass_time(&mut self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
        self.context.clock = Clock::new(Some(self.now()));
    }

    pub(crate) fn route(&self, path: &str, reply: Reply) {
        self.server.state.lock().unwrap().routes.insert(path.to_owned(), reply);
    }

    pub(crate) fn host(&self) -> String {
        self.feed.host_str().unwrap().to_owned()
    }

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
    fn header(&self, value: &str) -> String {
        match value.strip_prefix("HTTP-DATE+") {
            None => value.to_owned(),
            Some(seconds) => {
                let time = at(self.now().as_second() + seconds.parse::<i64>().unwrap());
                time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
            }
        }
    }

    /// Scripts this response and those that redirects lead to, then polls.
    async fn respond(&mut self, steps: &[Value]) -> usize {
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

    async fn add_feed(&mut self) {
        let found = discover(&self.context.site, &self.client, &self.feed).await;
        if found.found.len() != 1 {
            self.problems.push(format!("discovery found {} feeds", found.found.len()));
        }
    }

    async fn poll_url(&mut self, url: &Url) {
        let mut listed: Vec<Source> =
            self.context.store.sources().await.unwrap().into_iter().map(|state| state.source).collect();
        listed.push(source(url));
        self.context.store.sync_sources(&listed, self.now()).await.unwrap();
        let state = self.context.store.source(url).await.unwrap().unwrap();
        self.last = Some(poll_one(&self.context, &self.client, &state).await.unwrap());
    }

    /// Polls a URL given by the scenario, at the port of the scripted servers.
    async fn poll_given_url(&mut self, text: &str) {
        let text = text.replacen("10.0.0.1", &self.own_network("10.0.0.1"), 1);
        let mut url = Url::parse(&text).unwrap();
        if url.scheme() == "http" && url.port().is_none() {
            url.set_port(Some(self.server.port)).unwrap();
        }
        self.feed = url.clone();
        self.poll_url(&url).await;
    }

    /// The fake address of the owner's network, once the scenario allows it.
    fn own_network(&self, address: &str) -> String {
        if self.allow.is_empty() { address.to_owned() } else { OWN.to_string() }
    }

    fn set_dns(&mut self, names: &Value) {
        let address = |text: &Value| -> IpAddr {
            let text = text.as_str().unwrap();
            if text == "93.184.216.34" { PUBLIC.into() } else { text.parse().unwrap() }
        };
        let list = |value: &Value| value.as_array().unwrap().iter().map(address).collect::<Vec<_>>();
        for (host, value) in names.as_object().unwrap() {
            let answers = if value[0].is_array() {
                value.as_array().unwrap().iter().map(list).collect()
            } else {
                vec![list(value)]
            };
            self.dns.0.lock().unwrap().insert(host.clone(), answers);
        }
    }

    async fn edit_feed_url(&mut self, path: &str) {
        self.feed = self.feed.join(path).unwrap();
        self.context.store.sync_sources(&[source(&self.feed)], self.now()).await.unwrap();
    }

    async fn chain(&mut self, hops: u64) {
        for hop in 0..hops {
            let from = if hop == 0 { "/feed.xml".to_owned() } else { format!("/hop{hop}") };
            let mut reply = Reply::plain(302, "");
            reply.headers.push(("Location".to_owned(), format!("/hop{}", hop + 1)));
            self.route(&from, reply);
        }
        self.poll(true).await;
    }

    /// Closes the store and opens it again in the same folder, as a restart does.
    async fn restart(&mut self) {
        let listed: Vec<Source> =
            self.context.store.sources().await.unwrap().into_iter().map(|state| state.source).collect();
        // The store is unlocked when its last clone is dropped, so another context takes its place.
        let other_folder = tempfile::tempdir().unwrap();
        let placeholder = open_context(other_folder.path(), Vec::new(), START).await;
        std::mem::replace(&mut self.context, placeholder).store.close().await.unwrap();
        self.context = open_context(self.folder.path(), listed, self.now().as_second()).await;
        self.client = self.new_client();
    }

    async fn many_feeds(&mut self, count: u64, restart: bool) {
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

    async fn feeds_of_one_host(&mut self, count: u64) {
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

    async fn fetch_page(&mut self, path: &str) {
        self.route(path, Reply::plain(200, "<!doctype html><title>Page</title><p>Text"));
        let request = Request::new(self.feed.join(path).unwrap(), Purpose::Page);
        self.fetched = Some(self.client.get(&request).await.is_ok());
    }

    /// The state of the feed, or of the first source.
    pub(crate) async fn state(&self) -> SourceState {
        match self.context.store.source(&self.feed).await.unwrap() {
            Some(state) => state,
            None => self.context.store.sources().await.unwrap().remove(0),
        }
    }
}

pub(crate) fn source(url: &Url) -> Source {
    Source { url: url.clone(), kind: SourceKind::Feed, title: None, site: None, tags: Vec::new() }
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

async fn open_context(folder: &std::path::Path, sources: Vec<Source>, now: i64) -> Context {
    let mut site = Site::bare();
    folder.clone_into(&mut site.dir);
    site.sources = sources;
    site.config.site.url = Url::parse("https://desk.example/").unwrap();
    site.config.fetch.pages = false;
    Context::open(site, Clock::new(Some(at(now)))).await.unwrap()
}
