//! How long things took, in microseconds.

use hdrhistogram::Histogram;

/// The longest that is told apart: two minutes.
const MAX_US: u64 = 120_000_000;

/// Many durations, kept to three digits.
#[derive(Debug, Clone)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    /// None yet.
    pub fn new() -> Self {
        Self(Histogram::new_with_bounds(1, MAX_US, 3).expect("these bounds are good"))
    }

    /// One more.
    pub fn record(&mut self, us: u64) {
        self.0.saturating_record(us);
    }

    /// What so many of a hundred are not above, in milliseconds; nothing of nothing.
    pub fn ms(&self, percent: f64) -> f64 {
        if self.0.is_empty() { f64::NAN } else { self.0.value_at_percentile(percent) as f64 / 1e3 }
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }
}
