//! The one actor that knows who listens to what. It is told of every batch once it is durable, gathers what changed
//! of each page, encodes one push for all of the page's listeners, and hands every one of them the same bytes.
//!
//! It never reads the data. A listener that a push does not reach finds out by itself: the page's [`PageLine`] says
//! how far the page was told, and one read brings it on.

mod page;
mod registry;
mod status;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext as _, AsyncContext, Context as ActorContext, Handler, Recipient};

use self::page::Page;
use self::registry::Registry;
use self::status::Watchers;
use super::message::{
    Beat, CountViewers, Drain, Enter, Exit, FromOutside, Guest, Join, Leave, Publish, Relayed, Told, Watch,
};
use crate::action::{Context, Notice, Publication};
use crate::domain::PageKey;
use crate::protocol::{drain, reacted};

/// How often the feed looks after what no message reminds it of: pulses, viewers' counts, idle rates.
const SWEEP: Duration = Duration::from_secs(1);

/// Every how many sweeps the rates of those who have gone are forgotten.
const SWEEPS_PER_RATES: u64 = 60;

/// In how many slices sessions are closed when the service stops.
const DRAIN_SLICES: u32 = 20;

/// The actor.
#[derive(Debug)]
pub struct FeedActor {
    context: Arc<Context>,
    cores: u32,
    sessions: Registry,
    pages: HashMap<PageKey, Page>,
    watchers: Watchers,
    sweeps: u64,
    draining: bool,
}

impl FeedActor {
    /// A feed that nobody listens to yet, for a machine of `cores` cores.
    #[must_use]
    pub fn new(context: Arc<Context>, cores: usize) -> Self {
        let cores = u32::try_from(cores.max(1)).unwrap_or(u32::MAX);
        Self {
            context,
            cores,
            sessions: Registry::default(),
            pages: HashMap::new(),
            watchers: Watchers::default(),
            sweeps: 0,
            draining: false,
        }
    }

    fn publish(&mut self, publication: Publication, committed_at: Duration, ctx: &mut ActorContext<Self>) {
        // A page that nobody listens to is not kept: whoever comes reads it as it is then.
        let Some(page) = self.pages.get_mut(&publication.page) else { return };
        let key = publication.page.clone();
        page.gather(publication, committed_at);
        let now = self.context.clock.monotonic();
        match page.wait(now, &self.context.config().feed, self.cores) {
            Some(wait) if wait.is_zero() => page.flush(&key, now, &self.context),
            Some(wait) => drop(ctx.run_later(wait, move |feed, _| feed.flush(&key))),
            // A flush is on its way.
            None => {}
        }
    }

    fn flush(&mut self, key: &PageKey) {
        let now = self.context.clock.monotonic();
        if let Some(page) = self.pages.get_mut(key) {
            page.flush(key, now, &self.context);
        }
    }

    fn notice(&mut self, notice: Notice, page: Option<&PageKey>) {
        match notice {
            Notice::SignedIn { session, user, token_expires_ms } => {
                // The session may have said before this came that the token's time was over.
                if self.context.clock.now_ms() < token_expires_ms {
                    self.sessions.sign_in(session, user);
                }
            }
            Notice::SignedOut { user, token, except, reason } => {
                for (mailbox, token) in self.sessions.sign_out(user, token, except) {
                    tell(&mailbox, Told::SignedOut(token, reason));
                }
                // The one that asked has its answer; it is a guest's from now on, unless it signs in again.
                if let Some(session) = except {
                    self.sessions.guest(session);
                }
            }
            Notice::Role { user, role } => {
                for mailbox in self.sessions.of_user(user, None) {
                    tell(&mailbox, Told::Role(role));
                }
            }
            Notice::Reacted { user, except, comment, reaction, .. } => {
                let Some(page) = page else { return };
                let push = reacted(page, comment, reaction);
                for mailbox in self.sessions.of_user(user, except) {
                    tell(&mailbox, Told::Reacted(push.clone()));
                }
            }
        }
    }

    fn sweep(&mut self, ctx: &mut ActorContext<Self>) {
        self.sweeps += 1;
        for mailbox in self.sessions.pulse(self.sweeps, self.beat_sweeps()) {
            tell(mailbox, Told::Beat);
        }
        for (key, page) in &mut self.pages {
            page.tell_viewers(key, self.sweeps);
        }
        if !self.draining && self.pages.values().any(|page| !page.is_connected()) {
            // The watch over it ends the process.
            return ctx.stop();
        }
        self.watchers.tell(&self.context, &self.pages);
        if self.sweeps.is_multiple_of(SWEEPS_PER_RATES) {
            self.context.rates.sweep();
        }
    }

    /// Every how many sweeps a session looks at its pulse: often enough for the shortest of its terms.
    fn beat_sweeps(&self) -> u64 {
        let limits = &self.context.config().limits;
        u64::from(limits.ping_s.min(limits.silence_s).min(limits.write_stall_s) / 4).clamp(1, 5)
    }

    /// A session listens to a page no more, on the thread of this relay.
    fn leave(&mut self, key: &PageKey, relay: &Arc<Recipient<Relayed>>) {
        let Some(page) = self.pages.get_mut(key) else { return };
        let before = page.viewers();
        if page.leave(relay) {
            self.pages.remove(key);
        }
        let now = self.pages.get(key).map_or(0, Page::viewers);
        self.count(before, now);
    }

    /// Counts the subscriptions to one page, whose viewers were so many before.
    fn count(&self, before: u32, now: u32) {
        let metrics = &self.context.metrics;
        metrics.subscriptions.inc_by(i64::from(now) - i64::from(before));
        metrics.pages_followed.set(i64::try_from(self.pages.len()).unwrap_or(i64::MAX));
    }
}

impl Actor for FeedActor {
    type Context = ActorContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(SWEEP, Self::sweep);
    }
}

impl Handler<Enter> for FeedActor {
    type Result = ();

    fn handle(&mut self, enter: Enter, _: &mut Self::Context) {
        if self.draining {
            // It came through the door before it was shut.
            tell(&enter.mailbox, Told::Close);
        }
        self.sessions.enter(enter.session, enter.mailbox, enter.relay);
    }
}

impl Handler<Exit> for FeedActor {
    type Result = ();

    fn handle(&mut self, exit: Exit, _: &mut Self::Context) {
        self.watchers.exit(exit.0);
        let Some((pages, relay)) = self.sessions.exit(exit.0) else { return };
        for key in pages {
            self.leave(&key, &relay);
        }
    }
}

impl Handler<Guest> for FeedActor {
    type Result = ();

    fn handle(&mut self, guest: Guest, _: &mut Self::Context) {
        self.sessions.guest(guest.0);
    }
}

impl Handler<Join> for FeedActor {
    type Result = ();

    fn handle(&mut self, join: Join, _: &mut Self::Context) {
        let Some((mailbox, relay)) = self.sessions.join(join.session, &join.page) else { return };
        let page = self.pages.entry(join.page.clone()).or_default();
        let before = page.viewers();
        let line = page.join(relay, join.hearing);
        let now = page.viewers();
        self.count(before, now);
        tell(&mailbox, Told::Joined(join.page, line));
    }
}

impl Handler<Leave> for FeedActor {
    type Result = ();

    fn handle(&mut self, leave: Leave, _: &mut Self::Context) {
        if let Some(relay) = self.sessions.leave(leave.session, &leave.page) {
            self.leave(&leave.page, &relay);
        }
    }
}

impl Handler<Watch> for FeedActor {
    type Result = ();

    fn handle(&mut self, watch: Watch, _: &mut Self::Context) {
        match self.sessions.mailbox(watch.session).filter(|_| watch.on) {
            Some(mailbox) => self.watchers.enter(watch.session, mailbox, &self.context),
            None => self.watchers.exit(watch.session),
        }
    }
}

impl Handler<Publish> for FeedActor {
    type Result = ();

    fn handle(&mut self, publish: Publish, ctx: &mut Self::Context) {
        for (notice, page) in publish.notices {
            self.notice(notice, page.as_ref());
        }
        // What the writer waits for is that its notices are out, not that every push is.
        publish.taken.try_send(()).unwrap_or_default();
        for publication in publish.publications {
            self.publish(publication, publish.committed_at, ctx);
        }
    }
}

impl Handler<FromOutside> for FeedActor {
    type Result = ();

    fn handle(&mut self, FromOutside(told): FromOutside, _: &mut Self::Context) {
        for notice in told.notices {
            self.notice(notice, None);
        }
        for (key, rev) in told.pages {
            if let Some(page) = self.pages.get_mut(&key) {
                page.moved(&key, rev);
            }
        }
    }
}

impl Handler<CountViewers> for FeedActor {
    type Result = u32;

    fn handle(&mut self, count: CountViewers, _: &mut Self::Context) -> u32 {
        self.pages.get(&count.0).map_or(0, Page::viewers)
    }
}

impl Handler<Beat> for FeedActor {
    type Result = ();

    fn handle(&mut self, _: Beat, _: &mut Self::Context) {}
}

impl Handler<Drain> for FeedActor {
    type Result = ();

    fn handle(&mut self, message: Drain, ctx: &mut Self::Context) {
        self.draining = true;
        let push = drain(message.reconnect_in_ms);
        for mailbox in self.sessions.all() {
            tell(&mailbox, Told::Moment(push.clone()));
        }
        let slice = Duration::from_millis(message.over_ms) / DRAIN_SLICES;
        let everyone = self.sessions.all();
        let each = everyone.len().div_ceil(usize::try_from(DRAIN_SLICES).unwrap_or(1)).max(1);
        for (at, mailboxes) in (0..DRAIN_SLICES).zip(everyone.chunks(each)) {
            let mailboxes = mailboxes.to_vec();
            ctx.run_later(slice * at, move |_, _| {
                for mailbox in &mailboxes {
                    tell(mailbox, Told::Close);
                }
            });
        }
    }
}

/// Sends a session something. A session that is gone needs nothing.
#[expect(
    clippy::disallowed_methods,
    reason = "one undelivered push a listener; the rest are moments, and pulses that come seconds apart"
)]
fn tell(mailbox: &Recipient<Told>, told: Told) {
    mailbox.do_send(told);
}

#[cfg(test)]
mod tests {
    use actix_web::rt::task::yield_now;
    use actix_web::rt::time::timeout;

    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::domain::SessionId;

    /// An actor that is gone as soon as it is there.
    struct Dead;

    impl Actor for Dead {
        type Context = ActorContext<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            ctx.stop();
        }
    }

    impl Handler<Relayed> for Dead {
        type Result = ();

        fn handle(&mut self, _: Relayed, _: &mut Self::Context) {}
    }

    impl Handler<Told> for Dead {
        type Result = ();

        fn handle(&mut self, _: Told, _: &mut Self::Context) {}
    }

    /// The process then ends by the watch over the feed.
    #[actix_web::test]
    async fn a_feed_that_cannot_reach_a_thread_s_listeners_ends() {
        let mut config = Config::default();
        config.auth.bcrypt_cost = 4;
        let feed =
            FeedActor::new(Arc::new(Context::new(config, Clock::system(), String::from("life"))), 1).start();
        let (session, page) = (SessionId(1), PageKey::parse("/a").unwrap());
        let (mailbox, relay) = (Arc::new(Dead.start().recipient()), Arc::new(Dead.start().recipient()));
        feed.send(Enter { session, mailbox, relay }).await.unwrap();
        feed.send(Join { session, page, hearing: Arc::default() }).await.unwrap();
        let ended = async {
            while feed.connected() {
                yield_now().await;
            }
        };
        timeout(Duration::from_secs(10), ended).await.expect("the feed ends");
    }
}
