//! A session: one live connection as an actor of its own, on its worker's arbiter.
//!
//! It decodes queries, keeps their order, forwards them, and writes answers and pushes into its outbox. From the handshake
//! on it owns the socket (`line`), which its pump writes to and reads from after each turn of the mailbox.

#[cfg(feature = "conformance")]
mod conformance;
mod guard;
mod inbound;
mod line;
mod listener;
mod order;
mod outbox;
mod outlet;
mod pulse;
mod pump;
mod pushes;
mod queries;
mod subscription;
mod watching;

use std::cell::{RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext as _, AsyncContext as _, Context as ActorContext, Handler, Message, Recipient,
};
use actix_web::rt;
use arc_swap::Guard;
use bytes::Bytes;

use self::guard::GuardLimits;
use self::inbound::{Heard, Inbound};
use self::line::Line;
use self::order::Order;
use self::outbox::Outbox;
use self::outlet::Outlet;
use self::pulse::Pulse;
use self::pump::Pump;
use self::pushes::CatchingUp;
use self::queries::Joining;
use self::watching::Watching;
use super::message::{Answered, Enter, Exit, Shared, Told};
use super::relay::Relay;
use crate::action::{Caller, Signed};
use crate::clock::UnixMs;
use crate::config::Config;
use crate::domain::{PageKey, SessionId, User};
use crate::metrics::{Closed, Metrics};
use crate::protocol::{CloseCode, close_echo, close_frame, pong_frame};
use crate::security::SessionRate;

#[cfg(feature = "conformance")]
pub use conformance::{echo, hear, walk};
pub use line::{Said, Socket};
pub(super) use listener::Listener;
pub use queries::hello;

/// What lets a connection in and is given back when it ends: dropped with the socket.
pub type Admitted = Box<dyn std::any::Any>;

/// Who is at the other end of a connection.
pub struct Peer {
    /// The address that rates count.
    pub address: IpAddr,
    /// Whether it comes from where the service may be watched without signing in.
    pub is_operators: bool,
    /// Its place among the connections.
    pub admitted: Admitted,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Peer({})", self.address)
    }
}

/// How long a peer has to take the server's Close frame and answer it.
const CLOSE_WAIT: Duration = Duration::from_secs(2);

/// How long what waits for a peer that takes nothing may wait on when its session is gone.
const FAREWELL: Duration = Duration::from_secs(30);

/// How long a peer that broke a rule must have sent nothing before the connection is ended: ended while bytes are on
/// their way, TCP would reset it, and the peer might never see the Close frame.
const BROKEN_WAIT: Duration = Duration::from_millis(40);

/// A live connection.
pub(super) struct Session {
    id: SessionId,
    address: IpAddr,
    shared: Arc<Shared>,
    relay: Relay,
    mailbox: Option<Arc<Recipient<Told>>>,
    me: Option<Recipient<Answered>>,
    user: Option<SignedIn>,
    outlet: Rc<RefCell<Outlet>>,
    inbound: Inbound,
    order: Order,
    subscriptions: HashMap<PageKey, Rc<Listener>>,
    /// The page that a `subscribe` begins to listen to; the order of queries lets only one do so.
    joining: Option<(Rc<Listener>, Joining)>,
    catching_up: Option<CatchingUp>,
    /// The user's reactions elsewhere that wait for room.
    owed: VecDeque<Bytes>,
    queries: SessionRate,
    bad_queries: SessionRate,
    pulse: Pulse,
    /// The service stops: what runs is answered, what waits is not begun.
    leaving: bool,
    closing: bool,
    counted: Counted,
    watching: Watching,
    admitted: Admitted,
}

/// Who a session is.
struct SignedIn {
    signed: Signed,
    user: User,
    token_expires_ms: UnixMs,
}

/// What a session has told the metrics.
#[derive(Debug, Default)]
struct Counted {
    /// Messages that it heard: the last one's number.
    queries: u64,
    /// Bytes that its connection took.
    sent: u64,
    /// Subscriptions that are behind.
    behind: i64,
    /// Whether it has ended.
    ended: bool,
}

/// Begins a session on a connection that asked for one.
pub fn open(shared: &Arc<Shared>, relay: &Relay, socket: impl Socket, said: Said, peer: Peer) {
    let session = Session::new(shared, relay, Line::new(socket, said.heard), peer);
    session.outbox().push(said.unsent.freeze());
    session.start();
}

impl Session {
    fn new(shared: &Arc<Shared>, relay: &Relay, line: Line, peer: Peer) -> Self {
        let config = shared.context.config();
        let limits = &config.limits;
        let now = shared.context.clock.monotonic();
        let guard = GuardLimits {
            message_bytes_max: limits.message_bytes_max,
            fragments_max: limits.fragments_max,
            binary: false,
        };
        let id = shared.session_id();
        Self {
            id,
            address: peer.address,
            relay: relay.clone(),
            mailbox: None,
            me: None,
            user: None,
            outlet: Rc::new(RefCell::new(Outlet::new(line))),
            inbound: Inbound::new(guard),
            order: Order::default(),
            subscriptions: HashMap::new(),
            joining: None,
            catching_up: None,
            owed: VecDeque::new(),
            queries: SessionRate::queries(limits),
            bad_queries: SessionRate::bad_queries(limits),
            pulse: Pulse::new(id, now, limits),
            leaving: false,
            closing: false,
            counted: Counted::default(),
            watching: Watching { is_operators: peer.is_operators, on: false },
            admitted: peer.admitted,
            shared: Arc::clone(shared),
        }
    }

    fn config(&self) -> Guard<Arc<Config>> {
        self.shared.context.config()
    }

    /// The queue in front of the line.
    fn outbox(&self) -> RefMut<'_, Outbox> {
        RefMut::map(self.outlet.borrow_mut(), |outlet| &mut outlet.outbox)
    }

    fn caller(&self, query: Option<u64>) -> Caller {
        let user = self.user.as_ref().map(|user| user.signed.clone());
        Caller { session: Some(self.id), query, address: self.address, user }
    }

    /// Whether the out-queue has no room for anything that can wait.
    fn is_full(&self) -> bool {
        self.outbox().waiting() >= self.config().limits.out_queue_bytes
    }

    /// Adds a push if there is room for it.
    fn push(&mut self, frame: &Bytes) -> bool {
        let bytes_max = self.config().limits.out_queue_bytes;
        !self.closing && self.outbox().offer(frame, bytes_max)
    }

    /// Reads the socket only while there is room for another query and for its answer.
    fn set_gate(&mut self) {
        let config = self.config();
        let limits = &config.limits;
        let room = limits.in_flight_max == 0 || self.order.len() < limits.in_flight_max;
        let open = self.closing || (room && !self.leaving && !self.is_full());
        self.inbound.set_open(open);
        if self.outbox().waiting() > limits.out_queue_bytes / 2 {
            // Something may wait for room.
            self.outbox().tell_below(limits.out_queue_bytes / 2 + 1);
        }
    }

    /// Whether a push may go out past the session: there is no answer that it must not overtake, and no end.
    fn is_calm(&self) -> bool {
        self.order.len() == 0 && self.joining.is_none() && self.catching_up.is_none() && !self.closing
    }

    fn metrics(&self) -> &Metrics {
        &self.shared.context.metrics
    }

    /// Counts how it ended: the first reason is the one.
    fn ended(&mut self, how: Closed) {
        if !std::mem::replace(&mut self.counted.ended, true) {
            self.metrics().closes.of(how).inc();
            log::debug!(session = self.id.0, code = how.as_str(); "session ends");
        }
    }

    /// Counts what the connection has taken since the last time; what it takes once it is left to itself is not.
    fn count_sent(&mut self) {
        let taken = self.outbox().taken();
        self.metrics().sent.inc_by(taken.saturating_sub(self.counted.sent));
        self.counted.sent = taken;
    }

    /// Counts the subscriptions that are behind.
    fn count_behind(&mut self, behind: usize) {
        let behind = i64::try_from(behind).unwrap_or(i64::MAX);
        if behind != self.counted.behind {
            self.metrics().listeners_behind.inc_by(behind - self.counted.behind);
            self.counted.behind = behind;
        }
    }

    /// Says why, and closes once the peer has answered or had its time.
    fn close(&mut self, code: CloseCode, reason: &str, ctx: &mut ActorContext<Self>) {
        if self.closing {
            return;
        }
        self.closing = true;
        self.ended(closed(code));
        self.outbox().push_close(close_frame(code, reason));
        self.set_gate();
        self.outlet.borrow().call_pump();
        ctx.run_later(CLOSE_WAIT, Self::end);
    }

    /// Closes for a planned stop, once what runs is answered or had its time.
    fn leave(&mut self, ctx: &mut ActorContext<Self>) {
        const REASON: &str = "the server is going away";
        if !self.leaving {
            self.leaving = true;
            let drain = Duration::from_secs(u64::from(self.config().server.drain_s));
            let wait = drain.saturating_sub(CLOSE_WAIT).max(CLOSE_WAIT);
            ctx.run_later(wait, |session, ctx| session.close(CloseCode::Away, REASON, ctx));
        }
        if self.order.is_idle() {
            self.close(CloseCode::Away, REASON, ctx);
        }
        self.set_gate();
    }

    /// Ends the connection as soon as nothing comes from the peer any more.
    fn linger(&mut self, before: Option<u64>, ctx: &mut ActorContext<Self>) {
        let dropped = self.inbound.dropped();
        if before == Some(dropped) {
            return self.end(ctx);
        }
        ctx.run_later(BROKEN_WAIT, move |session, ctx| session.linger(Some(dropped), ctx));
    }

    /// Ends the connection once what waits was taken.
    fn end(&mut self, ctx: &mut ActorContext<Self>) {
        self.closing = true;
        self.outbox().end();
        self.outlet.borrow().call_pump();
        // A peer that takes nothing keeps the socket for a while, but not the session.
        ctx.run_later(CLOSE_WAIT, |session, ctx| {
            session.leave_line();
            ctx.stop();
        });
    }

    /// Leaves the line to itself, with what still waits: should the peer read on, it sees how it ended. Until then its
    /// place is taken, or peers that take nothing could hold more sockets and memory than there are places for.
    fn leave_line(&mut self) {
        self.count_sent();
        let (line, outbox) = {
            let mut outlet = self.outlet.borrow_mut();
            outlet.set_calm(false);
            (outlet.line.take(), std::mem::take(&mut outlet.outbox))
        };
        let admitted = std::mem::replace(&mut self.admitted, Box::new(()));
        rt::spawn(async move {
            // The peer sees how it ended; nobody else asks.
            drop(rt::time::timeout(FAREWELL, outbox.farewell(line)).await);
            drop(admitted);
        });
    }

    /// Something came from the peer.
    fn heard(&mut self, heard: Heard, ctx: &mut ActorContext<Self>) {
        self.pulse.heard(self.shared.context.clock.monotonic());
        match heard {
            Heard::Text(text) if !self.closing => self.query(&text, ctx),
            Heard::Text(_) | Heard::Pong => {}
            Heard::Ping(payload) => drop(self.push(&pong_frame(&payload))),
            Heard::Close(_) if self.closing => self.end(ctx),
            Heard::Close(code) => {
                self.ended(Closed::Peer);
                self.outbox().push_close(close_echo(code));
                self.end(ctx);
            }
            // The guard lets none through here.
            Heard::Binary(bytes) => {
                log::debug!("a binary message of {} bytes came past the guard", bytes.len());
                self.close(CloseCode::Unsupported, "", ctx);
            }
            Heard::Broken(code) => {
                self.close(code, "", ctx);
                self.linger(None, ctx);
            }
        }
    }
}

impl Actor for Session {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(Pump);
        self.me = Some(ctx.address().recipient());
        let mailbox = Arc::new(ctx.address().recipient());
        self.mailbox = Some(Arc::clone(&mailbox));
        let relay = Arc::clone(self.relay.mailbox());
        send(&self.shared.feed, Enter { session: self.id, mailbox, relay });
        self.metrics().sessions.inc();
        self.metrics().sessions_opened.inc();
        log::debug!(session = self.id.0; "session begins");
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        let joining = self.joining.take().map(|(listener, _)| listener);
        for listener in self.subscriptions.drain().map(|(_, listener)| listener).chain(joining) {
            self.relay.exit(self.id, &listener);
        }
        send(&self.shared.feed, Exit(self.id));
        self.ended(Closed::Cut);
        self.count_sent();
        self.count_behind(0);
        self.metrics().sessions.dec();
    }
}

impl Handler<Answered> for Session {
    type Result = ();

    fn handle(&mut self, answered: Answered, ctx: &mut Self::Context) {
        self.answered(answered, ctx);
    }
}

impl Handler<Told> for Session {
    type Result = ();

    fn handle(&mut self, told: Told, ctx: &mut Self::Context) {
        self.told(told, ctx);
    }
}

/// How a session that is closed with this code is counted.
fn closed(code: CloseCode) -> Closed {
    match code {
        CloseCode::Normal => Closed::Normal,
        CloseCode::Away => Closed::Away,
        CloseCode::Protocol => Closed::Protocol,
        CloseCode::Unsupported => Closed::Unsupported,
        CloseCode::Invalid => Closed::Invalid,
        CloseCode::TooBig => Closed::TooBig,
        CloseCode::Stalled => Closed::Stalled,
        CloseCode::TooManyBad => Closed::TooManyBad,
    }
}

/// Sends a message to one of the two actors that every session talks to.
#[expect(
    clippy::disallowed_methods,
    reason = "bounded by limits.in_flight_max and limits.subscriptions_max a session"
)]
fn send<A, M>(to: &actix::Addr<A>, message: M)
where
    A: Actor<Context = ActorContext<A>> + Handler<M>,
    M: Message<Result = ()> + Send + 'static,
{
    to.do_send(message);
}
