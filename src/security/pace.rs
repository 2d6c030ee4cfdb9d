//! How fast newcomers are let in, so that a crowd at the door takes nothing from those inside.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::config::Limits;

/// One turn after another, `limits.handshakes_per_s` of them a second; a second's worth may come at once.
#[derive(Debug, Default)]
pub struct Pace {
    /// The time of the next turn, in nanoseconds of the monotonic clock.
    next_ns: AtomicU64,
}

impl Pace {
    /// How long a newcomer at `now`, the [monotonic](crate::clock::Clock::monotonic) time, waits for its turn; `None`
    /// where that is longer than a handshake may take: it got no turn.
    #[must_use]
    pub fn turn(&self, now: Duration, limits: &Limits) -> Option<Duration> {
        let each_ns = 1_000_000_000_u64.checked_div(limits.handshakes_per_s.into()).unwrap_or(0);
        let wait_max = Duration::from_secs(limits.handshake_s.into());
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        // Turns of the last second that nobody took are still to be had.
        let earliest_ns = now_ns.saturating_sub(1_000_000_000);
        let wait_of = |turn_ns: u64| Duration::from_nanos(turn_ns.saturating_sub(now_ns));
        if each_ns == 0 {
            return Some(Duration::ZERO);
        }
        let taken = self.next_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |next_ns| {
            let turn_ns = next_ns.max(earliest_ns);
            (wait_of(turn_ns) <= wait_max).then(|| turn_ns.saturating_add(each_ns))
        });
        taken.ok().map(|next_ns| wait_of(next_ns.max(earliest_ns)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_at_once_and_then_one_after_another() {
        let (pace, limits) =
            (Pace::default(), Limits { handshakes_per_s: 10, handshake_s: 2, ..Limits::default() });
        let now = Duration::from_secs(100);
        let waits: Vec<_> = (0..40).map(|_| pace.turn(now, &limits).map(|wait| wait.as_millis())).collect();
        assert!(waits[..=10].iter().all(|wait| *wait == Some(0)), "{waits:?}");
        assert_eq!((waits[11], waits[30], waits[31]), (Some(100), Some(2_000), None));
        assert_eq!(
            pace.turn(now + Duration::from_millis(100), &limits),
            Some(Duration::from_secs(2)),
            "no turn was lost"
        );
        let none = Limits { handshakes_per_s: 0, ..Limits::default() };
        assert!((0..10_000).all(|_| pace.turn(now, &none) == Some(Duration::ZERO)));
    }
}
