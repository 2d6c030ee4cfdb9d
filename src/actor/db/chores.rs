//! When housekeeping is done: every few minutes all chores in turn, a short transaction after each batch, or after one
//! another where no write waits.

use std::time::Duration;

use crate::action::{Chore, Context, sweep};
use crate::error::Fault;
use crate::store::{Aside, Writer};

/// How often all chores are done. What they remove harms nobody while it waits.
const EVERY: Duration = Duration::from_secs(10 * 60);

/// The writer's housekeeping.
#[derive(Debug, Default)]
pub(super) struct Chores {
    /// When the next round begins, on the monotonic clock.
    next_at: Duration,
    /// What is still to be done of this round.
    left: &'static [Chore],
    /// How many rows the chore at hand has removed in this round.
    removed: usize,
    /// Whether another process held the file the last time.
    held: bool,
}

impl Chores {
    /// Whether there is something to do at once; begins a round when its time has come.
    pub(super) fn wait(&mut self, context: &Context) -> bool {
        let now = context.clock.monotonic();
        if self.left.is_empty() && now >= self.next_at {
            self.next_at = now + EVERY;
            self.left = Chore::ALL;
        }
        !self.left.is_empty() && !self.held
    }

    /// Does one transaction of what there is to do.
    ///
    /// # Errors
    /// A fault of the commit.
    pub(super) fn step(&mut self, writer: &mut Writer, context: &Context) -> Result<(), Fault> {
        // What ends here in a fault or a panic is left to the next round.
        let left = std::mem::take(&mut self.left);
        let Some((chore, rest)) = left.split_first() else { return Ok(()) };
        let swept = sweep(writer, context, *chore)?;
        self.held = matches!(swept, Aside::Locked);
        match swept {
            Aside::Done(swept) => {
                self.removed += swept.rows;
                let counter = context.metrics.housekeeping_rows.of(chore.counted());
                counter.inc_by(u64::try_from(swept.rows).unwrap_or(0));
                self.left = if swept.more { left } else { rest };
            }
            Aside::Locked => self.left = left,
            Aside::Undone(fault) => {
                self.left = rest;
                log::error!("housekeeping: the {} stay for now: {fault}", chore.rows());
            }
        }
        if self.left.len() < left.len() {
            self.tell(*chore);
        }
        Ok(())
    }

    fn tell(&mut self, chore: Chore) {
        let removed = std::mem::take(&mut self.removed);
        if removed > 0 {
            log::info!("housekeeping: {removed} {} are gone", chore.rows());
        }
    }
}
