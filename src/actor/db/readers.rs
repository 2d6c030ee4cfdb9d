//! The threads that read. Each takes the next read, runs it on a reader's connection, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread;

use crossbeam_channel::{Receiver, Sender};

use super::super::message::ReplyTo;
use super::{ToWrite, WriteJob, busy, refusal_of, refuse};
use crate::action::{self, Caller, Context, Password, Read, Work};
use crate::error::{Fault, Refusal, Stop};
use crate::security::Workers;
use crate::store::Readers;

/// A read that waits.
#[derive(Debug)]
pub(in crate::actor) struct ReadJob {
    pub(in crate::actor) caller: Caller,
    pub(in crate::actor) reply: ReplyTo,
    pub(in crate::actor) work: ReadWork,
}

/// What is to be read.
#[derive(Debug)]
pub(in crate::actor) enum ReadWork {
    /// A query.
    Read(Read),
    /// The first step of a password's query.
    Prepare(Password),
}

/// One reading thread.
pub(super) struct Reading {
    pub(super) context: Arc<Context>,
    pub(super) readers: Readers,
    pub(super) to_read: Receiver<ReadJob>,
    /// Weak, so that the passwords' threads end with the actor, not with the last reader.
    pub(super) passwords: Weak<Workers>,
    pub(super) writes: Sender<ToWrite>,
}

impl Reading {
    pub(super) fn start(self, number: usize) -> Result<(), Fault> {
        let thread = thread::Builder::new().name(format!("reader-{number}"));
        let started = thread.spawn(move || {
            while let Ok(job) = self.to_read.recv() {
                self.run(job);
            }
        });
        started.map(drop).map_err(|cause| Fault::new("starting a reader", cause))
    }

    fn run(&self, job: ReadJob) {
        let ReadJob { caller, reply, work } = job;
        match work {
            ReadWork::Read(read) => {
                let found =
                    self.guarded(|| self.readers.read(|tx| action::read(tx, &self.context, &caller, &read)));
                reply.send(found);
            }
            ReadWork::Prepare(password) => {
                let prepared = self.guarded(|| {
                    self.readers.read(|tx| action::prepare(tx, &self.context, &caller, password))
                });
                match prepared {
                    Ok(work) => self.submit(caller, reply, work),
                    Err(refusal) => reply.send(Err(refusal)),
                }
            }
        }
    }

    /// Hands the slow step to the passwords' threads, which hand the last one to the writer.
    fn submit(&self, caller: Caller, reply: ReplyTo, work: Work) {
        // The job is taken apart again if there is no room for it.
        let slot = Arc::new(std::sync::Mutex::new(Some((caller, reply, work))));
        let (context, writes, ours) = (Arc::clone(&self.context), self.writes.clone(), Arc::clone(&slot));
        let take = |slot: &std::sync::Mutex<Option<_>>| slot.lock().ok().and_then(|mut slot| slot.take());
        let job = move || {
            let Some((caller, reply, work)) = take(&ours) else { return };
            let done = guarded(&context, || Ok(action::work(&context, work)?));
            match done {
                Err(refusal) => reply.send(Err(refusal)),
                Ok(write) => {
                    if let Err(full) = writes.try_send(ToWrite::Job(WriteJob { caller, reply, write })) {
                        refuse(full, ToWrite::reply);
                    }
                }
            }
        };
        let taken = self.passwords.upgrade().is_some_and(|passwords| passwords.submit(Box::new(job)).is_ok());
        if !taken && let Some((_, reply, _)) = take(&slot) {
            reply.send(Err(busy()));
        }
    }

    fn guarded<T>(&self, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Refusal> {
        guarded(&self.context, work)
    }
}

/// Runs `work`; a fault or a panic in it is logged and told as `internal`, and the thread goes on.
fn guarded<T>(context: &Context, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Refusal> {
    let done = catch_unwind(AssertUnwindSafe(work));
    match done.unwrap_or_else(|_| Err(Fault::new("reading", "a panic; its own line says where").into())) {
        Ok(done) => Ok(done),
        Err(Stop::Refused(refusal)) => Err(refusal),
        Err(Stop::Failed(fault)) => Err(refusal_of(context, &fault)),
    }
}
