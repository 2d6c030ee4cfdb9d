//! The slow step of a password's query, on threads of its own; the last step is the writer's.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::super::message::ReplyTo;
use super::readers::guarded;
use super::{ToWrite, WriteJob, enqueue, refuse};
use crate::action::{self, Caller, Context, Work};
use crate::error::Fault;
use crate::metrics::Queue;
use crate::security::Workers;

/// A password to be worked on.
#[derive(Debug)]
pub(super) struct PasswordJob {
    pub(super) caller: Caller,
    pub(super) reply: ReplyTo,
    pub(super) work: Work,
}

/// Starts the threads; what each gives goes to the writer's queue.
///
/// # Errors
/// A thread that does not start.
pub(super) fn start(context: &Arc<Context>, writes: &Sender<ToWrite>) -> Result<Workers<PasswordJob>, Fault> {
    let auth = &context.config().auth;
    let (context, writes) = (Arc::clone(context), writes.clone());
    let run = move |job| run(&context, &writes, job);
    Workers::start("bcrypt", (auth.bcrypt_threads, auth.bcrypt_queue_max), run)
}

fn run(context: &Context, writes: &Sender<ToWrite>, job: PasswordJob) {
    let PasswordJob { caller, reply, work } = job;
    let (clock, metrics) = (&context.clock, &context.metrics);
    metrics.leave(Queue::Bcrypt, 1);
    let begun_at = clock.monotonic();
    let done = guarded(context, caller.trail(), || Ok(action::work(context, work)?));
    metrics.bcrypt_duration.took(clock.monotonic().saturating_sub(begun_at));
    match done {
        Err(refusal) => reply.send(Err(refusal)),
        Ok(write) => {
            let job = ToWrite::Job(WriteJob { caller, reply, write, queued_at: clock.monotonic() });
            if let Err(full) = enqueue(context, Queue::Writes, writes, job) {
                refuse(full, ToWrite::reply);
            }
        }
    }
}
