//! Time, handed in: the only place that asks the machine what time it is.

use std::fmt;
use std::ops::Add;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use governor::clock::{Clock as RateClock, Reference};
use governor::nanos::Nanos;

/// Milliseconds since 1970-01-01T00:00:00Z, as the database stores them.
pub type UnixMs = i64;

/// A source of time: the machine's, or one that a test moves by hand. Clones share it.
#[derive(Clone)]
pub struct Clock(Arc<Source>);

enum Source {
    /// The machine's wall clock and its monotonic one.
    System { started: Instant },
    /// Milliseconds since the Unix epoch; the monotonic time is the same number.
    Manual(AtomicU64),
}

impl Clock {
    /// The machine's time.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn system() -> Self {
        Self(Arc::new(Source::System { started: Instant::now() }))
    }

    /// A clock that stands still at `now_ms` (Unix, milliseconds) until it is told to [`advance`](Self::advance).
    #[must_use]
    pub fn manual(now_ms: u64) -> Self {
        Self(Arc::new(Source::Manual(AtomicU64::new(now_ms))))
    }

    /// Moves a manual clock forward; the machine's own cannot be moved and ignores it.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(now_ms) = &*self.0 {
            now_ms.fetch_add(u64::try_from(by.as_millis()).unwrap_or(0), Ordering::SeqCst);
        }
    }

    /// The date: Unix time in milliseconds. It may step back when the machine's clock is set; nothing but dates
    /// and expiries may rest on it, never an order.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now_ms(&self) -> UnixMs {
        let ms = match &*self.0 {
            Source::System { .. } => {
                SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
            }
            Source::Manual(now_ms) => u128::from(now_ms.load(Ordering::SeqCst)),
        };
        UnixMs::try_from(ms).unwrap_or(UnixMs::MAX)
    }

    /// Time since some fixed moment that never steps back: for intervals.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        match &*self.0 {
            Source::System { started } => started.elapsed(),
            Source::Manual(now_ms) => Duration::from_millis(now_ms.load(Ordering::SeqCst)),
        }
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now_ms())
    }
}

/// A monotonic moment, in the form that the rate limiters count in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Add<Nanos> for Moment {
    type Output = Self;

    fn add(self, nanos: Nanos) -> Self {
        Self(self.0.saturating_add(nanos.as_u64()))
    }
}

impl Reference for Moment {
    fn duration_since(&self, earlier: Self) -> Nanos {
        self.0.saturating_sub(earlier.0).into()
    }

    fn saturating_sub(&self, duration: Nanos) -> Self {
        Self(self.0.saturating_sub(duration.as_u64()))
    }
}

impl RateClock for Clock {
    type Instant = Moment;

    fn now(&self) -> Moment {
        Moment(u64::try_from(self.monotonic().as_nanos()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(1_000);
        assert_eq!((clock.now_ms(), clock.monotonic()), (1_000, Duration::from_secs(1)));
        clock.advance(Duration::from_millis(5));
        assert_eq!(clock.clone().now_ms(), 1_005);
    }
}
