//! `loadReactions`: what the user thinks of some comments.

use super::{Caller, Found};
use crate::domain::CommentId;
use crate::error::{Code, Stop};
use crate::protocol::Answer;
use crate::store::Tx;

/// Looks each comment up; those without a reaction are left out.
///
/// # Errors
/// `sign_in_first`.
pub(super) fn read(tx: Tx<'_>, caller: &Caller, comments: &[CommentId]) -> Result<Found, Stop> {
    let user = caller.user.as_ref().ok_or(Code::SignInFirst)?.id;
    let mut reactions = Vec::new();
    for comment in comments {
        if let Some(reaction) = tx.reaction_find(*comment, user)? {
            reactions.push((*comment, reaction));
        }
    }
    Ok(Found::Answer(Answer::Reactions(reactions)))
}
