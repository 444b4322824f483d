//! Access control of the API: keys, and limits of requests per minute.
//!
//! It covers `/api/v1/` without its two descriptions. Pages, feeds and the classic API stay open:
//! they are for readers, who have no keys.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use ipnet::IpNet;
use sha2::{Digest, Sha256};
use subtle::{ConditionallySelectable, ConstantTimeEq};

use super::rate_limit::{ClientLimits, KeyLimit, RateOutcome, RateStatus};
use crate::{
    client_address::{client, network},
    paths,
    problem::Problem,
};

/// The only supported authentication scheme (RFC 6750 §2.1).
const SCHEME: &str = "bearer";
/// `WWW-Authenticate` for a request without a key (RFC 6750 §3).
const CHALLENGE: &str = "Bearer realm=\"api\"";
/// `WWW-Authenticate` for a request with an unknown key (RFC 6750 §3.1).
const INVALID_TOKEN: &str = "Bearer realm=\"api\", error=\"invalid_token\"";

/// What remains of the limit, and the limit: draft-ietf-httpapi-ratelimit-headers-10 §3 and §4.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whether clients of the API need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyPolicy {
    /// Keys are ignored and requests are not counted.
    #[default]
    Off,
    /// A client with a key has the key's limit instead of the one for everybody.
    Optional,
    /// Requests without a key are refused.
    Required,
}

/// The access rules of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRules {
    /// Whether clients need a key.
    pub keys: KeyPolicy,
    /// Requests per minute for a client without a key: an IPv4 address, or an IPv6 /64.
    pub rate: NonZeroU32,
    /// Proxies in front of the server whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
}

/// An API key as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The name that its owner gave it; never the key.
    pub name: String,
    /// SHA-256 of the key. A key is 32 random bytes, which cannot be guessed, so a slow hash would
    /// not make it safer.
    pub digest: [u8; 32],
    /// Requests per minute.
    pub rate: NonZeroU32,
}

/// Access control of the API. Clones share their state.
#[derive(Debug, Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: AccessRules,
    clients: ClientLimits,
    keys: RwLock<Vec<Arc<KnownKey>>>,
}

#[derive(Debug)]
struct KnownKey {
    key: ApiKey,
    limit: KeyLimit,
}

/// The credentials of a request.
enum Credentials {
    Missing,
    Key(Arc<KnownKey>),
    /// Not a key, or one that was revoked.
    Unknown,
}

impl Access {
    /// Access control with these rules and no keys yet.
    pub fn new(rules: AccessRules) -> Self {
        let clients = ClientLimits::new(rules.rate);
        Self { inner: Arc::new(Inner { rules, clients, keys: RwLock::default() }) }
    }

    /// Access for everybody, without keys, limits or trusted proxies.
    pub fn open() -> Self {
        Self::new(AccessRules { keys: KeyPolicy::Off, rate: NonZeroU32::MIN, trusted_proxies: Vec::new() })
    }

    /// Whether keys make a difference.
    pub fn uses_keys(&self) -> bool {
        self.inner.rules.keys != KeyPolicy::Off
    }

    /// Replaces the valid keys. What a key has used of its limit is kept if its rate is the same.
    pub fn set_keys(&self, keys: Vec<ApiKey>) {
        let mut known = self.inner.keys.write().unwrap_or_else(PoisonError::into_inner);
        let next = keys.into_iter().map(|key| {
            let same = known.iter().find(|old| old.key == key).map(Arc::clone);
            same.unwrap_or_else(|| Arc::new(KnownKey { limit: KeyLimit::new(key.rate), key }))
        });
        *known = next.collect();
    }

    /// The key with this digest. Every key is compared, each in constant time.
    fn find(&self, digest: [u8; 32]) -> Option<Arc<KnownKey>> {
        let known = self.inner.keys.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = u32::MAX;
        for (at, known) in (0_u32..).zip(known.iter()) {
            found.conditional_assign(&at, known.key.digest.ct_eq(&digest));
        }
        known.get(found as usize).map(Arc::clone)
    }

    fn credentials(&self, headers: &HeaderMap) -> Credentials {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let Some(first) = all.next() else { return Credentials::Missing };
        let token = match first.to_str().map(|value| value.split_once(' ')) {
            Ok(Some((scheme, token))) if scheme.eq_ignore_ascii_case(SCHEME) && all.next().is_none() => {
                token.trim_matches(' ')
            }
            // Credentials for something else, for example a proxy that asks for a password.
            _ => return Credentials::Missing,
        };
        self.find(Sha256::digest(token).into()).map_or(Credentials::Unknown, Credentials::Key)
    }

    /// The address of the client behind trusted proxies.
    pub(crate) fn client_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        client(peer, headers, &self.inner.rules.trusted_proxies)
    }

    /// The network by which a client is counted; `None` for this machine, a trusted proxy or an
    /// unknown address.
    pub(crate) fn counted_network(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
        let trusted = &self.inner.rules.trusted_proxies;
        let address = self.client_address(peer, request.headers());
        let is_exempt = address.is_loopback() || trusted.iter().any(|net| net.contains(&address));
        (!is_exempt).then(|| network(address))
    }

    /// Admits a request, with the state of its client's limit, or gives the reason to refuse it.
    fn admit(&self, request: &Request) -> Result<RateStatus, Refusal> {
        let credentials = self.credentials(request.headers());
        let outcome = if let Credentials::Key(known) = &credentials {
            known.limit.check()
        } else {
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            self.inner.clients.check(self.client_address(peer, request.headers()))
        };
        let status = match outcome {
            RateOutcome::Allowed(status) => status,
            RateOutcome::Exceeded { status, wait } => return Err(Refusal::TooMany(status, wait)),
        };
        match (credentials, self.inner.rules.keys) {
            (Credentials::Unknown, _) => Err(Refusal::UnknownKey),
            (Credentials::Missing, KeyPolicy::Required) => Err(Refusal::KeyRequired),
            _ => Ok(status),
        }
    }
}

/// Why a request is refused.
enum Refusal {
    KeyRequired,
    UnknownKey,
    TooMany(RateStatus, Duration),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, detail) = match &self {
            Self::KeyRequired => {
                (StatusCode::UNAUTHORIZED, "this API needs a key: Authorization: Bearer KEY")
            }
            Self::UnknownKey => (StatusCode::UNAUTHORIZED, "the API key is unknown or was revoked"),
            Self::TooMany(..) => (StatusCode::TOO_MANY_REQUESTS, "too many requests; see Retry-After"),
        };
        let mut response = Problem::new(status, detail).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let challenge = match self {
            Self::KeyRequired => CHALLENGE,
            Self::UnknownKey => INVALID_TOKEN,
            Self::TooMany(status, wait) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
                add_rate_headers(headers, &status);
                return response;
            }
        };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        response
    }
}

/// Checks keys and limits of requests to the API, if the site uses keys.
pub(crate) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    let rules = &access.inner.rules;
    if rules.keys == KeyPolicy::Off || !is_guarded(request.uri().path()) {
        return next.run(request).await;
    }
    let mut response = match access.admit(&request) {
        Ok(status) => {
            let mut response = next.run(request).await;
            add_rate_headers(response.headers_mut(), &status);
            response
        }
        Err(refusal) => refusal.into_response(),
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    if rules.keys == KeyPolicy::Required {
        make_private(headers);
    }
    response
}

/// Whether a path needs access control: the descriptions of the API are for clients without a key,
/// too.
fn is_guarded(path: &str) -> bool {
    path.starts_with(paths::API) && !matches!(path, paths::API | paths::API_DESCRIPTION)
}

/// A response that needed a key must not be given to others from a shared cache (RFC 9111 §3.5).
fn make_private(headers: &mut HeaderMap) {
    let current = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let private = current
        .and_then(|value| value.strip_prefix("public"))
        .and_then(|rest| HeaderValue::from_str(&format!("private{rest}")).ok());
    if let Some(private) = private {
        headers.insert(header::CACHE_CONTROL, private);
    }
}

fn add_rate_headers(headers: &mut HeaderMap, status: &RateStatus) {
    let policy = format!("\"minute\";q={};w=60", status.limit);
    let rest = format!("\"minute\";r={};t={}", status.remaining, whole_seconds(status.reset_after));
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, rest)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// Seconds, rounded up.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
