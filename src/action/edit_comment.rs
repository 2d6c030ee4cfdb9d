//! `editComment`: the author changes the text, within the window.

use super::{Caller, Context, Outcome, Reply, Touch, check, user_of};
use crate::domain::{Act, CommentId, CommentState, CommentText};
use crate::error::{Code, Stop};
use crate::store::Tx;

/// Replaces the text.
///
/// # Errors
/// `sign_in_first`, `not_found`, `forbidden`, `edit_window_closed`, and what is wrong with the text.
pub(super) fn run(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    edit: (CommentId, &str),
) -> Result<Outcome, Stop> {
    let (comment, text) = edit;
    let user = user_of(tx, caller)?;
    let place = tx.comment_place(comment)?.filter(|place| place.state == CommentState::Shown);
    let place = place.ok_or(Code::NotFound)?;
    check(user.role, Act::EditComment, user.id, place.author)?;
    let now_ms = context.clock.now_ms();
    let window_ms = i64::from(context.config().comments.edit_window_s) * 1_000;
    if now_ms.saturating_sub(place.created_at_ms) > window_ms {
        return Err(Code::EditWindowClosed.into());
    }
    let text = CommentText::parse(text, context.config().limits.comment_bytes_max)?;
    tx.comment_edit(comment, &text, now_ms)?;
    let touches = vec![Touch::text(place.page, comment, 0)];
    Ok(Outcome { reply: Reply::Comment(place.page, comment), touches, notices: Vec::new() })
}
