//! A session as one page's listener: what its thread's relay needs to tell it of the page.

use std::cell::{Cell, RefCell, RefMut};
use std::rc::Rc;
use std::sync::Arc;

use actix::Recipient;
use bytes::Bytes;

use super::outlet::Outlet;
use super::subscription::Subscription;
use crate::actor::message::{Delivery, Told};
use crate::actor::relay::Audience;
use crate::domain::{PageKey, SessionId};

/// The listener.
pub(in crate::actor) struct Listener {
    session: SessionId,
    mailbox: Arc<Recipient<Told>>,
    outlet: Rc<RefCell<Outlet>>,
    /// The page's other listeners on this thread.
    audience: Rc<Audience>,
    /// None until the page's snapshot was told.
    subscription: RefCell<Option<Subscription>>,
    /// Whether the last push still is in the session's mailbox: then no other follows it.
    undelivered: Cell<bool>,
}

impl Listener {
    pub(super) fn new(
        session: SessionId,
        mailbox: Arc<Recipient<Told>>,
        outlet: Rc<RefCell<Outlet>>,
        audience: Rc<Audience>,
    ) -> Self {
        let (subscription, undelivered) = (RefCell::new(None), Cell::new(false));
        Self { session, mailbox, outlet, audience, subscription, undelivered }
    }

    /// Where it listens.
    pub(in crate::actor) fn audience(&self) -> &Rc<Audience> {
        &self.audience
    }

    /// What it listens to.
    pub(super) fn page(&self) -> &PageKey {
        self.audience.page()
    }

    /// The page's snapshot was told.
    pub(super) fn begin(&self, subscription: Subscription) {
        *self.subscription.borrow_mut() = Some(subscription);
    }

    /// How far the session was told, once it was told the snapshot.
    pub(super) fn subscription(&self) -> Option<RefMut<'_, Subscription>> {
        RefMut::filter_map(self.subscription.borrow_mut(), Option::as_mut).ok()
    }

    /// Whether there is something to tell that no push will bring.
    pub(super) fn is_behind(&self) -> bool {
        // A push that is on its way to the session needs no read.
        let on_its_way = self.undelivered.get() || self.audience.is_on_its_way(self.session);
        self.subscription.borrow().as_ref().is_some_and(|subscription| subscription.is_behind(on_its_way))
    }

    /// The session has taken the push out of its mailbox: the next may follow.
    pub(super) fn took(&self) {
        self.undelivered.set(false);
    }

    /// Tells the session that the page changed: on its line at once where nothing waits, runs or is missing there, else
    /// by its mailbox. Says whether it did: not while the last push still is in that.
    pub(in crate::actor) fn deliver(&self, delivery: &Arc<Delivery>, bytes_max: usize) -> bool {
        if self.undelivered.get() {
            return false;
        }
        if !self.write(delivery, bytes_max) {
            self.undelivered.set(true);
            self.post(Told::Deliver(self.page().clone(), Arc::clone(delivery)));
        }
        true
    }

    fn write(&self, delivery: &Delivery, bytes_max: usize) -> bool {
        let mut outlet = self.outlet.borrow_mut();
        let subscription = self.subscription().filter(|each| outlet.is_free() && each.is_next(delivery));
        let Some(mut subscription) = subscription else { return false };
        subscription.deliver(delivery, |frame| outlet.outbox.offer(frame, bytes_max));
        drop(subscription);
        if !outlet.write_through() || self.is_behind() {
            outlet.stir();
        }
        true
    }

    /// Tells the session something of the moment; not while a push waits in its mailbox.
    pub(in crate::actor) fn tell(&self, moment: &Bytes) {
        if !self.undelivered.get() {
            self.post(Told::Moment(moment.clone()));
        }
    }

    /// The page went on without a push.
    pub(in crate::actor) fn moved(&self) {
        self.outlet.borrow_mut().stir();
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "one undelivered push a listener; moments come seconds apart"
    )]
    fn post(&self, told: Told) {
        self.mailbox.do_send(told);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix::{Actor, Context as ActorContext, Handler};
    use actix_web::rt::task::yield_now;
    use actix_web::rt::time::timeout;
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::super::line::Line;
    use super::*;
    use crate::action::{Behind, Context};
    use crate::actor::message::{PageLine, Relayed, Word};
    use crate::actor::relay::Relay;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::domain::Rev;
    use crate::protocol::Part;

    /// How long a test waits for what must come.
    const WAIT: Duration = Duration::from_secs(10);

    /// A session's mailbox: what comes to it is kept.
    struct Mailbox(Rc<RefCell<Vec<Told>>>);

    impl Actor for Mailbox {
        type Context = ActorContext<Self>;
    }

    impl Handler<Told> for Mailbox {
        type Result = ();

        fn handle(&mut self, told: Told, _: &mut Self::Context) {
            self.0.borrow_mut().push(told);
        }
    }

    /// A page's listener that stands at revision 1, as its session and its peer see it.
    struct Seat {
        session: SessionId,
        listener: Rc<Listener>,
        mailbox: Rc<RefCell<Vec<Told>>>,
        peer: DuplexStream,
    }

    impl Seat {
        /// Takes a seat whose line holds so many bytes.
        fn take(relay: &Relay, line: &Arc<PageLine>, session: u64, bytes: usize) -> Self {
            let (socket, peer) = duplex(bytes);
            let told = Rc::default();
            let mailbox = Arc::new(Mailbox(Rc::clone(&told)).start().recipient());
            let mut outlet = Outlet::new(Line::new(socket, bytes::BytesMut::new()));
            outlet.set_pump(futures_util::task::noop_waker_ref());
            outlet.set_calm(true);
            let (session, outlet) = (SessionId(session), Rc::new(RefCell::new(outlet)));
            let audience = relay.audience(&page());
            let listener = Rc::new(Listener::new(session, mailbox, outlet, audience));
            relay.enter(session, &listener);
            listener.begin(Subscription::new(Arc::clone(line), Behind::at(Rev(1))));
            Self { session, listener, mailbox: told, peer }
        }

        fn held(&self) -> i64 {
            self.listener.subscription().unwrap().standing().held.0
        }

        fn was_stirred(&self) -> bool {
            self.listener.outlet.borrow_mut().was_stirred()
        }

        /// Bytes that wait, and those that the line has taken.
        fn amounts(&self) -> (usize, u64) {
            let outlet = self.listener.outlet.borrow();
            (outlet.outbox.waiting(), outlet.outbox.taken())
        }

        async fn hears(&mut self, bytes: &[u8]) {
            let mut heard = vec![0; bytes.len()];
            timeout(WAIT, self.peer.read_exact(&mut heard)).await.expect("bytes on the line").unwrap();
            assert_eq!(heard, bytes);
        }
    }

    fn page() -> PageKey {
        PageKey::parse("/a").unwrap()
    }

    fn relay() -> Relay {
        let mut config = Config::default();
        config.auth.bcrypt_cost = 4;
        Relay::start(Arc::new(Context::new(config, Clock::manual(1_000), String::from("life"))))
    }

    /// Sends what the feed sends at revision `rev`.
    async fn push(relay: &Relay, line: &PageLine, rev: i64) {
        let (from, rev) = (Rev(rev - 1), Rev(rev));
        line.set_latest(rev);
        assert!(relay.audience(&page()).hearing().send(), "the last one was taken");
        let part = Part { from, rev, changes: 1, frame: Bytes::from(format!("revision {}", rev.0)) };
        let delivery = Delivery { from, rev, parts: vec![part], _since: None };
        let word = Word::Push(Arc::new(delivery));
        relay.mailbox().send(Relayed { page: page(), word }).await.unwrap();
    }

    #[actix_web::test]
    async fn a_push_goes_straight_to_the_line_of_who_is_calm() {
        let (relay, line) = (relay(), Arc::default());
        let mut seat = Seat::take(&relay, &line, 1, 64);
        push(&relay, &line, 2).await;
        seat.hears(b"revision 2").await;
        assert!(seat.mailbox.borrow().is_empty());
        assert_eq!((seat.held(), seat.listener.is_behind(), seat.was_stirred()), (2, false, false));
    }

    #[actix_web::test]
    async fn who_has_something_under_way_is_told_by_the_mailbox_and_once() {
        let (relay, line) = (relay(), Arc::default());
        let busy = Seat::take(&relay, &line, 1, 64);
        busy.listener.outlet.borrow_mut().set_calm(false);
        let full = Seat::take(&relay, &line, 2, 64);
        full.listener.outlet.borrow_mut().outbox.push(Bytes::from_static(b"an answer"));
        let early = Seat::take(&relay, &line, 3, 64);
        early.listener.subscription.take();
        let seats = [busy, full, early];
        for rev in [2, 3] {
            push(&relay, &line, rev).await;
        }
        for seat in &seats {
            let told = async {
                while seat.mailbox.borrow().is_empty() {
                    yield_now().await;
                }
            };
            timeout(WAIT, told).await.expect("a push in the mailbox");
            assert!(
                matches!(&seat.mailbox.borrow()[..], [Told::Deliver(_, delivery)] if delivery.rev == Rev(2))
            );
            assert!(!seat.listener.is_behind(), "while one is on its way there is nothing to read");
            seat.listener.took();
        }
        assert_eq!(relay.audience(&page()).hearing().take_passed_over(), 3);
        // Revision 3 did not reach them: who follows must read on.
        assert_eq!(seats.each_ref().map(|seat| seat.listener.is_behind()), [true, true, false]);
    }

    #[actix_web::test]
    async fn what_the_line_does_not_take_waits_and_the_session_is_called() {
        let (relay, line) = (relay(), Arc::default());
        let mut seat = Seat::take(&relay, &line, 1, 4);
        push(&relay, &line, 2).await;
        assert!(seat.was_stirred());
        assert_eq!(seat.amounts(), ("sion 2".len(), 4));
        let outlet = Rc::clone(&seat.listener.outlet);
        let written = std::future::poll_fn(|cx| outlet.borrow_mut().poll_write(cx));
        let (written, ()) = futures_util::future::join(written, seat.hears(b"revision 2")).await;
        written.unwrap();
        assert_eq!(seat.amounts(), (0, 10));
    }

    #[actix_web::test]
    async fn many_are_told_in_turns_and_nobody_is_thought_behind_meanwhile() {
        let (relay, line) = (relay(), Arc::default());
        let mut seats: Vec<_> = (1..=200).map(|session| Seat::take(&relay, &line, session, 64)).collect();
        push(&relay, &line, 2).await;
        assert!(seats.iter().any(|seat| seat.held() == 1), "others have their turn in between");
        // One that was told goes, and one that was not.
        for at in [150, 0] {
            let gone = seats.remove(at);
            relay.exit(gone.session, &gone.listener);
        }
        push(&relay, &line, 3).await;
        loop {
            assert!(!seats.iter().any(|seat| seat.listener.is_behind()));
            if seats.iter().all(|seat| seat.held() == 3) {
                break;
            }
            yield_now().await;
        }
        for seat in &mut seats {
            seat.hears(b"revision 2revision 3").await;
            assert!(seat.mailbox.borrow().is_empty());
        }
    }
}
