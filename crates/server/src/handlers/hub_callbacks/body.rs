//! Reads the bodies of pushes: each one and all together are limited in bytes and time.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, header},
};
use futures_util::StreamExt;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

use crate::connections::Counted;

/// Maximum size of a push, in bytes.
pub(crate) const MAX_PUSH: usize = 2_000_000;
/// Maximum size of all pushes that are being received or processed, in bytes.
const MAX_IN_FLIGHT: usize = 32_000_000;
/// Maximum time for a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(30);
/// Maximum time without a byte from the hub.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);

static IN_FLIGHT: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_IN_FLIGHT)));

/// A body, and its share of [`MAX_IN_FLIGHT`].
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    TooLarge,
    TooMany,
    TooSlow,
    /// The client disconnected, or sent invalid HTTP.
    Broken,
}

impl BodyProblem {
    pub(crate) const fn counted(self) -> Option<Counted> {
        match self {
            Self::TooLarge => Some(Counted::BodyTooLarge),
            Self::TooMany => Some(Counted::TooManyPushes),
            Self::TooSlow => Some(Counted::BodyTimeout),
            Self::Broken => None,
        }
    }
}

/// Whether the announced body is larger than [`MAX_PUSH`].
pub(crate) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: usize| length > MAX_PUSH))
}

/// Reads a body. Only bytes that have arrived count.
pub(crate) async fn receive(body: Body) -> Result<Received, BodyProblem> {
    receive_within(body, &IN_FLIGHT).await
}

async fn receive_within(body: Body, room: &Arc<Semaphore>) -> Result<Received, BodyProblem> {
    let end = Instant::now() + BODY_TIMEOUT;
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    loop {
        let next = timeout_at(end.min(Instant::now() + IDLE_TIMEOUT), chunks.next()).await;
        let Some(chunk) = next.map_err(|_| BodyProblem::TooSlow)? else { break };
        let chunk = chunk.map_err(|_| BodyProblem::Broken)?;
        if bytes.len() + chunk.len() > MAX_PUSH {
            return Err(BodyProblem::TooLarge);
        }
        let more = Arc::clone(room).try_acquire_many_owned(chunk.len() as u32);
        let more = more.map_err(|_| BodyProblem::TooMany)?;
        match &mut share {
            Some(share) => share.merge(more),
            None => share = Some(more),
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(Received { bytes: bytes.into(), _share: share })
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn room(bytes: usize) -> Arc<Semaphore> {
        Arc::new(Semaphore::new(bytes))
    }

    #[tokio::test]
    async fn all_bodies_together_are_limited_until_they_are_dropped() {
        let room = room(10);
        let first = receive_within(Body::from("12345678"), &room).await.unwrap();
        assert_eq!((&first.bytes[..], room.available_permits()), (&b"12345678"[..], 2));
        assert_eq!(receive_within(Body::from("123"), &room).await.unwrap_err(), BodyProblem::TooMany);
        assert!(receive_within(Body::empty(), &room).await.is_ok());
        drop(first);
        assert_eq!(room.available_permits(), 10);
        assert!(receive_within(Body::from("123"), &room).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_is_limited_even_without_an_announced_length() {
        let room = room(MAX_IN_FLIGHT);
        let endless = Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536])));
        assert_eq!(receive_within(endless, &room).await.unwrap_err(), BodyProblem::TooLarge);
        assert_eq!(room.available_permits(), MAX_IN_FLIGHT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_or_drips_times_out() {
        let room = room(MAX_IN_FLIGHT);
        let start = Instant::now();
        let silent = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        assert_eq!(receive_within(silent, &room).await.unwrap_err(), BodyProblem::TooSlow);
        assert_eq!(start.elapsed(), IDLE_TIMEOUT);
        let start = Instant::now();
        let drip = stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(4)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        assert_eq!(receive_within(Body::from_stream(drip), &room).await.unwrap_err(), BodyProblem::TooSlow);
        assert_eq!(start.elapsed(), BODY_TIMEOUT);
        assert_eq!(room.available_permits(), MAX_IN_FLIGHT);
    }
}
