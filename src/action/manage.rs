//! What an operator does to users, from the command line: in transactions of its own, beside a service that may run.
//! Each leaves word in the file for that service, which tells the sessions and the pages' listeners.

use std::collections::BTreeSet;

use super::Touch;
use super::batch::stamp;
use super::delete_comment::bury;
use crate::clock::UnixMs;
use crate::domain::{CommentId, Role, User, UserId, UserState, fold};
use crate::error::Fault;
use crate::store::{Outside, Place, Tx, Writer};

/// The most comments or reactions that are taken back in one transaction: a running service's writes wait for it.
const PART_MAX: usize = 200;

/// The user of that name.
///
/// # Errors
/// A fault of the file, and one that says that there is no such user.
pub fn find_user(tx: Tx<'_>, name: &str) -> Result<User, Fault> {
    let found = tx.user_find(&fold(name))?.map(|found| found.user);
    found.ok_or_else(|| Fault::new(format!("finding the user {name:?}"), "there is none of that name"))
}

/// Gives a user another password and revokes every token.
///
/// # Errors
/// A fault of the file.
pub fn set_user_password(tx: Tx<'_>, user: UserId, stored: &str, now_ms: UnixMs) -> Result<(), Fault> {
    tx.user_set_password(user, stored)?;
    tx.token_delete_of_user(user)?;
    tx.outside_notice_insert(Outside::PasswordChanged(user), now_ms)
}

/// Lets a user do more or less.
///
/// # Errors
/// A fault of the file.
pub fn set_user_role(tx: Tx<'_>, user: UserId, role: Role, now_ms: UnixMs) -> Result<(), Fault> {
    tx.user_set_role(user, role)?;
    tx.outside_notice_insert(Outside::Role(user), now_ms)
}

/// Lets a user do nothing any more: they are signed out everywhere, and cannot sign in.
///
/// # Errors
/// A fault of the file.
pub fn ban_user(tx: Tx<'_>, user: UserId, now_ms: UnixMs) -> Result<(), Fault> {
    shut_out(tx, Outside::Suspended(user), (user, now_ms))
}

/// Lets a banned user sign in again.
///
/// # Errors
/// A fault of the file.
pub fn unban_user(tx: Tx<'_>, user: UserId) -> Result<(), Fault> {
    tx.user_set_state(user, UserState::Active)
}

/// What of a deleted user was taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Erased {
    /// Comments that are tombstones now.
    pub comments: usize,
    /// Reactions that count no more.
    pub reactions: usize,
}

/// Deletes a user for good: signs them out, makes tombstones of their comments, takes their reactions back, and their
/// name, picture and password out of the file. It goes in parts, so that a running service goes on; what was cut off
/// goes on when it is asked for again. `progress` is told how much of how much is done.
///
/// # Errors
/// Faults of the file; what was done before them stays.
pub fn erase_user(
    writer: &mut Writer,
    user: UserId,
    now_ms: UnixMs,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Erased, Fault> {
    writer.batch(|batch| shut_out(batch.tx(), Outside::Deleted(user), (user, now_ms)))?;
    let comments = writer.read(|tx| tx.comment_list_of_user(user))?;
    let reactions = writer.read(|tx| tx.reaction_list_of_user(user))?;
    let (mut done, all) = (0, comments.len() + reactions.len());
    for part in comments.chunks(PART_MAX) {
        writer
            .batch(|batch| change(batch.tx(), now_ms, part, |tx, comment| bury_one(tx, comment, now_ms)))?;
        done += part.len();
        progress(done, all);
    }
    for part in reactions.chunks(PART_MAX) {
        writer.batch(|batch| {
            change(batch.tx(), now_ms, part, |tx, comment| take_back(tx, comment, user, now_ms))
        })?;
        done += part.len();
        progress(done, all);
    }
    writer.batch(|batch| {
        // What an operator keeps of deleted texts is no reason to keep those of somebody who is to be forgotten.
        batch.tx().deleted_text_forget(user)?;
        batch.tx().user_forget(user)
    })?;
    Ok(Erased { comments: comments.len(), reactions: reactions.len() })
}

fn shut_out(tx: Tx<'_>, why: Outside, (user, now_ms): (UserId, UnixMs)) -> Result<(), Fault> {
    tx.user_set_state(user, UserState::Banned)?;
    tx.token_delete_of_user(user)?;
    tx.outside_notice_insert(why, now_ms)
}

/// Does something to some comments, gives their pages the next revision, and leaves word of it.
fn change(
    tx: Tx<'_>,
    now_ms: UnixMs,
    comments: &[CommentId],
    one: impl Fn(Tx<'_>, CommentId) -> Result<Vec<Touch>, Fault>,
) -> Result<(), Fault> {
    let mut touches = Vec::new();
    for comment in comments {
        touches.extend(one(tx, *comment)?);
    }
    stamp(tx, &touches)?;
    let pages: BTreeSet<_> = touches.iter().map(|touch| touch.page).collect();
    pages.into_iter().try_for_each(|page| tx.outside_notice_insert(Outside::Page(page), now_ms))
}

fn bury_one(tx: Tx<'_>, comment: CommentId, now_ms: UnixMs) -> Result<Vec<Touch>, Fault> {
    tx.comment_place(comment)?.map_or(Ok(Vec::new()), |place| bury(tx, comment, &place, now_ms))
}

fn take_back(tx: Tx<'_>, comment: CommentId, user: UserId, now_ms: UnixMs) -> Result<Vec<Touch>, Fault> {
    let Some(Place { page, .. }) = tx.comment_place(comment)? else { return Ok(Vec::new()) };
    let delta = tx.reaction_set((page, comment), user, None, now_ms)?;
    Ok(delta.map(|delta| Touch { page, comment, delta, shown: 0 }).into_iter().collect())
}
