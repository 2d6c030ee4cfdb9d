//! What each query does: one file a query, each a function from a transaction to an outcome.
//!
//! Actions decide and write; they never send, never sleep, never ask for the time but of the clock they are given.
//! Only the database's actor calls them: reads on its reader threads, writes in a batch on its writer, passwords in
//! three steps with the slow one between the two.

mod batch;
mod catch_up;
mod change_img;
mod change_password;
mod count_pages;
mod delete_comment;
mod edit_comment;
mod find_comment;
mod housekeeping;
mod load_comments;
mod load_reactions;
mod manage;
mod outcome;
mod outside;
mod plan;
mod post_comment;
mod react;
mod sign_in;
mod sign_in_with_token;
mod sign_out;
mod sign_up;
mod subscribe;
mod watch_status;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

pub use batch::{Done, Publication, run};
pub use catch_up::{Behind, Portion};
pub use housekeeping::{Chore, Swept, sweep};
pub use manage::{Erased, ban_user, erase_user, find_user, set_user_password, set_user_role, unban_user};
pub use outcome::{Notice, Outcome, Reply, Touch};
pub use outside::{Outsiders, Told};
pub use plan::{Found, Password, Plan, Read, Verified, Work, Write, plan};
pub use sign_up::add_user;

use arc_swap::Guard;

use crate::clock::{Clock, UnixMs};
use crate::config::{Config, LiveConfig};
use crate::domain::{Act, Role, SessionId, Standing, User, UserId, UserState, allows};
use crate::error::{Code, Fault, Stop};
use crate::metrics::{Metrics, Queue};
use crate::protocol::QueryName;
use crate::security::password::Dummy;
use crate::security::{Rates, TokenDigest};
use crate::store::Tx;

/// What every action may know besides the data.
#[derive(Debug)]
pub struct Context {
    /// The operator's wishes.
    config: LiveConfig,
    /// The time.
    pub clock: Clock,
    /// What users and addresses have done lately.
    pub rates: Rates,
    /// The hash that unknown names are verified against.
    pub dummy: Dummy,
    /// The name of the data's life.
    pub epoch: String,
    /// What is counted.
    pub metrics: Metrics,
    /// How many faults were named so far.
    faults: AtomicU64,
    /// Whether the last batch could be written.
    writable: AtomicBool,
}

impl Context {
    /// What actions know, about data whose life is called `epoch`.
    #[must_use]
    pub fn new(config: Config, clock: Clock, epoch: String) -> Self {
        let rates = Rates::new(&config.limits, clock.clone());
        let dummy = Dummy::start(config.auth.bcrypt_cost);
        let (faults, writable) = (AtomicU64::new(0), AtomicBool::new(true));
        let metrics = metrics(&config, &clock);
        Self { config: LiveConfig::new(config), clock, rates, dummy, epoch, metrics, faults, writable }
    }

    /// The operator's wishes as they are now.
    #[must_use]
    pub fn config(&self) -> Guard<Arc<Config>> {
        self.config.get()
    }

    /// Other wishes hold from now on.
    pub fn set_config(&self, config: Config) {
        self.rates.set_limits(&config.limits);
        self.config.set(config);
    }

    /// Whether the last batch could be written.
    #[must_use]
    pub fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }

    /// Takes note of whether a batch could be written.
    pub fn set_writable(&self, writable: bool) {
        let before = self.writable.swap(writable, Ordering::Relaxed);
        if writable && !before {
            log::info!("the database can be written again");
        }
    }

    /// Counts a query that was answered: with a success, or with a refusal's code.
    pub fn answered(&self, name: QueryName, code: Option<Code>, took: Duration) {
        let number = code.and_then(|code| Code::ALL.iter().position(|known| *known == code));
        self.metrics.answered(name.number(), number.map_or(0, |number| number + 1), took);
    }

    /// A fresh name for a fault, which the caller is told and the log has.
    #[must_use]
    pub fn fault_id(&self) -> String {
        self.metrics.faults.inc();
        let number = self.faults.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{number}", self.clock.now_ms())
    }
}

/// How a query came out, as it is counted: a success, or the code that it was refused with.
const SUCCESS: &str = "success";

fn metrics(config: &Config, clock: &Clock) -> Metrics {
    let codes: Vec<_> = [SUCCESS].into_iter().chain(Code::ALL.iter().map(|code| code.as_str())).collect();
    let metrics = Metrics::new(QueryName::ALL, &codes);
    let started = Duration::from_millis(u64::try_from(clock.now_ms()).unwrap_or(0));
    metrics.start_time.set(started.as_secs_f64());
    metrics.readers.set(gauge(config.database.readers));
    for (queue, limit) in [
        (Queue::Writes, config.database.write_queue_max),
        (Queue::Reads, config.database.read_queue_max),
        (Queue::Bcrypt, config.auth.bcrypt_queue_max),
    ] {
        metrics.queue_limit.of(queue).set(gauge(limit));
    }
    metrics
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The session, to leave it out of what its user's others are told; `None` for a plain HTTP request.
    pub session: Option<SessionId>,
    /// The query's number in its session, where it is one.
    pub query: Option<u64>,
    /// The address that rates count.
    pub address: IpAddr,
    /// The user, where one is signed in.
    pub user: Option<Signed>,
}

/// Whose doing a line of the log is about: numbers alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trail {
    /// The session; `None` for a plain HTTP request.
    pub session: Option<u64>,
    /// The query's number in it.
    pub query: Option<u64>,
}

impl Caller {
    /// Whose doing it is.
    #[must_use]
    pub fn trail(&self) -> Trail {
        Trail { session: self.session.map(|session| session.0), query: self.query }
    }
}

/// A signed-in user as the session knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who.
    pub id: UserId,
    /// The token they signed in with.
    pub token: TokenDigest,
}

/// Runs a read on one state of the data.
///
/// # Errors
/// The refusals of the query, and faults of the file.
pub fn read(tx: Tx<'_>, context: &Context, caller: &Caller, read: &Read) -> Result<Found, Stop> {
    match read {
        Read::Subscribe(list, resume) => subscribe::read(tx, context, caller, (list, resume.as_ref())),
        Read::LoadComments(list) => load_comments::read(tx, context, caller, list),
        Read::FindComment(comment) => find_comment::read(tx, context, caller, *comment),
        Read::CountPages(pages) => count_pages::read(tx, pages),
        Read::WatchStatus => watch_status::read(tx, caller),
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
        Write::DeleteComment(comment) => delete_comment::run(tx, context, caller, *comment),
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

/// Whether the policy table lets somebody of `role` act on what is nobody's in particular.
fn check_others(role: Role, act: Act) -> Result<(), Stop> {
    if allows(role, act, Standing::Others) { Ok(()) } else { Err(Code::Forbidden.into()) }
}

/// The moment `days` before `now_ms`.
fn days_before(now_ms: UnixMs, days: u32) -> UnixMs {
    days_after(0, days).saturating_neg().saturating_add(now_ms)
}

/// The moment `days` after `from_ms`.
fn days_after(from_ms: UnixMs, days: u32) -> UnixMs {
    from_ms.saturating_add(i64::from(days).saturating_mul(24 * 60 * 60 * 1_000))
}
