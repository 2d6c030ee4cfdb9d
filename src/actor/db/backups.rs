//! Backups that are taken by themselves, every `backup.every_h`, on a thread that leaves the disk to others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::action::Context;
use crate::clock::UnixMs;
use crate::config::Backup;
use crate::error::Fault;
use crate::protocol::date;
use crate::security::yield_to_others;
use crate::store::{Stage, Watch, back_up_by_date, last_backup_ms};

/// How often it is looked whether one is due.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The pause after each piece of a copy: the writer's commits come in between.
const PAUSE: Duration = Duration::from_millis(2);

/// How long after one that failed it is tried again.
const AGAIN_AFTER_MS: UnixMs = 10 * 60 * 1_000;

const HOUR_MS: UnixMs = 60 * 60 * 1_000;

/// The thread; one under way is given up when this is dropped.
#[derive(Debug)]
pub(super) struct Backups {
    given_up: Arc<AtomicBool>,
    /// Dropped first, so that the thread wakes up.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Backups {
    /// Starts the thread. Whether it has something to do is the config's to say, at any time.
    ///
    /// # Errors
    /// The machine has no thread to give.
    pub(super) fn start(context: &Arc<Context>) -> Result<Self, Fault> {
        let (stop, stopped) = bounded(0);
        let given_up = Arc::new(AtomicBool::new(false));
        let taking = Taking { context: Arc::clone(context), stopped, given_up: Arc::clone(&given_up) };
        let thread = thread::Builder::new().name("backups".to_owned());
        let thread = thread.spawn(move || taking.run());
        let thread = thread.map_err(|cause| Fault::new("starting the backups' thread", cause))?;
        Ok(Self { given_up, stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Backups {
    fn drop(&mut self) {
        self.given_up.store(true, Ordering::Relaxed);
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            log::error!("the backups' thread ended by a panic");
        }
    }
}

struct Taking {
    context: Arc<Context>,
    stopped: Receiver<()>,
    given_up: Arc<AtomicBool>,
}

impl Taking {
    fn run(self) {
        yield_to_others("backups");
        // What the config said when it was looked after the last one, and when the next is due.
        let mut next: Option<(Backup, UnixMs)> = None;
        while self.stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
            let wishes = self.context.config().backup.clone();
            let now_ms = self.context.clock.now_ms();
            if next.as_ref().is_none_or(|(of, _)| *of != wishes) {
                let due_ms = self.plan(&wishes, now_ms);
                next = Some((wishes, due_ms));
            } else if let Some((_, due_ms)) = &mut next
                && now_ms >= *due_ms
            {
                let wait_ms = if self.take(&wishes, now_ms) { every_ms(&wishes) } else { AGAIN_AFTER_MS };
                *due_ms = now_ms.saturating_add(wait_ms);
            }
        }
    }

    /// When the next one is due: counted from the last one, not from the start, so that a service that is restarted
    /// daily has its backups, too. A date that is still to come is a clock's that was set back.
    fn plan(&self, wishes: &Backup, now_ms: UnixMs) -> UnixMs {
        let metrics = &self.context.metrics;
        let last_ms = last_backup_ms(&wishes.folder);
        metrics.last_backup_time.set(seconds(last_ms.unwrap_or(0)));
        metrics.backup_interval.set(every_ms(wishes) / 1_000);
        if wishes.every_h == 0 {
            return UnixMs::MAX;
        }
        let due_ms = last_ms.map_or(now_ms, |last_ms| last_ms.min(now_ms).saturating_add(every_ms(wishes)));
        log::info!("the next backup is due at {}", date(due_ms));
        due_ms
    }

    fn take(&self, wishes: &Backup, now_ms: UnixMs) -> bool {
        let database = self.context.config().database.path.clone();
        let after_piece = |stage, _, _| {
            if stage == Stage::Copying {
                // A stop is seen by the other sign.
                self.stopped.recv_timeout(PAUSE).unwrap_or_default();
            }
        };
        let watch = Watch { after_piece: &after_piece, given_up: &self.given_up };
        match back_up_by_date(&database, (&wishes.folder, wishes.keep), now_ms, watch) {
            Ok(taken) => {
                self.context.metrics.last_backup_time.set(seconds(now_ms));
                log::info!("backup {}: {}, checked", taken.file.display(), taken.holdings);
                match taken.removed {
                    Ok(0) => {}
                    Ok(removed) => log::info!("{removed} old backups are removed"),
                    Err(fault) => log::error!("{fault}; it is tried again with the next backup"),
                }
                true
            }
            Err(_) if self.given_up.load(Ordering::Relaxed) => false,
            Err(fault) => {
                self.context.metrics.backups_failed.inc();
                log::error!("no backup was taken, and it is tried again in 10 minutes: {fault}");
                false
            }
        }
    }
}

fn every_ms(wishes: &Backup) -> UnixMs {
    UnixMs::from(wishes.every_h).saturating_mul(HOUR_MS)
}

/// A moment as metrics tell it.
fn seconds(at_ms: UnixMs) -> f64 {
    Duration::from_millis(u64::try_from(at_ms).unwrap_or(0)).as_secs_f64()
}
