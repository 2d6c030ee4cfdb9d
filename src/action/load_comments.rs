//! `loadComments`: one list of a page, each comment followed by its first replies.

use super::{Caller, Context, Found};
use crate::domain::{PageId, Rev, Sort, UserId};
use crate::error::{Code, Fault, Stop};
use crate::protocol::{Answer, Cursor, ListQuery, RecordList};
use crate::store::{Listed, Tx, Window};

/// Reads the list.
///
/// # Errors
/// `not_found` where `parent` is no comment of the page.
pub(super) fn read(tx: Tx<'_>, context: &Context, caller: &Caller, list: &ListQuery) -> Result<Found, Stop> {
    let mut comments = RecordList::new(context.config().limits.answer_bytes_max);
    let page = tx.page_find(&list.page)?;
    if let Some(parent) = list.parent {
        let place = tx.comment_place(parent)?;
        let here = place.is_some_and(|place| page.as_ref().is_some_and(|page| page.id == place.page));
        if !here {
            return Err(Code::NotFound.into());
        }
    }
    let Some(page) = page else {
        return Ok(Found::Answer(Answer::List { comments, next: None, rev: Rev(0) }));
    };
    let reader = caller.user.as_ref().map(|signed| signed.id);
    let next = fill(tx, page.id, (list, reader), &mut comments)?;
    Ok(Found::Answer(Answer::List { comments, next, rev: page.rev }))
}

/// Fills `records` with as much of the list as fits; gives where the next one begins.
///
/// # Errors
/// Faults of the file.
pub(super) fn fill(
    tx: Tx<'_>,
    page: PageId,
    (list, reader): (&ListQuery, Option<UserId>),
    records: &mut RecordList,
) -> Result<Option<Cursor>, Fault> {
    let behind = list.cursor.map(|cursor| (cursor.rank, cursor.comment_id));
    // One more than asked for tells whether there is more.
    let window = Window { page, parent: list.parent, sort: list.sort, behind, limit: list.limit + 1 };
    let rows = tx.comment_list(window, reader)?;
    let wanted = usize::try_from(list.limit).unwrap_or(usize::MAX);
    let mut included: Option<&Listed> = None;
    for row in rows.iter().take(wanted) {
        let first = included.is_none();
        if !push_with_replies(tx, page, (row, list.replies, first), (reader, records))? {
            break;
        }
        included = Some(row);
    }
    let cursor = |row: &Listed| Cursor { sort: list.sort, rank: row.rank, comment_id: row.comment.id };
    let ended = included.map(|row| row.comment.id) == rows.last().map(|row| row.comment.id);
    Ok(included.filter(|_| !ended).map(cursor))
}

/// Adds a comment and its first replies, all or, where it is not the list's first, nothing.
fn push_with_replies(
    tx: Tx<'_>,
    page: PageId,
    (row, replies, first): (&Listed, u32, bool),
    (reader, records): (Option<UserId>, &mut RecordList),
) -> Result<bool, Fault> {
    let mark = records.mark();
    if !push(row, reader, records) {
        return Ok(false);
    }
    if replies == 0 || row.listed_replies == 0 {
        return Ok(true);
    }
    let parent = Some(row.comment.id);
    let window = Window { page, parent, sort: Sort::Oldest, behind: None, limit: replies };
    for reply in tx.comment_list(window, reader)? {
        if push(&reply, reader, records) {
            continue;
        }
        if first {
            // Alone it is too much for one answer: its count of replies says that there are more to load.
            break;
        }
        records.back_to(mark);
        return Ok(false);
    }
    Ok(true)
}

fn push(row: &Listed, reader: Option<UserId>, records: &mut RecordList) -> bool {
    records.push(&row.comment, reader.map(|_| row.mine))
}
