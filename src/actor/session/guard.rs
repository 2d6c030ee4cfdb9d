//! The frame guard: it walks frame headers as they arrive and refuses at the header what must not be read at all.
//!
//! The codec behind it looks at a frame's size only once the whole frame is there: a peer that claims 400 MiB would be
//! given them. Every rule is RFC 6455's, section 5; what is refused ends the session.

use crate::protocol::CloseCode;

/// What one message may be made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardLimits {
    /// The longest message, in bytes, all its fragments together.
    pub(crate) message_bytes_max: usize,
    /// The most fragments a message may come in; 0: no limit.
    pub(crate) fragments_max: usize,
    /// Whether binary messages are let through.
    pub(crate) binary: bool,
}

/// Walks the headers of a stream of frames.
#[derive(Debug)]
pub(crate) struct FrameGuard {
    limits: GuardLimits,
    header: Header,
    /// Bytes of the present frame's payload that are still to come.
    payload: u64,
    /// The message that is under way: its bytes and fragments so far.
    message: Option<(u64, usize)>,
}

/// The longest header: two bytes, eight of length, four of mask.
const HEADER_BYTES_MAX: usize = 14;

#[derive(Debug, Default)]
struct Header {
    bytes: [u8; HEADER_BYTES_MAX],
    len: usize,
}

impl FrameGuard {
    /// A guard at the beginning of a connection.
    pub(crate) fn new(limits: GuardLimits) -> Self {
        Self { limits, header: Header::default(), payload: 0, message: None }
    }

    /// Walks the bytes that were read.
    ///
    /// # Errors
    /// How many of them are good, all of whole frames or of the beginning of one, and what to close with: 1002 for
    /// what breaks the protocol, 1003 for a binary message, 1009 for what is too big or too finely cut.
    pub(crate) fn walk(&mut self, bytes: &[u8]) -> Result<(), (usize, CloseCode)> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let good = bytes.len() - rest.len();
            if self.payload > 0 {
                let here = usize::try_from(self.payload).unwrap_or(usize::MAX).min(rest.len());
                self.payload -= u64::try_from(here).unwrap_or(0);
                rest = rest.get(here..).unwrap_or_default();
                continue;
            }
            let Some((first, others)) = rest.split_first() else { break };
            rest = others;
            if let Some(length) = self.header.push(*first).map_err(|code| (good, code))? {
                self.begin(length).map_err(|code| (good, code))?;
            }
        }
        Ok(())
    }

    /// A header is whole: decides on its frame, whose payload has `length` bytes.
    fn begin(&mut self, length: u64) -> Result<(), CloseCode> {
        let (last, opcode) = (self.header.last(), self.header.opcode());
        self.header = Header::default();
        self.payload = length;
        if is_control(opcode) {
            // A close says nothing, or at least a code of two bytes.
            let half_a_code = opcode == CLOSE && length == 1;
            return if half_a_code { Err(CloseCode::Protocol) } else { Ok(()) };
        }
        let (bytes, fragments) = match (opcode, self.message) {
            (CONTINUATION, Some(message)) => message,
            (TEXT, None) => (0, 0),
            (BINARY, None) if self.limits.binary => (0, 0),
            (BINARY, None) => return Err(CloseCode::Unsupported),
            // A lone continuation, or data inside a fragmented message.
            _ => return Err(CloseCode::Protocol),
        };
        let (bytes, fragments) = (bytes.saturating_add(length), fragments + 1);
        let too_long = usize::try_from(bytes).map_or(true, |bytes| bytes > self.limits.message_bytes_max);
        let too_fine = self.limits.fragments_max > 0 && fragments > self.limits.fragments_max;
        if too_long || too_fine {
            return Err(CloseCode::TooBig);
        }
        self.message = (!last).then_some((bytes, fragments));
        Ok(())
    }
}

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const MASKED: u8 = 0x80;

fn is_control(opcode: u8) -> bool {
    opcode & 0x8 != 0
}

impl Header {
    /// Adds a byte; gives the payload's length once the header is whole.
    fn push(&mut self, byte: u8) -> Result<Option<u64>, CloseCode> {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len += 1;
        match self.len {
            1 => self.check_first(),
            2 => self.check_second(),
            _ => Ok(()),
        }?;
        let whole = 2 + self.length_bytes() + 4;
        if self.len < 2 || self.len < whole { Ok(None) } else { self.length().map(Some) }
    }

    fn check_first(&self) -> Result<(), CloseCode> {
        let known = matches!(self.opcode(), 0x0..=0x2 | 0x8..=0xA);
        let whole_control = !is_control(self.opcode()) || self.last();
        let plain = self.byte(0) & RESERVED == 0;
        if known && whole_control && plain { Ok(()) } else { Err(CloseCode::Protocol) }
    }

    fn check_second(&self) -> Result<(), CloseCode> {
        let masked = self.byte(1) & MASKED != 0;
        let short_control = !is_control(self.opcode()) || self.short_length() < 126;
        if masked && short_control { Ok(()) } else { Err(CloseCode::Protocol) }
    }

    /// The length as it stands in the header, which must be the shortest form of it.
    fn length(&self) -> Result<u64, CloseCode> {
        let extended = self.bytes.get(2..2 + self.length_bytes()).unwrap_or_default();
        let length = extended.iter().fold(0_u64, |length, byte| (length << 8) | u64::from(*byte));
        match extended.len() {
            0 => Ok(u64::from(self.short_length())),
            2 if length >= 126 => Ok(length),
            8 if length > 0xFFFF && length <= u64::MAX >> 1 => Ok(length),
            _ => Err(CloseCode::Protocol),
        }
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    fn last(&self) -> bool {
        self.byte(0) & FINAL != 0
    }

    fn opcode(&self) -> u8 {
        self.byte(0) & 0x0F
    }

    fn short_length(&self) -> u8 {
        self.byte(1) & 0x7F
    }

    fn length_bytes(&self) -> usize {
        match self.short_length() {
            126 => 2,
            127 => 8,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMITS: GuardLimits = GuardLimits { message_bytes_max: 1_000, fragments_max: 4, binary: false };

    fn frame(first: u8, length: usize) -> Vec<u8> {
        let mut bytes = vec![first];
        match length {
            0..=125 => bytes.push(0x80 | u8::try_from(length).unwrap()),
            126..=65_535 => {
                bytes.push(0xFE);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
            _ => {
                bytes.push(0xFF);
                bytes.extend(u64::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend([1, 2, 3, 4]);
        bytes.extend(std::iter::repeat_n(0, length.min(2_000)));
        bytes
    }

    fn walk(bytes: &[u8]) -> Result<(), (usize, CloseCode)> {
        FrameGuard::new(LIMITS).walk(bytes)
    }

    #[test]
    fn good_frames_pass() {
        let whole =
            [frame(0x81, 5), frame(0x89, 125), frame(0x8A, 0), frame(0x88, 2), frame(0x81, 1_000)].concat();
        assert_eq!(walk(&whole), Ok(()));
        let fragments =
            [frame(0x01, 400), frame(0x89, 3), frame(0x00, 400), frame(0x80, 200), frame(0x81, 1)].concat();
        assert_eq!(walk(&fragments), Ok(()));
    }

    #[test]
    fn what_is_too_big_is_refused_at_its_header() {
        let huge = frame(0x81, 400 << 20);
        assert_eq!(walk(&huge[..14]), Err((13, CloseCode::TooBig)));
        assert_eq!(walk(&frame(0x81, 1_001)).unwrap_err().1, CloseCode::TooBig);
        let sum = [frame(0x01, 600), frame(0x80, 401)].concat();
        assert_eq!(walk(&sum).unwrap_err().1, CloseCode::TooBig);
        let fine = [frame(0x01, 1), frame(0x00, 1), frame(0x00, 1), frame(0x00, 1), frame(0x80, 1)].concat();
        assert_eq!(walk(&fine).unwrap_err().1, CloseCode::TooBig);
    }

    #[test]
    fn what_breaks_the_protocol_is_refused() {
        let unmasked = [0x81, 0x01, b'x'];
        let long_form = [0x81, 0xFE, 0, 5];
        let negative = [&[0x81, 0xFF, 0xFF][..], &[0; 11]].concat();
        let interleaved = [frame(0x01, 1), frame(0x81, 1)].concat();
        let long_ping = [0x89, 0xFE, 0, 126];
        let cases: [&[u8]; 11] = [
            &unmasked,
            &[long_form.as_slice(), &[0; 4]].concat(),
            &negative,
            &interleaved,
            &long_ping,
            &frame(0x80, 1),
            &frame(0xC1, 1),
            &frame(0x83, 1),
            &frame(0x8B, 0),
            &frame(0x09, 0),
            &frame(0x88, 1),
        ];
        for (at, case) in cases.iter().enumerate() {
            assert_eq!(walk(case).unwrap_err().1, CloseCode::Protocol, "case {at}");
        }
        assert_eq!(walk(&frame(0x82, 1)).unwrap_err().1, CloseCode::Unsupported);
    }

    #[test]
    fn the_corpus_is_judged_the_same_however_it_is_cut() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/guard");
        for file in std::fs::read_dir(folder).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let mut guard = FrameGuard::new(LIMITS);
            let apart = bytes.chunks(1).try_for_each(|chunk| guard.walk(chunk)).map_err(|(_, code)| code);
            assert_eq!(walk(&bytes).map_err(|(_, code)| code), apart, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn how_the_bytes_are_cut_makes_no_difference(bytes in prop::collection::vec(any::<u8>(), 0..200), cuts in prop::collection::vec(1_usize..9, 0..60)) {
            let mut stream = frame(0x81, 7);
            stream.extend(bytes);
            let at_once = walk(&stream).map_err(|(_, code)| code);
            let mut guard = FrameGuard::new(LIMITS);
            let (mut rest, mut cuts, mut apart) = (stream.as_slice(), cuts.into_iter().cycle(), Ok(()));
            while !rest.is_empty() && apart.is_ok() {
                let cut = cuts.next().unwrap_or(1).min(rest.len());
                apart = guard.walk(&rest[..cut]).map_err(|(_, code)| code);
                rest = &rest[cut..];
            }
            prop_assert_eq!(at_once, apart);
        }
    }
}
