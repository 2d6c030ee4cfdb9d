//! The line to the peer: the connection's socket, under TLS or not, which the session owns from the handshake on.
//!
//! Whoever writes goes straight to the kernel: between a frame that is ready and the socket there is no buffer and no
//! other task, so an idle session holds no memory for either direction.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What a session can talk over.
pub trait Socket: AsyncRead + AsyncWrite + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + 'static> Socket for T {}

/// What was said on a connection before it became a session's.
#[derive(Debug, Default)]
pub struct Said {
    /// What came from the peer behind the handshake.
    pub heard: BytesMut,
    /// What is to go to the peer before anything else: the handshake's answer.
    pub unsent: BytesMut,
}

/// The most frames that one write takes along.
const FRAMES_PER_WRITE: usize = 32;

/// How much is read at once (bytes).
const READ_BYTES: usize = 16 << 10;

thread_local! {
    /// Where a thread's sessions read into, one after another.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into_boxed_slice());
}

/// A connection that has become a session's.
pub(super) struct Line {
    /// None once it was taken.
    socket: Option<Box<dyn Socket>>,
    /// What came before the socket was ours.
    heard: BytesMut,
    /// The peer's end was read.
    ended: bool,
    /// TLS holds bytes that the socket has not taken.
    flushing: bool,
}

impl Line {
    /// Takes a connection over, with what was read of it already.
    pub(super) fn new(socket: impl Socket, heard: BytesMut) -> Self {
        // What HTTP read into is kept no longer than it holds something.
        let heard = if heard.is_empty() { BytesMut::new() } else { heard };
        Self { socket: Some(Box::new(socket)), heard, ended: false, flushing: false }
    }

    /// Hands what has come to `take`; gives how many bytes that was, 0 at the end of the connection, which is told once.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        take: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        if !self.heard.is_empty() {
            let heard = std::mem::take(&mut self.heard);
            take(&heard);
            return Poll::Ready(Ok(heard.len()));
        }
        let Some(socket) = self.socket.as_mut().filter(|_| !self.ended) else { return Poll::Pending };
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            let read = ready!(Pin::new(socket).poll_read(cx, &mut buffer));
            let bytes = buffer.filled();
            self.ended = read.is_err() || bytes.is_empty();
            take(bytes);
            Poll::Ready(read.map(|()| bytes.len()))
        })
    }

    /// Writes of `frames` what the socket takes at once; gives how many bytes that was.
    pub(super) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        frames: &VecDeque<Bytes>,
    ) -> Poll<io::Result<usize>> {
        let Some(socket) = &mut self.socket else { return Poll::Pending };
        let socket = Pin::new(socket);
        let written = if let (Some(frame), 1) = (frames.front(), frames.len()) {
            // For a single one the kernel has a shorter way.
            ready!(socket.poll_write(cx, frame))?
        } else {
            let mut slices = [IoSlice::new(&[]); FRAMES_PER_WRITE];
            for (slice, frame) in slices.iter_mut().zip(frames) {
                *slice = IoSlice::new(frame);
            }
            let slices = slices.get(..frames.len()).unwrap_or(&slices);
            ready!(socket.poll_write_vectored(cx, slices))?
        };
        self.flushing = true;
        // A write of nothing would be tried for ever.
        if written == 0 {
            Poll::Ready(Err(io::ErrorKind::WriteZero.into()))
        } else {
            Poll::Ready(Ok(written))
        }
    }

    /// Sees to it that the socket has all that was written.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.flushing
            && let Some(socket) = &mut self.socket
        {
            ready!(Pin::new(socket).poll_flush(cx))?;
            self.flushing = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Says to the peer that nothing more will come.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.as_mut().map_or(Poll::Ready(Ok(())), |socket| Pin::new(socket).poll_shutdown(cx))
    }

    /// Takes it out of the session's hands.
    pub(super) fn take(&mut self) -> Self {
        let heard = std::mem::take(&mut self.heard);
        Self { socket: self.socket.take(), heard, ended: self.ended, flushing: self.flushing }
    }
}
