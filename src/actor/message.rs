//! What the actors say to one another.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use actix::{Addr, Message, Recipient};
use bytes::Bytes;
use crossbeam_channel::Sender;
use tokio::sync::oneshot;

use super::{DbActor, FeedActor};
use crate::action::{self, Caller, Context, Found, Notice, Plan, Publication};
use crate::domain::{PageKey, Rev, Role, SessionId};
use crate::error::Refusal;
use crate::protocol::{Part, SignedOutReason};
use crate::security::TokenDigest;

/// What every session has in common.
#[derive(Debug)]
pub struct Shared {
    /// What actions know.
    pub context: Arc<Context>,
    /// Where queries go.
    pub db: Addr<DbActor>,
    /// Where subscriptions go.
    pub feed: Addr<FeedActor>,
    /// Whether the service is about to stop.
    draining: AtomicBool,
    /// The last session's number.
    sessions: AtomicU64,
}

impl Shared {
    /// What sessions will have in common; there are none yet.
    #[must_use]
    pub fn new(context: Arc<Context>, db: Addr<DbActor>, feed: Addr<FeedActor>) -> Self {
        Self { context, db, feed, draining: AtomicBool::new(false), sessions: AtomicU64::new(0) }
    }

    /// Whether the service is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// The service is about to stop: whoever comes from now on is sent away.
    pub fn set_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// A number for a new session.
    pub(super) fn session_id(&self) -> SessionId {
        SessionId(self.sessions.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A query for `DbActor`, and where its answer goes.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Run {
    /// Who asks.
    pub caller: Caller,
    /// What, and how it is run.
    pub plan: Plan,
    /// Where the answer goes.
    pub reply: ReplyTo,
}

/// Where an answer goes; it is sent at most once.
#[derive(Debug)]
pub enum ReplyTo {
    /// To a session's mailbox, under the number that the session gave the query. What bounds it is the number of
    /// queries a session may have in flight.
    Session(Recipient<Answered>, u64),
    /// To whoever waits for it.
    Once(oneshot::Sender<Result<Found, Refusal>>),
}

impl ReplyTo {
    /// Sends the answer. A session or a request that is gone needs none.
    #[expect(clippy::disallowed_methods, reason = "bounded by limits.in_flight_max")]
    pub(super) fn send(self, result: Result<Found, Refusal>) {
        match self {
            Self::Session(mailbox, number) => mailbox.do_send(Answered { number, result }),
            Self::Once(sender) => drop(sender.send(result)),
        }
    }
}

/// An answer for a session.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Answered {
    /// The number that the session gave the query.
    pub number: u64,
    /// What came of it.
    pub result: Result<Found, Refusal>,
}

/// Ends the writer once all that waits is written; the answer comes when it has.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct StopWriting;

/// Asks an actor whether it still takes messages.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Beat;

/// A session has begun.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Enter {
    pub(super) session: SessionId,
    pub(super) mailbox: Arc<Recipient<Told>>,
    /// Its thread's relay.
    pub(super) relay: Arc<Recipient<Relayed>>,
}

/// A session has ended.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Exit(pub(super) SessionId);

/// A session is a guest's again: its token's time is over.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Guest(pub(super) SessionId);

/// A session wants to listen to a page; it is told [`Told::Joined`].
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Join {
    pub(super) session: SessionId,
    pub(super) page: PageKey,
    /// The page's listeners on the session's thread.
    pub(super) hearing: Arc<Hearing>,
}

/// A session listens to a page no more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Leave {
    pub(super) session: SessionId,
    pub(super) page: PageKey,
}

/// A session wants to be told how the service is, or no more.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Watch {
    pub(super) session: SessionId,
    pub(super) on: bool,
}

/// What a batch changed, in commit order. The writer waits for the last one to be taken before it sends the next.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Publish {
    pub(super) publications: Vec<Publication>,
    pub(super) notices: Vec<(Notice, Option<PageKey>)>,
    /// The monotonic time of the commit.
    pub(super) committed_at: Duration,
    pub(super) taken: Sender<()>,
}

impl fmt::Debug for Publish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Publish({} pages, {} notices)", self.publications.len(), self.notices.len())
    }
}

/// What the command line did to the file.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct FromOutside(pub(super) action::Told);

/// How many sessions listen to a page.
#[derive(Debug, Message)]
#[rtype(result = "u32")]
pub struct CountViewers(pub PageKey);

/// The service is about to stop: every session is told, then closed, in slices over `over_ms`.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Drain {
    /// Within how many milliseconds clients are to come back, each after a random part of it.
    pub reconnect_in_ms: u64,
    /// How long the closing takes, in milliseconds.
    pub over_ms: u64,
}

/// What the feed tells a session.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub(super) enum Told {
    /// The session listens to the page now.
    Joined(PageKey, Arc<PageLine>),
    /// A page changed.
    Deliver(PageKey, Arc<Delivery>),
    /// A push that says something of the moment.
    Moment(Bytes),
    /// The user's other session reacted: the last word on each comment counts.
    Reacted(Bytes),
    /// The user has another role.
    Role(Role),
    /// The session is a guest's again, if it still lives on that token.
    SignedOut(TokenDigest, SignedOutReason),
    /// How the service is, for those who watch it.
    Status(Bytes),
    /// Time to look at the pulse.
    Beat,
    /// The service stops: close.
    Close,
}

/// What the feed has a relay tell a page's listeners on its thread.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub(super) struct Relayed {
    pub(super) page: PageKey,
    pub(super) word: Word,
}

/// What a page's listeners are told.
#[derive(Debug, Clone)]
pub(super) enum Word {
    /// The page changed.
    Push(Arc<Delivery>),
    /// A push that says something of the moment.
    Moment(Bytes),
    /// The page went on without a push: whoever listens reads on.
    Moved,
}

/// What the feed sees of a page's listeners on one thread.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    /// Whether the relay has not begun to pass the last push on: then no other follows it.
    undelivered: AtomicBool,
    /// To how many of them the relay could not pass a push on since the feed last asked.
    passed_over: AtomicU32,
}

impl Hearing {
    /// The feed sends a push, unless the last one still is undelivered; says whether it may.
    pub(super) fn send(&self) -> bool {
        !self.undelivered.swap(true, Ordering::SeqCst)
    }

    pub(super) fn is_undelivered(&self) -> bool {
        self.undelivered.load(Ordering::SeqCst)
    }

    /// The relay passes the push on from now on.
    pub(super) fn took(&self) {
        self.undelivered.store(false, Ordering::SeqCst);
    }

    pub(super) fn pass_over(&self, listeners: u32) {
        self.passed_over.fetch_add(listeners, Ordering::Relaxed);
    }

    /// How many were passed over; from then on it is counted anew.
    pub(super) fn take_passed_over(&self) -> u32 {
        self.passed_over.swap(0, Ordering::Relaxed)
    }
}

/// One flush of a page.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) from: Rev,
    pub(super) rev: Rev,
    pub(super) parts: Vec<Part>,
    /// Let go with the last relay's and session's hold on it; none where nobody was handed it.
    pub(super) _since: Option<Since>,
}

/// Counts how long a push was on its way since the commit, when it is let go.
#[derive(Debug)]
pub(super) struct Since {
    pub(super) context: Arc<Context>,
    /// The monotonic time of the commit.
    pub(super) committed_at: Duration,
}

impl Drop for Since {
    fn drop(&mut self) {
        let now = self.context.clock.monotonic();
        self.context.metrics.commit_to_push.took(now.saturating_sub(self.committed_at));
    }
}

/// What a page's listeners see of it without asking.
#[derive(Debug, Default)]
pub struct PageLine {
    latest: AtomicI64,
    viewers: AtomicU32,
}

impl PageLine {
    /// The last revision that was sent out.
    pub(super) fn latest(&self) -> Rev {
        Rev(self.latest.load(Ordering::SeqCst))
    }

    pub(super) fn set_latest(&self, rev: Rev) {
        self.latest.store(rev.0, Ordering::SeqCst);
    }

    /// Sessions that listen.
    pub(super) fn viewers(&self) -> u32 {
        self.viewers.load(Ordering::Relaxed)
    }

    pub(super) fn set_viewers(&self, viewers: u32) {
        self.viewers.store(viewers, Ordering::Relaxed);
    }
}
