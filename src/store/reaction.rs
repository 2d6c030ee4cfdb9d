//! Reactions: one row a user and comment.

use super::comment::{Delta, slot};
use super::statement::{execute, find, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{CommentId, PageId, Reaction, UserId};
use crate::error::Fault;

impl Tx<'_> {
    /// What a user thinks of a comment, whatever page it is on.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn reaction_find(&self, comment: CommentId, user: UserId) -> Result<Option<Reaction>, Fault> {
        let ids = (comment.0, user.0);
        let liked: Option<bool> =
            find!(self, "reaction_of_reader", { ":comment_id": ids.0, ":user_id": ids.1 }, |row| row.get(0))?;
        Ok(liked.map(of))
    }

    /// The comments that a user reacted to.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn reaction_list_of_user(&self, user: UserId) -> Result<Vec<CommentId>, Fault> {
        list!(self, "reaction_list_of_user", { ":user_id": user.0 }, |row| Ok(CommentId(row.get(0)?)))
    }

    /// Sets what a user thinks of a comment; gives what that does to its tally, `None` where nothing changed.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn reaction_set(
        &self,
        (page, comment): (PageId, CommentId),
        user: UserId,
        reaction: Option<Reaction>,
        now_ms: UnixMs,
    ) -> Result<Option<Delta>, Fault> {
        let ids = (slot(page, comment), user.0);
        let liked: Option<bool> =
            find!(self, "reaction_find", { ":slot": ids.0, ":user_id": ids.1 }, |row| row.get(0))?;
        let before = liked.map(of);
        if before == reaction {
            return Ok(None);
        }
        match reaction {
            None => execute!(self, "reaction_delete", { ":slot": ids.0, ":user_id": ids.1 })?,
            Some(reaction) => execute!(self, "reaction_set", {
                ":slot": ids.0,
                ":user_id": ids.1,
                ":liked": reaction == Reaction::Like,
                ":created_at_ms": now_ms,
            })?,
        };
        let one = |this: Reaction| i64::from(reaction == Some(this)) - i64::from(before == Some(this));
        Ok(Some(Delta { text: false, likes: one(Reaction::Like), dislikes: one(Reaction::Dislike) }))
    }
}

fn of(liked: bool) -> Reaction {
    if liked { Reaction::Like } else { Reaction::Dislike }
}
