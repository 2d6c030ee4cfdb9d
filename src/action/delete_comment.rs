//! `deleteComment`: a tombstone in the comment's place, listed while something under it is.

use super::{Caller, Outcome, Reply, Touch, check, user_of};
use crate::domain::{Act, CommentId, CommentState};
use crate::error::{Code, Fault, Stop};
use crate::store::{Place, Tx};

/// Makes the tombstone; a second time changes nothing and succeeds.
///
/// # Errors
/// `sign_in_first`, `not_found`, `forbidden`.
pub(super) fn run(tx: Tx<'_>, caller: &Caller, comment: CommentId) -> Result<Outcome, Stop> {
    let user = user_of(tx, caller)?;
    let place = tx.comment_place(comment)?.ok_or(Code::NotFound)?;
    check(user.role, Act::DeleteComment, user.id, place.author)?;
    let touches = bury(tx, comment, &place)?;
    Ok(Outcome { reply: Reply::Deleted(place.page), touches, notices: Vec::new() })
}

/// Puts the tombstone, whoever asked for it; gives what that changes.
///
/// # Errors
/// Faults of the file.
pub(super) fn bury(tx: Tx<'_>, comment: CommentId, place: &Place) -> Result<Vec<Touch>, Fault> {
    let mut touches = Vec::new();
    if place.state == CommentState::Deleted {
        return Ok(touches);
    }
    let mut listed = tx.comment_delete(comment)?;
    touches.push(Touch::text(place.page, comment, -1));
    if let Some(parent) = place.parent {
        touches.push(Touch::text(place.page, parent, 0));
    }
    // A tombstone above that was listed only for this one goes out of the lists with it, and so on up.
    let (mut above, mut shown) = (place.parent, -1);
    while let Some(parent) = above {
        (listed, above) = tx.comment_count_replies(parent, shown, if listed { 0 } else { -1 })?;
        if listed {
            break;
        }
        shown = 0;
    }
    Ok(touches)
}
