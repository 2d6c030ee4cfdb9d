//! What a write comes to: what to answer, what it changed, whom to tell.

use super::Signed;
use crate::clock::UnixMs;
use crate::domain::{CommentId, PageId, Reaction, Role, SessionId, UserId};
use crate::error::Code;
use crate::protocol::{Answer, SignedOutReason};
use crate::security::TokenDigest;
use crate::store::Delta;

/// What a write came to.
#[derive(Debug)]
pub struct Outcome {
    /// What to answer, once the batch has its revisions.
    pub reply: Reply,
    /// What it changed.
    pub touches: Vec<Touch>,
    /// Whom to tell besides the pages' listeners.
    pub notices: Vec<Notice>,
}

/// An answer that may wait for the end of the batch.
#[derive(Debug)]
pub enum Reply {
    /// It is complete.
    Ready(Answer),
    /// The comment as it stands then.
    Comment(PageId, CommentId),
    /// The page's revision alone.
    Deleted(PageId),
    /// The tally as it stands then, with the reaction that was set.
    Reacted(PageId, CommentId, Option<Reaction>),
    /// A no that must be remembered: what the write did stays.
    Refused(Code),
}

/// That a comment changed.
#[derive(Debug, Clone, Copy)]
pub struct Touch {
    /// Its page.
    pub page: PageId,
    /// The comment.
    pub comment: CommentId,
    /// How.
    pub delta: Delta,
    /// How many more comments of the page are shown.
    pub shown: i64,
}

/// What concerns sessions by who they are, not by what they follow.
#[derive(Debug, Clone)]
pub enum Notice {
    /// A session is this user's now.
    SignedIn {
        /// The session.
        session: SessionId,
        /// Who and by what token.
        user: Signed,
        /// When the token ends: a session that is a guest's again by then is not made the user's.
        token_expires_ms: UnixMs,
    },
    /// Sessions are guests' again.
    SignedOut {
        /// Whose sessions,
        user: UserId,
        /// of those only the ones that came by this token, if one is named,
        token: Option<TokenDigest>,
        /// but not this one, which has its answer.
        except: Option<SessionId>,
        /// Why.
        reason: SignedOutReason,
    },
    /// A user has another role.
    Role {
        /// Who.
        user: UserId,
        /// What they may do now.
        role: Role,
    },
    /// A user reacted: their other sessions are told.
    Reacted {
        /// Who.
        user: UserId,
        /// The session that did it.
        except: Option<SessionId>,
        /// Where.
        page: PageId,
        /// To what.
        comment: CommentId,
        /// How.
        reaction: Option<Reaction>,
    },
}

impl Outcome {
    /// An outcome that changes no page.
    pub(super) fn ready(answer: Answer) -> Self {
        Self { reply: Reply::Ready(answer), touches: Vec::new(), notices: Vec::new() }
    }

    /// An outcome that tells somebody besides.
    pub(super) fn with(mut self, notice: Option<Notice>) -> Self {
        self.notices.extend(notice);
        self
    }
}

impl Touch {
    /// More than the tally of a comment changed.
    pub(super) fn text(page: PageId, comment: CommentId, shown: i64) -> Self {
        Self { page, comment, delta: Delta { text: true, likes: 0, dislikes: 0 }, shown }
    }
}
