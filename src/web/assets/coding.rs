//! Content codings: what a client takes, and each text packed once, when first asked for in that way.

use std::io::Write;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

/// How a text is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// As it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Coding {
    /// Its name in `Content-Encoding`; none where nothing was done.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }
}

/// A text in every coding.
pub(super) struct Encoded {
    text: Bytes,
    gzip: OnceLock<Bytes>,
    brotli: OnceLock<Bytes>,
}

impl Encoded {
    pub(super) fn new(text: String) -> Self {
        Self { text: Bytes::from(text), gzip: OnceLock::new(), brotli: OnceLock::new() }
    }

    /// The text so packed; it takes up to a tenth of a second for the first who asks.
    pub(super) fn as_coded(&self, coding: Coding) -> Bytes {
        let packed = match coding {
            Coding::Identity => &self.text,
            Coding::Gzip => self.gzip.get_or_init(|| gzip(&self.text)),
            Coding::Brotli => self.brotli.get_or_init(|| brotli(&self.text)),
        };
        packed.clone()
    }
}

/// The best coding that a client takes, by its `Accept-Encoding` (RFC 9110, section 12.5.3). What it
/// weighs above nothing counts alike: we know which is the smallest.
pub(super) fn best(header: &str) -> Coding {
    let mut best = Coding::Identity;
    for item in header.split(',') {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>() == Ok(0.0));
        let coding = match name.trim().to_ascii_lowercase().as_str() {
            "br" => Coding::Brotli,
            "gzip" | "x-gzip" if best != Coding::Brotli => Coding::Gzip,
            _ => continue,
        };
        if !refused {
            best = coding;
        }
    }
    best
}

fn gzip(text: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // A vector takes whatever is written.
    let packed = encoder.write_all(text).and_then(|()| encoder.finish());
    Bytes::from(packed.unwrap_or_default())
}

fn brotli(text: &[u8]) -> Bytes {
    let mut packed = Vec::new();
    // The most it can: a tenth of a second for the largest file, once, for a tenth less each time it is sent.
    let mut encoder = brotli::CompressorWriter::new(&mut packed, 4_096, 11, 22);
    encoder.write_all(text).unwrap_or_default();
    drop(encoder);
    Bytes::from(packed)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn the_smallest_coding_that_is_taken() {
        assert_eq!(best("gzip, deflate, br, zstd"), Coding::Brotli);
        assert_eq!(best("br;q=0.1, gzip"), Coding::Brotli);
        assert_eq!(best("gzip"), Coding::Gzip);
        assert_eq!(best("br;q=0, GZIP;q=0.5"), Coding::Gzip);
        assert_eq!(best("br; q=0.0"), Coding::Identity);
        assert_eq!(best("identity, *"), Coding::Identity);
        assert_eq!(best(""), Coding::Identity);
    }

    #[test]
    fn what_is_packed_can_be_unpacked() {
        let text = "otklik ".repeat(1_000);
        let encoded = Encoded::new(text.clone());
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&*encoded.as_coded(Coding::Gzip)).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        unpacked.clear();
        let packed = encoded.as_coded(Coding::Brotli);
        brotli::Decompressor::new(&*packed, 4_096).read_to_string(&mut unpacked).unwrap();
        assert_eq!(unpacked, text);
        assert!(packed.len() < 100);
    }
}
