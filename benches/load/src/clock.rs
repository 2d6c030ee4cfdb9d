//! Time as messages carry it: microseconds since the program began, the same for everybody who sends and reads.

use std::time::{Duration, Instant};

/// Counts from one moment on.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Microseconds since then.
    pub fn now_us(&self) -> u64 {
        self.0.elapsed().as_micros() as u64
    }

    /// The moment that so many microseconds stand for.
    pub fn at(&self, us: u64) -> Instant {
        self.0 + Duration::from_micros(us)
    }
}

/// Moments at a fixed rate, whatever happens meanwhile: what is late was due all the same (an open loop).
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    begin_us: u64,
    per_s: f64,
    count: u64,
}

impl Schedule {
    /// `per_s` moments a second from `begin_us` on.
    pub fn new(begin_us: u64, per_s: f64) -> Self {
        Self { begin_us, per_s, count: 0 }
    }

    /// When the next one is due.
    pub fn next_us(&self) -> u64 {
        self.begin_us + (self.count as f64 * 1e6 / self.per_s) as u64
    }

    /// Takes the next one if it is due by `now_us`; gives its number and when it was due.
    pub fn take(&mut self, now_us: u64) -> Option<(u64, u64)> {
        let due_us = self.next_us();
        (due_us <= now_us).then(|| {
            self.count += 1;
            (self.count - 1, due_us)
        })
    }
}
