//! What is left of deleted comments: tombstones, and for a while their texts.

use super::comment::slot;
use super::statement::{execute, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{CommentId, PageId, Rev, UserId};
use crate::error::Fault;

/// A tombstone that is kept no longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tombstone {
    id: CommentId,
    page: PageId,
    rev: Rev,
}

impl Tx<'_> {
    /// Up to `limit` tombstones that are in no list since `before_ms` or longer, and have nothing under them.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn tombstone_list_before(&self, before_ms: UnixMs, limit: u32) -> Result<Vec<Tombstone>, Fault> {
        list!(self, "comment_unlisted_before", { ":before_ms": before_ms, ":limit": limit }, |row| {
            Ok(Tombstone { id: CommentId(row.get(0)?), page: PageId(row.get(1)?), rev: Rev(row.get(2)?) })
        })
    }

    /// Removes a tombstone, and before it its reactions: `rows_max` rows in all. Gives how many were removed; when they
    /// are as many, it may still be there, and nobody can be shown it any more.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn tombstone_purge(&self, tombstone: Tombstone, rows_max: u32) -> Result<u32, Fault> {
        let Tombstone { id, page, rev } = tombstone;
        let gone: Vec<bool> =
            list!(self, "reaction_purge", { ":slot": slot(page, id), ":limit": rows_max }, |row| row.get(0))?;
        let removed = u32::try_from(gone.len()).unwrap_or(rows_max);
        let all = i64::from(removed);
        let likes: i64 = gone.into_iter().map(i64::from).sum();
        execute!(self, "page_purge", {
            ":page_id": page.0, ":rev": rev.0, ":likes": likes, ":dislikes": all - likes
        })?;
        if removed < rows_max {
            execute!(self, "comment_purge", { ":comment_id": id.0 })?;
            return Ok(removed + 1);
        }
        execute!(self, "comment_drain", {
            ":comment_id": id.0, ":likes": likes, ":dislikes": all - likes
        })?;
        Ok(removed)
    }

    /// Keeps the text of a comment that is about to be deleted, apart from it.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn deleted_text_keep(&self, id: CommentId, now_ms: UnixMs) -> Result<(), Fault> {
        execute!(self, "deleted_text_insert", { ":comment_id": id.0, ":now_ms": now_ms }).map(drop)
    }

    /// Erases all kept texts of a user who is deleted.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn deleted_text_forget(&self, user: UserId) -> Result<(), Fault> {
        execute!(self, "deleted_text_forget", { ":user_id": user.0 }).map(drop)
    }

    /// Erases up to `limit` texts of comments deleted at `before_ms` or sooner; gives how many.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn deleted_text_sweep(&self, before_ms: UnixMs, limit: u32) -> Result<usize, Fault> {
        execute!(self, "deleted_text_sweep", { ":before_ms": before_ms, ":limit": limit })
    }
}
