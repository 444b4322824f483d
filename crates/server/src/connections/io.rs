//! The stream of a connection, which records the client's activity.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{registry::Registry, slot::Slot};

/// Maximum number of bytes that are read and discarded after the last response.
const MAX_DISCARDED: usize = 256 << 10;

/// A stream that records in its connection's slot what the client sends and reads.
pub(super) struct Monitored<T> {
    stream: T,
    registry: Arc<Registry>,
    slot: Arc<Slot>,
    /// Whether the client has closed its side.
    has_ended: bool,
    discarded: usize,
}

impl<T> Monitored<T> {
    pub(super) fn new(stream: T, registry: Arc<Registry>, slot: Arc<Slot>) -> Self {
        Self { stream, registry, slot, has_ended: false, discarded: 0 }
    }

    fn note_write<R>(&self, written: &Poll<io::Result<R>>) {
        match written {
            Poll::Pending => self.registry.stall(&self.slot),
            Poll::Ready(_) => self.registry.resume(&self.slot),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Monitored<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.slot.received();
        } else {
            self.has_ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Monitored<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note_write(&written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.note_write(&written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// Called when everything has been written. Between two requests, the connection is idle from
    /// here on.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.registry.idle(&self.slot);
        Poll::Ready(Ok(()))
    }

    /// Closes the server's side and reads on for a while: closing a socket with unread bytes resets
    /// the connection, and the client might not get the response to a request that it is still
    /// sending (RFC 9112 §9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        self.slot.linger();
        let mut scratch = [0; 4096];
        while !self.has_ended && self.discarded < MAX_DISCARDED {
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer));
            let count = buffer.filled().len();
            self.has_ended = read.is_err() || count == 0;
            self.discarded += count;
        }
        Poll::Ready(Ok(()))
    }
}
