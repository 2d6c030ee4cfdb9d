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

use actix::{Actor, Addr, Context as ActorContext, Handler, Message};
use crossbeam_channel::{Sender, TrySendError, bounded};

use super::FeedActor;
use super::message::{ReplyTo, Run, StopWriting};
use crate::action::{Context, Plan, Write};
use crate::error::{Code, Fault, Refusal};
use crate::store::{Store, Trouble, trouble};

pub(super) use readers::{ReadJob, ReadWork};
pub(super) use writer::{ToWrite, WriteJob};

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
        if let Err(full) = self.reads.try_send(job) {
            refuse(full, |job| Some(job.reply));
        }
    }

    fn write(&self, job: WriteJob) {
        if let Err(full) = self.writes.try_send(ToWrite::Job(job)) {
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
}

impl Handler<Run> for DbActor {
    type Result = ();

    fn handle(&mut self, run: Run, _: &mut Self::Context) {
        if let Err(refusal) = self.admit(&run) {
            return run.reply.send(Err(refusal));
        }
        let Run { caller, plan, reply } = run;
        match plan {
            Plan::Read(read) => self.read(ReadJob { caller, reply, work: ReadWork::Read(read) }),
            Plan::Password(password) => {
                self.read(ReadJob { caller, reply, work: ReadWork::Prepare(password) });
            }
            Plan::Write(write) => self.write(WriteJob { caller, reply, write }),
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

/// What callers are told of a fault that met them all: the database cannot write now, or something is wrong.
pub(super) fn refusal_of(context: &Context, fault: &Fault) -> Refusal {
    match trouble(fault) {
        Trouble::Full | Trouble::Locked | Trouble::Shut => {
            log::error!("the database is not to be had now: {fault}");
            Refusal::wait(Code::Unavailable, 5_000)
        }
        Trouble::Broken | Trouble::Other => {
            let id = context.fault_id();
            log::error!("fault {id}: {fault}");
            Refusal::fault(id)
        }
    }
}
