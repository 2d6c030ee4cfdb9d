//! What nobody asks for: rows that have had their time go, a few in each transaction, between the batches.

use super::{Context, days_before};
use crate::error::Fault;
use crate::metrics::Rows;
use crate::store::{Aside, Tx, Writer};

/// The most rows that one transaction of housekeeping removes: less than a batch writes, so that a write that comes
/// meanwhile waits for one short commit.
const ROWS_MAX: u32 = 200;

/// A kind of rows that have their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chore {
    /// Tokens that have expired.
    Tokens,
    /// Failed sign-ins that count no more.
    Failures,
    /// Texts of deleted comments, kept for `comments.erase_after_days`.
    Texts,
    /// Tombstones with their reactions, kept for `comments.tombstone_days` after they went out of the lists.
    Tombstones,
}

impl Chore {
    /// All, in the order in which they are done.
    pub const ALL: &[Self] = &[Self::Tokens, Self::Failures, Self::Texts, Self::Tombstones];

    /// What it removes, for the log.
    #[must_use]
    pub fn rows(self) -> &'static str {
        match self {
            Self::Tokens => "expired tokens",
            Self::Failures => "old sign-in failures",
            Self::Texts => "texts of deleted comments",
            Self::Tombstones => "rows of tombstones",
        }
    }

    /// What it is counted as.
    #[must_use]
    pub fn counted(self) -> Rows {
        match self {
            Self::Tokens => Rows::Tokens,
            Self::Failures => Rows::Failures,
            Self::Texts => Rows::Texts,
            Self::Tombstones => Rows::Tombstones,
        }
    }
}

/// What one transaction of housekeeping came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// Rows that are gone.
    pub rows: usize,
    /// Whether there may be more of the kind.
    pub more: bool,
}

/// Removes and commits a few rows of one kind.
///
/// # Errors
/// A fault of the commit: after [`Trouble::Broken`](crate::store::Trouble) nobody can know what was removed.
pub fn sweep(writer: &mut Writer, context: &Context, chore: Chore) -> Result<Aside<Swept>, Fault> {
    let now_ms = context.clock.now_ms();
    let comments = context.config().comments.clone();
    writer.aside(|tx| {
        let full = |rows| Swept { rows, more: u32::try_from(rows).is_ok_and(|rows| rows >= ROWS_MAX) };
        match chore {
            Chore::Tokens => tx.token_sweep(now_ms, ROWS_MAX).map(full),
            Chore::Failures => tx.failure_sweep(now_ms, ROWS_MAX).map(full),
            Chore::Texts => {
                tx.deleted_text_sweep(days_before(now_ms, comments.erase_after_days), ROWS_MAX).map(full)
            }
            Chore::Tombstones => tombstones(tx, days_before(now_ms, comments.tombstone_days)),
        }
    })
}

fn tombstones(tx: Tx<'_>, before_ms: i64) -> Result<Swept, Fault> {
    let due = tx.tombstone_list_before(before_ms, ROWS_MAX)?;
    let mut left = ROWS_MAX;
    for tombstone in &due {
        if left == 0 {
            break;
        }
        left -= tx.tombstone_purge(*tombstone, left)?;
    }
    // With the last one gone, what stood above it may have nothing under it any more.
    Ok(Swept { rows: usize::try_from(ROWS_MAX - left).unwrap_or(0), more: !due.is_empty() })
}
