//! What each query does: one file a query, each a function from a transaction to an outcome.
//!
//! Actions decide and write; they never send, never sleep, never ask for the time but of the clock they are given.
//! Only the database's actor calls them: reads on its reader threads, writes in a batch on its writer, passwords in
//! three steps with the slow one between the two.

mod batch;
mod catch_up;
mod change_img;
mod change_password;
mod delete_comment;
mod edit_comment;
mod load_comments;
mod load_reactions;
mod post_comment;
mod react;
mod sign_in;
mod sign_in_with_token;
mod sign_out;
mod sign_up;
mod subscribe;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub use batch::{Done, Publication, run};
pub use catch_up::{Behind, Portion};
pub use sign_up::add_user;

use crate::clock::{Clock, UnixMs};
use crate::config::Config;
use crate::domain::{
    Act, CommentId, IdempotencyKey, Img, PageId, PageKey, Reaction, Rev, Role, SessionId, Standing, User,
    UserId, UserState, Username, allows,
};
use crate::error::{Code, Fault, Stop};
use crate::protocol::{Answer, ListQuery, Query, Resume, SignedOutReason, Snapshot};
use crate::security::password::Dummy;
use crate::security::{Rates, TokenDigest};
use crate::store::{Delta, Tx};

/// What every action may know besides the data.
#[derive(Debug)]
pub struct Context {
    /// The operator's wishes.
    pub config: Arc<Config>,
    /// The time.
    pub clock: Clock,
    /// What users and addresses have done lately.
    pub rates: Rates,
    /// The hash that unknown names are verified against.
    pub dummy: Dummy,
    /// The name of the data's life.
    pub epoch: String,
    /// How many faults were named so far.
    faults: AtomicU64,
    /// Whether the last batch could be written.
    writable: AtomicBool,
}

impl Context {
    /// What actions know, about data whose life is called `epoch`.
    #[must_use]
    pub fn new(config: Arc<Config>, clock: Clock, epoch: String) -> Self {
        let rates = Rates::new(&config.limits, clock.clone());
        let dummy = Dummy::start(config.auth.bcrypt_cost);
        let (faults, writable) = (AtomicU64::new(0), AtomicBool::new(true));
        Self { config, clock, rates, dummy, epoch, faults, writable }
    }

    /// Whether the last batch could be written.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// Takes note of whether a batch could be written.
    pub fn set_writable(&self, writable: bool) {
        self.writable.store(writable, Ordering::Relaxed);
    }

    /// A fresh name for a fault, which the caller is told and the log has.
    #[must_use]
    pub fn fault_id(&self) -> String {
        let number = self.faults.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{number}", self.clock.now_ms())
    }
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The session, to leave it out of what its user's others are told; `None` for a plain HTTP request.
    pub session: Option<SessionId>,
    /// The address that rates count.
    pub address: IpAddr,
    /// The user, where one is signed in.
    pub user: Option<Signed>,
}

/// A signed-in user as the session knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub id: UserId,
    /// The token they signed in with.
    pub token: TokenDigest,
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

/// Says how a query is to be run: the one place where queries become actions.
#[must_use]
pub fn plan(query: Query) -> Plan {
    match query {
        Query::Hello | Query::Ping | Query::Unsubscribe { .. } => Plan::Local(query),
        Query::Subscribe { list, resume } => Plan::Read(Read::Subscribe(list, resume)),
        Query::LoadComments { list } => Plan::Read(Read::LoadComments(list)),
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

/// Runs a read on one state of the data.
///
/// # Errors
/// The refusals of the query, and faults of the file.
pub fn read(tx: Tx<'_>, context: &Context, caller: &Caller, read: &Read) -> Result<Found, Stop> {
    match read {
        Read::Subscribe(list, resume) => subscribe::read(tx, context, caller, (list, resume.as_ref())),
        Read::LoadComments(list) => load_comments::read(tx, context, caller, list),
        Read::LoadReactions(comments) => load_reactions::read(tx, caller, comments),
        Read::CatchUp { page, behind, told, viewers } => {
            catch_up::read(tx, context, page, (*behind, *told, *viewers))
        }
    }
}

/// Runs one write; the batch has opened its savepoint. Reactions come as lists, by [`react::run`].
fn write(tx: Tx<'_>, context: &Context, caller: &Caller, write: &Write) -> Result<Outcome, Stop> {
    match write {
        Write::PostComment { page, comment, parent, key } => {
            let post = post_comment::Post { page, comment, parent: *parent, key: key.as_ref() };
            post_comment::run(tx, context, caller, &post)
        }
        Write::EditComment(comment, text) => edit_comment::run(tx, context, caller, (*comment, text)),
        Write::DeleteComment(comment) => delete_comment::run(tx, caller, *comment),
        Write::React(comment, reaction) => react::run_one(tx, context, caller, (*comment, *reaction)),
        Write::ChangeImg(img) => change_img::run(tx, caller, img.as_deref()),
        Write::SignOut { everywhere } => sign_out::run(tx, caller, *everywhere),
        Write::SignInWithToken(token) => sign_in_with_token::run(tx, context, caller, token),
        Write::SignUp { username, stored, img } => {
            sign_up::run(tx, context, caller, (username, stored, img.as_ref()))
        }
        Write::SignIn { name_digest, right } => {
            sign_in::run(tx, context, caller, (*name_digest, right.as_ref()))
        }
        Write::ChangePassword { name_digest, stored } => {
            change_password::run(tx, context, caller, (*name_digest, stored.as_ref()))
        }
    }
}

/// The first step of a password's query, on the readers.
///
/// # Errors
/// The refusals that need no password's work, and faults of the file.
pub fn prepare(tx: Tx<'_>, context: &Context, caller: &Caller, password: Password) -> Result<Work, Stop> {
    match password {
        Password::SignUp { username, password, img } => {
            sign_up::prepare(tx, context, caller, (&username, password, img.as_deref())).map(Work::SignUp)
        }
        Password::SignIn { username, password } => {
            sign_in::prepare(tx, context, caller, (&username, password)).map(Work::SignIn)
        }
        Password::ChangePassword { password, new_password } => {
            change_password::prepare(tx, context, caller, (password, new_password)).map(Work::ChangePassword)
        }
    }
}

/// The slow step, among the passwords; what it gives is the last.
///
/// # Errors
/// A fault of the hashing.
pub fn work(context: &Context, work: Work) -> Result<Write, Fault> {
    match work {
        Work::SignUp(work) => work.run(context),
        Work::SignIn(work) => work.run(context),
        Work::ChangePassword(work) => work.run(context),
    }
}

impl Outcome {
    /// An outcome that changes no page.
    fn ready(answer: Answer) -> Self {
        Self { reply: Reply::Ready(answer), touches: Vec::new(), notices: Vec::new() }
    }

    /// An outcome that tells somebody besides.
    fn with(mut self, notice: Option<Notice>) -> Self {
        self.notices.extend(notice);
        self
    }
}

impl Touch {
    /// More than the tally of a comment changed.
    fn text(page: PageId, comment: CommentId, shown: i64) -> Self {
        Self { page, comment, delta: Delta { text: true, likes: 0, dislikes: 0 }, shown }
    }
}

/// The signed-in user as the data has them now.
///
/// # Errors
/// [`Code::SignInFirst`] for guests and for users that are no more, [`Code::Forbidden`] for banned ones.
fn user_of(tx: Tx<'_>, caller: &Caller) -> Result<User, Stop> {
    let signed = caller.user.as_ref().ok_or(Code::SignInFirst)?;
    let user = tx.user_get(signed.id)?.ok_or(Code::SignInFirst)?;
    match user.state {
        UserState::Active => Ok(user),
        UserState::Banned => Err(Code::Forbidden.into()),
    }
}

/// Whether the policy table lets somebody of `role` act on what `author` wrote.
fn check(role: Role, act: Act, user: UserId, author: UserId) -> Result<(), Stop> {
    let standing = if user == author { Standing::Own } else { Standing::Others };
    if allows(role, act, standing) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// The moment `days` after `from_ms`.
fn days_after(from_ms: UnixMs, days: u32) -> UnixMs {
    from_ms.saturating_add(i64::from(days).saturating_mul(24 * 60 * 60 * 1_000))
}
