//! `react`: likes and dislikes, a list of them at a time: each user and comment is written once, the last one wins,
//! and each comment's tally is updated once.

use std::collections::HashMap;

use super::{Caller, Context, Notice, Outcome, Reply, Touch, user_of};
use crate::domain::{Act, CommentId, CommentState, PageId, Reaction, Role, Standing, UserId, allows};
use crate::error::{Code, Fault, Refusal, Stop};
use crate::store::{Delta, Tx};

/// One reaction to set.
pub(super) struct Wish<'a> {
    pub(super) caller: &'a Caller,
    pub(super) comment: CommentId,
    pub(super) reaction: Option<Reaction>,
}

/// What a list of reactions came to: an answer each, and what changed in all.
pub(super) struct Reacted {
    pub(super) replies: Vec<Result<Reply, Refusal>>,
    pub(super) touches: Vec<Touch>,
    pub(super) notices: Vec<Notice>,
}

/// Sets a list of reactions, in order.
///
/// # Errors
/// Faults of the file; each reaction's own refusal (`sign_in_first`, `not_found`, `forbidden`) is among the replies.
pub(super) fn run(tx: Tx<'_>, context: &Context, wishes: &[Wish<'_>]) -> Result<Reacted, Fault> {
    let mut known = Known { tx, pages: HashMap::new(), roles: HashMap::new() };
    let mut last: HashMap<(CommentId, UserId), Last<'_>> = HashMap::with_capacity(wishes.len());
    let mut replies = Vec::with_capacity(wishes.len());
    for wish in wishes {
        let reply = known.admit(wish)?.map(|(page, user)| {
            let before = last.insert((wish.comment, user), Last { page, wish, contested: false });
            let contested =
                before.is_some_and(|last| last.contested || last.wish.caller.session != wish.caller.session);
            if let Some(last) = last.get_mut(&(wish.comment, user)) {
                last.contested = contested;
            }
            Reply::Reacted(page, wish.comment, wish.reaction)
        });
        replies.push(reply.map_err(Refusal::from));
    }
    let now_ms = context.clock.now_ms();
    let (mut sums, mut notices) = (HashMap::<(PageId, CommentId), Delta>::new(), Vec::new());
    for ((comment, user), Last { page, wish, contested }) in last {
        let delta = tx.reaction_set((page, comment), user, wish.reaction, now_ms)?;
        if let Some(delta) = delta {
            let sum = sums.entry((page, comment)).or_default();
            sum.likes += delta.likes;
            sum.dislikes += delta.dislikes;
        }
        if delta.is_some() || contested {
            let (except, reaction) = (wish.caller.session, wish.reaction);
            notices.push(Notice::Reacted { user, except, page, comment, reaction });
        }
    }
    let touches = sums.into_iter().map(|((page, comment), delta)| Touch { page, comment, delta, shown: 0 });
    Ok(Reacted { replies, touches: touches.collect(), notices })
}

/// Sets one reaction by itself.
///
/// # Errors
/// The reaction's refusal, and faults of the file.
pub(super) fn run_one(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (comment, reaction): (CommentId, Option<Reaction>),
) -> Result<Outcome, Stop> {
    let done = run(tx, context, &[Wish { caller, comment, reaction }])?;
    let reply = done.replies.into_iter().next().unwrap_or_else(|| Err(Code::NotFound.into()))?;
    Ok(Outcome { reply, touches: done.touches, notices: done.notices })
}

/// The last wish of a user for a comment: the one that counts.
struct Last<'w> {
    page: PageId,
    wish: &'w Wish<'w>,
    /// Whether another session of theirs wished in the same list: it was answered what it wished, and must be told
    /// better, even if nothing came of both together.
    contested: bool,
}

/// What the list has looked up already: a storm is many reactions to few comments.
struct Known<'t> {
    tx: Tx<'t>,
    pages: HashMap<CommentId, Option<PageId>>,
    roles: HashMap<UserId, Result<Role, Code>>,
}

impl Known<'_> {
    /// The page of the comment and the user, where the one is shown and the other may react.
    fn admit(&mut self, wish: &Wish<'_>) -> Result<Result<(PageId, UserId), Code>, Fault> {
        let Some(user) = wish.caller.user.as_ref().map(|signed| signed.id) else {
            return Ok(Err(Code::SignInFirst));
        };
        let (role, page) = (self.role(wish.caller, user)?, self.page(wish.comment)?);
        Ok(role.and_then(|role| {
            let page = page.ok_or(Code::NotFound)?;
            if allows(role, Act::React, Standing::Others) { Ok((page, user)) } else { Err(Code::Forbidden) }
        }))
    }

    fn role(&mut self, caller: &Caller, user: UserId) -> Result<Result<Role, Code>, Fault> {
        if let Some(role) = self.roles.get(&user) {
            return Ok(*role);
        }
        let role = match user_of(self.tx, caller) {
            Ok(user) => Ok(user.role),
            Err(Stop::Refused(refusal)) => Err(refusal.code),
            Err(Stop::Failed(fault)) => return Err(fault),
        };
        self.roles.insert(user, role);
        Ok(role)
    }

    fn page(&mut self, comment: CommentId) -> Result<Option<PageId>, Fault> {
        if let Some(page) = self.pages.get(&comment) {
            return Ok(*page);
        }
        let place = self.tx.comment_place(comment)?.filter(|place| place.state == CommentState::Shown);
        let page = place.map(|place| place.page);
        self.pages.insert(comment, page);
        Ok(page)
    }
}
