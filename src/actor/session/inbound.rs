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
    /// A whole binary message, where the guard lets them through.
    Binary(Vec<u8>),
    /// A ping, with what to send back.
    Ping(Bytes),
    /// A pong: the peer lives.
    Pong,
    /// The peer closes, with a code or without.
    Close(Option<u16>),
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
    binary: bool,
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
            binary: false,
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
                Framed::Piece(bytes, last) => {
                    self.message.extend_from_slice(&bytes);
                    if last {
                        return Some(self.whole());
                    }
                }
                Framed::Binary(bytes, last) => {
                    self.binary = true;
                    self.message.extend_from_slice(&bytes);
                    if last {
                        return Some(self.whole());
                    }
                }
                Framed::Ping(payload) => return Some(Heard::Ping(payload)),
                Framed::Pong => return Some(Heard::Pong),
                Framed::Close(reason) => return Some(self.closed(reason)),
                Framed::Odd => return Some(self.break_off(CloseCode::Protocol)),
            }
        }
        None
    }

    /// The pieces are all there.
    fn whole(&mut self) -> Heard {
        let message = std::mem::take(&mut self.message);
        if std::mem::take(&mut self.binary) {
            return Heard::Binary(message);
        }
        String::from_utf8(message).map_or_else(|_| self.break_off(CloseCode::Invalid), Heard::Text)
    }

    /// The peer closes; what it says must be a code that may be sent (RFC 6455, section 7.4) and UTF-8.
    fn closed(&mut self, reason: Option<(u16, String)>) -> Heard {
        let Some((code, reason)) = reason else {
            self.deaf = true;
            return Heard::Close(None);
        };
        if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
            return self.break_off(CloseCode::Protocol);
        }
        // The codec puts this in the place of what is no UTF-8.
        if reason.contains(char::REPLACEMENT_CHARACTER) {
            return self.break_off(CloseCode::Invalid);
        }
        self.deaf = true;
        Heard::Close(Some(code))
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

/// Everything that is heard of these bytes when they come `cut` at a time and the connection then ends.
#[cfg(any(test, feature = "conformance"))]
pub(super) fn hear(bytes: &[u8], cut: usize, limits: GuardLimits) -> Vec<Heard> {
    let chunks: Vec<_> = bytes.chunks(cut).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
    let stream: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Chunks(chunks.into_iter()));
    let mut inbound = Inbound::new(Payload::Stream { payload: stream }, Rc::new(Gate::default()), limits);
    let mut context = Context::from_waker(Waker::noop());
    let mut all = Vec::new();
    while let Poll::Ready(Some(heard)) = Pin::new(&mut inbound).poll_next(&mut context) {
        all.push(heard);
    }
    all
}

/// Chunks that are all there already.
#[cfg(any(test, feature = "conformance"))]
struct Chunks(std::vec::IntoIter<Result<Bytes, actix_web::error::PayloadError>>);

#[cfg(any(test, feature = "conformance"))]
impl Stream for Chunks {
    type Item = Result<Bytes, actix_web::error::PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const LIMITS: GuardLimits = GuardLimits { message_bytes_max: 1_024, fragments_max: 6, binary: true };

    fn told(bytes: &[u8], cut: usize) -> Vec<String> {
        hear(bytes, cut, LIMITS).iter().map(|heard| format!("{heard:?}")).collect()
    }

    #[test]
    fn the_corpus_is_heard_the_same_however_it_is_cut() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/inbound");
        let files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
        assert!(files.len() >= 18, "{} seeds", files.len());
        for bytes in files {
            assert_eq!(told(&bytes, bytes.len().max(1)), told(&bytes, 1), "{bytes:?}");
        }
    }

    #[test]
    fn fragments_are_put_together_and_rules_kept() {
        let seed = |name: &str| {
            let path = format!("{}/fuzz/corpus/inbound/{name}", env!("CARGO_MANIFEST_DIR"));
            told(&fs::read(path).unwrap(), 3).join(" ")
        };
        assert_eq!(seed("fragments"), r#"Ping(b"p") Text("{\"type_query\":\"ping\"}")"#);
        assert_eq!(seed("cut_utf8"), "Text(\"€\")");
        assert_eq!(seed("bad_utf8"), "Broken(Invalid)");
        assert_eq!(seed("after_close"), "Close(None)");
        assert_eq!(
            (seed("close_half"), seed("close_odd")),
            ("Broken(Protocol)".into(), "Broken(Protocol)".into())
        );
        assert_eq!((seed("huge"), seed("tiny")), ("Broken(TooBig)".into(), "Broken(TooBig)".into()));
    }
}
