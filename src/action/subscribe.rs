//! `subscribe`: a page's first screen at a revision, or what changed since the one that the client holds.

use super::catch_up::{Behind, Missed, missed};
use super::{Caller, Context, Found, load_comments};
use crate::domain::{Page, Rev, UserId};
use crate::error::{Fault, Stop};
use crate::protocol::{ListQuery, RecordList, Resume, Snapshot};
use crate::store::Tx;

/// What a tally takes in an answer at most: four numbers of up to 19 digits, and what stands between them.
const TALLY_BYTES: usize = 82;

/// Reads the snapshot. Viewers are the feed's to tell: they are 0 here.
///
/// # Errors
/// Faults of the file.
pub(super) fn read(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (list, resume): (&ListQuery, Option<&Resume>),
) -> Result<Found, Stop> {
    let reader = caller.user.as_ref().map(|signed| signed.id);
    let page = tx.page_find(&list.page)?;
    let rev = page.as_ref().map_or(Rev(0), |page| page.rev);
    let mut snapshot = Snapshot {
        page: list.page.clone(),
        epoch: context.epoch.clone(),
        rev,
        resumed: false,
        total: page.as_ref().map_or(0, |page| page.total),
        viewers: 0,
        comments: RecordList::new(context.config().limits.answer_bytes_max),
        tallies: Vec::new(),
        next: None,
    };
    let since = resume
        .filter(|resume| resume.epoch == context.epoch && resume.since <= rev)
        .map(|resume| resume.since);
    if let Some(since) = since
        && let Some(behind) = go_on(tx, context, page.as_ref(), (since, reader, &mut snapshot))?
    {
        return Ok(Found::Snapshot(Box::new(snapshot), behind));
    }
    if let Some(page) = &page {
        snapshot.next = load_comments::fill(tx, page.id, (list, reader), &mut snapshot.comments)?;
    }
    Ok(Found::Snapshot(Box::new(snapshot), Behind::at(rev)))
}

/// Fills the snapshot with what changed since `since`, as far as it fits; `None` where only a fresh start will do.
fn go_on(
    tx: Tx<'_>,
    context: &Context,
    page: Option<&Page>,
    (since, reader, snapshot): (Rev, Option<UserId>, &mut Snapshot),
) -> Result<Option<Behind>, Fault> {
    snapshot.resumed = true;
    let Some(page) = page else { return Ok(Some(Behind::at(since))) };
    let missed = missed(tx, context, page, &Behind::at(since))?;
    let Missed::Heads(heads) = missed else {
        snapshot.resumed = false;
        return Ok(None);
    };
    let mut behind = Behind::at(since);
    for head in &heads {
        let fits = if head.text {
            let (comment, mine) = tx.comment_get(head.id, reader)?;
            snapshot.comments.push(&comment, reader.map(|_| mine))
        } else {
            let fits = snapshot.comments.reserve(TALLY_BYTES);
            snapshot.tallies.extend(fits.then_some((head.id, head.tally, head.rev)));
            fits
        };
        if !fits {
            // It and what comes after it follow in pushes.
            snapshot.rev = head.complete_before().max(since);
            behind.held = snapshot.rev;
            return Ok(Some(behind));
        }
        behind.after = (head.needed_at, head.id);
    }
    Ok(Some(Behind::at(page.rev)))
}
