//! The one actor that owns the data. It takes queries, puts each where it is run, and says `busy` at once where that
//! queue is full: a mailbox has no bound of its own.
//!
//! Reads run on the reader threads, writes in batches on the writer thread and housekeeping between the batches,
//! passwords on their own slow threads, backups on another.

mod backups;
mod chores;
mod passwords;
mod readers;
mod writer;

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix::{Actor, ActorContext as _, Addr, AsyncContext as _, Context as ActorContext, Handler, Message};
use crossbeam_channel::{Sender, TrySendError, bounded};

use super::FeedActor;
use super::message::{Beat, ReplyTo, Run, StopWriting};
use crate::action::{Context, Plan, Trail, Write};
use crate::error::{Code, Fault, Refusal};
use crate::metrics::Queue;
use crate::store::{Store, Trouble, trouble};

pub(super) use readers::{ReadJob, ReadWork};
pub(super) use writer::{ToWrite, WriteJob};

/// How often it is looked whether the writer still lives.
const WRITER_LOOK: Duration = Duration::from_secs(1);

/// How long a caller is told to wait when a queue is full.
const BUSY_WAIT_MS: u64 = 500;

/// What ends the process when the data cannot be trusted any more: told the exit code and what happened.
pub type Fatal = fn(i32, &str);

/// The actor.
#[derive(Debug)]
pub struct DbActor {
    context: Arc<Context>,
    reads: Sender<ReadJob>,
    writes: Sender<ToWrite>,
    writer: Option<JoinHandle<()>>,
    backups: Option<backups::Backups>,
}

/// What the actor is made of; it is put on its own thread by whoever starts it.
#[derive(Debug)]
pub struct DbStarted {
    /// The open file.
    pub store: Store,
    /// What actions know.
    pub context: Arc<Context>,
    /// Where changes are published.
    pub feed: Addr<FeedActor>,
    /// What ends the process.
    pub fatal: Fatal,
}

impl DbActor {
    /// Starts the threads that the actor puts queries on.
    ///
    /// # Errors
    /// A thread that does not start.
    pub fn new(started: DbStarted) -> Result<Self, Fault> {
        let DbStarted { store, context, feed, fatal } = started;
        let database = &context.config().database;
        let (writes, to_write) = bounded(database.write_queue_max);
        let (reads, to_read) = bounded(database.read_queue_max);
        let writing = writer::Writing { context: Arc::clone(&context), to_write, feed, fatal };
        let thread = writing.start(store.writer)?;
        let passwords = Arc::new(passwords::start(&context, &writes)?);
        for number in 0..database.readers {
            let reading = readers::Reading {
                context: Arc::clone(&context),
                readers: store.readers.clone(),
                to_read: to_read.clone(),
                passwords: Arc::clone(&passwords),
            };
            reading.start(number)?;
        }
        let backups = Some(backups::Backups::start(&context)?);
        Ok(Self { context, reads, writes, writer: Some(thread), backups })
    }

    fn read(&self, job: ReadJob) {
        if let Err(full) = enqueue(&self.context, Queue::Reads, &self.reads, job) {
            refuse(full, |job| Some(job.reply));
        }
    }

    fn write(&self, job: WriteJob) {
        if let Err(full) = enqueue(&self.context, Queue::Writes, &self.writes, ToWrite::Job(job)) {
            refuse(full, ToWrite::reply);
        }
    }

    /// Reactions are counted before they queue: what is refused costs the writer nothing.
    fn admit(&self, run: &Run) -> Result<(), Refusal> {
        match (&run.plan, &run.caller.user) {
            (Plan::Write(Write::React(..)), Some(user)) => self.context.rates.react(user.id),
            _ => Ok(()),
        }
    }
}

impl Actor for DbActor {
    type Context = ActorContext<Self>;

    /// Without its writer the actor is of no use: it ends with it, and the watch over it ends the process.
    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(WRITER_LOOK, |db, ctx| {
            if db.writer.as_ref().is_some_and(JoinHandle::is_finished) {
                log::error!("the thread that writes has ended");
                ctx.stop();
            }
        });
    }
}

impl Handler<Run> for DbActor {
    type Result = ();

    fn handle(&mut self, run: Run, _: &mut Self::Context) {
        if let Err(refusal) = self.admit(&run) {
            return run.reply.send(Err(refusal));
        }
        let Run { caller, plan, reply } = run;
        let queued_at = self.context.clock.monotonic();
        match plan {
            Plan::Read(read) => self.read(ReadJob { caller, reply, work: ReadWork::Read(read), queued_at }),
            Plan::Password(password) => {
                self.read(ReadJob { caller, reply, work: ReadWork::Prepare(password), queued_at });
            }
            Plan::Write(write) => self.write(WriteJob { caller, reply, write, queued_at }),
            // Sessions keep these to themselves.
            Plan::Local(_) => reply.send(Err(Code::UnknownQuery.into())),
        }
    }
}

impl Handler<StopWriting> for DbActor {
    type Result = <StopWriting as Message>::Result;

    fn handle(&mut self, _: StopWriting, _: &mut Self::Context) {
        drop(self.backups.take());
        // It waits behind what was taken; whatever comes after it is refused.
        self.writes.send(ToWrite::Stop).unwrap_or_default();
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            log::error!("the writer ended by a panic");
        }
    }
}

impl Handler<Beat> for DbActor {
    type Result = ();

    fn handle(&mut self, _: Beat, _: &mut Self::Context) {}
}

/// Puts something into a queue, and counts it as waiting there.
///
/// # Errors
/// The queue is full: it comes back.
pub(super) fn enqueue<T>(
    context: &Context,
    queue: Queue,
    sender: &Sender<T>,
    job: T,
) -> Result<(), TrySendError<T>> {
    // Before it is sent: whoever takes it counts it out, which may be at once.
    context.metrics.enters(queue);
    sender.try_send(job).inspect_err(|_| context.metrics.leave(queue, 1))
}

/// The queue is full: nothing was done, and the caller may try again.
pub(super) fn busy() -> Refusal {
    Refusal::wait(Code::Busy, BUSY_WAIT_MS)
}

/// Answers what a full queue gave back.
pub(super) fn refuse<T>(full: TrySendError<T>, reply_of: impl FnOnce(T) -> Option<ReplyTo>) {
    let (TrySendError::Full(job) | TrySendError::Disconnected(job)) = full;
    if let Some(reply) = reply_of(job) {
        reply.send(Err(busy()));
    }
}

/// What is told of a fault: the database cannot write now, or something is wrong.
pub(super) fn refusal_of(context: &Context, trail: Trail, fault: &Fault) -> Refusal {
    match trouble(fault) {
        Trouble::Full | Trouble::Locked | Trouble::Shut => {
            log::error!("the database is not to be had now: {fault}");
            Refusal::wait(Code::Unavailable, 5_000)
        }
        Trouble::Broken | Trouble::Other => {
            let id = context.fault_id();
            log_fault(&id, trail, fault);
            Refusal::fault(id)
        }
    }
}

/// Whether the operator wants to be told of something that takes so long.
pub(super) fn is_slow(context: &Context, took: Duration) -> bool {
    let slow_ms = context.config().log.slow_query_ms;
    slow_ms > 0 && took >= Duration::from_millis(slow_ms.into())
}

/// A duration in milliseconds, for a field of a line.
pub(super) fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Tells the operator of a fault, under the id that its caller was told.
pub(super) fn log_fault(id: &str, trail: Trail, fault: &Fault) {
    log::error!(session = trail.session, query = trail.query; "fault {id}: {fault}");
}
