//! One page as the feed knows it: who listens, what has changed since it was last told, and when to tell it next.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;

use super::super::message::{Delivery, Hearing, PageLine, Relayed, Since, Word};
use crate::action::{Context, Publication};
use crate::config::Feed;
use crate::domain::{CommentId, PageKey, Rev};
use crate::protocol::{Change, Update, viewers};

/// Every how many sweeps viewers may be counted anew: two seconds.
const SWEEPS_PER_VIEWERS: u64 = 2;

/// A page that somebody listens to.
#[derive(Debug, Default)]
pub(super) struct Page {
    line: Arc<PageLine>,
    /// Who tells its listeners: one for each thread that has some.
    relays: Vec<Relaying>,
    pending: Option<Pending>,
    /// When it was last told.
    flushed_at: Option<Duration>,
    /// How much longer than the rule says listeners need between two pushes: doubled while many have not taken the
    /// last one when the next is due.
    stretch: u32,
    viewers_told: u32,
    viewers_sweep: u64,
}

#[derive(Debug)]
struct Relaying {
    mailbox: Arc<Recipient<Relayed>>,
    hearing: Arc<Hearing>,
    /// How many listen on its thread.
    listeners: u32,
}

/// What has changed since the page was last told.
#[derive(Debug)]
struct Pending {
    from: Rev,
    rev: Rev,
    total: i64,
    changes: HashMap<CommentId, Change>,
    scheduled: bool,
    /// When the first of them was committed.
    committed_at: Duration,
}

impl Page {
    /// One more listens.
    pub(super) fn join(&mut self, relay: Arc<Recipient<Relayed>>, hearing: Arc<Hearing>) -> Arc<PageLine> {
        match self.relays.iter_mut().find(|each| Arc::ptr_eq(&each.mailbox, &relay)) {
            Some(relaying) => relaying.listeners += 1,
            None => self.relays.push(Relaying { mailbox: relay, hearing, listeners: 1 }),
        }
        self.count_viewers();
        if self.viewers() == 1 {
            // The first one reads in its own answer that it is alone.
            self.viewers_told = 1;
        }
        Arc::clone(&self.line)
    }

    /// One less listens; says whether it was the last.
    pub(super) fn leave(&mut self, relay: &Arc<Recipient<Relayed>>) -> bool {
        if let Some(relaying) = self.relays.iter_mut().find(|each| Arc::ptr_eq(&each.mailbox, relay)) {
            relaying.listeners -= 1;
        }
        self.relays.retain(|relaying| relaying.listeners > 0);
        self.count_viewers();
        self.relays.is_empty()
    }

    /// Whether all its listeners can be told.
    pub(super) fn is_connected(&self) -> bool {
        self.relays.iter().all(|relaying| relaying.mailbox.connected())
    }

    fn count_viewers(&self) {
        self.line.set_viewers(self.relays.iter().map(|relaying| relaying.listeners).sum());
    }

    /// How many listen.
    pub(super) fn viewers(&self) -> u32 {
        self.line.viewers()
    }

    /// The page went on by another process's doing: nobody here knows what changed, so every listener reads on.
    pub(super) fn moved(&mut self, key: &PageKey, rev: Rev) {
        if rev > self.line.latest() {
            self.line.set_latest(rev);
        }
        for relaying in &self.relays {
            relaying.tell(key, Word::Moved);
        }
    }

    /// Adds a batch's changes to those that wait: for each comment the last word. Where another process wrote between
    /// the two, what waits says nothing of that: it is dropped, and the listeners, who stand before the step, read on.
    pub(super) fn gather(&mut self, publication: Publication, committed_at: Duration) {
        let Publication { rev, total, changes, .. } = publication;
        let scheduled = self.pending.as_ref().is_some_and(|pending| pending.scheduled);
        self.pending = self.pending.take().filter(|pending| pending.rev.0 + 1 == rev.0);
        let pending = self.pending.get_or_insert_with(|| Pending {
            from: Rev(rev.0 - 1),
            rev,
            total,
            changes: HashMap::new(),
            scheduled,
            committed_at,
        });
        pending.rev = rev;
        pending.total = total;
        for change in changes {
            pending.add(change);
        }
    }

    /// How long until what waits is to be told: nothing after a quiet moment, else what is left of the interval;
    /// `None` if that was asked for already.
    pub(super) fn wait(&mut self, now: Duration, feed: &Feed, cores: u32) -> Option<Duration> {
        let interval = self.interval(feed, cores);
        let due = self.flushed_at.map_or(now, |at| at.saturating_add(interval));
        let pending = self.pending.as_mut().filter(|pending| !pending.scheduled)?;
        pending.scheduled = true;
        Some(due.saturating_sub(now))
    }

    /// Tells every listener what waits.
    pub(super) fn flush(&mut self, key: &PageKey, now: Duration, context: &Arc<Context>) {
        let Some(pending) = self.pending.take() else { return };
        let (from, rev, committed_at) = (pending.from, pending.rev, pending.committed_at);
        let bytes_max = context.config().limits.answer_bytes_max;
        let viewers = self.line.viewers();
        let update = Update { page: key.clone(), from, rev, held: from, total: pending.total, viewers };
        let parts = update.parts(&pending.in_order(), bytes_max, usize::MAX);
        let taking = self.relays.iter().any(|each| !each.hearing.is_undelivered());
        let since = taking.then(|| Since { context: Arc::clone(context), committed_at });
        let delivery = Arc::new(Delivery { from, rev, parts, _since: since });
        // Before the listeners are told: one that is passed over below looks here once it has taken its last push.
        self.line.set_latest(rev);
        // The relays count whom they told and whom not; those that have not taken the last one tell nobody.
        let mut passed_over = 0;
        for relaying in &self.relays {
            passed_over += relaying.hearing.take_passed_over();
            if relaying.hearing.send() {
                relaying.tell(key, Word::Push(Arc::clone(&delivery)));
            } else {
                passed_over += relaying.listeners;
                context.metrics.deliveries_skipped.inc_by(u64::from(relaying.listeners));
            }
        }
        context.metrics.flushes.inc();
        let crowded = u64::from(passed_over) * 10 > u64::from(viewers);
        self.stretch = if crowded { (self.stretch + 1).min(7) } else { self.stretch.saturating_sub(1) };
        self.flushed_at = Some(now);
        self.viewers_told = viewers;
    }

    /// Tells how many listen, where that has changed by a twentieth, at most every other sweep.
    pub(super) fn tell_viewers(&mut self, key: &PageKey, sweep: u64) {
        let count = self.line.viewers();
        let changed = count.abs_diff(self.viewers_told);
        let much = changed > 0 && u64::from(changed) * 20 >= u64::from(self.viewers_told);
        if !much || sweep < self.viewers_sweep + SWEEPS_PER_VIEWERS {
            return;
        }
        (self.viewers_told, self.viewers_sweep) = (count, sweep);
        let push = viewers(key, count);
        for relaying in self.relays.iter().filter(|each| !each.hearing.is_undelivered()) {
            relaying.tell(key, Word::Moment(push.clone()));
        }
    }

    /// The least time between two pushes: what the cores can write to so many viewers, within the config's bounds.
    fn interval(&self, feed: &Feed, cores: u32) -> Duration {
        let writes_per_s = u64::from(feed.writes_per_s_max.max(1)) * u64::from(cores);
        let needed_ms = u64::from(self.line.viewers()) * 1_000 / writes_per_s;
        let least = needed_ms.max(u64::from(feed.flush_min_ms)) << self.stretch;
        Duration::from_millis(least.min(u64::from(feed.flush_max_ms)))
    }
}

impl Relaying {
    #[expect(
        clippy::disallowed_methods,
        reason = "one undelivered push a page and relay; moments come seconds apart"
    )]
    fn tell(&self, page: &PageKey, word: Word) {
        self.mailbox.do_send(Relayed { page: page.clone(), word });
    }
}

impl Pending {
    fn add(&mut self, change: Change) {
        if let Change::Tally(id, tally, rev) = change
            && let Some(Change::Comment(comment)) = self.changes.get_mut(&id)
        {
            (comment.tally, comment.rev) = (tally, rev);
            return;
        }
        self.changes.insert(change.comment_id(), change);
    }

    fn in_order(self) -> Vec<Change> {
        let mut changes: Vec<_> = self.changes.into_values().collect();
        changes.sort_by_key(|change| (change.needed_at(), change.comment_id()));
        changes
    }
}
