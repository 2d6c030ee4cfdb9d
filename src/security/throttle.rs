//! How long a name rests after wrong passwords: a pure rule.

use sha2::{Digest, Sha256};

use crate::clock::UnixMs;
use crate::domain::fold;

/// What is counted together: the failures of one day from the first.
const DAY_MS: UnixMs = 24 * 60 * 60 * 1_000;

/// Failures of a day that cost nothing: anybody mistypes.
const FREE: u32 = 3;

/// The wait after each failure beyond the free ones, in milliseconds; the last holds for all further ones.
const WAITS_MS: [UnixMs; 4] = [1_000, 3_000, 5_000, 10_000];

/// The failed sign-ins for one name, whether a user has it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many, 1 at least.
    pub count: u32,
    /// When the first was.
    pub first_at_ms: UnixMs,
    /// When the last was.
    pub last_at_ms: UnixMs,
}

/// What failures are counted by: names that look alike share it, and the stored form does not tell the name that
/// somebody mistyped (which may well be a password).
#[must_use]
pub fn failure_key(name: &str) -> [u8; 32] {
    Sha256::digest(fold(name)).into()
}

/// How many milliseconds, 1 at least, another try has to wait at `now_ms`; `None`: it may come. `per_day` is the
/// most failures of a day; 0 means neither a most nor delays.
#[must_use]
pub fn wait_ms(failures: &Failures, now_ms: UnixMs, per_day: u32) -> Option<u64> {
    if per_day == 0 || is_over(failures, now_ms) {
        return None;
    }
    let until_ms = if failures.count >= per_day {
        failures.first_at_ms.saturating_add(DAY_MS)
    } else {
        let nth = usize::try_from(failures.count.checked_sub(FREE.saturating_add(1))?).unwrap_or(usize::MAX);
        let wait_ms = WAITS_MS.get(nth).or(WAITS_MS.last())?;
        failures.last_at_ms.saturating_add(*wait_ms)
    };
    u64::try_from(until_ms.saturating_sub(now_ms)).ok().filter(|wait_ms| *wait_ms > 0)
}

/// The failures after one more at `now_ms`.
#[must_use]
pub fn next(failures: Option<&Failures>, now_ms: UnixMs) -> Failures {
    match failures.filter(|failures| !is_over(failures, now_ms)) {
        Some(failures) => {
            Failures { count: failures.count.saturating_add(1), last_at_ms: now_ms, ..*failures }
        }
        None => Failures { count: 1, first_at_ms: now_ms, last_at_ms: now_ms },
    }
}

/// A day after the first failure the count starts over. So it does when the clock was set back to before the last
/// one: nobody shall wait until a wrong date comes round again.
fn is_over(failures: &Failures, now_ms: UnixMs) -> bool {
    now_ms < failures.last_at_ms || now_ms.saturating_sub(failures.first_at_ms) >= DAY_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(count: u32) -> Failures {
        Failures { count, first_at_ms: 1_000, last_at_ms: 60_000 }
    }

    #[test]
    fn delays_grow_after_the_third_failure() {
        let waits: Vec<_> = (1..=9).map(|count| wait_ms(&after(count), 60_000, 100)).collect();
        let grown = [Some(1_000), Some(3_000), Some(5_000), Some(10_000), Some(10_000), Some(10_000)];
        assert_eq!(waits, [&[None, None, None], grown.as_slice()].concat());
        assert_eq!(wait_ms(&after(7), 69_999, 100), Some(1));
        assert_eq!(wait_ms(&after(7), 70_000, 100), None);
    }

    #[test]
    fn the_days_most_waits_for_the_next_day() {
        let left = u64::try_from(1_000 + DAY_MS - 60_000).unwrap();
        assert_eq!(wait_ms(&after(100), 60_000, 100), Some(left));
        assert_eq!(wait_ms(&after(2), 60_000, 2), Some(left), "also within the free ones");
        assert_eq!(wait_ms(&after(100), 999 + DAY_MS, 100), Some(1));
        assert_eq!(wait_ms(&after(100), 1_000 + DAY_MS, 100), None);
        assert_eq!(wait_ms(&after(u32::MAX), 60_000, 0), None);
    }

    #[test]
    fn a_day_after_the_first_the_count_starts_over() {
        let first = next(None, 1_000);
        assert_eq!(first, Failures { count: 1, first_at_ms: 1_000, last_at_ms: 1_000 });
        let second = next(Some(&first), 2_000);
        assert_eq!(second, Failures { count: 2, first_at_ms: 1_000, last_at_ms: 2_000 });
        assert_eq!(next(Some(&second), 999 + DAY_MS).count, 3);
        assert_eq!(next(Some(&second), 1_000 + DAY_MS), next(None, 1_000 + DAY_MS));
        assert_eq!(next(Some(&second), 1_999).count, 1, "the clock was set back");
        assert_eq!(wait_ms(&after(7), 59_999, 100), None);
    }

    #[test]
    fn names_that_look_alike_are_counted_as_one() {
        assert_eq!(failure_key("ALICE"), failure_key("\u{430}lice"));
        assert_ne!(failure_key("alice"), failure_key("alise"));
        assert_ne!(failure_key(""), [0; 32]);
    }
}
