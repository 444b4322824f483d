//! The stream of a connection, which notes what the client does.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{registry::Registry, slot::Slot};

/// What is read and thrown away after the last answer, in bytes.
const MAX_DISCARDED: usize = 256 << 10;

/// A stream that notes in its connection's slot what the client sends and takes.
pub(super) struct Watched<T> {
    stream: T,
    registry: Arc<Registry>,
    slot: Arc<Slot>,
    /// Whether the client has closed its side.
    has_ended: bool,
    discarded: usize,
}

impl<T> Watched<T> {
    pub(super) fn new(stream: T, registry: Arc<Registry>, slot: Arc<Slot>) -> Self {
        Self { stream, registry, slot, has_ended: false, discarded: 0 }
    }

    fn note_write<R>(&self, written: &Poll<io::Result<R>>) {
        match written {
            Poll::Pending => self.registry.block(&self.slot),
            Poll::Ready(_) => self.registry.unblock(&self.slot),
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            self.slot.heard();
        } else {
            self.has_ended = true;
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<T> {
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

    /// Called when everything that was to be sent is written: between two requests this is where waiting begins.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.registry.rest(&self.slot);
        Poll::Ready(Ok(()))
    }

    /// Closes our side and reads on for a while: a socket that is closed with unread bytes resets the connection,
    /// and the client may never see the answer to what it is still sending (RFC 9112 §9.6).
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_shutdown(cx))?;
        self.slot.lingers();
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
