//! The client: a request from the guard's check to the typed response.

mod body;
mod decoding;
mod host_limits;
mod host_pauses;
mod http;
mod send_error;

use std::{pin::Pin, sync::Arc, time::Duration};

use bytes::Bytes;
use courant_model::redacted_url;
use jiff::Timestamp;
use reqwest::{
    Response as HttpResponse,
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
    host_limits::{HostLimits, Spacing, domain_of},
    host_pauses::HostPauses,
    http::{at_origin, authority, host_of, http_builder, is_challenge, is_unavailable, path_and_query},
    send_error::{innermost, send_error},
};
use crate::{
    config::ClientConfig,
    error::{FetchError, NetError, TimeoutStage, place},
    guard::{Guard, Route},
    headers::retry_after,
    messages::{Fetched, NotModified, Request, Response, Validators, header_bytes, header_list},
    redirect::{ChainError, RedirectChain, is_redirect, next_step},
    resolve::FilteringResolver,
    robots::{CachedPermission, MAX_ROBOTS_BYTES, Permission, RobotsCache, Rules, robots_url},
};

/// Pause for a host that answers 429 without `Retry-After`.
const DEFAULT_PAUSE: Duration = Duration::from_mins(15);

/// The HTTP client. Clones are cheap and share limits, pauses and the cache of robots.txt.
#[derive(Clone, Debug)]
pub struct Client {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    http: reqwest::Client,
    config: ClientConfig,
    guard: Guard,
    limits: HostLimits,
    pauses: HostPauses,
    robots: RobotsCache,
    decoding: Decoding,
}

/// The options of one exchange.
struct Options<'a> {
    accept: &'static str,
    etag: Option<&'a str>,
    last_modified: Option<&'a str>,
    robots: bool,
    unpack: bool,
    max_bytes: u64,
    overflow: Overflow,
}

/// The result of a successful exchange.
struct Exchange {
    final_url: Url,
    permanent: Option<Url>,
    status: u16,
    headers: HeaderMap,
    /// `None` after 304.
    body: Option<Bytes>,
}

impl Client {
    /// A client with this configuration.
    pub fn new(config: ClientConfig) -> Result<Self, NetError> {
        let agent = HeaderValue::from_str(&config.user_agent)
            .map_err(|_| NetError::UserAgent(config.user_agent.clone()))?;
        // Fails only if a provider is already installed, which is used then.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let guard = Guard::new(&config);
        let resolver =
            FilteringResolver { inner: Arc::clone(&config.resolver), filter: guard.filter.clone() };
        let builder = || http_builder(&config, agent.clone(), resolver.clone());
        let http = builder().build().or_else(|error| {
            // Without root certificates, plain HTTP still works, and each https request fails with
            // the reason.
            tracing::warn!(error = %innermost(&error), "no root certificates found: all https requests will fail");
            builder().tls_certs_only([]).build().map_err(NetError::Build)
        })?;
        let limits = HostLimits::new(config.host_in_flight, config.host_pause, config.host_waiting);
        let (pauses, robots, decoding) = (HostPauses::default(), RobotsCache::default(), Decoding::default());
        let inner = Inner { http, config, guard, limits, pauses, robots, decoding };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Fetches a document: waits for a permit of its host, sends the request (conditional if it has
    /// validators), follows redirects, checking each hop, and reads the body within the limits.
    ///
    /// # Errors
    /// For every response without a usable document, see [`FetchError`]; 304 is not an error.
    #[tracing::instrument(name = "get", level = "debug", skip_all, fields(url = redacted_url(&request.url)))]
    pub async fn get(&self, request: &Request) -> Result<Response, FetchError> {
        let config = &self.inner.config;
        let options = Options {
            accept: request.purpose.accept(),
            etag: request.etag.as_deref(),
            last_modified: request.last_modified.as_deref(),
            robots: config.robots && request.purpose.obeys_robots(),
            unpack: request.purpose != crate::Purpose::Image,
            max_bytes: request.max_bytes.unwrap_or(u64::MAX).min(config.max_bytes),
            overflow: Overflow::Refuse,
        };
        let exchange = self.exchange(&request.url, &options).await?;
        Ok(response(request, exchange, self.now()))
    }

    /// Posts a form, as WebSub requires, and returns the status. Redirects are not followed. The
    /// guard, limits and pauses apply as for every request.
    ///
    /// # Errors
    /// For a status other than success, or if there is no response.
    pub async fn post_form(&self, url: &Url, form: &[(&str, String)]) -> Result<u16, FetchError> {
        self.check(url, false).await?;
        let permit = self.inner.limits.acquire(&domain_of(url), Spacing::Keep).await;
        let _permit = permit.map_err(|full| FetchError::Busy { place: place(url), waiting: full.0 })?;
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

    /// Whether robots.txt allows fetching `url`. It is fetched if it is not cached.
    ///
    /// # Errors
    /// If robots.txt cannot be read at present, or the host must not be requested.
    pub async fn may_fetch(&self, url: &Url) -> Result<bool, FetchError> {
        match self.robots_permit(url).await {
            Ok(()) => Ok(true),
            Err(FetchError::Robots { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The ends of all pauses by host, to be stored over a restart.
    pub fn host_pauses(&self) -> Vec<(String, Timestamp)> {
        self.inner.pauses.all(self.now())
    }

    /// Sets the end of a host's pause, as stored before a restart; `None` ends the pause.
    pub fn set_host_pause(&self, host: &str, until: Option<Timestamp>) {
        self.inner.pauses.set(&host.to_ascii_lowercase(), until);
    }

    fn now(&self) -> Timestamp {
        (self.inner.config.clock)()
    }

    async fn exchange(&self, start: &Url, options: &Options<'_>) -> Result<Exchange, FetchError> {
        let max_redirects = self.inner.config.max_redirects;
        let mut chain = RedirectChain::new(start.clone());
        let mut time_left = self.inner.config.total_timeout;
        let mut last_domain = None;
        loop {
            let url = chain.current().clone();
            self.check(&url, options.robots).await?;
            let domain = domain_of(&url);
            let spacing = if last_domain.as_ref() == Some(&domain) { Spacing::Skip } else { Spacing::Keep };
            let permit = self.inner.limits.acquire(&domain, spacing).await;
            let _permit = permit.map_err(|full| FetchError::Busy { place: place(&url), waiting: full.0 })?;
            // While this request waited, another one may have received `Retry-After`.
            self.check_pause(&url)?;

            let began = Instant::now();
            let response = self.send(&url, options, began + time_left).await?;
            let status = response.status().as_u16();
            if is_redirect(status) {
                let location = response.headers().get(LOCATION).map(HeaderValue::as_bytes);
                let step = next_step(&url, status, location)
                    .map_err(|why| FetchError::BadRedirect { place: place(&url), why })?;
                let at = place(&step.url);
                chain.follow(step, max_redirects).map_err(|end| match end {
                    ChainError::Loop => FetchError::RedirectLoop { place: at },
                    ChainError::TooLong => FetchError::TooManyRedirects { place: at, limit: max_redirects },
                })?;
                time_left = time_left.saturating_sub(began.elapsed());
                last_domain = Some(domain);
                continue;
            }
            let headers = response.headers().clone();
            let body = self.receive(&url, response, options, began + time_left).await?;
            return Ok(Exchange {
                permanent: chain.permanent().cloned(),
                final_url: url,
                status,
                headers,
                body,
            });
        }
    }

    /// Checks everything that must hold before a request may wait for a permit.
    async fn check(&self, url: &Url, robots: bool) -> Result<(), FetchError> {
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
        match self.inner.pauses.active(host_of(url), self.now()) {
            Some(until) => Err(FetchError::HostPaused { place: place(url), until }),
            None => Ok(()),
        }
    }

    /// Sends one request and waits for the head of the response.
    async fn send(
        &self,
        url: &Url,
        options: &Options<'_>,
        deadline: Instant,
    ) -> Result<HttpResponse, FetchError> {
        let place = || place(url);
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(options.accept));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(body::ACCEPT_ENCODING));
        headers.extend(options.etag.and_then(header_bytes).map(|value| (IF_NONE_MATCH, value)));
        headers.extend(options.last_modified.and_then(header_bytes).map(|value| (IF_MODIFIED_SINCE, value)));
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

    /// The URL to connect to; if its host is not that of `url`, the `Host` header is set.
    fn target(&self, url: &Url, headers: &mut HeaderMap) -> Result<Url, FetchError> {
        Ok(match self.route(url)? {
            Route::Direct => url.clone(),
            Route::Origin(origin) => {
                headers.extend(header_bytes(&authority(url)).map(|value| (HOST, value)));
                at_origin(url, origin)
            }
        })
    }

    /// The body of a response that is not a redirect; `None` if nothing has changed.
    async fn receive(
        &self,
        url: &Url,
        response: HttpResponse,
        options: &Options<'_>,
        deadline: Instant,
    ) -> Result<Option<Bytes>, FetchError> {
        let place = place(url);
        match response.status().as_u16() {
            304 if options.etag.is_some() || options.last_modified.is_some() => Ok(None),
            code @ (304 | 206) => Err(FetchError::Protocol {
                place,
                why: format!("status {code} to a request without the matching condition"),
            }),
            code @ 200..=299 if !is_challenge(code, response.headers()) => {
                let limits = BodyLimits {
                    max_bytes: options.max_bytes,
                    overflow: options.overflow,
                    idle: self.inner.config.idle_timeout,
                    deadline,
                    unpack: options.unpack,
                };
                let body = body::read(response, limits, &self.inner.decoding, &place).await?;
                if body.is_empty() && options.overflow == Overflow::Refuse {
                    Err(FetchError::Empty { place })
                } else {
                    Ok(Some(body))
                }
            }
            code => Err(self.refusal(url, code, response.headers())),
        }
    }

    /// The error for a response without a document. Stores a pause if the host asked for one.
    fn refusal(&self, url: &Url, code: u16, headers: &HeaderMap) -> FetchError {
        let now = self.now();
        let wait = headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| retry_after(value, now));
        let pause = match code {
            429 => Some(wait.unwrap_or(DEFAULT_PAUSE)),
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

    /// An error unless robots.txt allows `url`. Boxed, because fetching robots.txt is an exchange,
    /// too.
    fn robots_permit<'a>(
        &'a self,
        url: &'a Url,
    ) -> Pin<Box<dyn Future<Output = Result<(), FetchError>> + Send + 'a>> {
        Box::pin(async move {
            let origin = url.origin().ascii_serialization();
            let mut entry = self.inner.robots.entry(&origin, self.now()).await;
            let cached = if let Some(cached) = entry.take().filter(|cached| cached.is_valid_at(self.now())) {
                cached
            } else {
                let cached = CachedPermission::new(self.fetch_robots(url).await?, self.now());
                self.inner.robots.account(&origin, &cached, self.now());
                cached
            };
            let permission = cached.permission.clone();
            *entry = Some(cached);
            drop(entry);
            match permission {
                Permission::Rules(rules) if rules.allow(path_and_query(url)) => Ok(()),
                Permission::Rules(_) => Err(FetchError::Robots { place: place(url) }),
                Permission::Unreachable(why) => Err(FetchError::RobotsUnreachable { place: place(url), why }),
            }
        })
    }

    /// Fetches robots.txt by the rules of RFC 9309, section 2.3.1: a refusal (4xx) allows
    /// everything; a failure of the server forbids everything for now.
    async fn fetch_robots(&self, url: &Url) -> Result<Permission, FetchError> {
        let options = Options {
            accept: "text/plain, */*;q=0.5",
            etag: None,
            last_modified: None,
            robots: false,
            unpack: false,
            max_bytes: MAX_ROBOTS_BYTES,
            overflow: Overflow::Cut,
        };
        match self.exchange(&robots_url(url), &options).await {
            Ok(exchange) => Ok(Permission::Rules(Arc::new(Rules::read(&exchange.body.unwrap_or_default())))),
            Err(FetchError::Status { code, .. } | FetchError::Challenge { code, .. })
                if is_unavailable(code) =>
            {
                Ok(Permission::Rules(Arc::default()))
            }
            // Not a response of the server: to be tried again with the next page.
            Err(
                error @ (FetchError::Blocked { .. }
                | FetchError::HostPaused { .. }
                | FetchError::Busy { .. }
                | FetchError::Status { code: 429, .. }),
            ) => Err(error),
            // Section 2.3.1.2: after too many redirects it counts as unavailable.
            Err(
                FetchError::TooManyRedirects { .. }
                | FetchError::RedirectLoop { .. }
                | FetchError::BadRedirect { .. },
            ) => Ok(Permission::Rules(Arc::default())),
            Err(error) => Ok(Permission::Unreachable(error.to_string())),
        }
    }
}

fn response(request: &Request, exchange: Exchange, fetched: Timestamp) -> Response {
    let validators = Validators::of(&exchange.headers);
    let headers = header_list(&exchange.headers);
    let url = request.url.clone();
    let Exchange { final_url, permanent, status, .. } = exchange;
    if let Some(body) = exchange.body {
        Response::Fetched(Fetched { url, final_url, permanent, status, validators, headers, body, fetched })
    } else {
        let validators = Validators {
            etag: validators.etag.or_else(|| request.etag.clone()),
            last_modified: validators.last_modified.or_else(|| request.last_modified.clone()),
        };
        Response::NotModified(NotModified { url, final_url, permanent, validators, headers, fetched })
    }
}
