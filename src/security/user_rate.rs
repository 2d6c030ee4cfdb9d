//! One rate of users, which a restart must not give back: how much each has taken is told to whoever keeps it.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::clock::{Clock, UnixMs};
use crate::domain::UserId;

/// A rate by user. A user's state is one moment, in Unix milliseconds: when all that they took is given back.
#[derive(Debug)]
pub(super) struct UserRate {
    clock: Clock,
    limiter: RateLimiter<UserId, HashMapStateStore<UserId>, Clock, StateInformationMiddleware>,
    burst: u32,
    /// How long it takes until one is given back.
    each_ms: UnixMs,
    kept: Mutex<Kept>,
}

/// What of it is to be found after a restart.
#[derive(Debug, Default)]
struct Kept {
    known: HashMap<UserId, UnixMs>,
    pending: HashMap<UserId, UnixMs>,
}

impl UserRate {
    /// A rate of `per_min` a minute, as many at once.
    pub(super) fn per_minute(per_min: NonZeroU32, clock: &Clock) -> Self {
        let store = HashMapStateStore::default();
        let limiter = RateLimiter::new(Quota::per_minute(per_min), store, clock.clone());
        let each_ms = (60_000 / i64::from(per_min.get())).max(1);
        Self { clock: clock.clone(), limiter, burst: per_min.get(), each_ms, kept: Mutex::default() }
    }

    /// Takes one.
    ///
    /// # Errors
    /// How long to wait; nothing is taken then.
    pub(super) fn take(&self, user: UserId) -> Result<(), Duration> {
        let state = self.limiter.check_key(&user);
        let state = state.map_err(|until| until.wait_time_from(self.clock.now()))?;
        let taken = i64::from(self.burst.saturating_sub(state.remaining_burst_capacity()));
        let whole_at_ms = self.clock.now_ms().saturating_add(taken.saturating_mul(self.each_ms));
        let mut kept = self.kept();
        if kept.known.get(&user).is_none_or(|known| *known < whole_at_ms) {
            // A tenth of the rate is kept as taken in advance, so that not each one costs a row.
            let ahead_ms =
                whole_at_ms.saturating_add(self.each_ms.saturating_mul(i64::from(self.burst / 10)));
            kept.known.insert(user, ahead_ms);
            kept.pending.insert(user, ahead_ms);
        }
        Ok(())
    }

    /// What is to be kept since this was last asked.
    pub(super) fn pending(&self) -> HashMap<UserId, UnixMs> {
        std::mem::take(&mut self.kept().pending)
    }

    /// It could not be kept: it is pending again, unless something newer is.
    pub(super) fn put_back(&self, user: UserId, whole_at_ms: UnixMs) {
        self.kept().pending.entry(user).or_insert(whole_at_ms);
    }

    /// What was kept of a user when the service last stopped. It counts once; what this process knows is newer.
    pub(super) fn recall(&self, user: UserId, whole_at_ms: UnixMs) {
        if self.kept().known.contains_key(&user) {
            return;
        }
        let taken =
            whole_at_ms.saturating_sub(self.clock.now_ms()).saturating_add(self.each_ms - 1) / self.each_ms;
        let taken = u32::try_from(taken).unwrap_or(0).min(self.burst);
        let Some(taken) = NonZeroU32::new(taken) else { return };
        self.kept().known.insert(user, whole_at_ms);
        // What is more than was left is all taken all the same: there is nothing to tell anybody.
        drop(self.limiter.check_key_n(&user, taken));
    }

    /// Forgets who has all of it again.
    pub(super) fn sweep(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        let now_ms = self.clock.now_ms();
        self.kept().known.retain(|_, whole_at_ms| *whole_at_ms > now_ms);
    }

    /// How many users are remembered.
    pub(super) fn len(&self) -> usize {
        self.limiter.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 1_700_000_000_000;

    fn rate(per_min: u32, clock: &Clock) -> UserRate {
        UserRate::per_minute(NonZeroU32::new(per_min).unwrap(), clock)
    }

    #[test]
    fn a_restart_gives_nothing_back() {
        let clock = Clock::manual(NOW_MS);
        let before = rate(10, &clock);
        let user = UserId(1);
        assert_eq!((0..20).filter(|_| before.take(user).is_ok()).count(), 10);
        let pending = before.pending();
        assert!(before.pending().is_empty());
        let after = rate(10, &clock);
        after.recall(user, pending[&user]);
        assert!(after.take(user).is_err());
        assert!(after.take(UserId(2)).is_ok());
        clock.advance(Duration::from_secs(30));
        after.recall(user, pending[&user]);
        let left = (0..20).filter(|_| after.take(user).is_ok()).count();
        assert!(
            (4..=5).contains(&left),
            "half a minute gives half of it back, less what was kept ahead: {left}"
        );
        clock.advance(Duration::from_secs(90));
        let later = rate(10, &clock);
        later.recall(user, pending[&user]);
        assert_eq!(
            (0..20).filter(|_| later.take(user).is_ok()).count(),
            10,
            "what is long past counts no more"
        );
    }

    #[test]
    fn many_reactions_cost_few_rows() {
        let clock = Clock::manual(NOW_MS);
        let rate = rate(120, &clock);
        let rows = (0..120).filter(|_| rate.take(UserId(1)).is_ok() && !rate.pending().is_empty()).count();
        assert!((9..=13).contains(&rows), "{rows}");
    }

    #[test]
    fn what_could_not_be_kept_is_pending_again() {
        let clock = Clock::manual(NOW_MS);
        let rate = rate(1, &clock);
        rate.take(UserId(1)).unwrap();
        for (user, whole_at_ms) in rate.pending() {
            rate.put_back(user, whole_at_ms);
        }
        assert_eq!(rate.pending().len(), 1);
        clock.advance(Duration::from_secs(120));
        rate.sweep();
        assert_eq!((rate.len(), rate.kept().known.len()), (0, 0));
    }
}
