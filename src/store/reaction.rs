//! Reactions: one row a user and comment.

use super::comment::Delta;
use super::statement::{execute, find, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{CommentId, Reaction, UserId};
use crate::error::Fault;

impl Tx<'_> {
    /// What a user thinks of a comment.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn reaction_find(&self, comment: CommentId, user: UserId) -> Result<Option<Reaction>, Fault> {
        let liked: Option<bool> =
            find!(self, "reaction_find", { ":comment_id": comment.0, ":user_id": user.0 }, |row| row.get(0))?;
        Ok(liked.map(|liked| if liked { Reaction::Like } else { Reaction::Dislike }))
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
        comment: CommentId,
        user: UserId,
        reaction: Option<Reaction>,
        now_ms: UnixMs,
    ) -> Result<Option<Delta>, Fault> {
        let before = self.reaction_find(comment, user)?;
        if before == reaction {
            return Ok(None);
        }
        let ids = (comment.0, user.0);
        match reaction {
            None => execute!(self, "reaction_delete", { ":comment_id": ids.0, ":user_id": ids.1 })?,
            Some(reaction) => execute!(self, "reaction_set", {
                ":comment_id": ids.0,
                ":user_id": ids.1,
                ":liked": reaction == Reaction::Like,
                ":created_at_ms": now_ms,
            })?,
        };
        let one = |of: Reaction| i64::from(reaction == Some(of)) - i64::from(before == Some(of));
        Ok(Some(Delta { text: false, likes: one(Reaction::Like), dislikes: one(Reaction::Dislike) }))
    }
}
