//! How often: by user, by address, by session.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::address::rate_key;
use super::user_rate::UserRate;
use crate::clock::{Clock, Moment, UnixMs};
use crate::config::Limits;
use crate::domain::{Act, UserId};
use crate::error::{Code, Refusal};

type Keyed<K> = RateLimiter<K, HashMapStateStore<K>, Clock, NoOpMiddleware<Moment>>;

/// The rates that outlive a session. A rate of n in a time lets n come at once and gives one back each nth of it;
/// what is refused costs nothing. Where the limit is 0, there is none.
#[derive(Debug)]
pub struct Rates {
    clock: Clock,
    numbers: Mutex<Numbers>,
    posts: ArcSwapOption<UserRate>,
    reactions: ArcSwapOption<UserRate>,
    sign_ins: ArcSwapOption<Keyed<IpAddr>>,
    sign_ups: ArcSwapOption<Keyed<IpAddr>>,
    http_reads: ArcSwapOption<Keyed<IpAddr>>,
}

/// What the rates were made by: posts, reactions, sign-ins and reads a minute, sign-ups an hour.
type Numbers = [Option<u32>; 5];

impl Rates {
    /// Fresh rates.
    #[must_use]
    pub fn new(limits: &Limits, clock: Clock) -> Self {
        let rates = Self {
            clock,
            numbers: Mutex::new([None; 5]),
            posts: ArcSwapOption::empty(),
            reactions: ArcSwapOption::empty(),
            sign_ins: ArcSwapOption::empty(),
            sign_ups: ArcSwapOption::empty(),
            http_reads: ArcSwapOption::empty(),
        };
        rates.set_limits(limits);
        rates
    }

    /// Other limits hold from now on. A rate that has another number than before begins anew.
    pub fn set_limits(&self, limits: &Limits) {
        let Limits { posts_per_min, reactions_per_min, sign_ins_per_min, sign_ups_per_hour, .. } = *limits;
        let reads_per_min = limits.http_reads_per_min;
        let wished =
            [posts_per_min, reactions_per_min, sign_ins_per_min, reads_per_min, sign_ups_per_hour].map(Some);
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let [posts, reactions, sign_ins, http_reads, sign_ups] = std::mem::replace(&mut *numbers, wished);
        let clock = &self.clock;
        if posts != Some(posts_per_min) {
            self.posts.store(user_rate(posts_per_min, clock));
        }
        if reactions != Some(reactions_per_min) {
            self.reactions.store(user_rate(reactions_per_min, clock));
        }
        if sign_ins != Some(sign_ins_per_min) {
            self.sign_ins.store(keyed(sign_ins_per_min, Quota::per_minute, clock));
        }
        if http_reads != Some(reads_per_min) {
            self.http_reads.store(keyed(reads_per_min, Quota::per_minute, clock));
        }
        if sign_ups != Some(sign_ups_per_hour) {
            self.sign_ups.store(keyed(sign_ups_per_hour, Quota::per_hour, clock));
        }
    }

    /// One comment of a user.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn post(&self, user: UserId) -> Result<(), Refusal> {
        self.posts.load().as_ref().map_or(Ok(()), |rate| rate.take(user).map_err(refused))
    }

    /// One reaction of a user.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn react(&self, user: UserId) -> Result<(), Refusal> {
        self.reactions.load().as_ref().map_or(Ok(()), |rate| rate.take(user).map_err(refused))
    }

    /// One try to sign in from an address; IPv6 counts by its /64.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn sign_in(&self, address: IpAddr) -> Result<(), Refusal> {
        self.take(&self.sign_ins, address)
    }

    /// One read over plain HTTP from an address; IPv6 counts by its /64.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn http_read(&self, address: IpAddr) -> Result<(), Refusal> {
        self.take(&self.http_reads, address)
    }

    /// One try to sign up from an address; IPv6 counts by its /64.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn sign_up(&self, address: IpAddr) -> Result<(), Refusal> {
        self.take(&self.sign_ups, address)
    }

    /// What of the users' rates is to be kept over a restart, since this was last asked: who, of which act, and when all
    /// that they took is given back.
    #[must_use]
    pub fn pending(&self) -> Vec<(UserId, Act, UnixMs)> {
        let of = |(act, rate): (Act, Arc<UserRate>)| {
            rate.pending().into_iter().map(move |(user, at)| (user, act, at))
        };
        self.users().flat_map(of).collect()
    }

    /// What is pending could not be kept.
    pub fn put_back(&self, pending: Vec<(UserId, Act, UnixMs)>) {
        for (user, act, whole_at_ms) in pending {
            self.users().filter(|(of, _)| *of == act).for_each(|(_, rate)| rate.put_back(user, whole_at_ms));
        }
    }

    /// What was kept of a user before the service started.
    pub fn recall(&self, user: UserId, kept: Vec<(Act, UnixMs)>) {
        for (act, whole_at_ms) in kept {
            self.users().filter(|(of, _)| *of == act).for_each(|(_, rate)| rate.recall(user, whole_at_ms));
        }
    }

    fn users(&self) -> impl Iterator<Item = (Act, Arc<UserRate>)> {
        let rates = [(Act::Post, self.posts.load_full()), (Act::React, self.reactions.load_full())];
        rates.into_iter().filter_map(|(act, rate)| rate.map(|rate| (act, rate)))
    }

    /// Forgets who has all of their rate again, which changes nothing but the memory: to be called now and then.
    pub fn sweep(&self) {
        self.users().for_each(|(_, rate)| rate.sweep());
        sweep(&self.sign_ins);
        sweep(&self.sign_ups);
        sweep(&self.http_reads);
    }

    /// How many users and addresses are remembered.
    #[must_use]
    pub fn remembered(&self) -> usize {
        let addresses = [&self.sign_ins, &self.sign_ups, &self.http_reads].map(ArcSwapOption::load_full);
        let users = self.users().map(|(_, rate)| rate.len());
        users.chain(addresses.into_iter().flatten().map(|rate| rate.len())).sum()
    }

    fn take(&self, rate: &ArcSwapOption<Keyed<IpAddr>>, address: IpAddr) -> Result<(), Refusal> {
        let rate = rate.load();
        let Some(rate) = rate.as_ref() else { return Ok(()) };
        let taken = rate.check_key(&rate_key(address));
        taken.map_err(|until| refused(until.wait_time_from(self.clock.now())))
    }
}

fn keyed(rate: u32, per: fn(NonZeroU32) -> Quota, clock: &Clock) -> Option<Arc<Keyed<IpAddr>>> {
    let rate = NonZeroU32::new(rate)?;
    Some(Arc::new(RateLimiter::hashmap_with_clock(per(rate), clock.clone())))
}

fn user_rate(per_min: u32, clock: &Clock) -> Option<Arc<UserRate>> {
    NonZeroU32::new(per_min).map(|per_min| Arc::new(UserRate::per_minute(per_min, clock)))
}

fn sweep(rate: &ArcSwapOption<Keyed<IpAddr>>) {
    if let Some(rate) = rate.load().as_ref() {
        rate.retain_recent();
        rate.shrink_to_fit();
    }
}

fn refused(wait: Duration) -> Refusal {
    let wait_ms = wait.as_nanos().div_ceil(1_000_000).max(1);
    Refusal::wait(Code::RateLimited, u64::try_from(wait_ms).unwrap_or(u64::MAX))
}

/// One session's own rate, in three words: the same rule as [`Rates`], without keys or locks.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "a unit stands last in a name")]
pub struct SessionRate {
    /// What one costs, in nanoseconds; 0: no limit.
    each_ns: u64,
    /// What all at once may cost.
    burst_ns: u64,
    /// The time by which all that was taken is given back, in nanoseconds of the monotonic clock.
    whole_at_ns: u64,
}

impl SessionRate {
    /// The rate of queries.
    #[must_use]
    pub fn queries(limits: &Limits) -> Self {
        Self::new(limits.queries_per_s, 1_000_000_000, limits.queries_burst)
    }

    /// The rate of bad queries.
    #[must_use]
    pub fn bad_queries(limits: &Limits) -> Self {
        Self::new(limits.bad_queries_per_min, 60_000_000_000, limits.bad_queries_per_min)
    }

    fn new(count: u32, in_ns: u64, burst: u32) -> Self {
        let each_ns = if burst == 0 { 0 } else { in_ns.checked_div(count.into()).unwrap_or(0) };
        Self { each_ns, burst_ns: each_ns.saturating_mul(burst.into()), whole_at_ns: 0 }
    }

    /// Takes one at `now`, the [monotonic](Clock::monotonic) time.
    ///
    /// # Errors
    /// [`Code::RateLimited`], with the time to wait.
    pub fn take(&mut self, now: Duration) -> Result<(), Refusal> {
        let now_ns = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        let whole_at_ns = self.whole_at_ns.max(now_ns).saturating_add(self.each_ns);
        let over_ns = whole_at_ns.saturating_sub(now_ns).saturating_sub(self.burst_ns);
        if over_ns > 0 {
            return Err(refused(Duration::from_nanos(over_ns)));
        }
        self.whole_at_ns = whole_at_ns;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_ms(taken: Result<(), Refusal>) -> Option<u64> {
        taken.err().map(|refusal| {
            assert_eq!(refusal.code, Code::RateLimited);
            refusal.retry_after_ms.unwrap()
        })
    }

    fn rates(limits: &Limits) -> (Rates, Clock) {
        let clock = Clock::manual(1_700_000_000_000);
        (Rates::new(limits, clock.clone()), clock)
    }

    #[test]
    fn as_many_as_the_rate_may_come_at_once() {
        let (rates, clock) = rates(&Limits { posts_per_min: 3, ..Limits::default() });
        for _ in 0..3 {
            rates.post(UserId(1)).unwrap();
        }
        assert_eq!(wait_ms(rates.post(UserId(1))), Some(20_000));
        rates.post(UserId(2)).unwrap();
        rates.react(UserId(1)).unwrap();
        clock.advance(Duration::from_millis(19_999));
        assert_eq!(wait_ms(rates.post(UserId(1))), Some(1));
        clock.advance(Duration::from_millis(1));
        rates.post(UserId(1)).unwrap();
        assert_eq!(wait_ms(rates.post(UserId(1))), Some(20_000));
    }

    #[test]
    fn addresses_count_by_hour_and_by_subscriber() {
        let (rates, _) = rates(&Limits { sign_ups_per_hour: 1, sign_ins_per_min: 1, ..Limits::default() });
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        rates.sign_up(address("2001:db8::1")).unwrap();
        assert_eq!(wait_ms(rates.sign_up(address("2001:db8::2"))), Some(3_600_000));
        rates.sign_up(address("2001:db8:0:1::1")).unwrap();
        rates.sign_in(address("2001:db8::1")).unwrap();
        assert_eq!(wait_ms(rates.sign_in(address("2001:db8::3"))), Some(60_000));
    }

    #[test]
    fn zero_is_no_limit() {
        let none = Limits { posts_per_min: 0, queries_per_s: 0, ..Limits::default() };
        let (rates, clock) = rates(&none);
        let mut session = SessionRate::queries(&none);
        for _ in 0..10_000 {
            rates.post(UserId(1)).unwrap();
            session.take(clock.monotonic()).unwrap();
        }
        let mut session = SessionRate::queries(&Limits { queries_burst: 0, ..Limits::default() });
        assert!((0..10_000).all(|_| session.take(clock.monotonic()).is_ok()));
    }

    #[test]
    fn a_sweep_forgets_only_who_is_whole_again() {
        let (rates, clock) = rates(&Limits { posts_per_min: 2, ..Limits::default() });
        rates.post(UserId(1)).unwrap();
        clock.advance(Duration::from_secs(40));
        rates.post(UserId(2)).unwrap();
        rates.post(UserId(2)).unwrap();
        assert_eq!(rates.remembered(), 2);
        clock.advance(Duration::from_secs(29));
        rates.sweep();
        assert_eq!(rates.remembered(), 1);
        assert_eq!(wait_ms(rates.post(UserId(2))), Some(1_000));
    }

    #[test]
    fn a_session_has_a_burst_and_then_its_rate() {
        let mut session =
            SessionRate::queries(&Limits { queries_per_s: 20, queries_burst: 60, ..Limits::default() });
        let mut now = Duration::from_secs(7);
        for _ in 0..60 {
            session.take(now).unwrap();
        }
        assert_eq!(wait_ms(session.take(now)), Some(50));
        assert_eq!(wait_ms(session.take(now)), Some(50), "a refusal costs nothing");
        now += Duration::from_millis(49);
        assert_eq!(wait_ms(session.take(now)), Some(1));
        now += Duration::from_millis(1);
        session.take(now).unwrap();
        assert!(session.take(now).is_err());
        now += Duration::from_secs(60);
        assert_eq!(
            (0..100).filter(|_| session.take(now).is_ok()).count(),
            60,
            "a rest saves up one burst at most"
        );
        let mut bad = SessionRate::bad_queries(&Limits { bad_queries_per_min: 2, ..Limits::default() });
        assert_eq!(
            (bad.take(now).is_ok(), bad.take(now).is_ok(), wait_ms(bad.take(now))),
            (true, true, Some(30_000))
        );
    }
}
