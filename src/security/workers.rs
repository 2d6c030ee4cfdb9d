//! Threads for work that is long and can wait, as passwords are: so that it never holds up anything else.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::error::Fault;

/// A few threads of the lowest priority behind a bounded queue. When dropped they do what is queued, and end.
#[derive(Debug)]
pub struct Workers<J> {
    jobs: Sender<J>,
}

impl<J: Send + 'static> Workers<J> {
    /// Starts `threads` threads, called `name`, that `run` each job, with a queue of `queue_max` jobs that wait besides
    /// those at work. Both numbers are 1 at least.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub fn start(
        name: &'static str,
        (threads, queue_max): (usize, usize),
        run: impl Fn(J) + Clone + Send + 'static,
    ) -> Result<Self, Fault> {
        let (jobs, queue) = bounded(queue_max.max(1));
        for _ in 0..threads.max(1) {
            let (queue, run) = (queue.clone(), run.clone());
            let thread = thread::Builder::new().name(name.to_owned());
            let started = thread.spawn(move || work(name, &queue, run));
            // Ends by itself with the queue; nobody has to wait for it.
            drop(started.map_err(|error| Fault::new(format!("starting a {name} thread"), error))?);
        }
        Ok(Self { jobs })
    }

    /// Queues a job; never waits. One that panics is logged and harms no other.
    ///
    /// # Errors
    /// The queue is full: the job comes back.
    pub fn submit(&self, job: J) -> Result<(), TrySendError<J>> {
        self.jobs.try_send(job)
    }
}

fn work<J>(name: &str, queue: &Receiver<J>, run: impl Fn(J)) {
    yield_to_others(name);
    for job in queue {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| run(job))) {
            log::error!("a job of the {name} threads panicked: {}", words_of(&*panic));
        }
    }
}

/// Gives this thread, which is called `name`, the lowest priority. On Linux priority is a thread's own; elsewhere it is
/// the process's, which is left alone.
#[cfg(target_os = "linux")]
pub fn yield_to_others(name: &str) {
    const LEAST: i32 = 19;
    if let Err(error) = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LEAST) {
        log::warn!("the priority of a {name} thread cannot be lowered: {error}");
    }
}

/// Priority is the process's here, which is left alone.
#[cfg(not(target_os = "linux"))]
pub fn yield_to_others(_name: &str) {}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("(no words)")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Job = Box<dyn FnOnce() + Send>;

    fn start(queue_max: usize) -> Workers<Job> {
        Workers::start("test", (1, queue_max), |job: Job| job()).unwrap()
    }

    #[test]
    fn a_full_queue_refuses_at_once() {
        let workers = start(2);
        let (begun, begins) = bounded::<()>(0);
        let (release, released) = bounded::<()>(0);
        workers
            .submit(Box::new(move || {
                begun.send(()).unwrap();
                assert!(released.recv().is_err());
            }))
            .unwrap();
        begins.recv().unwrap();
        let (done, dones) = bounded(9);
        for number in 0..2 {
            let done = done.clone();
            workers.submit(Box::new(move || done.send(number).unwrap())).unwrap();
        }
        assert!(matches!(workers.submit(Box::new(|| ())), Err(TrySendError::Full(_))));
        drop((workers, done, release));
        assert_eq!(dones.iter().collect::<Vec<i32>>(), [0, 1], "what is queued is done after the drop");
    }

    #[test]
    fn a_panic_harms_no_other_job() {
        let workers = start(9);
        workers.submit(Box::new(|| panic!("on purpose"))).unwrap();
        let (done, dones) = bounded(1);
        workers
            .submit(Box::new(move || done.send(thread::current().name().map(str::to_owned)).unwrap()))
            .unwrap();
        assert_eq!(dones.recv().unwrap().as_deref(), Some("test"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_threads_own_priority_is_lowered() {
        use rustix::process::getpriority_process;
        let own = || getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = own();
        let workers = start(9);
        let (told, tells) = bounded(1);
        workers.submit(Box::new(move || told.send(own()).unwrap())).unwrap();
        assert_eq!(tells.recv().unwrap(), 19);
        assert_eq!(own(), before);
    }
}
