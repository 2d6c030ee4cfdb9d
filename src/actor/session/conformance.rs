//! The very guard, assembler and out-queue that sessions have, for outside suites of RFC 6455 (an echo) and for fuzzing
//! (`fuzz/`). Not in any ordinary build.

use std::future::poll_fn;
use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::rt::time::timeout;
use bytes::BytesMut;

use super::guard::{FrameGuard, GuardLimits};
use super::inbound::{Heard, Inbound};
use super::line::{Line, Socket};
use super::outbox::Outbox;
use crate::protocol::{binary_frame, close_echo, close_frame, pong_frame, text_frame};

/// What may wait to be taken before the socket is read no more, in bytes.
const WAITING_MAX: usize = 1 << 20;

/// How long a peer has to take the Close frame.
const CLOSE_WAIT: Duration = Duration::from_millis(100);

/// Sends every message of at most `message_bytes_max` bytes back, text and binary, on a connection that has had its
/// handshake, and of which `heard` was read behind that.
pub async fn echo(socket: impl Socket, heard: BytesMut, message_bytes_max: usize) {
    let limits = GuardLimits { message_bytes_max, fragments_max: 0, binary: true };
    let mut echo = Echo {
        line: Line::new(socket, heard),
        inbound: Inbound::new(limits),
        outbox: Outbox::default(),
        over: false,
    };
    // The peer sees how it ended; nobody else asks.
    drop(poll_fn(|cx| echo.poll(cx)).await);
    drop(timeout(CLOSE_WAIT, poll_fn(|cx| echo.poll_end(cx))).await);
}

struct Echo {
    line: Line,
    inbound: Inbound,
    outbox: Outbox,
    over: bool,
}

impl Echo {
    /// Reads and writes until the peer closes or has broken a rule.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let written = self.outbox.poll_write(&mut self.line, cx)?;
            if self.over || (written.is_pending() && self.outbox.waiting() > WAITING_MAX) {
                return if self.over { Poll::Ready(Ok(())) } else { Poll::Pending };
            }
            if let Some(heard) = self.inbound.next_heard() {
                self.answer(heard);
                continue;
            }
            match self.line.poll_read(cx, |bytes| self.inbound.take_in(bytes))? {
                Poll::Ready(0) => self.over = true,
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn answer(&mut self, heard: Heard) {
        match heard {
            Heard::Text(text) => self.outbox.push(text_frame(&text)),
            Heard::Binary(bytes) => self.outbox.push(binary_frame(&bytes)),
            Heard::Ping(payload) => self.outbox.push(pong_frame(&payload)),
            Heard::Pong => {}
            Heard::Close(code) => {
                self.outbox.push_close(close_echo(code));
                self.over = true;
            }
            Heard::Broken(code) => {
                self.outbox.push_close(close_frame(code, ""));
                self.over = true;
            }
        }
    }

    /// Writes what is left, says that nothing more comes, and reads until the peer has gone.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.outbox.poll_write(&mut self.line, cx)?.is_ready() {
            let _told = self.line.poll_shutdown(cx)?;
        }
        loop {
            match self.line.poll_read(cx, |_| ())? {
                Poll::Ready(0) => return Poll::Ready(Ok(())),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Walks frames' headers, `cut` bytes at a time; gives the code to close with, if there is a reason to.
#[must_use]
pub fn walk(bytes: &[u8], cut: usize) -> Option<u16> {
    let mut guard = FrameGuard::new(FUZZED);
    bytes.chunks(cut).find_map(|chunk| guard.walk(chunk).err()).map(|(_, code)| code.number())
}

/// What a session would hear of these bytes if they came `cut` at a time, a line each.
#[must_use]
pub fn hear(bytes: &[u8], cut: usize) -> Vec<String> {
    super::inbound::hear(bytes, cut, FUZZED).iter().map(|heard| format!("{heard:?}")).collect()
}

/// Small enough that a fuzzer meets the bounds.
const FUZZED: GuardLimits = GuardLimits { message_bytes_max: 1_024, fragments_max: 6, binary: true };
