//! The client: one request from the guard's check to the typed answer.

mod body;
mod decoding;
mod host_limits;
mod host_pauses;
mod send_error;

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{
    Response,
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, IF_MODIFIED_SINCE,
        IF_NONE_MATCH, LOCATION, RETRY_AFTER,
    },
};
use tokio::time::{Instant, timeout};
use url::Url;

use self::{
    body::{BodyLimits, Overflow},
    decoding::Decoding,
    host_limits::{Gap, Lanes, lane_of},
    host_pauses::Pauses,
    send_error::{innermost, send_error},
};
use crate::{
    config::ClientConfig,
    error::{FetchError, NetError, TimeoutStage, place},
    guard::{Guard, Route},
    headers::retry_after,
    messages::{Answer, Fetched, NotModified, Request, Validators, header_bytes, header_list},
    redirect::{Trail, TrailEnd, is_redirect, next_step},
    resolve::Filtered,
    robots::Rules,
    robots::{Known, Permission, ROBOTS_MAX_BYTES, RobotsCache, robots_url},
};

/// How long a host is left alone that answers 429 without saying for how long.
const PAUSE_UNSAID: Duration = Duration::from_mins(15);

/// More header fields than this in one answer break off the exchange.
const MAX_HEADERS: usize = 256;

/// The client: cheap to clone, all clones share turns, pauses and what is known of robots.txt.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    config: ClientConfig,
    guard: Guard,
    lanes: Lanes,
    pauses: Pauses,
    robots: RobotsCache,
    decoding: Decoding,
}

/// What one exchange wants of the server.
struct Want<'a> {
    accept: &'static str,
    etag: Option<&'a str>,
    last_modified: Option<&'a str>,
    robots: bool,
    unpack: bool,
    max_bytes: u64,
    overflow: Overflow,
}

/// How an exchange ended well.
struct Exchange {
    final_url: Url,
    permanent: Option<Url>,
    status: u16,
    headers: HeaderMap,
    /// `None` after 304.
    body: Option<Bytes>,
}

impl Client {
    /// A client with these limits and manners.
    pub fn new(config: ClientConfig) -> Result<Self, NetError> {
        let agent = HeaderValue::from_str(&config.user_agent)
            .map_err(|_| NetError::UserAgent(config.user_agent.clone()))?;
        // Fails only where a provider is already installed, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&config);
        let resolver = Filtered { inner: Arc::clone(&config.resolver), filter: guard.filter.clone() };
        let builder = || http_builder(&config, agent.clone(), resolver.clone());
        let http = builder().build().or_else(|error| {
            // A machine without root certificates can still ask plain HTTP, and says for each https address why not.
            tracing::warn!(error = %innermost(&error), "no root certificates found: every https address will be refused");
            builder().tls_certs_only([]).build().map_err(NetError::Build)
        })?;
        let lanes = Lanes::new(config.host_in_flight, config.host_pause, config.host_waiting);
        let (pauses, robots, decoding) = (Pauses::default(), RobotsCache::default(), Decoding::default());
        let inner = Inner { http, config, guard, lanes, pauses, robots, decoding };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Fetches a document: waits for its host's turn, asks (conditionally where the request has validators),
    /// follows redirects with every hop checked, and reads the body within the limits.
    ///
    /// # Errors
    /// Every answer without a usable document is one, see [`FetchError`]; 304 is not.
    pub async fn get(&self, request: &Request) -> Result<Answer, FetchError> {
        let config = &self.inner.config;
        let want = Want {
            accept: request.purpose.accept(),
            etag: request.etag.as_deref(),
            last_modified: request.last_modified.as_deref(),
            robots: config.robots && request.purpose.obeys_robots(),
            unpack: request.purpose != crate::Purpose::Image,
            max_bytes: request.max_bytes.unwrap_or(u64::MAX).min(config.max_bytes),
            overflow: Overflow::Refuse,
        };
        let exchange = self.exchange(&request.url, &want).await?;
        Ok(answer(request, exchange, self.now()))
    }

    /// Posts a form, as WebSub wants it, and gives the status; redirects are not followed. Guard, turns and pauses
    /// are those of every request.
    ///
    /// # Errors
    /// Any status but success, and whatever kept it from coming.
    pub async fn post_form(&self, url: &Url, form: &[(&str, String)]) -> Result<u16, FetchError> {
        self.admit(url, false).await?;
        let turn = self.inner.lanes.turn(&lane_of(url), Gap::Keep).await;
        let _turn = turn.map_err(|full| FetchError::Busy { place: place(url), waiting: full.0 })?;
        self.check_pause(url)?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        let target = self.target(url, &mut headers)?;
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let sending = self.inner.http.post(target).headers(headers).body(body).send();
        let config = &self.inner.config;
        let response =
            match timeout(config.total_timeout.min(config.connect_timeout + config.head_timeout), sending)
                .await
            {
                Ok(sent) => sent.map_err(|error| send_error(place(url), &error))?,
                Err(_) => return Err(FetchError::Timeout { place: place(url), stage: TimeoutStage::Head }),
            };
        match response.status().as_u16() {
            code @ 200..=299 => Ok(code),
            code => Err(self.refusal(url, code, response.headers())),
        }
    }

    /// Whether robots.txt lets us fetch `url`; asks for it where it is not known. `Ok(false)` is a clear no.
    ///
    /// # Errors
    /// Where robots.txt cannot be read at present, or the host may not be asked.
    pub async fn may_fetch(&self, url: &Url) -> Result<bool, FetchError> {
        match self.robots_permit(url).await {
            Ok(()) => Ok(true),
            Err(FetchError::Robots { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The hosts that asked to be left alone and until when, by name: to be kept over a restart.
    pub fn host_pauses(&self) -> Vec<(String, Timestamp)> {
        self.inner.pauses.all(self.now())
    }

    /// Sets until when a host is left alone, as kept from before a restart; `None` ends its pause.
    pub fn set_host_pause(&self, host: &str, until: Option<Timestamp>) {
        self.inner.pauses.set(&host.to_ascii_lowercase(), until);
    }

    fn now(&self) -> Timestamp {
        (self.inner.config.clock)()
    }

    async fn exchange(&self, start: &Url, want: &Want<'_>) -> Result<Exchange, FetchError> {
        let max_redirects = self.inner.config.max_redirects;
        let mut trail = Trail::new(start.clone());
        let mut time_left = self.inner.config.total_timeout;
        let mut last_lane = None;
        loop {
            let url = trail.current().clone();
            self.admit(&url, want.robots).await?;
            let lane = lane_of(&url);
            let gap = if last_lane.as_ref() == Some(&lane) { Gap::Waive } else { Gap::Keep };
            let turn = self.inner.lanes.turn(&lane, gap).await;
            let _turn = turn.map_err(|full| FetchError::Busy { place: place(&url), waiting: full.0 })?;
            // While this request waited, another may have been told to stay away.
            self.check_pause(&url)?;

            let began = Instant::now();
            let response = self.send(&url, want, began + time_left).await?;
            let status = response.status().as_u16();
            if is_redirect(status) {
                let location = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
                let step = next_step(&url, status, location)
                    .map_err(|why| FetchError::BadRedirect { place: place(&url), why })?;
                let at = place(&step.url);
                trail.follow(step, max_redirects).map_err(|end| match end {
                    TrailEnd::Loop => FetchError::RedirectLoop { place: at },
                    TrailEnd::TooLong => FetchError::TooManyRedirects { place: at, limit: max_redirects },
                })?;
                time_left = time_left.saturating_sub(began.elapsed());
                last_lane = Some(lane);
                continue;
            }
            let headers = response.headers().clone();
            let body = self.receive(&url, response, want, began + time_left).await?;
            return Ok(Exchange {
                permanent: trail.permanent().cloned(),
                final_url: url,
                status,
                headers,
                body,
            });
        }
    }

    /// All that must be true before a request may wait for its turn.
    async fn admit(&self, url: &Url, robots: bool) -> Result<(), FetchError> {
        self.route(url)?;
        self.check_pause(url)?;
        if robots {
            self.robots_permit(url).await?;
        }
        Ok(())
    }

    fn route(&self, url: &Url) -> Result<Route, FetchError> {
        self.inner.guard.route(url).map_err(|why| FetchError::Blocked { place: place(url), why })
    }

    fn check_pause(&self, url: &Url) -> Result<(), FetchError> {
        match self.inner.pauses.running(host_of(url), self.now()) {
            Some(until) => Err(FetchError::HostPaused { place: place(url), until }),
            None => Ok(()),
        }
    }

    /// Sends one request and waits for the head of its answer.
    async fn send(&self, url: &Url, want: &Want<'_>, deadline: Instant) -> Result<Response, FetchError> {
        let place = || place(url);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(want.accept));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPT_ENCODING));
        headers.extend(want.etag.and_then(header_bytes).map(|value| (IF_NONE_MATCH, value)));
        headers.extend(want.last_modified.and_then(header_bytes).map(|value| (IF_MODIFIED_SINCE, value)));
        let target = self.target(url, &mut headers)?;
        let config = &self.inner.config;
        let left = deadline.saturating_duration_since(Instant::now());
        let head_time = config.connect_timeout + config.head_timeout;
        match timeout(left.min(head_time), self.inner.http.get(target).headers(headers).send()).await {
            Ok(sent) => sent.map_err(|error| send_error(place(), &error)),
            Err(_) if left < head_time => {
                Err(FetchError::Timeout { place: place(), stage: TimeoutStage::Total })
            }
            Err(_) => Err(FetchError::Timeout { place: place(), stage: TimeoutStage::Head }),
        }
    }

    /// The address to dial; where that is not the host that `url` names, the `Host` header says it.
    fn target(&self, url: &Url, headers: &mut HeaderMap) -> Result<Url, FetchError> {
        Ok(match self.route(url)? {
            Route::Direct => url.clone(),
            Route::Origin(origin) => {
                headers.extend(header_bytes(&authority(url)).map(|value| (HOST, value)));
                at_origin(url, origin)
            }
        })
    }

    /// Turns an answer that is no redirect into its body, `None` where it says that nothing has changed.
    async fn receive(
        &self,
        url: &Url,
        response: Response,
        want: &Want<'_>,
        deadline: Instant,
    ) -> Result<Option<Bytes>, FetchError> {
        let place = place(url);
        match response.status().as_u16() {
            304 if want.etag.is_some() || want.last_modified.is_some() => Ok(None),
            code @ (304 | 206) => Err(FetchError::Protocol {
                place,
                why: format!("{code} to a request that did not ask for it"),
            }),
            code @ 200..=299 if !is_challenge(code, response.headers()) => {
                let limits = BodyLimits {
                    max_bytes: want.max_bytes,
                    overflow: want.overflow,
                    idle: self.inner.config.idle_timeout,
                    deadline,
                    unpack: want.unpack,
                };
                let body = body::read(response, limits, &self.inner.decoding, &place).await?;
                if body.is_empty() && want.overflow == Overflow::Refuse {
                    Err(FetchError::Empty { place })
                } else {
                    Ok(Some(body))
                }
            }
            code => Err(self.refusal(url, code, response.headers())),
        }
    }

    /// The error for an answer without a document; remembers where the host asked to be left alone.
    fn refusal(&self, url: &Url, code: u16, headers: &HeaderMap) -> FetchError {
        let now = self.now();
        let wait = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, now));
        let pause = match code {
            429 => Some(wait.unwrap_or(PAUSE_UNSAID)),
            503 => wait,
            _ => None,
        };
        if let Some(until) = pause.and_then(|pause| now.checked_add(pause).ok()) {
            self.inner.pauses.extend(host_of(url), until, now);
        }
        if is_challenge(code, headers) {
            return FetchError::Challenge { place: place(url), code };
        }
        FetchError::Status { place: place(url), code, retry_after: wait }
    }

    /// Passes where robots.txt allows `url`. Boxed, as fetching robots.txt is itself an exchange.
    fn robots_permit<'a>(
        &'a self,
        url: &'a Url,
    ) -> Pin<Box<dyn Future<Output = Result<(), FetchError>> + Send + 'a>> {
        Box::pin(async move {
            let origin = url.origin().ascii_serialization();
            let mut entry = self.inner.robots.entry(&origin, self.now()).await;
            let known = if let Some(known) = entry.take().filter(|known| known.holds_at(self.now())) {
                known
            } else {
                let known = Known::new(self.fetch_robots(url).await?, self.now());
                self.inner.robots.settle(&origin, &known, self.now());
                known
            };
            let permission = known.permission.clone();
            *entry = Some(known);
            drop(entry);
            match permission {
                Permission::Rules(rules) if rules.allow(path_and_query(url)) => Ok(()),
                Permission::Rules(_) => Err(FetchError::Robots { place: place(url) }),
                Permission::Unreachable(why) => Err(FetchError::RobotsUnreachable { place: place(url), why }),
            }
        })
    }

    /// Reads a robots.txt as RFC 9309, section 2.3.1, wants it: what the server refuses to show (4xx) forbids
    /// nothing; where the server fails, everything is forbidden for now.
    async fn fetch_robots(&self, url: &Url) -> Result<Permission, FetchError> {
        let want = Want {
            accept: "text/plain, */*;q=0.5",
            etag: None,
            last_modified: None,
            robots: false,
            unpack: false,
            max_bytes: ROBOTS_MAX_BYTES,
            overflow: Overflow::Cut,
        };
        match self.exchange(&robots_url(url), &want).await {
            Ok(exchange) => Ok(Permission::Rules(Arc::new(Rules::read(&exchange.body.unwrap_or_default())))),
            Err(FetchError::Status { code, .. } | FetchError::Challenge { code, .. })
                if is_unavailable(code) =>
            {
                Ok(Permission::Rules(Arc::default()))
            }
            // Not an answer of the server: to be tried again with the next page.
            Err(
                error @ (FetchError::Blocked { .. }
                | FetchError::HostPaused { .. }
                | FetchError::Busy { .. }
                | FetchError::Status { code: 429, .. }),
            ) => Err(error),
            // Section 2.3.1.2: after too many hops it counts as unavailable.
            Err(
                FetchError::TooManyRedirects { .. }
                | FetchError::RedirectLoop { .. }
                | FetchError::BadRedirect { .. },
            ) => Ok(Permission::Rules(Arc::default())),
            Err(error) => Ok(Permission::Unreachable(error.to_string())),
        }
    }
}

/// Whether a status of robots.txt means that there is none. 429 is an overloaded server, not a missing file.
const fn is_unavailable(code: u16) -> bool {
    matches!(code, 400..=499) && code != 429
}

fn http_builder(config: &ClientConfig, agent: HeaderValue, resolver: Filtered) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(agent)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(resolver)
        .connect_timeout(config.connect_timeout)
        .pool_idle_timeout(Duration::from_secs(15))
        .pool_max_idle_per_host(config.host_in_flight)
        .http1_max_headers(MAX_HEADERS)
        .http1_ignore_invalid_headers_in_responses(true)
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http2_max_header_list_size(64 << 10)
}

fn answer(request: &Request, exchange: Exchange, fetched: Timestamp) -> Answer {
    let given = Validators::of(&exchange.headers);
    let headers = header_list(&exchange.headers);
    let url = request.url.clone();
    let Exchange { final_url, permanent, status, .. } = exchange;
    if let Some(body) = exchange.body {
        Answer::Fetched(Fetched {
            url,
            final_url,
            permanent,
            status,
            validators: given,
            headers,
            body,
            fetched,
        })
    } else {
        let validators = Validators {
            etag: given.etag.or_else(|| request.etag.clone()),
            last_modified: given.last_modified.or_else(|| request.last_modified.clone()),
        };
        Answer::NotModified(NotModified { url, final_url, permanent, validators, headers, fetched })
    }
}

/// Whether an answer is a test for robots instead of the document: the headers by which the large protection
/// services name theirs.
fn is_challenge(code: u16, headers: &HeaderMap) -> bool {
    let says = |name, word: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(word.as_bytes()))
    };
    matches!(code, 202 | 403 | 405 | 429 | 503)
        && (says("cf-mitigated", "challenge")
            || says("x-amzn-waf-action", "challenge")
            || says("x-amzn-waf-action", "captcha"))
}

/// The host under which pauses are kept.
fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default().trim_end_matches('.')
}

fn path_and_query(url: &Url) -> &str {
    &url[url::Position::BeforePath..url::Position::AfterQuery]
}

/// Host and port as the `Host` header names them.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// The same path and query at another address, in plain HTTP.
fn at_origin(url: &Url, origin: std::net::SocketAddr) -> Url {
    Url::parse(&format!("http://{origin}{}", path_and_query(url)))
        .expect("an address with path and query of a parsed URL is a URL")
}
