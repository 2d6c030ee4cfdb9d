//! Who watches the service, and what they are told each second. While nobody does, nothing is gathered for it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;

use super::super::message::Told;
use super::page::Page;
use super::tell;
use crate::action::Context;
use crate::domain::{PageKey, SessionId};
use crate::metrics::{Counts, Metrics, Queue};
use crate::protocol::{QueryName, Status, status};

/// How many pages are told.
const PAGES_MAX: usize = 10;

/// How many seconds percentiles are over: in one there may be too few to tell anything.
const WINDOW: usize = 10;

/// Those who watch.
#[derive(Debug, Default)]
pub(super) struct Watchers {
    mailboxes: HashMap<SessionId, Arc<Recipient<Told>>>,
    /// What was counted at each of the last seconds, the oldest first.
    samples: VecDeque<Sample>,
}

#[derive(Debug)]
struct Sample {
    at: Duration,
    counts: [(&'static str, u64); 4],
    durations: [(&'static str, Counts); 3],
}

impl Sample {
    fn take(context: &Context) -> Self {
        let metrics = &context.metrics;
        let succeeded = |name| metrics.count(QueryName::of(Some(name)).number(), 0);
        let (successes, refusals) = metrics.outcomes();
        Self {
            at: context.clock.monotonic(),
            counts: [
                ("reactions", succeeded("react")),
                ("queries", successes + refusals),
                ("refusals", refusals),
                ("deliveries", metrics.deliveries.get()),
            ],
            durations: [
                ("commit_to_push_us", metrics.commit_to_push.counts()),
                ("commit_us", metrics.commit_duration.counts()),
                ("read_us", metrics.read_duration.counts()),
            ],
        }
    }
}

impl Watchers {
    /// One more watches.
    pub(super) fn enter(&mut self, session: SessionId, mailbox: Arc<Recipient<Told>>, context: &Context) {
        if self.mailboxes.is_empty() {
            self.samples = VecDeque::from([Sample::take(context)]);
        }
        self.mailboxes.insert(session, mailbox);
    }

    /// One less does.
    pub(super) fn exit(&mut self, session: SessionId) {
        self.mailboxes.remove(&session);
    }

    /// Tells them how the service is.
    pub(super) fn tell(&mut self, context: &Context, pages: &HashMap<PageKey, Page>) {
        if self.mailboxes.is_empty() {
            return;
        }
        let sample = Sample::take(context);
        if let (Some(oldest), Some(last)) = (self.samples.front(), self.samples.back()) {
            let told = status(&told(context, pages, [oldest, last, &sample]));
            for mailbox in self.mailboxes.values() {
                tell(mailbox, Told::Status(told.clone()));
            }
        }
        self.samples.push_back(sample);
        if self.samples.len() > WINDOW {
            self.samples.pop_front();
        }
    }
}

fn told(context: &Context, pages: &HashMap<PageKey, Page>, [oldest, last, sample]: [&Sample; 3]) -> Status {
    let over = sample.at.saturating_sub(last.at);
    let before = last.counts.iter().map(|(_, count)| *count);
    let mut counts = sample.counts;
    for ((_, count), before) in counts.iter_mut().zip(before) {
        *count = count.saturating_sub(before);
    }
    let percentile = |now: &Counts, before: &Counts, percent| {
        let within = now.since(before).percentile(percent)?;
        u64::try_from(within.as_micros()).ok()
    };
    let mut durations = sample.durations.each_ref().map(|(name, _)| (*name, [None, None]));
    for (index, (_, percentiles)) in durations.iter_mut().enumerate() {
        if let (Some((_, now)), Some((_, before))) =
            (sample.durations.get(index), oldest.durations.get(index))
        {
            *percentiles = [percentile(now, before, 50), percentile(now, before, 99)];
        }
    }
    Status {
        now_ms: context.clock.now_ms(),
        over_ms: u64::try_from(over.as_millis()).unwrap_or(u64::MAX),
        now: now(&context.metrics),
        counts,
        queues: [Queue::Writes, Queue::Reads, Queue::Bcrypt].map(|queue| {
            let metrics = &context.metrics;
            (queue.as_str(), metrics.queue_depth.of(queue).get(), metrics.queue_limit.of(queue).get())
        }),
        durations,
        pages: most_viewed(pages),
    }
}

fn now(metrics: &Metrics) -> [(&'static str, i64); 4] {
    [
        ("sessions", metrics.sessions.get()),
        ("viewers", metrics.subscriptions.get()),
        ("pages_followed", metrics.pages_followed.get()),
        ("listeners_behind", metrics.listeners_behind.get()),
    ]
}

/// The pages with the most viewers, the most first; those with as many by their keys.
fn most_viewed(pages: &HashMap<PageKey, Page>) -> Vec<(PageKey, u32)> {
    let mut all: Vec<_> = pages.iter().map(|(key, page)| (key, page.viewers())).collect();
    all.sort_unstable_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.as_str().cmp(b.as_str())));
    all.into_iter().take(PAGES_MAX).map(|(page, viewers)| (page.clone(), viewers)).collect()
}
