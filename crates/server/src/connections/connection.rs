//! One connection from its first byte to its last.

use std::{
    future::poll_fn,
    io,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::ConnectInfo,
    http::{Request, Response},
};
use hyper::{
    body::{Frame, Incoming, SizeHint},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::watch,
    time::{Instant, Sleep, sleep_until},
};
use tower::ServiceExt;

use super::{
    Phase,
    counts::Counted,
    io::Watched,
    limits::Limits,
    registry::{Place, Registry},
    slot::Slot,
};
use crate::host;

/// How much of a request is held before its head is whole, and of an answer before it is sent; in bytes.
const MAX_BUFFER: usize = 32 << 10;
/// The longest head of a request: request line and fields, in bytes. Longer ones are answered 431.
const MAX_HEAD: usize = 16 << 10;

/// Answers the requests of one connection until its client or a limit ends it. Once the server stops, a request that
/// is being answered is finished and nothing else is waited for.
pub(super) async fn serve_connection<T>(
    stream: T,
    peer: SocketAddr,
    place: Place,
    app: Router,
    mut phase: watch::Receiver<Phase>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (registry, slot) = (Arc::clone(&place.registry), Arc::clone(&place.slot));
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&registry), Arc::clone(&slot)));
    let service = service_fn(|request| answer(request, peer, app.clone(), &registry, &slot));
    let mut builder = http1::Builder::new();
    // The time limits are those of the slot.
    builder.header_read_timeout(None).max_buf_size(MAX_BUFFER).max_header_size(MAX_HEAD);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut timer = Timer::new();
    let mut stops = false;
    loop {
        tokio::select! {
            biased;
            done = &mut connection => {
                if let Err(error) = done {
                    tracing::debug!(%peer, "connection ended: {error}");
                }
                return;
            }
            late = poll_fn(|cx| timer.poll(&slot, &registry.limits, cx)) => {
                if let Some(what) = late {
                    registry.counts.note(what);
                }
                return;
            }
            () = slot.evicted.notified() => return,
            phase = phase.wait_for(move |phase| *phase == Phase::Ended || (*phase == Phase::Stopping && !stops)) => {
                let has_ended = phase.is_ok_and(|phase| *phase == Phase::Ended);
                // No request is in hand: at most the beginning of one, of which nobody knows when it ends.
                if has_ended || !slot.is_active() && slot.place() != 0 {
                    return;
                }
                stops = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The answer to one request.
fn answer(
    request: Request<Incoming>,
    peer: SocketAddr,
    app: Router,
    registry: &Arc<Registry>,
    slot: &Arc<Slot>,
) -> impl Future<Output = io::Result<Response<Answering>>> + use<> {
    let begins = registry.begin(slot);
    let guard = begins.then(|| Active(Arc::clone(slot)));
    let counts = registry.counts.clone();
    async move {
        let Some(guard) = guard else {
            return Err(io::Error::other("the connection was closed to make room for another"));
        };
        let mut request = request.map(Body::new);
        let answer = if let Some(refusal) = host::objection(&request) {
            counts.note(refusal.counted());
            refusal.answer()
        } else {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(counts);
            app.oneshot(request).await.unwrap_or_else(|never| match never {})
        };
        Ok(answer.map(|body| Answering { body, _guard: guard }))
    }
}

/// A request is being answered, until dropped.
struct Active(Arc<Slot>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.ended();
    }
}

/// The body of an answer; the request is answered when it is dropped.
struct Answering {
    body: Body,
    _guard: Active,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A timer that is moved only where a deadline comes before it: most requests never touch it.
struct Timer(Pin<Box<Sleep>>);

impl Timer {
    fn new() -> Self {
        Self(Box::pin(sleep_until(Instant::now())))
    }

    /// Ready when the slot's deadline has passed.
    fn poll(&mut self, slot: &Slot, limits: &Limits, cx: &mut Context<'_>) -> Poll<Option<Counted>> {
        let Some((deadline, what)) = slot.deadline(limits) else { return Poll::Pending };
        if deadline < self.0.deadline() {
            self.0.as_mut().reset(deadline);
        }
        while self.0.as_mut().poll(cx).is_ready() {
            if self.0.deadline() >= deadline {
                return Poll::Ready(what);
            }
            self.0.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
