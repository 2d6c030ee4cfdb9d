//! What comes from the peer: bytes through the guard, frames out of the codec, fragments put together.

use bytes::Bytes;

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

/// What was read, on its way to being heard. After a broken rule it takes in and drops whatever comes, so that the peer
/// can take its Close frame, until the peer ends the connection.
#[derive(Debug)]
pub(super) struct Inbound {
    guard: FrameGuard,
    frames: Frames,
    message: Vec<u8>,
    binary: bool,
    broken: Option<CloseCode>,
    deaf: bool,
    /// The socket is not to be read for now.
    shut: bool,
    /// How often something came that nobody listens to any more.
    dropped: u64,
}

impl Inbound {
    /// Listens from the beginning of a connection.
    pub(super) fn new(limits: GuardLimits) -> Self {
        Self {
            guard: FrameGuard::new(limits),
            frames: Frames::new(limits.message_bytes_max),
            message: Vec::new(),
            binary: false,
            broken: None,
            deaf: false,
            shut: false,
            dropped: 0,
        }
    }

    /// Shuts or opens it. A session shuts it while it has enough to do: the peer then waits in its own kernel.
    pub(super) fn set_open(&mut self, open: bool) {
        self.shut = !open;
    }

    /// Whether the socket is to be read: always, once nothing that comes is listened to any more.
    pub(super) fn is_open(&self) -> bool {
        !self.shut || self.deaf
    }

    /// How often something came that nobody listened to any more.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The next thing heard in what was read already.
    pub(super) fn next_heard(&mut self) -> Option<Heard> {
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

    /// Takes in what was read.
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        if self.deaf {
            self.dropped += 1;
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

/// Everything that is heard of these bytes when they come `cut` at a time.
#[cfg(any(test, feature = "conformance"))]
pub(super) fn hear(bytes: &[u8], cut: usize, limits: GuardLimits) -> Vec<Heard> {
    let mut inbound = Inbound::new(limits);
    let mut all = Vec::new();
    for chunk in bytes.chunks(cut) {
        inbound.take_in(chunk);
        while let Some(heard) = inbound.next_heard() {
            all.push(heard);
        }
    }
    all
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
