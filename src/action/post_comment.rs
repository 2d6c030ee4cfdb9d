//! `postComment`: a new comment or reply, once for each idempotency key.

use sha2::{Digest, Sha256};

use super::{Caller, Context, Outcome, Reply, Touch, user_of};
use crate::domain::{
    Act, CommentId, CommentState, CommentText, IdempotencyKey, Page, PageKey, Standing, User, allows,
};
use crate::error::{Code, Refusal, Stop};
use crate::store::{NewComment, Tx};

/// What is to be posted.
pub(super) struct Post<'a> {
    pub(super) page: &'a PageKey,
    pub(super) comment: &'a str,
    pub(super) parent: Option<CommentId>,
    pub(super) key: Option<&'a IdempotencyKey>,
}

/// Writes the comment, or finds the one that the same key already made.
///
/// # Errors
/// `sign_in_first`, `forbidden`, `empty_comment`, `comment_too_long`, `invalid_comment`, `bad_query` for a key spent on
/// something else, `rate_limited`, `page_locked`, `not_found` for the parent, `too_deep`.
pub(super) fn run(tx: Tx<'_>, context: &Context, caller: &Caller, post: &Post<'_>) -> Result<Outcome, Stop> {
    let user = user_of(tx, caller)?;
    if !allows(user.role, Act::Post, Standing::Own) {
        return Err(Code::Forbidden.into());
    }
    let text = CommentText::parse(post.comment, context.config().limits.comment_bytes_max)?;
    let digest = digest(post, &text);
    if let Some(outcome) = repeated(tx, &user, post, digest)? {
        return Ok(outcome);
    }
    context.rates.post(user.id)?;
    let page = tx.page_find_or_insert(post.page)?;
    if page.locked {
        return Err(Code::PageLocked.into());
    }
    let depth = depth(tx, context, &page, post.parent)?;
    let id = tx.comment_insert(&NewComment {
        page: page.id,
        parent: post.parent,
        depth,
        author: user.id,
        created_at_ms: context.clock.now_ms(),
        key: post.key.map(|key| (key, digest)),
        text: &text,
    })?;
    let mut touches = vec![Touch::text(page.id, id, 1)];
    if let Some(parent) = post.parent {
        // A reply is taken under a shown comment only, which is listed already: nothing changes above it.
        tx.comment_count_replies(parent, (1, 1), context.clock.now_ms())?;
        touches.push(Touch::text(page.id, parent, 0));
    }
    Ok(Outcome { reply: Reply::Comment(page.id, id), touches, notices: Vec::new() })
}

/// What the author's key made before, as it stands now: it costs no rate and writes nothing.
fn repeated(tx: Tx<'_>, user: &User, post: &Post<'_>, digest: [u8; 32]) -> Result<Option<Outcome>, Stop> {
    let Some(key) = post.key else { return Ok(None) };
    match tx.comment_find_by_key(user.id, key)? {
        None => Ok(None),
        Some((id, page, spent_on)) if spent_on == digest => {
            let reply = Reply::Comment(page, id);
            Ok(Some(Outcome { reply, touches: Vec::new(), notices: Vec::new() }))
        }
        Some(_) => {
            let message = "'key' was spent on another comment; a new comment takes a new key.";
            Err(Refusal::member(Code::BadQuery, "key", message).into())
        }
    }
}

/// What a key is spent on: page, parent and text, each with its length, so that none runs into the next.
fn digest(post: &Post<'_>, text: &CommentText) -> [u8; 32] {
    let parent = post.parent.map_or(0, |parent| parent.0);
    let mut hash = Sha256::new();
    for field in [post.page.as_str().as_bytes(), &parent.to_be_bytes(), text.as_str().as_bytes()] {
        hash.update(u64::try_from(field.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(field);
    }
    hash.finalize().into()
}

/// How deep the comment stands: 0 at the top, one more than its parent else.
fn depth(tx: Tx<'_>, context: &Context, page: &Page, parent: Option<CommentId>) -> Result<u32, Stop> {
    let Some(parent) = parent else { return Ok(0) };
    let missing = || Refusal::member(Code::NotFound, "parent", "There is no such comment to reply to.");
    let place = tx.comment_place(parent)?.ok_or_else(missing)?;
    if place.page != page.id || place.state != CommentState::Shown {
        return Err(missing().into());
    }
    let depth = place.depth + 1;
    let max = context.config().limits.reply_depth_max;
    if max > 0 && depth > max {
        return Err(Code::TooDeep.into());
    }
    Ok(depth)
}
