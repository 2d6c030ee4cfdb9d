//! `deleteComment`: a tombstone in the comment's place, listed while something under it is.

use super::{Caller, Context, Outcome, Reply, Touch, check, user_of};
use crate::clock::UnixMs;
use crate::domain::{Act, CommentId, CommentState};
use crate::error::{Code, Fault, Stop};
use crate::store::{Place, Tx};

/// Makes the tombstone; a second time changes nothing and succeeds.
///
/// # Errors
/// `sign_in_first`, `not_found`, `forbidden`.
pub(super) fn run(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    comment: CommentId,
) -> Result<Outcome, Stop> {
    let user = user_of(tx, caller)?;
    let place = tx.comment_place(comment)?.ok_or(Code::NotFound)?;
    check(user.role, Act::DeleteComment, user.id, place.author)?;
    let now_ms = context.clock.now_ms();
    if place.state == CommentState::Shown && context.config().comments.erase_after_days > 0 {
        tx.deleted_text_keep(comment, now_ms)?;
    }
    let touches = bury(tx, comment, &place, now_ms)?;
    Ok(Outcome { reply: Reply::Deleted(place.page), touches, notices: Vec::new() })
}

/// Puts the tombstone, whoever asked for it; gives what that changes.
///
/// # Errors
/// Faults of the file.
pub(super) fn bury(
    tx: Tx<'_>,
    comment: CommentId,
    place: &Place,
    now_ms: UnixMs,
) -> Result<Vec<Touch>, Fault> {
    let mut touches = Vec::new();
    if place.state == CommentState::Deleted {
        return Ok(touches);
    }
    let mut listed = tx.comment_delete(comment, now_ms)?;
    touches.push(Touch::text(place.page, comment, -1));
    if let Some(parent) = place.parent {
        touches.push(Touch::text(place.page, parent, 0));
    }
    // A tombstone above that was listed only for this one goes out of the lists with it, and so on up.
    let (mut above, mut shown) = (place.parent, -1);
    while let Some(parent) = above {
        let fewer = if listed { 0 } else { -1 };
        (listed, above) = tx.comment_count_replies(parent, (shown, fewer), now_ms)?;
        if listed {
            break;
        }
        shown = 0;
    }
    Ok(touches)
}
