//! What goes to the peer: a bounded queue of ready frames, in front of the line.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};

use super::line::Line;

/// The queue.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    frames: VecDeque<Bytes>,
    /// Bytes in `frames`.
    waiting: usize,
    /// The line has taken a part of the first frame.
    begun: bool,
    /// Bytes that the line took, ever.
    taken: u64,
    /// The Close frame is among the frames, or was: nothing may follow it (RFC 6455, section 5.5.1).
    closed: bool,
    /// When the queue is empty the connection is ended.
    ended: bool,
    /// Something waits until fewer bytes wait than this.
    awaited: Option<usize>,
}

impl Outbox {
    /// Adds a frame.
    pub(super) fn push(&mut self, frame: Bytes) {
        if self.ended || self.closed {
            return;
        }
        self.waiting += frame.len();
        self.frames.push_back(frame);
    }

    /// Adds the Close frame, the last one.
    pub(super) fn push_close(&mut self, frame: Bytes) {
        self.push(frame);
        self.closed = true;
    }

    /// Adds a frame if no more than `bytes_max` wait then; a single one always has room. Says whether it did.
    pub(super) fn offer(&mut self, frame: &Bytes, bytes_max: usize) -> bool {
        let room = self.waiting == 0 || self.waiting + frame.len() <= bytes_max;
        if room {
            self.push(frame.clone());
        }
        room
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// Bytes that the line has taken, ever: while this stands still and bytes wait, the peer is stuck.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Notes that something waits until fewer than `bytes` wait here.
    pub(super) fn tell_below(&mut self, bytes: usize) {
        self.awaited = Some(bytes);
    }

    /// Whether what was waited for has come: fewer bytes wait than was asked. It is said once.
    pub(super) fn has_drained(&mut self) -> bool {
        self.awaited.take_if(|below| self.waiting < *below).is_some()
    }

    /// Ends the connection once what waits was taken.
    pub(super) fn end(&mut self) {
        self.ended = true;
    }

    /// Whether all was taken and the connection is to be ended.
    pub(super) fn is_over(&self) -> bool {
        self.ended && self.frames.is_empty()
    }

    /// Drops what waits whole: the peer will not read it. Of a frame that was begun the rest stays, or what follows
    /// would be read as a part of it.
    pub(super) fn clear(&mut self) {
        self.frames.truncate(usize::from(self.begun));
        self.waiting = self.frames.iter().map(Bytes::len).sum();
    }

    /// Writes until all that waits is taken, or until the line takes no more.
    pub(super) fn poll_write(&mut self, line: &mut Line, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.frames.is_empty() {
            let written = ready!(line.poll_write(cx, &self.frames))?;
            self.took(written);
        }
        if self.frames.capacity() > 0 {
            // An idle session keeps no buffer.
            self.frames = VecDeque::new();
        }
        line.poll_flush(cx)
    }

    /// Writes what waits for as long as that takes, and ends the connection.
    pub(super) async fn farewell(mut self, mut line: Line) -> io::Result<()> {
        poll_fn(|cx| self.poll_write(&mut line, cx)).await?;
        poll_fn(|cx| line.poll_shutdown(cx)).await
    }

    /// The line has taken the first `bytes` that waited.
    fn took(&mut self, bytes: usize) {
        self.waiting = self.waiting.saturating_sub(bytes);
        self.taken += u64::try_from(bytes).unwrap_or(0);
        let mut rest = bytes;
        while let Some(frame) = self.frames.front_mut() {
            if frame.len() > rest {
                frame.advance(rest);
                break;
            }
            rest -= frame.len();
            self.frames.pop_front();
        }
        self.begun = rest > 0;
    }
}
