//! The ways that queries are run: what each kind carries to where it is run.

use super::catch_up::{Behind, Portion};
use super::{change_password, sign_in, sign_up};
use crate::domain::{CommentId, IdempotencyKey, Img, PageKey, Reaction, Rev, UserId, Username};
use crate::protocol::{Answer, ListQuery, Query, Resume, Snapshot};

/// Says how a query is to be run: the one place where queries become actions.
#[must_use]
pub fn plan(query: Query) -> Plan {
    match query {
        Query::Hello | Query::Ping | Query::Unsubscribe { .. } | Query::UnwatchStatus => Plan::Local(query),
        Query::Subscribe { list, resume } => Plan::Read(Read::Subscribe(list, resume)),
        Query::LoadComments { list } => Plan::Read(Read::LoadComments(list)),
        Query::WatchStatus => Plan::Read(Read::WatchStatus),
        Query::FindComment { comment_id } => Plan::Read(Read::FindComment(comment_id)),
        Query::LoadReactions { comment_ids } => Plan::Read(Read::LoadReactions(comment_ids)),
        Query::PostComment { page, comment, parent, key } => {
            Plan::Write(Write::PostComment { page, comment, parent, key })
        }
        Query::EditComment { comment_id, comment } => Plan::Write(Write::EditComment(comment_id, comment)),
        Query::DeleteComment { comment_id } => Plan::Write(Write::DeleteComment(comment_id)),
        Query::React { comment_id, reaction } => Plan::Write(Write::React(comment_id, reaction)),
        Query::ChangeImg { img } => Plan::Write(Write::ChangeImg(img)),
        Query::SignOut { everywhere } => Plan::Write(Write::SignOut { everywhere }),
        Query::SignInWithToken { token } => Plan::Write(Write::SignInWithToken(token)),
        Query::SignUp { username, password, img } => {
            Plan::Password(Password::SignUp { username, password, img })
        }
        Query::SignIn { username, password } => Plan::Password(Password::SignIn { username, password }),
        Query::ChangePassword { password, new_password } => {
            Plan::Password(Password::ChangePassword { password, new_password })
        }
    }
}

/// How a query is to be run.
#[derive(Debug)]
pub enum Plan {
    /// By the session itself, which knows all it takes.
    Local(Query),
    /// On the readers.
    Read(Read),
    /// In a batch.
    Write(Write),
    /// On the readers, then among the passwords, then in a batch.
    Password(Password),
}

/// A query that changes nothing.
#[derive(Debug)]
pub enum Read {
    /// A page's first screen, or what changed since a revision.
    Subscribe(ListQuery, Option<Resume>),
    /// A list.
    LoadComments(ListQuery),
    /// One comment and those above it.
    FindComment(CommentId),
    /// What lists of pages show of each.
    CountPages(Vec<PageKey>),
    /// Whether one may watch the service.
    WatchStatus,
    /// One's own reactions.
    LoadReactions(Vec<CommentId>),
    /// The next portion for a listener that is behind.
    CatchUp {
        /// The page.
        page: PageKey,
        /// Where the listener stands.
        behind: Behind,
        /// The highest revision that it was told it holds.
        told: Rev,
        /// Sessions subscribed to the page.
        viewers: u32,
    },
}

/// What a read found.
#[derive(Debug)]
pub enum Found {
    /// The answer.
    Answer(Answer),
    /// A page's snapshot, and where its listener stands after it.
    Snapshot(Box<Snapshot>, Behind),
    /// A portion of what a listener missed.
    Portion(Portion),
}

/// A query that changes something.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new comment.
    PostComment {
        /// Its page.
        page: PageKey,
        /// Its text, as submitted.
        comment: String,
        /// What it replies to.
        parent: Option<CommentId>,
        /// What makes trying again safe.
        key: Option<IdempotencyKey>,
    },
    /// Another text.
    EditComment(CommentId, String),
    /// A tombstone.
    DeleteComment(CommentId),
    /// A reaction.
    React(CommentId, Option<Reaction>),
    /// Another picture, as submitted.
    ChangeImg(Option<String>),
    /// Tokens revoked: the session's, or all of the user's.
    SignOut {
        /// All of them.
        everywhere: bool,
    },
    /// A token, as submitted, for a session.
    SignInWithToken(String),
    /// The last step of signing up.
    SignUp {
        /// The name.
        username: Username,
        /// The password as it is to be stored.
        stored: String,
        /// The picture.
        img: Option<Img>,
    },
    /// The last step of signing in.
    SignIn {
        /// What the name's failures are kept under.
        name_digest: [u8; 32],
        /// Who it is, if name and password were right.
        right: Option<Verified>,
    },
    /// The last step of changing a password.
    ChangePassword {
        /// What the name's failures are kept under.
        name_digest: [u8; 32],
        /// The present password as it was stored when it was found right, and the new one as it is to be stored.
        stored: Option<(String, String)>,
    },
}

/// A user whose password was right.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Who.
    pub user: UserId,
    /// The password as it was stored then.
    pub stored: String,
    /// The same hashed anew, where the configured cost has changed.
    pub rehashed: Option<String>,
}

/// A query that takes bcrypt.
#[derive(Debug)]
pub enum Password {
    /// Make a user.
    SignUp {
        /// The name, as submitted.
        username: String,
        /// The password.
        password: String,
        /// The picture, as submitted.
        img: Option<String>,
    },
    /// Be one.
    SignIn {
        /// The name, as submitted.
        username: String,
        /// The password.
        password: String,
    },
    /// Change one's password.
    ChangePassword {
        /// The present one.
        password: String,
        /// The wished one.
        new_password: String,
    },
}

/// The slow step of a password's query: it needs no data.
#[derive(Debug)]
pub enum Work {
    /// Hash.
    SignUp(sign_up::Work),
    /// Verify.
    SignIn(sign_in::Work),
    /// Verify and hash.
    ChangePassword(change_password::Work),
}

impl Read {
    /// What it is called in the log: the query's name, where it is one.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Subscribe(..) => "subscribe",
            Self::LoadComments(_) => "loadComments",
            Self::FindComment(_) => "findComment",
            Self::CountPages(_) => "countPages",
            Self::WatchStatus => "watchStatus",
            Self::LoadReactions(_) => "loadReactions",
            Self::CatchUp { .. } => "catchUp",
        }
    }
}

impl Write {
    /// The query's name, for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::PostComment { .. } => "postComment",
            Self::EditComment(..) => "editComment",
            Self::DeleteComment(_) => "deleteComment",
            Self::React(..) => "react",
            Self::ChangeImg(_) => "changeImg",
            Self::SignOut { .. } => "signOut",
            Self::SignInWithToken(_) => "signInWithToken",
            Self::SignUp { .. } => "signUp",
            Self::SignIn { .. } => "signIn",
            Self::ChangePassword { .. } => "changePassword",
        }
    }
}

impl Password {
    /// The query's name, for the log.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::SignUp { .. } => "signUp",
            Self::SignIn { .. } => "signIn",
            Self::ChangePassword { .. } => "changePassword",
        }
    }
}
