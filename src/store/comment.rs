//! Comments: their rows, their lists by keyset, and what changed of them.

use rusqlite::Row;

use super::statement::{execute, find, get, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{
    Comment, CommentId, CommentState, CommentText, IdempotencyKey, PageId, Reaction, Rev, Sort, Tally, UserId,
};
use crate::error::Fault;

/// What a write must know of a comment before it acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its page.
    pub page: PageId,
    /// What it replies to.
    pub parent: Option<CommentId>,
    /// Who wrote it.
    pub author: UserId,
    /// How many comments stand above it.
    pub depth: u32,
    /// Whether and how it is seen.
    pub state: CommentState,
    /// When it was posted.
    pub created_at_ms: UnixMs,
}

/// A comment to be.
#[derive(Debug)]
pub struct NewComment<'a> {
    /// Its page.
    pub page: PageId,
    /// What it replies to, and how deep that makes it.
    pub parent: Option<CommentId>,
    /// How many comments stand above it.
    pub depth: u32,
    /// Who writes it.
    pub author: UserId,
    /// When.
    pub created_at_ms: UnixMs,
    /// The author's idempotency key, with the digest of what it is spent on.
    pub key: Option<(&'a IdempotencyKey, [u8; 32])>,
    /// The text.
    pub text: &'a CommentText,
}

/// A comment in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The comment.
    pub comment: Comment,
    /// The reader's own reaction.
    pub mine: Option<Reaction>,
    /// Direct replies that are listed.
    pub listed_replies: i64,
    /// Its rank in the list's order; 0 where the order is by number.
    pub rank: i64,
}

/// What part of which list to read.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// The page.
    pub page: PageId,
    /// The comment whose direct replies are listed; `None`: the top level.
    pub parent: Option<CommentId>,
    /// The order.
    pub sort: Sort,
    /// Rank and number of the last comment before it.
    pub behind: Option<(i64, CommentId)>,
    /// How many at most.
    pub limit: u32,
}

/// What one batch does to one comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delta {
    /// Whether more than the tally changed.
    pub text: bool,
    /// How many more like it.
    pub likes: i64,
    /// How many more dislike it.
    pub dislikes: i64,
}

/// That a comment changed, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChangedHead {
    /// The comment.
    pub id: CommentId,
    /// When anything of it last changed.
    pub rev: Rev,
    /// When more than its tally did.
    pub text_rev: Rev,
    /// Its tally.
    pub tally: Tally,
}

impl Tx<'_> {
    /// A comment whole, with the reaction of `reader` to it.
    ///
    /// # Errors
    /// A fault of the file, also where there is no such comment.
    pub fn comment_get(
        &self,
        id: CommentId,
        reader: Option<UserId>,
    ) -> Result<(Comment, Option<Reaction>), Fault> {
        get!(self, "comment_get", { ":comment_id": id.0, ":reader": reader.map(|user| user.0) }, |row| {
            Ok((comment(row)?, mine(row)?))
        })
    }

    /// The comments of a user that are shown.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_list_of_user(&self, author: UserId) -> Result<Vec<CommentId>, Fault> {
        list!(self, "comment_list_of_user", { ":user_id": author.0 }, |row| Ok(CommentId(row.get(0)?)))
    }

    /// Where a comment stands, if there is one of that number.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_place(&self, id: CommentId) -> Result<Option<Place>, Fault> {
        find!(self, "comment_place", { ":comment_id": id.0 }, |row| {
            Ok(Place {
                page: PageId(row.get(0)?),
                parent: row.get::<_, Option<i64>>(1)?.map(CommentId),
                author: UserId(row.get(2)?),
                depth: row.get(3)?,
                state: state(row, 4)?,
                created_at_ms: row.get(5)?,
            })
        })
    }

    /// What an author's idempotency key was spent on: the comment, its page and the digest.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_find_by_key(
        &self,
        author: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<(CommentId, PageId, [u8; 32])>, Fault> {
        find!(self, "comment_find_by_key", { ":user_id": author.0, ":idempotency_key": key.as_str() }, |row| {
            Ok((CommentId(row.get(0)?), PageId(row.get(1)?), row.get(2)?))
        })
    }

    /// Writes a new comment.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_insert(&self, new: &NewComment<'_>) -> Result<CommentId, Fault> {
        let id = CommentId(get!(self, "comment_number", {}, |row| row.get(0))?);
        execute!(self, "comment_insert", {
            ":slot": slot(new.page, id),
            ":comment_id": id.0,
            ":page_id": new.page.0,
            ":parent_id": new.parent.map(|parent| parent.0),
            ":depth": new.depth,
            ":user_id": new.author.0,
            ":created_at_ms": new.created_at_ms,
            ":idempotency_key": new.key.map(|(key, _)| key.as_str()),
            ":idempotency_digest": new.key.map(|(_, digest)| digest),
            ":text": new.text.as_str(),
        })?;
        Ok(id)
    }

    /// Replaces a comment's text.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_edit(&self, id: CommentId, text: &CommentText, edited_at_ms: UnixMs) -> Result<(), Fault> {
        let params = (id.0, text.as_str(), edited_at_ms);
        execute!(self, "comment_edit", { ":comment_id": params.0, ":text": params.1, ":edited_at_ms": params.2 })?;
        Ok(())
    }

    /// Makes a tombstone; gives whether it is still listed, for what is listed under it.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_delete(&self, id: CommentId, now_ms: UnixMs) -> Result<bool, Fault> {
        get!(self, "comment_delete", { ":comment_id": id.0, ":now_ms": now_ms }, |row| row.get(0))
    }

    /// Counts `shown` and `listed` more direct replies of a comment; gives whether it is listed, and its parent.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_count_replies(
        &self,
        id: CommentId,
        (shown, listed): (i64, i64),
        now_ms: UnixMs,
    ) -> Result<(bool, Option<CommentId>), Fault> {
        get!(self, "comment_count_replies", {
            ":comment_id": id.0, ":shown": shown, ":listed": listed, ":now_ms": now_ms
        }, |row| Ok((row.get(0)?, row.get::<_, Option<i64>>(1)?.map(CommentId))))
    }

    /// Puts the page's new revision on a comment that the batch changed, and its tally right; gives the tally.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_stamp(
        &self,
        (page, id): (PageId, CommentId),
        delta: Delta,
        rev: Rev,
    ) -> Result<Tally, Fault> {
        let (slot, Delta { text, likes, dislikes }) = (slot(page, id), delta);
        if text {
            let stamped =
                get!(self, "comment_stamp_text", { ":slot": slot, ":rev": rev.0 }, |row| tally(row, 0))?;
            if (likes, dislikes) == (0, 0) {
                return Ok(stamped);
            }
        }
        get!(self, "comment_stamp_tally", {
            ":slot": slot, ":likes": likes, ":dislikes": dislikes, ":rev": rev.0
        }, |row| tally(row, 0))
    }

    /// A comment's tally as it stands.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_tally(&self, id: CommentId) -> Result<Tally, Fault> {
        get!(self, "comment_tally", { ":comment_id": id.0 }, |row| tally(row, 0))
    }

    /// Up to `limit` comments of a page that changed after `since`, those that changed first first.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_changed_since(
        &self,
        page: PageId,
        since: Rev,
        limit: u32,
    ) -> Result<Vec<ChangedHead>, Fault> {
        list!(self, "comment_changed_since", { ":page_id": page.0, ":since": since.0, ":limit": limit }, |row| {
            Ok(ChangedHead {
                id: CommentId(row.get(0)?),
                rev: Rev(row.get(1)?),
                text_rev: Rev(row.get(2)?),
                tally: tally(row, 3)?,
            })
        })
    }

    /// One window of a list, with the reactions of `reader`.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn comment_list(&self, window: Window, reader: Option<UserId>) -> Result<Vec<Listed>, Fault> {
        let (page, limit) = (window.page.0, window.limit);
        let (parent, reader) = (window.parent.map(|parent| parent.0), reader.map(|user| user.0));
        // Without a cursor: behind what stands before every comment in that order.
        let first = if window.sort == Sort::Oldest { i64::MIN } else { i64::MAX };
        let (rank, id) = window.behind.unwrap_or((first, CommentId(first)));
        let slot = slot(window.page, id);
        match window.sort {
            Sort::Newest => list!(self, "comment_list_newest", {
                ":page_id": page, ":parent_id": parent, ":reader": reader, ":slot": slot, ":limit": limit
            }, listed),
            Sort::Oldest => list!(self, "comment_list_oldest", {
                ":page_id": page, ":parent_id": parent, ":reader": reader, ":slot": slot, ":limit": limit
            }, listed),
            Sort::Top => list!(self, "comment_list_top", {
                ":page_id": page, ":parent_id": parent, ":reader": reader, ":rank": rank, ":slot": slot,
                ":limit": limit
            }, listed),
            Sort::Controversial => list!(self, "comment_list_controversial", {
                ":page_id": page, ":parent_id": parent, ":reader": reader, ":rank": rank, ":slot": slot,
                ":limit": limit
            }, listed),
        }
    }
}

/// Where a comment's row is: page by page, and within one in the order posted. A number beyond all that there can be
/// stands behind all of the page's.
pub(super) fn slot(page: PageId, id: CommentId) -> i64 {
    (page.0 << 32).saturating_add(id.0.clamp(0, 1 << 32))
}

/// The columns that every statement on whole comments begins with.
fn comment(row: &Row<'_>) -> rusqlite::Result<Comment> {
    Ok(Comment {
        id: CommentId(row.get(0)?),
        parent: row.get::<_, Option<i64>>(1)?.map(CommentId),
        author: UserId(row.get(2)?),
        username: row.get(3)?,
        img: row.get(4)?,
        text: row.get(5)?,
        tally: tally(row, 6)?,
        created_at_ms: row.get(8)?,
        edited_at_ms: row.get(9)?,
        state: state(row, 10)?,
        replies: row.get(11)?,
        rev: Rev(row.get(12)?),
        text_rev: Rev(row.get(13)?),
    })
}

/// The reader's reaction, which follows them.
fn mine(row: &Row<'_>) -> rusqlite::Result<Option<Reaction>> {
    let liked: Option<bool> = row.get(14)?;
    Ok(liked.map(|liked| if liked { Reaction::Like } else { Reaction::Dislike }))
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed { comment: comment(row)?, mine: mine(row)?, listed_replies: row.get(15)?, rank: row.get(16)? })
}

fn tally(row: &Row<'_>, first: usize) -> rusqlite::Result<Tally> {
    Ok(Tally { likes: row.get(first)?, dislikes: row.get(first + 1)? })
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<CommentState> {
    let name: String = row.get(column)?;
    Ok(if name == "shown" { CommentState::Shown } else { CommentState::Deleted })
}
