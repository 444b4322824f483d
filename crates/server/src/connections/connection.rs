//! One connection from its first to its last byte.

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
    io::Monitored,
    limits::Limits,
    registry::{Admission, Registry},
    slot::Slot,
};
use crate::middleware::host;

/// Maximum size of a buffered incomplete request head, and of a buffered response, in bytes.
const MAX_BUFFER: usize = 32 << 10;
/// Maximum size of a request head (request line and header fields), in bytes. A larger one is
/// answered 431.
const MAX_HEAD: usize = 16 << 10;

/// Answers the requests of one connection until its client or a limit ends it. When the server
/// stops, only a request in progress is finished.
pub(super) async fn serve_connection<T>(
    stream: T,
    peer: SocketAddr,
    admission: Admission,
    app: Router,
    mut phase: watch::Receiver<Phase>,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (registry, slot) = (Arc::clone(&admission.registry), Arc::clone(&admission.slot));
    let io = TokioIo::new(Monitored::new(stream, Arc::clone(&registry), Arc::clone(&slot)));
    let service = service_fn(|request| respond(request, peer, app.clone(), &registry, &slot));
    let mut builder = http1::Builder::new();
    // The slot has the time limits.
    builder.header_read_timeout(None).max_buf_size(MAX_BUFFER).max_header_size(MAX_HEAD);
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut timer = Timer::new();
    let mut is_stopping = false;
    loop {
        tokio::select! {
            biased;
            done = &mut connection => {
                if let Err(error) = done {
                    tracing::debug!(%peer, %error, "connection ended");
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
            phase = phase.wait_for(move |phase| *phase == Phase::Ended || (*phase == Phase::Stopping && !is_stopping)) => {
                let has_ended = phase.is_ok_and(|phase| *phase == Phase::Ended);
                // No request is in progress, at most a part of a head, which may never become
                // complete.
                if has_ended || !slot.is_active() && slot.idle_order() != 0 {
                    return;
                }
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// The response to one request.
fn respond(
    request: Request<Incoming>,
    peer: SocketAddr,
    app: Router,
    registry: &Arc<Registry>,
    slot: &Arc<Slot>,
) -> impl Future<Output = io::Result<Response<ActiveBody>>> + use<> {
    let is_open = registry.begin(slot);
    let guard = is_open.then(|| Active(Arc::clone(slot)));
    let counts = registry.counts.clone();
    async move {
        let Some(guard) = guard else {
            return Err(io::Error::other("the connection was closed to make room for another one"));
        };
        let mut request = request.map(Body::new);
        let response = if let Some(refusal) = host::refusal(&request) {
            counts.note(refusal.counted());
            refusal.response()
        } else {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(counts);
            app.oneshot(request).await.unwrap_or_else(|never| match never {})
        };
        Ok(response.map(|body| ActiveBody { body, _guard: guard }))
    }
}

/// Marks a request as in progress until dropped.
struct Active(Arc<Slot>);

impl Drop for Active {
    fn drop(&mut self) {
        self.0.request_ended();
    }
}

/// The body of a response; the request is in progress until it is dropped.
struct ActiveBody {
    body: Body,
    _guard: Active,
}

impl HttpBody for ActiveBody {
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

/// A timer that is reset only if a deadline is earlier, which is rare.
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
