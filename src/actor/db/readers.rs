//! The threads that read. Each takes the next read, runs it on a reader's connection, and answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::super::message::ReplyTo;
use super::passwords::PasswordJob;
use super::{is_slow, ms, refusal_of, refuse};
use crate::action::{self, Caller, Context, Password, Read, Trail};
use crate::error::{Fault, Refusal, Stop};
use crate::metrics::Queue;
use crate::security::Workers;
use crate::store::Readers;

/// A read that waits.
#[derive(Debug)]
pub(in crate::actor) struct ReadJob {
    pub(in crate::actor) caller: Caller,
    pub(in crate::actor) reply: ReplyTo,
    pub(in crate::actor) work: ReadWork,
    /// The monotonic time at which it began to wait.
    pub(in crate::actor) queued_at: Duration,
}

/// What is to be read.
#[derive(Debug)]
pub(in crate::actor) enum ReadWork {
    /// A query.
    Read(Read),
    /// The first step of a password's query.
    Prepare(Password),
}

impl ReadWork {
    /// What it is called in the log.
    fn name(&self) -> &'static str {
        match self {
            Self::Read(read) => read.name(),
            Self::Prepare(password) => password.name(),
        }
    }
}

/// One reading thread.
pub(super) struct Reading {
    pub(super) context: Arc<Context>,
    pub(super) readers: Readers,
    pub(super) to_read: Receiver<ReadJob>,
    /// Their threads end with the last reader, and the readers with the actor.
    pub(super) passwords: Arc<Workers<PasswordJob>>,
}

impl Reading {
    pub(super) fn start(self, number: usize) -> Result<(), Fault> {
        let thread = thread::Builder::new().name(format!("reader-{number}"));
        let started = thread.spawn(move || {
            while let Ok(job) = self.to_read.recv() {
                let (clock, metrics) = (&self.context.clock, &self.context.metrics);
                metrics.leave(Queue::Reads, 1);
                metrics.readers_in_use.inc();
                let begun_at = clock.monotonic();
                let (trail, name) = (job.caller.trail(), job.work.name());
                let waited = begun_at.saturating_sub(job.queued_at);
                self.run(job);
                let took = clock.monotonic().saturating_sub(begun_at);
                metrics.read_duration.took(took);
                metrics.readers_in_use.dec();
                if is_slow(&self.context, took) {
                    log::warn!(
                        session = trail.session, query = trail.query, type_query = name,
                        duration_ms = ms(took), waited_ms = ms(waited);
                        "slow read"
                    );
                }
            }
        });
        started.map(drop).map_err(|cause| Fault::new("starting a reader", cause))
    }

    fn run(&self, job: ReadJob) {
        let ReadJob { caller, reply, work, .. } = job;
        let trail = caller.trail();
        match work {
            ReadWork::Read(read) => {
                let found = self.guarded(trail, || {
                    self.readers.read(|tx| action::read(tx, &self.context, &caller, &read))
                });
                reply.send(found);
            }
            ReadWork::Prepare(password) => {
                let prepared = self.guarded(trail, || {
                    self.readers.read(|tx| action::prepare(tx, &self.context, &caller, password))
                });
                match prepared {
                    Ok(work) => {
                        self.context.metrics.enters(Queue::Bcrypt);
                        if let Err(full) = self.passwords.submit(PasswordJob { caller, reply, work }) {
                            self.context.metrics.leave(Queue::Bcrypt, 1);
                            refuse(full, |job| Some(job.reply));
                        }
                    }
                    Err(refusal) => reply.send(Err(refusal)),
                }
            }
        }
    }

    fn guarded<T>(&self, trail: Trail, work: impl FnOnce() -> Result<T, Stop>) -> Result<T, Refusal> {
        guarded(&self.context, trail, work)
    }
}

/// Runs `work`; a fault or a panic in it is logged and told as `internal`, and the thread goes on.
pub(super) fn guarded<T>(
    context: &Context,
    trail: Trail,
    work: impl FnOnce() -> Result<T, Stop>,
) -> Result<T, Refusal> {
    let done = catch_unwind(AssertUnwindSafe(work));
    match done.unwrap_or_else(|_| Err(Fault::new("reading", "a panic; its own line says where").into())) {
        Ok(done) => Ok(done),
        Err(Stop::Refused(refusal)) => Err(refusal),
        Err(Stop::Failed(fault)) => Err(refusal_of(context, trail, &fault)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::error::Code;

    #[test]
    fn a_panic_is_told_as_a_fault_and_the_thread_goes_on() {
        let mut config = Config::default();
        config.auth.bcrypt_cost = 4;
        let context = Context::new(config, Clock::manual(1_000), "epoch".to_owned());
        let ids: Vec<_> = (0..2)
            .map(|n| {
                let told = guarded::<()>(&context, Trail::default(), || panic!("as the test wished, {n}"))
                    .unwrap_err();
                assert_eq!(told.code, Code::Internal);
                told.fault_id.expect("a fault's id")
            })
            .collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(guarded(&context, Trail::default(), || Ok(7)), Ok(7));
    }
}
