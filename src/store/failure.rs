//! Failed sign-ins by name as submitted, under a digest of it.

use super::statement::{execute, find};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::error::Fault;

/// How long a failure is remembered.
const DAY_MS: UnixMs = 24 * 60 * 60 * 1_000;

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
        execute!(self, "failure_sweep", { ":before_ms": last_at_ms.saturating_sub(DAY_MS) })?;
        execute!(self, "failure_set", {
            ":name_digest": name_digest,
            ":count": count,
            ":first_at_ms": first_at_ms,
            ":last_at_ms": last_at_ms,
        })
        .map(drop)
    }

    /// Forgets a name's failures.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn failure_clear(&self, name_digest: [u8; 32]) -> Result<(), Fault> {
        execute!(self, "failure_clear", { ":name_digest": name_digest }).map(drop)
    }
}
