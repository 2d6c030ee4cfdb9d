//! The thread that writes: all that waits in one transaction, then the answers, then what to publish.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use actix::Addr;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::super::FeedActor;
use super::super::message::{FromOutside, Publish, ReplyTo};
use super::chores::Chores;
use super::{Fatal, is_slow, log_fault, ms, refusal_of};
use crate::action::{self, Caller, Context, Done, Found, Outsiders, Trail, Write};
use crate::error::Fault;
use crate::metrics::Queue;
use crate::store::{Trouble, Writer, trouble};

/// The most writes in one transaction: it bounds how long the first of them waits for the last.
const BATCH_MAX: usize = 1_024;

/// How often it is looked whether the command line has changed something.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// After how many quiet looks it is tried whether the disk takes something again: 3 s.
const PROBE_QUIETS: u32 = 6;

/// What the process ends with when a commit met an I/O error (sysexits.h: `EX_IOERR`).
const EXIT_IO: i32 = 74;

/// A write that waits.
#[derive(Debug)]
pub(in crate::actor) struct WriteJob {
    pub(in crate::actor) caller: Caller,
    pub(in crate::actor) reply: ReplyTo,
    pub(in crate::actor) write: Write,
    /// The monotonic time at which it began to wait.
    pub(in crate::actor) queued_at: Duration,
}

/// What the writer is given.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the small one comes once")]
pub(in crate::actor) enum ToWrite {
    /// A write.
    Job(WriteJob),
    /// The end, once all before it is written.
    Stop,
}

impl ToWrite {
    /// Where the answer would have gone.
    pub(in crate::actor) fn reply(self) -> Option<ReplyTo> {
        match self {
            Self::Job(job) => Some(job.reply),
            Self::Stop => None,
        }
    }
}

/// The writing thread.
pub(super) struct Writing {
    pub(super) context: Arc<Context>,
    pub(super) to_write: Receiver<ToWrite>,
    pub(super) feed: Addr<FeedActor>,
    pub(super) fatal: Fatal,
}

impl Writing {
    pub(super) fn start(self, writer: Writer) -> Result<JoinHandle<()>, Fault> {
        let thread = thread::Builder::new().name("writer".to_owned());
        thread.spawn(move || self.run(writer)).map_err(|cause| Fault::new("starting the writer", cause))
    }

    fn run(self, mut writer: Writer) {
        let publisher = Publisher::new(self.feed.clone());
        let mut looks = Looks::new(&self.context, &writer);
        let mut chores = Chores::default();
        let mut stopped = false;
        while !stopped {
            let at_once = self.context.is_writable() && chores.wait(&self.context);
            let mut jobs = Vec::new();
            match self.to_write.recv_timeout(if at_once { Duration::ZERO } else { LOOK_EVERY }) {
                Ok(first) => {
                    for next in std::iter::once(first).chain(self.to_write.try_iter()).take(BATCH_MAX) {
                        match next {
                            ToWrite::Job(job) => jobs.push(job),
                            ToWrite::Stop => stopped = true,
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) if at_once => {}
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(fault) = looks.probe(&self.context, &mut writer) {
                        self.failed(&fault);
                    }
                    looks.look(&self.context, &writer, &publisher);
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if !jobs.is_empty() {
                self.context.metrics.leave(Queue::Writes, jobs.len());
                self.batch(&mut writer, jobs, &publisher);
            }
            looks.look_if_due(&self.context, &writer, &publisher);
            if !stopped && self.context.is_writable() {
                self.tidy(&mut writer, &mut chores);
            }
        }
        if let Err(fault) = writer.checkpoint() {
            log::warn!("{fault}; the next start does it");
        }
    }

    /// Counts a batch that was committed.
    fn count(&self, jobs: &[WriteJob], done: &Done) {
        let metrics = &self.context.metrics;
        metrics.batch_size.had(jobs.len());
        let took = done.committed_at.saturating_sub(done.begun_at);
        let commit = done.committed_at.saturating_sub(done.worked_at);
        metrics.batch_duration.took(took);
        metrics.commit_duration.took(commit);
        if is_slow(&self.context, took) {
            let waited = jobs.iter().map(|job| done.begun_at.saturating_sub(job.queued_at)).max();
            log::warn!(
                writes = jobs.len(), types = types(jobs), duration_ms = ms(took), commit_ms = ms(commit),
                waited_ms = ms(waited.unwrap_or_default());
                "slow batch"
            );
        }
    }

    /// What is done between two batches: a little housekeeping, so that a write waits for one short commit at most, and
    /// the log kept short.
    fn tidy(&self, writer: &mut Writer, chores: &mut Chores) {
        let done = guarded("housekeeping", || chores.step(writer, &self.context))
            .and_then(|()| writer.keep_log_short());
        match done {
            Ok(()) => {}
            Err(fault) if trouble(&fault) == Trouble::Broken => self.failed(&fault),
            Err(fault) => {
                self.context.set_writable(trouble(&fault) == Trouble::Other);
                log::error!("between two batches: {fault}");
            }
        }
    }

    /// What a failed commit left behind is known only after opening the file anew: nobody is answered, and whoever asks
    /// again with the same key is told then.
    fn failed(&self, fault: &Fault) {
        (self.fatal)(EXIT_IO, &format!("the database failed: {fault}"));
    }

    fn batch(&self, writer: &mut Writer, jobs: Vec<WriteJob>, publisher: &Publisher) {
        let batch: Vec<_> = jobs.iter().map(|job| (&job.caller, &job.write)).collect();
        let done = guarded("writing a batch", || action::run(writer, &self.context, &batch));
        match done {
            Ok(done) => {
                self.context.set_writable(true);
                self.count(&jobs, &done);
                committed(jobs, done, publisher);
            }
            Err(fault) if trouble(&fault) == Trouble::Broken => self.failed(&fault),
            Err(fault) => {
                self.context.set_writable(trouble(&fault) == Trouble::Other);
                let refusal = refusal_of(&self.context, Trail::default(), &fault);
                for job in jobs {
                    job.reply.send(Err(refusal.clone()));
                }
            }
        }
    }
}

/// Runs `work`; a panic in it becomes a fault.
fn guarded<T>(doing: &'static str, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Fault::new(doing, "a panic; its own line says where")))
}

/// What the writer looks after between its batches.
struct Looks {
    outsiders: Option<Outsiders>,
    looked_at: Duration,
    /// Quiet moments since the start.
    quiet: u32,
}

impl Looks {
    fn new(context: &Context, writer: &Writer) -> Self {
        let outsiders = Outsiders::new(writer).map_err(|fault| log::warn!("{fault}")).ok();
        Self { outsiders, looked_at: context.clock.monotonic(), quiet: 0 }
    }

    /// Nothing came for [`LOOK_EVERY`]: where the disk took nothing lately, it is asked now and then. While writes come,
    /// they ask.
    ///
    /// # Errors
    /// [`Trouble::Broken`], after which nobody can know what the file holds.
    fn probe(&mut self, context: &Context, writer: &mut Writer) -> Result<(), Fault> {
        self.quiet += 1;
        if context.is_writable() || !self.quiet.is_multiple_of(PROBE_QUIETS) {
            return Ok(());
        }
        let probed = writer.probe();
        context.set_writable(probed.is_ok());
        probed.or_else(|fault| if trouble(&fault) == Trouble::Broken { Err(fault) } else { Ok(()) })
    }

    /// Looks, if the last time is [`LOOK_EVERY`] ago: writes that trickle leave no quiet moment.
    fn look_if_due(&mut self, context: &Context, writer: &Writer, publisher: &Publisher) {
        if context.clock.monotonic().saturating_sub(self.looked_at) >= LOOK_EVERY {
            self.look(context, writer, publisher);
        }
    }

    /// Whether another process has written, and what.
    fn look(&mut self, context: &Context, writer: &Writer, publisher: &Publisher) {
        self.looked_at = context.clock.monotonic();
        let Some(outsiders) = &mut self.outsiders else { return };
        match outsiders.look(writer) {
            Ok(told) => publisher.outside(told),
            Err(fault) => log::warn!("{fault}; it is looked for again"),
        }
    }
}

/// What the writes of a batch are, each with how often it is there: `react 80, postComment 7`.
fn types(jobs: &[WriteJob]) -> String {
    let mut counts = BTreeMap::new();
    for job in jobs {
        *counts.entry(job.write.name()).or_insert(0_usize) += 1;
    }
    let counts: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
    counts.join(", ")
}

/// Answers, then publishes. That the feed has taken the batch before comes first: what one session is told of
/// another's write must not be overtaken by the answer to a later one.
fn committed(jobs: Vec<WriteJob>, done: Done, publisher: &Publisher) {
    for (id, trail, fault) in &done.faults {
        log_fault(id, *trail, fault);
    }
    publisher.wait();
    for (job, answer) in jobs.into_iter().zip(done.answers) {
        job.reply.send(answer.map(Found::Answer));
    }
    if !done.publications.is_empty() || !done.notices.is_empty() {
        let Done { publications, notices, committed_at, .. } = done;
        publisher.publish(|taken| Publish { publications, notices, committed_at, taken });
    }
}

/// The way to the feed, for one batch at a time.
struct Publisher {
    feed: Addr<FeedActor>,
    taken: Sender<()>,
    free: Receiver<()>,
}

impl Publisher {
    fn new(feed: Addr<FeedActor>) -> Self {
        let (taken, free) = bounded(1);
        // Nothing is under way yet. The channel is empty and has room for one.
        taken.send(()).unwrap_or_default();
        Self { feed, taken, free }
    }

    /// Waits until the feed has taken the last batch. A feed that is gone takes nothing: its watchdog ends the process.
    fn wait(&self) {
        while self.free.is_empty() && self.feed.connected() {
            if self.free.recv_timeout(Duration::from_secs(1)).is_ok() {
                self.taken.try_send(()).unwrap_or_default();
            }
        }
    }

    /// Tells what the command line did.
    #[expect(clippy::disallowed_methods, reason = "twice a second at most")]
    fn outside(&self, told: action::Told) {
        if !told.notices.is_empty() || !told.pages.is_empty() {
            self.feed.do_send(FromOutside(told));
        }
    }

    #[expect(clippy::disallowed_methods, reason = "one batch in flight: `wait` came before")]
    fn publish(&self, message: impl FnOnce(Sender<()>) -> Publish) {
        self.free.try_recv().unwrap_or_default();
        self.feed.do_send(message(self.taken.clone()));
    }
}
