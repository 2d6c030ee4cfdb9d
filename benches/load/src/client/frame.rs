//! WebSocket frames (RFC 6455, section 5), the least of them: a server's are read where they lie, a client's are masked
//! with zeros, which costs a server as much as any mask and this side nothing.

use anyhow::{Result, bail};

/// What a frame is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Close,
    Ping,
    Pong,
}

/// A frame and the bytes that it carries.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'b> {
    pub kind: Kind,
    pub payload: &'b [u8],
}

/// The first frame in `bytes`, and how long it is with its header; `None` while some of it is still to come.
pub fn first(bytes: &[u8]) -> Result<Option<(Frame<'_>, usize)>> {
    let &[head, length, ..] = bytes else { return Ok(None) };
    let kind = match head {
        0x81 => Kind::Text,
        0x88 => Kind::Close,
        0x89 => Kind::Ping,
        0x8A => Kind::Pong,
        // Servers here send whole texts, uncompressed: anything else is a fault of the bench.
        other => bail!("a frame that begins with {other:#04x}"),
    };
    let masked = length >= 0x80;
    let (start, length) = match (length & 0x7F, bytes) {
        (126, [_, _, a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
        (127, [_, _, long @ ..]) => match long.first_chunk() {
            Some(long) => (10, usize::try_from(u64::from_be_bytes(*long))?),
            None => return Ok(None),
        },
        (126, _) => return Ok(None),
        (short, _) => (2, usize::from(short)),
    };
    // The mask is zeros: see `write`.
    let start = start + if masked { 4 } else { 0 };
    let payload = bytes.get(start..start + length);
    Ok(payload.map(|payload| (Frame { kind, payload }, start + length)))
}

/// Appends a frame to `out`, `masked` as a client's.
pub fn write(kind: Kind, payload: &[u8], masked: bool, out: &mut Vec<u8>) {
    out.push(match kind {
        Kind::Text => 0x81,
        Kind::Close => 0x88,
        Kind::Ping => 0x89,
        Kind::Pong => 0x8A,
    });
    let mask_bit = if masked { 0x80 } else { 0 };
    match payload.len() {
        short @ 0..=125 => out.push(mask_bit + short as u8),
        middling @ 126..=0xFFFF => {
            out.push(mask_bit + 126);
            out.extend((middling as u16).to_be_bytes());
        }
        long => {
            out.push(mask_bit + 127);
            out.extend((long as u64).to_be_bytes());
        }
    }
    if masked {
        out.extend([0; 4]);
    }
    out.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 125, 126, 0xFFFF, 0x1_0000] {
            for masked in [false, true] {
                let payload = vec![b'x'; length];
                let mut bytes = Vec::new();
                write(Kind::Text, &payload, masked, &mut bytes);
                let whole = bytes.len();
                bytes.push(0x89);
                let (frame, used) = first(&bytes).unwrap().unwrap();
                assert_eq!((frame.kind, frame.payload.len(), used), (Kind::Text, length, whole));
                for cut in 0..whole.min(20) {
                    assert_eq!(first(&bytes[..cut]).unwrap(), None, "{length} bytes, cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn what_no_server_here_sends_is_a_fault() {
        assert!(first(&[0x01, 0]).is_err(), "a fragment");
        assert!(first(&[0xC1, 0]).is_err(), "compressed");
    }
}
