//! Accepts connections until the server stops.

use std::{future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use super::{
    Phase,
    connection::serve_connection,
    counts::{ConnectionCounts, Counted},
    limits::Limits,
    registry::Registry,
};
use crate::listen::{Accept, Listener, Listeners};

/// How long responses in progress may take after the server is told to stop.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long closing the remaining connections may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// The pause after accepting a connection has failed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Maximum number of connections to close at once when file descriptors run out.
const MAX_EVICTED: usize = 16;
/// Maximum number of concurrent refusals; beyond that, connections are closed without a response.
const MAX_REFUSALS: usize = 64;
/// How long a refused client may take to read the refusal.
const REFUSAL_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum number of bytes of a refused request that are read.
const MAX_DISCARDED: u64 = 64 << 10;
/// The response when the maximum number of connections is reached.
const REFUSAL: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 10\r\nconnection: close\r\n\
    content-type: text/plain; charset=utf-8\r\ncontent-length: 40\r\n\r\ntoo many connections; try again shortly\n";

/// Serves until `shutdown` is done. Then no new connection is accepted, connections without a
/// request are closed, and responses in progress get ten seconds before they are cut off.
///
/// # Errors
/// None at present.
pub async fn serve(
    listeners: impl Into<Listeners>,
    app: Router,
    limits: Limits,
    counts: ConnectionCounts,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let registry = Arc::new(Registry::new(limits, counts));
    let (phase, _) = watch::channel(Phase::Serving);
    for listener in listeners.into().into_all() {
        let acceptor = Acceptor::new(Arc::clone(&registry), app.clone(), phase.subscribe());
        match listener {
            Listener::Tcp(listener) => drop(tokio::spawn(acceptor.accept(listener))),
            #[cfg(unix)]
            Listener::Unix(listener) => drop(tokio::spawn(acceptor.accept(listener))),
        }
    }
    shutdown.await;
    phase.send_replace(Phase::Stopping);
    if timeout(SHUTDOWN_TIMEOUT, registry.empty()).await.is_err() {
        let count = registry.counts.open();
        tracing::warn!(
            count,
            "cut off responses that took longer than 10 seconds after the server was told to stop"
        );
        phase.send_replace(Phase::Ended);
        // Connections that are still open are closed when the process ends.
        let _ = timeout(CLOSE_TIMEOUT, registry.empty()).await;
    }
    Ok(())
}

/// Serves one connection over any stream as [`serve`] does, until the client or a limit ends it.
/// For tests without a socket.
pub async fn serve_stream<T>(
    stream: T,
    peer: SocketAddr,
    app: Router,
    limits: Limits,
    counts: ConnectionCounts,
) where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (_running, phase) = watch::channel(Phase::Serving);
    let registry = Arc::new(Registry::new(limits, counts));
    match registry.admit(peer.ip()) {
        Ok(admission) => serve_connection(stream, peer, admission, app, phase).await,
        Err(reason) => registry.counts.note(reason),
    }
}

/// Accepts the connections of one listener.
pub(super) struct Acceptor {
    registry: Arc<Registry>,
    app: Router,
    phase: watch::Receiver<Phase>,
    refusals: Arc<Semaphore>,
}

impl Acceptor {
    pub(super) fn new(registry: Arc<Registry>, app: Router, phase: watch::Receiver<Phase>) -> Self {
        Self { registry, app, phase, refusals: Arc::new(Semaphore::new(MAX_REFUSALS)) }
    }

    /// Accepts connections until the server stops.
    pub(super) async fn accept<L: Accept>(mut self, mut listener: L) {
        loop {
            let accepted = tokio::select! {
                biased;
                _ = self.phase.wait_for(|phase| *phase != Phase::Serving) => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => self.serve(stream, peer).await,
                Err(error) => self.failed(&error).await,
            }
        }
    }

    async fn serve<T>(&self, stream: T, peer: SocketAddr)
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.registry.counts.note(Counted::Accepted);
        match self.registry.admit(peer.ip()) {
            Ok(admission) => {
                tokio::spawn(serve_connection(stream, peer, admission, self.app.clone(), self.phase.clone()));
                self.registry.evictions().await;
            }
            Err(reason) => {
                self.registry.counts.note_with(reason, &format!("the last from {}", peer.ip()));
                if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
                    tokio::spawn(async move {
                        // The client may not read it.
                        let _ = timeout(REFUSAL_TIMEOUT, refuse(stream)).await;
                        drop(permit);
                    });
                }
            }
        }
    }

    /// Handles a failure to accept. No failure ends the loop: the next connection may succeed.
    async fn failed(&self, error: &io::Error) {
        if is_of_one_connection(error) {
            return;
        }
        if is_out_of_descriptors(error) {
            self.registry.counts.note_with(Counted::NoDescriptors, &error.to_string());
            self.registry.evict_longest(MAX_EVICTED);
        } else {
            self.registry.counts.note_with(Counted::AcceptFailed, &error.to_string());
        }
        sleep(ACCEPT_PAUSE).await;
    }
}

async fn refuse<T: AsyncRead + AsyncWrite + Unpin>(mut stream: T) -> io::Result<()> {
    stream.write_all(REFUSAL).await?;
    stream.shutdown().await?;
    // Closing a socket with unread bytes resets the connection, and the client would not get the
    // refusal.
    tokio::io::copy(&mut stream.take(MAX_DISCARDED), &mut tokio::io::sink()).await.map(|_| ())
}

/// Whether the client disconnected before it was accepted (accept(2)).
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

/// Whether the process (`EMFILE`) or the machine (`ENFILE`) has no file descriptor left.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_has_the_right_content_length() {
        let text = std::str::from_utf8(REFUSAL).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}", body.len())), "{}", body.len());
    }
}
