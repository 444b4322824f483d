//! Runs one scenario: sets it up, runs its steps, and checks its expectations.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use courant_model::{Source, SourceKind, SourceState, Timestamp};
use courant_net::Client;
use courant_pipeline::{Context, PollResult, clock::Clock};
use courant_site::Site;
use serde_json::Value;
use url::Url;

use crate::scenarios::{
    checks,
    memory::{resident_mb, watch_memory},
    network::FakeDns,
    server::{OWN, Reply, Server},
};

/// The start time of every scenario, in seconds since 1970: Tuesday, 3 June 2025, 09:39:21 UTC.
pub(crate) const START: i64 = 1_748_943_561;

pub(crate) struct ScenarioRunner {
    pub(crate) server: Server,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) dns: Arc<FakeDns>,
    /// The IP ranges that the owner allows in addition.
    pub(crate) allow: Vec<String>,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) context: Context,
    pub(crate) client: Client,
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
    /// Number of entries of the last feed.
    pub(crate) entries_before: usize,
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

pub(crate) async fn open_context(folder: &std::path::Path, sources: Vec<Source>, now: i64) -> Context {
    let mut site = Site::bare();
    folder.clone_into(&mut site.dir);
    site.sources = sources;
    site.config.site.url = Url::parse("https://desk.example/").unwrap();
    site.config.fetch.pages = false;
    Context::open(site, Clock::new(Some(at(now)))).await.unwrap()
}
