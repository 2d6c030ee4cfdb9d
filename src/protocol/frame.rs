//! WebSocket frames as the server sends them (RFC 6455, section 5.2): unfragmented and unmasked, hence the same
//! bytes for every peer.

use bytes::{BufMut, Bytes, BytesMut};

/// Why the server closes a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCode {
    /// All is said.
    Normal,
    /// The server is going away.
    Away,
    /// A broken frame.
    Protocol,
    /// A binary message.
    Unsupported,
    /// Invalid UTF-8.
    Invalid,
    /// A message over `limits.message_bytes_max`.
    TooBig,
    /// Nothing could be written for `limits.write_stall_s`.
    Stalled,
    /// Over `limits.bad_queries_per_min`.
    TooManyBad,
}

impl CloseCode {
    /// The number on the wire.
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Away => 1001,
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::Invalid => 1007,
            Self::TooBig => 1009,
            Self::Stalled => 4008,
            Self::TooManyBad => 4429,
        }
    }
}

const FINAL: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;

/// A text message.
#[must_use]
pub fn text_frame(text: &str) -> Bytes {
    frame(TEXT, text.as_bytes())
}

/// A close with its code and a reason of at most 123 bytes (a control frame's payload has at most 125).
#[must_use]
pub fn close_frame(code: CloseCode, reason: &str) -> Bytes {
    let mut payload = code.number().to_be_bytes().to_vec();
    payload.extend(reason.bytes().take(123));
    frame(CLOSE, &payload)
}

/// The answer to a peer's close: its own code, or none where it gave none (RFC 6455, section 5.5.1).
#[must_use]
pub fn close_echo(code: Option<u16>) -> Bytes {
    match code {
        Some(code) => frame(CLOSE, &code.to_be_bytes()),
        None => frame(CLOSE, &[]),
    }
}

/// A binary message.
#[must_use]
pub fn binary_frame(payload: &[u8]) -> Bytes {
    frame(BINARY, payload)
}

/// A ping without payload.
#[must_use]
pub fn ping_frame() -> Bytes {
    Bytes::from_static(&[FINAL | PING, 0])
}

/// The answer to a ping, with its payload.
#[must_use]
pub fn pong_frame(payload: &[u8]) -> Bytes {
    frame(PONG, payload)
}

fn frame(opcode: u8, payload: &[u8]) -> Bytes {
    let mut out = BytesMut::with_capacity(payload.len() + 10);
    out.put_u8(FINAL | opcode);
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => out.put_u8(short),
        (_, Ok(middling)) => {
            out.put_u8(126);
            out.put_u16(middling);
        }
        _ => {
            out.put_u8(127);
            out.put_u64(u64::try_from(payload.len()).unwrap_or(u64::MAX));
        }
    }
    out.put_slice(payload);
    out.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal() {
        let header = |len: usize| text_frame(&"x".repeat(len)).slice(..4).to_vec();
        assert_eq!(text_frame("hi").as_ref(), b"\x81\x02hi");
        assert_eq!(header(125)[..2], [0x81, 125]);
        assert_eq!(header(126), [0x81, 126, 0, 126]);
        assert_eq!(header(65_535), [0x81, 126, 0xff, 0xff]);
        assert_eq!(header(65_536)[..2], [0x81, 127]);
    }

    #[test]
    fn a_close_carries_its_code() {
        assert_eq!(close_frame(CloseCode::TooBig, "x").as_ref(), b"\x88\x03\x03\xf1x");
        assert_eq!(close_frame(CloseCode::Normal, &"x".repeat(200)).len(), 127);
    }
}
