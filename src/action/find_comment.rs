//! `findComment`: one comment by its number, with those above it, as a link to it needs.

use super::{Caller, Context, Found};
use crate::domain::{CommentId, CommentState, Rev};
use crate::error::{Code, Stop};
use crate::protocol::{Answer, RecordList};
use crate::store::Tx;

/// Reads the comment and what it replies to, up to the page itself. Where that is too much for one answer, the list
/// begins further down.
///
/// # Errors
/// `not_found` where there is no such comment, or it is deleted.
pub(super) fn read(tx: Tx<'_>, context: &Context, caller: &Caller, id: CommentId) -> Result<Found, Stop> {
    let place = tx.comment_place(id)?.filter(|place| place.state == CommentState::Shown);
    let page = place.ok_or(Code::NotFound)?.page;
    let reader = caller.user.as_ref().map(|signed| signed.id);
    let bytes_max = context.config().limits.answer_bytes_max;
    let (mut chain, mut upwards, mut next) = (Vec::new(), RecordList::new(bytes_max), Some(id));
    while let Some(id) = next {
        let (comment, mine) = tx.comment_get(id, reader)?;
        let mine = reader.map(|_| mine);
        if !upwards.push(&comment, mine) {
            break;
        }
        next = comment.parent;
        chain.push((comment, mine));
    }
    let mut comments = RecordList::new(bytes_max);
    for (comment, mine) in chain.iter().rev() {
        comments.push(comment, *mine);
    }
    let rev: Rev = tx.page_get(page)?.rev;
    Ok(Found::Answer(Answer::Found { page: tx.page_key(page)?, comments, rev }))
}
