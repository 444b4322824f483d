//! Who may ask the API, and how often: keys, and limits of requests a minute.
//!
//! Only `/api/v1/` is concerned, without its two descriptions. Pages, feeds and the classic API stay open: they are for
//! readers, whom no key can be given.

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

use crate::{
    client_address::{client, network},
    problem::Problem,
    rate_limit::{Callers, Count, Limit, Spent},
};

/// The one scheme that is understood (RFC 6750 §2.1).
const SCHEME: &str = "bearer";
/// What is asked for where no key came (RFC 6750 §3).
const CHALLENGE: &str = "Bearer realm=\"api\"";
/// What is said where the key that came is none (RFC 6750 §3.1).
const INVALID: &str = "Bearer realm=\"api\", error=\"invalid_token\"";

/// The rest of the limit, and the limit itself: draft-ietf-httpapi-ratelimit-headers-10 §3 and §4.
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whether callers of the API need a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keys {
    /// Nobody is asked, and nothing is counted.
    #[default]
    Off,
    /// A key lifts the limit for callers without one.
    Optional,
    /// Without a key there is no answer.
    Required,
}

/// The owner's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRules {
    /// Whether keys are wanted.
    pub keys: Keys,
    /// Requests a minute for a caller without a key, by address; those of an IPv6 /64 are one.
    pub rate: NonZeroU32,
    /// Proxies in front whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its owner's word for it; never the key.
    pub name: String,
    /// SHA-256 of the key. A key is 32 random bytes, which nobody finds by trying, so a slow hash would add
    /// nothing.
    pub digest: [u8; 32],
    /// Requests a minute.
    pub rate: NonZeroU32,
}

/// The door of the API. Clones are one door.
#[derive(Debug, Clone)]
pub struct Access {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    rules: AccessRules,
    callers: Callers,
    known: RwLock<Vec<Arc<Known>>>,
}

#[derive(Debug)]
struct Known {
    key: ApiKey,
    limit: Limit,
}

/// What a caller showed.
enum Shown {
    Nothing,
    Key(Arc<Known>),
    /// Something that is no key, or none any more.
    Unknown,
}

impl Access {
    /// A door under these rules, without any key yet.
    pub fn new(rules: AccessRules) -> Self {
        let callers = Callers::new(rules.rate);
        Self { inner: Arc::new(Inner { rules, callers, known: RwLock::default() }) }
    }

    /// A door that is open to everybody.
    pub fn open() -> Self {
        Self::new(AccessRules { keys: Keys::Off, rate: NonZeroU32::MIN, trusted_proxies: Vec::new() })
    }

    /// Whether keys matter at all.
    pub fn wants_keys(&self) -> bool {
        self.inner.rules.keys != Keys::Off
    }

    /// The keys that are good from now on. What a key has used of its limit is remembered while its rate stays.
    pub fn set_keys(&self, keys: Vec<ApiKey>) {
        let mut known = self.inner.known.write().unwrap_or_else(PoisonError::into_inner);
        let next = keys.into_iter().map(|key| {
            let same = known.iter().find(|old| old.key == key).map(Arc::clone);
            same.unwrap_or_else(|| Arc::new(Known { limit: Limit::new(key.rate), key }))
        });
        *known = next.collect();
    }

    /// The key with this digest. Every key is compared, each in constant time.
    fn find(&self, digest: [u8; 32]) -> Option<Arc<Known>> {
        let known = self.inner.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = u32::MAX;
        for (at, known) in (0_u32..).zip(known.iter()) {
            found.conditional_assign(&at, known.key.digest.ct_eq(&digest));
        }
        known.get(found as usize).map(Arc::clone)
    }

    fn shown(&self, headers: &HeaderMap) -> Shown {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let Some(first) = all.next() else { return Shown::Nothing };
        let token = match first.to_str().map(|value| value.split_once(' ')) {
            Ok(Some((scheme, token))) if scheme.eq_ignore_ascii_case(SCHEME) && all.next().is_none() => {
                token.trim_matches(' ')
            }
            // Credentials for somebody else, a proxy with passwords perhaps.
            _ => return Shown::Nothing,
        };
        self.find(Sha256::digest(token).into()).map_or(Shown::Unknown, Shown::Key)
    }

    /// The network by which a client is counted; `None` where it is this machine, a trusted proxy, or not known.
    pub(crate) fn network(&self, request: &Request) -> Option<IpAddr> {
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip();
        let trusted = &self.inner.rules.trusted_proxies;
        let address = client(peer, request.headers(), trusted);
        let is_exempt = address.is_loopback() || trusted.iter().any(|net| net.contains(&address));
        (!is_exempt).then(|| network(address))
    }

    /// Lets a caller in, with what is left of its limit, or says what to answer.
    fn admit(&self, request: &Request) -> Result<Count, Refusal> {
        let shown = self.shown(request.headers());
        let spent = if let Shown::Key(known) = &shown {
            known.limit.spend()
        } else {
            let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
            let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
            self.inner.callers.spend(client(peer, request.headers(), &self.inner.rules.trusted_proxies))
        };
        let count = match spent {
            Spent::Left(count) => count,
            Spent::TooMuch { count, wait } => return Err(Refusal::TooMuch(count, wait)),
        };
        match (shown, self.inner.rules.keys) {
            (Shown::Unknown, _) => Err(Refusal::Unknown),
            (Shown::Nothing, Keys::Required) => Err(Refusal::KeyWanted),
            _ => Ok(count),
        }
    }
}

/// Why a caller is not let in.
enum Refusal {
    KeyWanted,
    Unknown,
    TooMuch(Count, Duration),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, detail) = match &self {
            Self::KeyWanted => (StatusCode::UNAUTHORIZED, "this API wants a key: Authorization: Bearer KEY"),
            Self::Unknown => (StatusCode::UNAUTHORIZED, "this is no key, or none any more"),
            Self::TooMuch(..) => (StatusCode::TOO_MANY_REQUESTS, "too many requests; wait a little"),
        };
        let mut answer = Problem::new(status, detail).into_response();
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let challenge = match self {
            Self::KeyWanted => CHALLENGE,
            Self::Unknown => INVALID,
            Self::TooMuch(count, wait) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
                tell(headers, &count);
                return answer;
            }
        };
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        answer
    }
}

/// Asks callers of the API who they are, where the owner wants it.
pub(crate) async fn check(State(access): State<Access>, request: Request, next: Next) -> Response {
    let rules = &access.inner.rules;
    if rules.keys == Keys::Off || !is_guarded(request.uri().path()) {
        return next.run(request).await;
    }
    let mut answer = match access.admit(&request) {
        Ok(count) => {
            let mut answer = next.run(request).await;
            tell(answer.headers_mut(), &count);
            answer
        }
        Err(refusal) => refusal.into_response(),
    };
    let headers = answer.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("authorization"));
    if rules.keys == Keys::Required {
        keep_private(headers);
    }
    answer
}

/// Whether this is the API proper: what describes it is for those who have no key yet.
fn is_guarded(path: &str) -> bool {
    path.starts_with("/api/v1/") && !matches!(path, "/api/v1/" | "/api/v1/openapi.json")
}

/// An answer that a key opened must not be given to others from a shared cache (RFC 9111 §3.5).
fn keep_private(headers: &mut HeaderMap) {
    let stated = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    let own = stated
        .and_then(|value| value.strip_prefix("public"))
        .and_then(|rest| HeaderValue::from_str(&format!("private{rest}")).ok());
    if let Some(own) = own {
        headers.insert(header::CACHE_CONTROL, own);
    }
}

fn tell(headers: &mut HeaderMap, count: &Count) {
    let policy = format!("\"minute\";q={};w=60", count.limit);
    let rest = format!("\"minute\";r={};t={}", count.left, whole_seconds(count.full_in));
    for (name, value) in [(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, rest)] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// Seconds, the last one begun counted whole.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
