//! How much of their rates users have taken.

use super::statement::{execute, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{Act, UserId};
use crate::error::Fault;

impl Tx<'_> {
    /// Keeps when all that a user took of an act's rate is given back; nothing for a user who is no more.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_rate_set(&self, user: UserId, act: Act, whole_at_ms: UnixMs) -> Result<(), Fault> {
        execute!(self, "user_rate_set", {
            ":user_id": user.0, ":act": act.as_str(), ":whole_at_ms": whole_at_ms
        })
        .map(drop)
    }

    /// What was kept of a user.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_rate_list(&self, user: UserId) -> Result<Vec<(Act, UnixMs)>, Fault> {
        let rows: Vec<(String, UnixMs)> =
            list!(self, "user_rate_list", { ":user_id": user.0 }, |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows
            .into_iter()
            .filter_map(|(act, whole_at_ms)| Act::named(&act).map(|act| (act, whole_at_ms)))
            .collect())
    }
}
