//! What comes from the peer: bytes through the guard, frames out of the codec, fragments put together.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::dev::Payload;
use bytes::Bytes;
use futures_core::Stream;

use super::super::socket::{Framed, Frames};
use super::guard::{FrameGuard, GuardLimits};
use crate::protocol::CloseCode;

/// What a session hears.
#[derive(Debug)]
pub(super) enum Heard {
    /// A whole text message.
    Text(String),
    /// A ping, with what to send back.
    Ping(Bytes),
    /// A pong: the peer lives.
    Pong,
    /// The peer closes.
    Close,
    /// The peer broke a rule: close with this.
    Broken(CloseCode),
}

/// Whether the socket is read. A session shuts it while it has enough to do: the peer then waits in its own kernel.
#[derive(Debug, Default)]
pub(super) struct Gate {
    shut: Cell<bool>,
    waker: RefCell<Option<Waker>>,
    dropped: Cell<u64>,
}

impl Gate {
    /// Shuts or opens it.
    pub(super) fn set(&self, open: bool) {
        self.shut.set(!open);
        if open && let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Whether the socket is read.
    pub(super) fn is_open(&self) -> bool {
        !self.shut.get()
    }

    /// How often something came that nobody listens to any more.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.get()
    }
}

/// The stream of what is heard. After a broken rule it reads on and drops what it reads, so that the peer can take
/// its Close frame, until the peer ends the connection.
pub(super) struct Inbound {
    payload: Payload,
    gate: Rc<Gate>,
    guard: FrameGuard,
    frames: Frames,
    message: Vec<u8>,
    broken: Option<CloseCode>,
    deaf: bool,
}

impl Inbound {
    /// Listens to a connection's payload.
    pub(super) fn new(payload: Payload, gate: Rc<Gate>, limits: GuardLimits) -> Self {
        Self {
            payload,
            gate,
            guard: FrameGuard::new(limits),
            frames: Frames::new(limits.message_bytes_max),
            message: Vec::new(),
            broken: None,
            deaf: false,
        }
    }

    /// The next thing heard in what was read already.
    fn next_heard(&mut self) -> Option<Heard> {
        while !self.deaf {
            let Some(framed) = self.frames.next() else {
                let code = self.broken.take()?;
                return Some(self.break_off(code));
            };
            match framed {
                Framed::Piece(bytes, true) if self.message.is_empty() => {
                    return Some(self.text(bytes.to_vec()));
                }
                Framed::Piece(bytes, last) => {
                    self.message.extend_from_slice(&bytes);
                    if last {
                        let message = std::mem::take(&mut self.message);
                        return Some(self.text(message));
                    }
                }
                Framed::Ping(payload) => return Some(Heard::Ping(payload)),
                Framed::Pong => return Some(Heard::Pong),
                Framed::Close => {
                    self.deaf = true;
                    return Some(Heard::Close);
                }
                Framed::Odd => return Some(self.break_off(CloseCode::Protocol)),
            }
        }
        None
    }

    fn text(&mut self, message: Vec<u8>) -> Heard {
        String::from_utf8(message).map_or_else(|_| self.break_off(CloseCode::Invalid), Heard::Text)
    }

    fn break_off(&mut self, code: CloseCode) -> Heard {
        self.deaf = true;
        Heard::Broken(code)
    }

    fn take_in(&mut self, bytes: &Bytes) {
        if self.deaf {
            self.gate.dropped.set(self.gate.dropped.get() + 1);
            return;
        }
        let good = match self.guard.walk(bytes) {
            Ok(()) => bytes.len(),
            Err((good, code)) => {
                self.broken = Some(code);
                good
            }
        };
        self.frames.feed(bytes.get(..good).unwrap_or_default());
    }
}

impl Stream for Inbound {
    type Item = Heard;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Heard>> {
        loop {
            if !self.gate.is_open() && !self.deaf {
                *self.gate.waker.borrow_mut() = Some(cx.waker().clone());
                return Poll::Pending;
            }
            if let Some(heard) = self.next_heard() {
                return Poll::Ready(Some(heard));
            }
            match Pin::new(&mut self.payload).poll_next(cx) {
                Poll::Ready(Some(Ok(bytes))) => self.take_in(&bytes),
                // The connection ended, well or badly: nothing more will be heard.
                Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}
