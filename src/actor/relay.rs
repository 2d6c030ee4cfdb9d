//! What stands on each of the server's threads between the feed and the sessions there: the feed hands a push to a few
//! relays, and each passes it on to the page's listeners on its thread, straight to their lines where nothing is in the
//! way. So a push wakes a thread, not each of its sessions.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::ops::Bound;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{self, Poll};

use actix::{Actor, ActorFuture, AsyncContext as _, Context as ActorContext, Handler, Recipient};
use actix_web::rt::task::yield_now;

use super::message::{Hearing, Relayed, Word};
use super::session::Listener;
use crate::action::Context;
use crate::domain::{PageKey, SessionId};

/// How many listeners are told before others on the thread have their turn.
const LISTENERS_PER_TURN: usize = 64;

/// A thread's relay, as its sessions know it.
#[derive(Clone)]
pub struct Relay {
    hall: Rc<Hall>,
    mailbox: Arc<Recipient<Relayed>>,
}

/// Who on this thread listens to what.
#[derive(Default)]
struct Hall(RefCell<HashMap<PageKey, Rc<Audience>>>);

/// One page's listeners on this thread.
pub(super) struct Audience {
    page: PageKey,
    listeners: RefCell<BTreeMap<SessionId, Rc<Listener>>>,
    hearing: Arc<Hearing>,
    /// What they are to be told, the word that is being told first. One push at most waits behind another.
    words: RefCell<VecDeque<Word>>,
    /// The last listener that the word that is being told has reached.
    reached: Cell<Option<SessionId>>,
}

impl Relay {
    /// A relay for the sessions of the thread that calls.
    #[must_use]
    pub fn start(context: Arc<Context>) -> Self {
        let hall = Rc::new(Hall::default());
        let actor = RelayActor { hall: Rc::clone(&hall), turns: VecDeque::new(), context }.start();
        Self { hall, mailbox: Arc::new(actor.recipient()) }
    }

    /// Where the feed sends what is to be told here.
    pub(super) fn mailbox(&self) -> &Arc<Recipient<Relayed>> {
        &self.mailbox
    }

    /// The audience of a page: one that nobody is in yet is forgotten if nobody enters it.
    pub(super) fn audience(&self, page: &PageKey) -> Rc<Audience> {
        self.hall.0.borrow().get(page).map_or_else(|| Rc::new(Audience::new(page.clone())), Rc::clone)
    }

    /// A session listens from now on. The feed is to be told after this: what it sends then finds the listener here.
    pub(super) fn enter(&self, session: SessionId, listener: &Rc<Listener>) {
        let audience = listener.audience();
        audience.listeners.borrow_mut().insert(session, Rc::clone(listener));
        self.hall.0.borrow_mut().insert(audience.page.clone(), Rc::clone(audience));
    }

    /// A session listens no more.
    pub(super) fn exit(&self, session: SessionId, listener: &Listener) {
        let audience = listener.audience();
        audience.listeners.borrow_mut().remove(&session);
        if audience.listeners.borrow().is_empty() {
            self.hall.0.borrow_mut().remove(&audience.page);
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Relay({} pages)", self.hall.0.borrow().len())
    }
}

impl Audience {
    fn new(page: PageKey) -> Self {
        let (listeners, words, reached) = Default::default();
        Self { page, listeners, hearing: Arc::default(), words, reached }
    }

    /// What is listened to.
    pub(super) fn page(&self) -> &PageKey {
        &self.page
    }

    /// What the feed sees of it.
    pub(super) fn hearing(&self) -> &Arc<Hearing> {
        &self.hearing
    }

    /// Whether the relay has a push that this listener was not told yet.
    pub(super) fn is_on_its_way(&self, session: SessionId) -> bool {
        let is_being_told = matches!(self.words.borrow().front(), Some(Word::Push(_)));
        self.hearing.is_undelivered()
            || is_being_told && self.reached.get().is_none_or(|reached| reached < session)
    }

    /// Tells the first of its words to some more listeners; says whether there is more to tell.
    fn tell(&self, context: &Context) -> bool {
        let bytes_max = context.config().limits.out_queue_bytes;
        let Some(word) = self.words.borrow().front().cloned() else { return false };
        let begins = self.reached.get().map_or(Bound::Unbounded, Bound::Excluded);
        if matches!((&word, begins), (Word::Push(_), Bound::Unbounded)) {
            // From here on it is for `words` to say that it is on its way.
            self.hearing.took();
        }
        let listeners = self.listeners.borrow();
        let (mut told, mut passed_over, mut last) = (0_u64, 0_u32, None);
        for (session, listener) in listeners.range((begins, Bound::Unbounded)).take(LISTENERS_PER_TURN) {
            self.reached.set(Some(*session));
            last = Some(*session);
            match &word {
                Word::Push(delivery) if listener.deliver(delivery, bytes_max) => told += 1,
                Word::Push(_) => passed_over += 1,
                Word::Moment(frame) => listener.tell(frame),
                Word::Moved => listener.moved(),
            }
        }
        self.hearing.pass_over(passed_over);
        context.metrics.deliveries.inc_by(told);
        context.metrics.deliveries_skipped.inc_by(u64::from(passed_over));
        let is_over =
            last.is_none_or(|last| listeners.last_key_value().is_none_or(|(most, _)| *most <= last));
        if is_over {
            self.reached.set(None);
            self.words.borrow_mut().pop_front();
        }
        !self.words.borrow().is_empty()
    }
}

/// The actor behind it.
struct RelayActor {
    hall: Rc<Hall>,
    /// The audiences that are to be told something, each once; they take turns.
    turns: VecDeque<Rc<Audience>>,
    context: Arc<Context>,
}

impl Actor for RelayActor {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.spawn(Round);
    }
}

impl Handler<Relayed> for RelayActor {
    type Result = ();

    fn handle(&mut self, relayed: Relayed, _: &mut Self::Context) {
        // Where nobody listens any more there is nobody to tell.
        let Some(audience) = self.hall.0.borrow().get(&relayed.page).map(Rc::clone) else { return };
        let idle = audience.words.borrow().is_empty();
        audience.words.borrow_mut().push_back(relayed.word);
        if idle {
            self.turns.push_back(audience);
        }
    }
}

/// Tells what there is to tell after each turn of the mailbox.
struct Round;

impl ActorFuture<RelayActor> for Round {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        relay: &mut RelayActor,
        _: &mut ActorContext<RelayActor>,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        if let Some(audience) = relay.turns.pop_front()
            && audience.tell(&relay.context)
        {
            relay.turns.push_back(audience);
        }
        if !relay.turns.is_empty() {
            // Not before the thread has looked at its other sockets.
            let _later = pin!(yield_now()).poll(cx);
        }
        Poll::Pending
    }
}
