//! The benches, a file each, and what they share: how big a run is, where it runs, and who takes part.

mod closed;
mod fanout;
mod growth;
mod herd;
mod idle;
mod open;
mod signin;
mod start;
mod storm;
mod write;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::report::{Report, progress};
use crate::server::Peer;

/// How long and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Whether it runs at all; the figures mean nothing.
    Smoke,
    /// A minute a bench.
    Quick,
    /// As `docs/performance.md` tells it.
    Full,
}

impl Size {
    /// One of three.
    pub fn pick<T>(self, smoke: T, quick: T, full: T) -> T {
        match self {
            Self::Smoke => smoke,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// What every bench is given.
#[derive(Debug)]
pub struct Context {
    /// The project's folder.
    pub root: PathBuf,
    /// How much is done.
    pub size: Size,
    /// The core that servers run on; this program runs on another.
    pub server_core: usize,
    /// The servers that take part; empty: all.
    pub only: Vec<String>,
    /// One clock for all who send and read.
    pub clock: Clock,
}

impl Context {
    /// Those of `peers` that take part.
    pub fn of<'p>(&self, peers: &'p [Peer]) -> impl Iterator<Item = &'p Peer> {
        let part = |peer: &&Peer| self.only.is_empty() || self.only.iter().any(|name| name == peer.name);
        peers.iter().filter(part).collect::<Vec<_>>().into_iter()
    }
}

/// One bench.
pub struct Bench {
    /// As it is asked for.
    pub name: &'static str,
    /// Measures.
    pub run: fn(&Context) -> Report,
}

/// Every bench, in the order that they run in.
pub const BENCHES: &[Bench] = &[
    Bench { name: "fanout", run: fanout::run },
    Bench { name: "storm", run: storm::run },
    Bench { name: "write", run: write::run },
    Bench { name: "idle", run: idle::run },
    Bench { name: "open", run: open::run },
    Bench { name: "herd", run: herd::run },
    Bench { name: "signin", run: signin::run },
    Bench { name: "start", run: start::run },
    Bench { name: "growth", run: growth::run },
];

/// Says once a second how far a phase is.
struct Ticker {
    what: String,
    begun: Instant,
    lasts: Duration,
    told_s: u64,
}

impl Ticker {
    fn new(what: String, lasts: Duration) -> Self {
        progress(&format!("{what}: {:.0} s", lasts.as_secs_f64()));
        Self { what, begun: Instant::now(), lasts, told_s: 0 }
    }

    /// Says `how` it goes, if a second has passed.
    fn tick(&mut self, how: impl FnOnce() -> String) {
        let elapsed_s = self.begun.elapsed().as_secs();
        if elapsed_s > self.told_s {
            self.told_s = elapsed_s;
            progress(&format!("{}: {elapsed_s} of {:.0} s, {}", self.what, self.lasts.as_secs_f64(), how()));
        }
    }
}

/// The one in the middle, or what is half-way between the two that are; nothing of nothing.
fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let at = |place: usize| values.get(place).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(values.len() / 2), at(values.len().saturating_sub(1) / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        assert_eq!(median([3.0, 1.0, 2.0]).to_bits(), 2.0_f64.to_bits());
        assert_eq!(median([4.0, 1.0, 2.0, 3.0]).to_bits(), 2.5_f64.to_bits());
        assert!(median([]).is_nan());
    }
}
