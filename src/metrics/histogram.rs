//! A histogram whose observations are a few relaxed additions: no lock is taken, whoever observes and whoever reads.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// Bounds of durations in nanoseconds: from what a read in memory takes to what nobody waits for.
const DURATIONS: &[u64] = &[
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// Bounds of a batch's size: a batch has 1,024 writes at most.
const SIZES: &[u64] = &[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000];

/// How often a quantity was within which bounds, and its sum. Clones share it.
#[derive(Debug, Clone)]
pub struct Histogram(Arc<Cells>);

#[derive(Debug)]
struct Cells {
    bounds: &'static [u64],
    is_duration: bool,
    /// One a bound, and one for what is above the last.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram held at a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts(Vec<u64>);

impl Histogram {
    /// Of durations.
    #[must_use]
    pub fn of_durations() -> Self {
        Self::new(DURATIONS, true)
    }

    /// Of batches' sizes.
    #[must_use]
    pub fn of_sizes() -> Self {
        Self::new(SIZES, false)
    }

    fn new(bounds: &'static [u64], is_duration: bool) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self(Arc::new(Cells { bounds, is_duration, counts, sum: AtomicU64::new(0) }))
    }

    /// Something took so long.
    pub fn took(&self, duration: Duration) {
        self.observe(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Something was so large.
    pub fn had(&self, size: usize) {
        self.observe(u64::try_from(size).unwrap_or(u64::MAX));
    }

    fn observe(&self, value: u64) {
        let at = self.0.bounds.partition_point(|bound| *bound < value);
        if let Some(count) = self.0.counts.get(at) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.0.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// What it holds now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts(self.0.counts.iter().map(|count| count.load(Ordering::Relaxed)).collect())
    }

    /// A number of the histogram's unit as it is written: seconds, or as many as there are.
    fn written(&self, value: u64) -> f64 {
        // Whole seconds are turned into a float without a cast.
        let as_time = if self.0.is_duration { Duration::from_nanos } else { Duration::from_secs };
        as_time(value).as_secs_f64()
    }
}

impl Counts {
    /// What came after `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let before = earlier.0.iter().copied().chain(std::iter::repeat(0));
        Self(self.0.iter().zip(before).map(|(now, before)| now.saturating_sub(before)).collect())
    }

    /// What `percent` of the durations were within, as far as the bounds tell: between two of them it is taken to be
    /// spread evenly; above the last it is the last. `None` where there were none.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<Duration> {
        let all: u64 = self.0.iter().sum();
        let rank = all.saturating_mul(percent).div_ceil(100).max(1);
        let (mut below, mut least) = (0, 0);
        for (count, most) in self.0.iter().zip(DURATIONS) {
            if *count > 0 && below + count >= rank {
                let within = u128::from(most - least) * u128::from(rank - below) / u128::from(*count);
                let within = u64::try_from(within).unwrap_or(u64::MAX);
                return Some(Duration::from_nanos(least.saturating_add(within)));
            }
            (below, least) = (below + count, *most);
        }
        (all > 0).then(|| Duration::from_nanos(least))
    }
}

impl EncodeMetric for Histogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> fmt::Result {
        let counts = self.counts().0;
        let sum = self.written(self.0.sum.load(Ordering::Relaxed));
        let bounds = self.0.bounds.iter().map(|bound| self.written(*bound)).chain([f64::INFINITY]);
        let buckets: Vec<_> = bounds.zip(counts.iter().copied()).collect();
        encoder.encode_histogram::<NoLabelSet>(sum, counts.iter().sum(), &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn percentiles_are_within_their_bounds() {
        let histogram = Histogram::of_durations();
        assert_eq!(histogram.counts().percentile(50), None);
        for _ in 0..98 {
            histogram.took(ms(4));
        }
        histogram.took(ms(80));
        histogram.took(ms(80));
        let counts = histogram.counts();
        let p50 = counts.percentile(50).unwrap();
        assert!(p50 > ms(2) && p50 <= ms(5), "{p50:?}");
        let p99 = counts.percentile(99).unwrap();
        assert!(p99 > ms(50) && p99 <= ms(100), "{p99:?}");
        assert_eq!(counts.percentile(100), Some(ms(100)));
    }

    #[test]
    fn what_came_before_does_not_count() {
        let histogram = Histogram::of_durations();
        histogram.took(ms(9_000));
        let before = histogram.counts();
        assert_eq!(before.since(&before).percentile(99), None);
        histogram.took(ms(0));
        assert!(histogram.counts().since(&before).percentile(99).unwrap() <= Duration::from_micros(100));
        histogram.took(Duration::MAX);
        assert_eq!(
            histogram.counts().percentile(100),
            Some(ms(10_000)),
            "the last bound stands for all above"
        );
    }
}
