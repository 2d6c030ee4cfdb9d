//! The slow step of a password's query, on threads of its own; the last step is the writer's.

use std::sync::Arc;

use crossbeam_channel::Sender;

use super::super::message::ReplyTo;
use super::readers::guarded;
use super::{ToWrite, WriteJob, refuse};
use crate::action::{self, Caller, Context, Work};
use crate::error::Fault;
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
    match guarded(context, || Ok(action::work(context, work)?)) {
        Err(refusal) => reply.send(Err(refusal)),
        Ok(write) => {
            if let Err(full) = writes.try_send(ToWrite::Job(WriteJob { caller, reply, write })) {
                refuse(full, ToWrite::reply);
            }
        }
    }
}
