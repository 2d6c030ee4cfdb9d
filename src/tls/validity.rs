//! From when to when a certificate is good.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// From how long before its end a certificate is warned about: those of public authorities are renewed 30 days before.
const SOON_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// DER's tags (X.690, section 8).
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The time within which a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    begin: Timestamp,
    end: Timestamp,
}

impl Validity {
    /// Reads it from a certificate in DER form (RFC 5280, section 4.1). rustls looks at it in others' certificates alone.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let (whole, _) = element(certificate, SEQUENCE)?;
        let (mut rest, _) = element(whole, SEQUENCE)?;
        if let Some((_, after)) = element(rest, VERSION) {
            rest = after;
        }
        // The serial number, the algorithm, who signed it.
        for _ in 0..3 {
            rest = split(rest)?.2;
        }
        let (validity, _) = element(rest, SEQUENCE)?;
        let (begin_tag, begin, after) = split(validity)?;
        let (end_tag, end, _) = split(after)?;
        Some(Self { begin: moment(begin_tag, begin)?, end: moment(end_tag, end)? })
    }

    /// The last moment that it is good.
    #[must_use]
    pub fn end(&self) -> String {
        self.end.to_string()
    }

    /// What an operator should know about it at `now_ms` (Unix, milliseconds); `None`: all is well.
    #[must_use]
    pub fn warning(&self, now_ms: i64) -> Option<String> {
        let end_ms = self.end.as_millisecond();
        if now_ms > end_ms {
            Some(format!("the certificate was good until {}: browsers refuse it", self.end))
        } else if now_ms < self.begin.as_millisecond() {
            Some(format!("the certificate is good from {} only: browsers refuse it", self.begin))
        } else if end_ms.saturating_sub(now_ms) < SOON_MS {
            Some(format!("the certificate is good until {} only, and was not renewed", self.end))
        } else {
            None
        }
    }
}

/// The content of an element with this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = split(bytes)?;
    (found == tag).then_some((content, rest))
}

/// The first element's tag and content, and what follows it.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, short], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match short {
        0..=0x7F => (usize::from(short), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(short & 0x7F))?;
            (
                digits
                    .iter()
                    .try_fold(0_usize, |sum, digit| sum.checked_mul(256)?.checked_add((*digit).into()))?,
                rest,
            )
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ`, with years from 1950 on, or `YYYYMMDDHHMMSSZ`.
fn moment(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        UTC_TIME => {
            let (short, rest) = text.split_at_checked(2)?;
            let short: i16 = short.parse().ok()?;
            (if short < 50 { short + 2_000 } else { short + 1_900 }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    let mut parts = [0_i8; 5];
    if rest.len() != 10 {
        return None;
    }
    for (part, at) in parts.iter_mut().zip((0..).step_by(2)) {
        *part = rest.get(at..at + 2)?.parse().ok()?;
    }
    let [month, day, hour, minute, second] = parts;
    let written = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    TimeZone::UTC.to_timestamp(written).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    fn made(begin: (i32, u8, u8), end: (i32, u8, u8)) -> Vec<u8> {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(begin.0, begin.1, begin.2);
        params.not_after = date_time_ymd(end.0, end.1, end.2);
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_tells_how_long_it_is_good() {
        let validity = Validity::of(&made((1999, 12, 31), (2026, 11, 23))).unwrap();
        assert_eq!(validity.begin.to_string(), "1999-12-31T00:00:00Z");
        assert_eq!(validity.end(), "2026-11-23T00:00:00Z");
        // From 2050 on, dates have another form.
        assert_eq!(Validity::of(&made((2026, 1, 1), (2099, 6, 7))).unwrap().end(), "2099-06-07T00:00:00Z");
    }

    #[test]
    fn what_is_over_soon_or_not_good_yet_is_warned_about() {
        let validity = Validity::of(&made((2026, 1, 1), (2026, 3, 1))).unwrap();
        let warning = |date: &str| validity.warning(date.parse::<Timestamp>().unwrap().as_millisecond());
        assert_eq!(warning("2026-02-01T00:00:00Z"), None);
        for (date, part) in [
            ("2025-12-31T23:59:59Z", "from 2026-01-01T00:00:00Z only"),
            ("2026-02-25T00:00:00Z", "until 2026-03-01T00:00:00Z only"),
            ("2026-03-01T00:00:01Z", "was good until 2026-03-01T00:00:00Z"),
        ] {
            assert!(warning(date).is_some_and(|text| text.contains(part)), "{date}");
        }
    }

    proptest! {
        #[test]
        fn odd_bytes_are_no_certificate(cut in 0_usize..200, at in 0_usize..200, byte: u8, odd: Vec<u8>) {
            let mut bytes = made((2026, 1, 1), (2026, 3, 1));
            assert_eq!(Validity::of(&bytes[..cut.min(60)]), None);
            bytes[at] = byte;
            // Nothing is asked but that it ends.
            let _ = (Validity::of(&bytes), Validity::of(&odd));
        }
    }
}
