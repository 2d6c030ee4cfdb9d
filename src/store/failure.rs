//! Failed sign-ins by name as submitted, under a digest of it.

use super::statement::{execute, find};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::error::Fault;

/// How long a failure is remembered.
const DAY_MS: UnixMs = 24 * 60 * 60 * 1_000;

/// How many old ones go with each new one, so that a flood of names clears up behind itself.
const FEW: u32 = 10;

impl Tx<'_> {
    /// How many failures, when the first and when the last.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn failure_find(&self, name_digest: [u8; 32]) -> Result<Option<(u32, UnixMs, UnixMs)>, Fault> {
        find!(self, "failure_find", { ":name_digest": name_digest }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }

    /// Remembers failures, and forgets a few that are over a day old.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn failure_set(&self, name_digest: [u8; 32], failures: (u32, UnixMs, UnixMs)) -> Result<(), Fault> {
        let (count, first_at_ms, last_at_ms) = failures;
        self.failure_sweep(last_at_ms, FEW)?;
        execute!(self, "failure_set", {
            ":name_digest": name_digest,
            ":count": count,
            ":first_at_ms": first_at_ms,
            ":last_at_ms": last_at_ms,
        })
        .map(drop)
    }

    /// Forgets up to `limit` that are over a day old at `now_ms`; gives how many.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn failure_sweep(&self, now_ms: UnixMs, limit: u32) -> Result<usize, Fault> {
        execute!(self, "failure_sweep", { ":before_ms": now_ms.saturating_sub(DAY_MS), ":limit": limit })
    }

    /// Forgets a name's failures.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn failure_clear(&self, name_digest: [u8; 32]) -> Result<(), Fault> {
        execute!(self, "failure_clear", { ":name_digest": name_digest }).map(drop)
    }
}
