//! Whether the peer lives: what was heard of it, when it was last asked, and whether it takes what it is sent.

use std::time::Duration;

use actix::{AsyncContext as _, Context as ActorContext};

use super::{Session, send};
use crate::actor::message::Guest;
use crate::config::Limits;
use crate::domain::SessionId;
use crate::metrics::Closed;
use crate::protocol::{CloseCode, SignedOutReason, ping_frame, signed_out};

/// A peer's pulse.
#[derive(Debug)]
pub(super) struct Pulse {
    heard_at: Duration,
    pinged_at: Duration,
    /// What the connection had taken, and since when that has not changed while something waits.
    taken: (u64, Duration),
}

/// What the pulse says.
#[derive(Debug, PartialEq, Eq)]
enum Finding {
    Good,
    /// Time to ask.
    Ask,
    /// Nothing heard for `limits.silence_s`.
    Silent,
    /// Nothing taken for `limits.write_stall_s`.
    Stalled,
}

impl Pulse {
    /// A pulse that is good at `now`. The first ping comes somewhere within its first period, so that those who came
    /// together are not asked together.
    pub(super) fn new(id: SessionId, now: Duration, limits: &Limits) -> Self {
        let period_ms = u64::from(limits.ping_s.max(1)) * 1_000;
        // Multiplying by a large odd number spreads numbers that follow one another (Knuth, TAOCP 3, section 6.4).
        let phase_ms = id.0.wrapping_mul(0x9E37_79B9_7F4A_7C15) % period_ms;
        let pinged_at = now.saturating_sub(Duration::from_millis(phase_ms));
        Self { heard_at: now, pinged_at, taken: (0, now) }
    }

    /// Something was heard.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard_at = now;
    }

    fn feel(&mut self, now: Duration, seen: Seen, limits: &Limits) -> Finding {
        if seen.waiting == 0 || seen.taken != self.taken.0 {
            self.taken = (seen.taken, now);
        }
        if !seen.reading {
            // Nothing can be heard while the socket is not read; whether the peer takes anything is seen above.
            self.heard_at = now;
        }
        let since = |at: Duration| now.saturating_sub(at);
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds));
        if since(self.taken.1) >= seconds(limits.write_stall_s) {
            return Finding::Stalled;
        }
        // A pulse is felt every few seconds: who is well may be asked that much late, and is not given up before.
        let is_silent = since(self.heard_at) >= seconds(limits.silence_s);
        if is_silent && self.pinged_at > self.heard_at {
            return Finding::Silent;
        }
        if is_silent || since(self.pinged_at) >= seconds(limits.ping_s) {
            self.pinged_at = now;
            return Finding::Ask;
        }
        Finding::Good
    }
}

/// What a session sees of its connection.
#[derive(Clone, Copy)]
struct Seen {
    waiting: usize,
    taken: u64,
    reading: bool,
}

impl Session {
    /// Makes a guest's session of one whose token's time is over.
    pub(super) fn expire(&mut self) {
        let now_ms = self.shared.context.clock.now_ms();
        if self.user.as_ref().is_some_and(|user| user.token_expires_ms <= now_ms) {
            self.user = None;
            self.outbox().push(signed_out(SignedOutReason::Expired));
            send(&self.shared.feed, Guest(self.id));
        }
    }

    /// Looks at the pulse, and at whether the token's time is over.
    pub(super) fn beat(&mut self, ctx: &mut ActorContext<Self>) {
        if self.closing {
            // Its end has its own time; until then the Close frame waits to be taken.
            return;
        }
        self.expire();
        self.count_sent();
        let waiting = self.outbox().waiting();
        let taken = self.outbox().taken();
        let seen = Seen { waiting, taken, reading: self.inbound.is_open() };
        let now = self.shared.context.clock.monotonic();
        match self.pulse.feel(now, seen, &self.shared.context.config().limits) {
            Finding::Good => {}
            Finding::Ask => drop(self.push(&ping_frame())),
            Finding::Silent => {
                self.ended(Closed::Silent);
                self.end(ctx);
            }
            Finding::Stalled => {
                // What waits will not be read: the close goes in its place, should the peer come back for it.
                self.outbox().clear();
                self.close(CloseCode::Stalled, "nothing could be written", ctx);
                ctx.run_later(Duration::ZERO, Self::end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_silent_peer_is_asked_then_given_up() {
        let limits = Limits::default();
        let mut pulse = Pulse::new(SessionId(1), seconds(100), &limits);
        let idle = || Seen { waiting: 0, taken: 0, reading: true };
        assert_eq!(pulse.feel(seconds(126), idle(), &limits), Finding::Ask);
        pulse.heard(seconds(127));
        assert_eq!(pulse.feel(seconds(130), idle(), &limits), Finding::Good);
        assert_eq!(pulse.feel(seconds(152), idle(), &limits), Finding::Ask);
        assert_eq!(pulse.feel(seconds(187), idle(), &limits), Finding::Silent);
    }

    #[test]
    fn nobody_is_given_up_unasked() {
        let limits = Limits { ping_s: 25, silence_s: 26, ..Limits::default() };
        let mut pulse = Pulse::new(SessionId(1), seconds(100), &limits);
        let idle = || Seen { waiting: 0, taken: 0, reading: true };
        pulse.feel(seconds(125), idle(), &limits);
        pulse.heard(seconds(125));
        // The next look comes too late for both.
        assert_eq!(pulse.feel(seconds(155), idle(), &limits), Finding::Ask);
        pulse.heard(seconds(156));
        assert_eq!(pulse.feel(seconds(160), idle(), &limits), Finding::Good);
        assert_eq!(pulse.feel(seconds(182), idle(), &limits), Finding::Ask);
        assert_eq!(pulse.feel(seconds(187), idle(), &limits), Finding::Silent);
    }

    #[test]
    fn a_peer_that_takes_nothing_is_stalled_and_one_that_takes_little_is_not() {
        let limits = Limits::default();
        let mut pulse = Pulse::new(SessionId(1), seconds(0), &limits);
        let stuck = |taken| Seen { waiting: 9, taken, reading: false };
        pulse.feel(seconds(1), stuck(1), &limits);
        pulse.feel(seconds(29), stuck(2), &limits);
        assert_ne!(pulse.feel(seconds(58), stuck(2), &limits), Finding::Stalled);
        assert_eq!(pulse.feel(seconds(59), stuck(2), &limits), Finding::Stalled);
    }
}
