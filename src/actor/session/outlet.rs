//! A session's way out: the queue and the line behind it. The session has it in common with its thread's relay, which
//! writes what a page's listeners are told without waking each.

use std::io;
use std::task::{Context, Poll, Waker};

use super::line::Line;
use super::outbox::Outbox;

/// The way out.
pub(super) struct Outlet {
    pub(super) line: Line,
    pub(super) outbox: Outbox,
    /// Calls the session's pump.
    pump: Option<Waker>,
    /// Nothing runs in the session that a push might overtake, and nothing ends it.
    calm: bool,
    /// The relay left something for the session to look after.
    stirred: bool,
}

impl Outlet {
    /// A way out that nothing waits in.
    pub(super) fn new(line: Line) -> Self {
        Self { line, outbox: Outbox::default(), pump: None, calm: false, stirred: false }
    }

    /// Writes until all that waits is taken, or until the line takes no more.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.outbox.poll_write(&mut self.line, cx)
    }

    /// Notes who is called when there is something to do.
    pub(super) fn set_pump(&mut self, waker: &Waker) {
        if !self.pump.as_ref().is_some_and(|pump| pump.will_wake(waker)) {
            self.pump = Some(waker.clone());
        }
    }

    /// Calls the pump: after messages to the session it comes by itself.
    pub(super) fn call_pump(&self) {
        if let Some(pump) = &self.pump {
            pump.wake_by_ref();
        }
    }

    /// Whether others than the session may write: see [`Self::is_free`].
    pub(super) fn set_calm(&mut self, calm: bool) {
        self.calm = calm;
    }

    /// Whether a push may go out at once: nothing waits before it, and nothing runs that it might overtake.
    pub(super) fn is_free(&self) -> bool {
        self.calm && self.outbox.waiting() == 0
    }

    /// Has the session look after what it follows, and its room.
    pub(super) fn stir(&mut self) {
        self.stirred = true;
        self.call_pump();
    }

    /// Whether the session was stirred; it is said once.
    pub(super) fn was_stirred(&mut self) -> bool {
        std::mem::take(&mut self.stirred)
    }

    /// Writes what was just queued, in the session's place; says whether all of it went out. What did not, and a line that
    /// has failed, is the pump's.
    pub(super) fn write_through(&mut self) -> bool {
        let Self { line, outbox, pump: Some(pump), .. } = self else { return false };
        matches!(outbox.poll_write(line, &mut Context::from_waker(pump)), Poll::Ready(Ok(())))
    }
}
