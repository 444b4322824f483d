//! The bodies of pushes: bounded each and all together, in bytes and in time.

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

/// The largest push that is read, in bytes.
pub(crate) const MAX_PUSH: usize = 2_000_000;
/// The bytes of all pushes that are being received or taken in.
const MAX_IN_FLIGHT: usize = 32_000_000;
/// How long a body may take.
const WHOLE_BODY: Duration = Duration::from_secs(30);
/// How long a hub may send nothing.
const NEXT_BYTES: Duration = Duration::from_secs(10);

static IN_FLIGHT: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MAX_IN_FLIGHT)));

/// A body, and its share of what may be in flight.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) bytes: Bytes,
    _share: Option<OwnedSemaphorePermit>,
}

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyProblem {
    TooLarge,
    NoRoom,
    TooSlow,
    /// The client was gone, or sent what is not HTTP.
    Broken,
}

impl BodyProblem {
    pub(crate) const fn counted(self) -> Option<Counted> {
        match self {
            Self::TooLarge => Some(Counted::BodyTooLarge),
            Self::NoRoom => Some(Counted::PushNoRoom),
            Self::TooSlow => Some(Counted::BodyTimeout),
            Self::Broken => None,
        }
    }
}

/// Whether a request announces a larger body than is read.
pub(crate) fn is_too_large(headers: &HeaderMap) -> bool {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    length.is_some_and(|length| length.parse().map_or(true, |length: usize| length > MAX_PUSH))
}

/// Reads a body. What has not arrived takes no room.
pub(crate) async fn receive(body: Body) -> Result<Received, BodyProblem> {
    receive_within(body, &IN_FLIGHT).await
}

async fn receive_within(body: Body, room: &Arc<Semaphore>) -> Result<Received, BodyProblem> {
    let end = Instant::now() + WHOLE_BODY;
    let mut chunks = body.into_data_stream();
    let mut bytes = Vec::new();
    let mut share: Option<OwnedSemaphorePermit> = None;
    loop {
        let next = timeout_at(end.min(Instant::now() + NEXT_BYTES), chunks.next()).await;
        let Some(chunk) = next.map_err(|_| BodyProblem::TooSlow)? else { break };
        let chunk = chunk.map_err(|_| BodyProblem::Broken)?;
        if bytes.len() + chunk.len() > MAX_PUSH {
            return Err(BodyProblem::TooLarge);
        }
        let more = Arc::clone(room).try_acquire_many_owned(chunk.len() as u32);
        let more = more.map_err(|_| BodyProblem::NoRoom)?;
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
    async fn all_bodies_together_are_bounded_and_what_is_done_makes_room() {
        let room = room(10);
        let first = receive_within(Body::from("12345678"), &room).await.unwrap();
        assert_eq!((&first.bytes[..], room.available_permits()), (&b"12345678"[..], 2));
        assert_eq!(receive_within(Body::from("123"), &room).await.unwrap_err(), BodyProblem::NoRoom);
        assert!(receive_within(Body::empty(), &room).await.is_ok());
        drop(first);
        assert_eq!(room.available_permits(), 10);
        assert!(receive_within(Body::from("123"), &room).await.is_ok());
    }

    #[tokio::test]
    async fn one_body_is_bounded_whatever_it_announces() {
        let room = room(MAX_IN_FLIGHT);
        let endless = Body::from_stream(stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 65_536])));
        assert_eq!(receive_within(endless, &room).await.unwrap_err(), BodyProblem::TooLarge);
        assert_eq!(room.available_permits(), MAX_IN_FLIGHT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_or_drips_is_given_up() {
        let room = room(MAX_IN_FLIGHT);
        let start = Instant::now();
        let silent = Body::from_stream(stream::pending::<std::io::Result<Bytes>>());
        assert_eq!(receive_within(silent, &room).await.unwrap_err(), BodyProblem::TooSlow);
        assert_eq!(start.elapsed(), NEXT_BYTES);
        let start = Instant::now();
        let drip = stream::unfold((), async |()| {
            tokio::time::sleep(Duration::from_secs(4)).await;
            Some((Ok::<_, std::io::Error>("x"), ()))
        });
        assert_eq!(receive_within(Body::from_stream(drip), &room).await.unwrap_err(), BodyProblem::TooSlow);
        assert_eq!(start.elapsed(), WHOLE_BODY);
        assert_eq!(room.available_permits(), MAX_IN_FLIGHT);
    }
}
