//! What brings any listener in step: the comments of a page that changed since it stood where it stands.
//!
//! Late subscribers, resuming ones and slow readers are all behind in the same way. They are brought on in portions,
//! each within the bytes of one answer, ordered by the revision that would not be complete without it.

use super::{Context, Found};
use crate::domain::{CommentId, Page, PageKey, Rev, Tally};
use crate::error::{Fault, Stop};
use crate::protocol::{Change, Part, Update, complete_before};
use crate::store::{ChangedHead, Tx};

/// Where a listener stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Behind {
    /// The revision it stood at, whole, when the catching-up began: what changed since is told.
    pub base: Rev,
    /// How far, in that order, it was told since.
    pub after: (Rev, CommentId),
    /// The last revision that it holds whole.
    pub held: Rev,
}

impl Behind {
    /// Stands at a revision, whole.
    #[must_use]
    pub fn at(rev: Rev) -> Self {
        Self { base: rev, after: (rev, CommentId(i64::MAX)), held: rev }
    }
}

/// The next piece of what a listener missed.
#[derive(Debug)]
pub enum Portion {
    /// A push, and where the listener stands after it.
    Part(Part, Behind),
    /// It is more than `limits.resume_comments_max`: only a fresh start will do.
    TooMuch,
}

/// What a listener missed.
pub(super) enum Missed {
    /// These, in the order in which they are told.
    Heads(Vec<Head>),
    /// More than `limits.resume_comments_max`, or tombstones that are no more.
    TooMuch,
}

/// That a comment changed, as seen from where the listener stands.
pub(super) struct Head {
    pub(super) id: CommentId,
    /// Whether it must be told whole.
    pub(super) text: bool,
    /// The revision that is not complete without it.
    pub(super) needed_at: Rev,
    pub(super) tally: Tally,
    pub(super) rev: Rev,
}

impl Head {
    /// The last revision that is whole once all before this one was told.
    pub(super) fn complete_before(&self) -> Rev {
        complete_before(self.needed_at)
    }
}

/// Reads the next portion.
///
/// # Errors
/// Faults of the file.
pub(super) fn read(
    tx: Tx<'_>,
    context: &Context,
    key: &PageKey,
    (behind, told, viewers): (Behind, Rev, u32),
) -> Result<Found, Stop> {
    let Some(page) = tx.page_find(key)? else { return Ok(Found::Portion(Portion::TooMuch)) };
    let Missed::Heads(heads) = missed(tx, context, &page, &behind)? else {
        return Ok(Found::Portion(Portion::TooMuch));
    };
    let bytes_max = context.config().limits.answer_bytes_max;
    // No more is read than one part can hold.
    let (mut changes, mut bytes) = (Vec::new(), 0);
    for head in &heads {
        let change = change(tx, head)?;
        bytes += size(&change);
        changes.push(change);
        if bytes > bytes_max {
            break;
        }
    }
    // What was read may be less than what was missed: then the part must not claim the rest.
    let rev = heads.get(changes.len()).map_or(page.rev, |next| next.complete_before().max(behind.held));
    let held = told.max(behind.held);
    let update = Update { page: key.clone(), from: behind.held, rev, held, total: page.total, viewers };
    let part = update.parts(&changes, bytes_max, 1).into_iter().next();
    let Some(part) = part else { return Ok(Found::Portion(Portion::TooMuch)) };
    let last = part.changes.checked_sub(1).and_then(|last| heads.get(last));
    let standing = match last {
        Some(last) if part.changes < heads.len() => {
            Behind { base: behind.base, after: (last.needed_at, last.id), held: part.rev }
        }
        _ => Behind::at(page.rev),
    };
    Ok(Found::Portion(Portion::Part(part, standing)))
}

/// Lists what changed since `behind.base` and was not told yet, in the order in which it is told.
///
/// # Errors
/// Faults of the file.
pub(super) fn missed(tx: Tx<'_>, context: &Context, page: &Page, behind: &Behind) -> Result<Missed, Fault> {
    let max = context.config().limits.resume_comments_max;
    if behind.held < page.purged_rev {
        return Ok(Missed::TooMuch);
    }
    let limit = if max == 0 { u32::MAX } else { u32::try_from(max.saturating_add(1)).unwrap_or(u32::MAX) };
    let changed = tx.comment_changed_since(page.id, behind.base, limit)?;
    if max > 0 && changed.len() > max {
        return Ok(Missed::TooMuch);
    }
    let mut heads: Vec<_> = changed.iter().filter_map(|head| seen_from(behind, head)).collect();
    heads.sort_by_key(|head| (head.needed_at, head.id));
    Ok(Missed::Heads(heads))
}

/// How a changed comment looks from where the listener stands; `None` if it was told already. A comment is ordered by
/// when its text changed, so that whoever stops in between misses no text; its tally alone by its last change.
fn seen_from(behind: &Behind, head: &ChangedHead) -> Option<Head> {
    let text = head.text_rev > behind.base && (head.text_rev, head.id) > behind.after;
    let needed_at = if text { head.text_rev } else { head.rev };
    let told = !text && (head.rev, head.id) <= behind.after;
    (!told).then_some(Head { id: head.id, text, needed_at, tally: head.tally, rev: head.rev })
}

/// The change that a head stands for, read whole where its text changed.
///
/// # Errors
/// Faults of the file.
fn change(tx: Tx<'_>, head: &Head) -> Result<Change, Fault> {
    if head.text {
        return Ok(Change::Comment(Box::new(tx.comment_get(head.id, None)?.0)));
    }
    Ok(Change::Tally(head.id, head.tally, head.rev))
}

/// What a change takes in a push, roughly and not too much.
fn size(change: &Change) -> usize {
    match change {
        Change::Comment(comment) => comment.text.len() + 128,
        Change::Tally(..) => 8,
    }
}
