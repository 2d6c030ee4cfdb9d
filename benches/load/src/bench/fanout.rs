//! `fanout`: comments at a steady rate, to every viewer of one page.
//!
//! Each comment carries the time at which it was due, so what is measured is post to screen, a server's or this
//! program's being late included. A delivery is one comment at one viewer, however many came in one message.
//!
//! The CPU time is the server's own, all its threads, user and system, over just the span in which the deliveries are
//! counted. What was posted before has arrived when the span begins, and what was posted in it when it ends, so a slow
//! reader here changes nothing. On a shared machine a minute is unlike the next one: the servers take turns in short
//! rounds, a ratio is that of one round, and what is told is the median of the rounds.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Context, Ticker, median};
use crate::client::{Crowd, Heard, Message, Replies, payload, query};
use crate::clock::{Clock, Schedule};
use crate::latency::Latencies;
use crate::report::{Cell, Report, progress};
use crate::server::{BARE, NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, SOCKUDO, Server, Settings};

const PEERS: &[Peer] = &[BARE, OTKLIK, NODE_WS, SOCKET_IO, PYTHON, SOCKUDO];

const COLUMNS: &[&str] = &[
    "viewers",
    "posts/s",
    "deliveries/s",
    "of wanted",
    "a message",
    "bytes each",
    "CPU us each",
    "spread",
    "of floor's",
    "of otklik's",
    "system",
    "p50 ms",
    "p99 ms",
    "MiB",
    "late p99 ms",
];

const PAGE: &str = "/fanout";

/// So many of the viewers take turns at posting: none has more than one query under way for long.
const AUTHORS: usize = 10;

/// As long as comments are as a rule.
const COMMENT_BYTES: usize = 120;

/// How long what is under way may take to arrive where nothing but the next span waits for it.
const DRAIN_SHORT: Duration = Duration::from_secs(2);

struct Plan {
    rounds: usize,
    viewers: &'static [usize],
    posts_per_s: &'static [f64],
    warm_up: Duration,
    measured: Duration,
    /// How long what is still under way may take to arrive before the next load.
    drain: Duration,
}

/// What one server did with one load in one round.
struct Point {
    server: &'static str,
    round: usize,
    viewers: usize,
    posts_per_s: f64,
    deliveries_per_s: f64,
    /// Deliveries a message, on average.
    gathered: f64,
    /// Bytes a delivery, frames' headers included.
    bytes: f64,
    cpu_us: f64,
    system_share: f64,
    p50_ms: f64,
    p99_ms: f64,
    resident_mib: f64,
    late_p99_ms: f64,
}

/// Runs every server through every load, round after round.
pub fn run(context: &Context) -> Report {
    let millis = Duration::from_millis;
    let plan = Plan {
        rounds: context.size.pick(1, 3, 5),
        viewers: context.size.pick(&[100], &[1_000], &[1_000, 10_000]),
        posts_per_s: &[10.0, 100.0],
        warm_up: millis(context.size.pick(500, 500, 1_000)),
        measured: millis(context.size.pick(1_000, 2_000, 3_000)),
        drain: millis(context.size.pick(1_000, 3_000, 8_000)),
    };
    let title = format!(
        "comments of {COMMENT_BYTES} bytes to all viewers of a page, {:?} each, the median of {} rounds",
        plan.measured, plan.rounds
    );
    let mut report = Report::new("fanout", title, COLUMNS);
    let (mut points, mut gone, mut told) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for round in 0..plan.rounds {
        for viewers in plan.viewers {
            for peer in context.of(PEERS) {
                let turn = Turn { context, peer, plan: &plan, round, viewers: *viewers };
                // Who has failed at that many does not try again.
                if gone.contains(&(peer.name, viewers)) {
                    continue;
                }
                if let Err(error) = turn.measure(&mut points) {
                    gone.insert((peer.name, viewers));
                    if told.insert(format!("{}: {error:#}", peer.name)) {
                        report.left_out(peer.name, &error);
                    }
                }
            }
        }
    }
    tell(&points, &mut report);
    for peer in context.of(PEERS) {
        report.note(format!("{}: {}", peer.name, peer.what));
    }
    report.note("spread: from the least to the most CPU of a round, as a part of the median".into());
    report
}

/// One server's turn in one round: so many viewers, and every rate.
struct Turn<'c> {
    context: &'c Context,
    peer: &'c Peer,
    plan: &'c Plan,
    round: usize,
    viewers: usize,
}

impl Turn<'_> {
    fn measure(&self, points: &mut Vec<Point>) -> Result<()> {
        let (context, peer, viewers) = (self.context, self.peer, self.viewers);
        let server = Server::start(context, peer, &Settings::default())?;
        let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
        let script = |author| vec![query::sign_up(&format!("bench-{author}")), query::subscribe(2, PAGE)];
        crowd.open(AUTHORS, script, |_, _| ())?;
        progress(&format!("fanout: {}: opening {viewers} viewers", peer.name));
        crowd.open(viewers - AUTHORS, |_| vec![query::subscribe(2, PAGE)], |_, _| ())?;
        let mut crowd = Viewers { crowd, tally: Tally::new(viewers) };
        for (place, posts_per_s) in self.plan.posts_per_s.iter().enumerate() {
            let is_last = place + 1 == self.plan.posts_per_s.len();
            let drain = if is_last { self.plan.drain.min(DRAIN_SHORT) } else { self.plan.drain };
            let (point, drained) = self.load(&server, &mut crowd, *posts_per_s, drain)?;
            points.push(point);
            if !drained && !is_last {
                bail!("{viewers} viewers at {posts_per_s}/s left too much behind to go on");
            }
        }
        Ok(())
    }

    /// Warms up, measures, and waits for what is still under way; gives whether all of it came.
    fn load(
        &self,
        server: &Server,
        viewers: &mut Viewers,
        posts_per_s: f64,
        drain: Duration,
    ) -> Result<(Point, bool)> {
        let (clock, plan, name) = (self.context.clock, self.plan, self.peer.name);
        let what = format!(
            "fanout: round {}, {name}: {} viewers, {posts_per_s} posts/s",
            self.round + 1,
            self.viewers
        );
        let mut ticker = Ticker::new(what, plan.warm_up + plan.measured);
        let listeners = self.viewers - usize::from(!self.peer.dialect.tells_the_author());
        viewers.post(clock, (posts_per_s, plan.warm_up), &mut ticker)?;
        viewers.drain(clock, drain.min(DRAIN_SHORT), listeners)?;
        viewers.tally.forget();
        let (before, begun_us, bytes) = (server.usage()?, clock.now_us(), viewers.crowd.bytes_read);
        let late = viewers.post(clock, (posts_per_s, plan.measured), &mut ticker)?;
        let took_s = (clock.now_us() - begun_us) as f64 / 1e6;
        let in_time = viewers.tally.deliveries as f64;
        let drained = viewers.drain(clock, drain, listeners)?;
        let used = server.usage()? - before;
        let tally = &viewers.tally;
        let deliveries = tally.deliveries as f64;
        let point = Point {
            server: name,
            round: self.round,
            viewers: self.viewers,
            posts_per_s,
            deliveries_per_s: in_time / took_s,
            gathered: deliveries / tally.messages as f64,
            bytes: (viewers.crowd.bytes_read - bytes) as f64 / deliveries,
            cpu_us: used.cpu.as_secs_f64() * 1e6 / deliveries,
            system_share: used.system_share(),
            p50_ms: tally.latencies.ms(50.0),
            p99_ms: tally.latencies.ms(99.0),
            resident_mib: server.resident_kib()? as f64 / 1_024.0,
            late_p99_ms: late.ms(99.0),
        };
        Ok((point, drained))
    }
}

/// What the viewers have heard.
struct Tally {
    deliveries: u64,
    messages: u64,
    latencies: Latencies,
    /// A bit a comment for each viewer: who is caught up may be told of one again, which is no delivery.
    seen: Vec<Vec<u64>>,
    /// All that were posted, and all their deliveries.
    posted: u64,
    all: u64,
}

impl Tally {
    fn new(viewers: usize) -> Self {
        let (latencies, seen) = (Latencies::new(), vec![Vec::new(); viewers]);
        Self { deliveries: 0, messages: 0, latencies, seen, posted: 0, all: 0 }
    }

    /// Counts anew.
    fn forget(&mut self) {
        (self.deliveries, self.messages, self.latencies) = (0, 0, Latencies::new());
    }

    fn hear(&mut self, heard: &Heard<'_>) {
        let Message::Push(push) = heard.message else { return };
        self.messages += 1;
        for (sent_us, number) in payload::stamps(push) {
            if self.is_first(heard.member, number as usize) {
                self.deliveries += 1;
                self.all += 1;
                self.latencies.record(heard.at_us.saturating_sub(sent_us));
            }
        }
    }

    fn is_first(&mut self, viewer: usize, number: usize) -> bool {
        let (seen, word, bit) = (&mut self.seen[viewer], number / 64, 1 << (number % 64));
        if seen.len() <= word {
            seen.resize(word + 1, 0);
        }
        let first = seen[word] & bit == 0;
        seen[word] |= bit;
        first
    }
}

struct Viewers {
    crowd: Crowd,
    tally: Tally,
}

impl Viewers {
    /// Posts what is due at a rate, for as long; gives how late this program itself was with it.
    fn post(
        &mut self,
        clock: Clock,
        (posts_per_s, lasts): (f64, Duration),
        ticker: &mut Ticker,
    ) -> Result<Latencies> {
        let Self { crowd, tally } = self;
        let mut posts = Schedule::new(clock.now_us(), posts_per_s);
        let end_us = clock.now_us() + lasts.as_micros() as u64;
        let mut late = Latencies::new();
        while clock.now_us() < end_us {
            while let Some((_, due_us)) = posts.take(clock.now_us()) {
                let text = payload::stamped((due_us, tally.posted), COMMENT_BYTES);
                crowd.ask(tally.posted as usize % AUTHORS, &query::post(due_us, PAGE, &text))?;
                tally.posted += 1;
                late.record(clock.now_us() - due_us);
            }
            let until = clock.at(posts.next_us().min(end_us));
            crowd.turn(until, |heard: Heard<'_>, _: &mut Replies| tally.hear(&heard))?;
            ticker.tick(|| format!("{} deliveries", tally.deliveries));
        }
        Ok(late)
    }

    /// Waits until everybody was told of everything; gives whether that came to be.
    fn drain(&mut self, clock: Clock, lasts: Duration, listeners: usize) -> Result<bool> {
        let Self { crowd, tally } = self;
        let wanted = tally.posted * listeners as u64;
        let give_up_us = clock.now_us() + lasts.as_micros() as u64;
        while tally.all < wanted && clock.now_us() < give_up_us {
            let soon = clock.at(clock.now_us() + 10_000);
            crowd.turn(soon, |heard, _| tally.hear(&heard))?;
        }
        Ok(tally.all == wanted)
    }
}

/// One server's rounds with one load.
struct Rounds<'p>(Vec<&'p Point>);

/// Every load of every server, in the order of the first round.
fn grouped(points: &[Point]) -> Vec<Rounds<'_>> {
    let mut groups: Vec<Rounds<'_>> = Vec::new();
    for peer in PEERS {
        for point in points.iter().filter(|point| point.server == peer.name) {
            match groups
                .iter_mut()
                .find(|group| group.first().server == peer.name && point.same_load(group.first()))
            {
                Some(group) => group.0.push(point),
                None => groups.push(Rounds(vec![point])),
            }
        }
    }
    groups
}

impl Point {
    fn same_load(&self, other: &Self) -> bool {
        (self.viewers, self.posts_per_s) == (other.viewers, other.posts_per_s)
    }
}

impl Rounds<'_> {
    fn first(&self) -> &Point {
        self.0[0]
    }

    fn median(&self, of: impl Fn(&Point) -> f64) -> f64 {
        median(self.0.iter().map(|point| of(point)))
    }

    /// The median of the rounds' ratios to another server.
    fn ratio(&self, other: &Self) -> f64 {
        median(self.0.iter().filter_map(|point| {
            let beside = other.0.iter().find(|beside| beside.round == point.round)?;
            Some(point.cpu_us / beside.cpu_us)
        }))
    }

    fn spread(&self) -> f64 {
        let all = || self.0.iter().map(|point| point.cpu_us);
        (all().fold(0.0, f64::max) - all().fold(f64::INFINITY, f64::min)) / self.median(|point| point.cpu_us)
    }

    fn cells(&self, all: &[Self]) -> Vec<Cell> {
        let of = |server: &str| {
            let alike =
                |other: &&Self| other.first().server == server && other.first().same_load(self.first());
            Cell::from(all.iter().find(alike).map(|other| (self.ratio(other), 2)))
        };
        let Point { viewers, posts_per_s, .. } = *self.first();
        let deliveries_per_s = self.median(|point| point.deliveries_per_s);
        vec![
            viewers.into(),
            (posts_per_s, 0).into(),
            (deliveries_per_s, 0).into(),
            (deliveries_per_s / (viewers as f64 * posts_per_s), 2).into(),
            (self.median(|point| point.gathered), 1).into(),
            (self.median(|point| point.bytes), 0).into(),
            (self.median(|point| point.cpu_us), 2).into(),
            (self.spread(), 2).into(),
            of(BARE.name),
            of(OTKLIK.name),
            (self.median(|point| point.system_share), 2).into(),
            (self.median(|point| point.p50_ms), 1).into(),
            (self.median(|point| point.p99_ms), 1).into(),
            (self.median(|point| point.resident_mib), 0).into(),
            (self.median(|point| point.late_p99_ms), 1).into(),
        ]
    }
}

/// The table, and the goals: fewer CPU us a delivery than every peer; near the floor where each event is a write, far
/// below it where gathered.
fn tell(points: &[Point], report: &mut Report) {
    let groups = grouped(points);
    for group in &groups {
        report.row(group.first().server, group.cells(&groups));
    }
    for ours in groups.iter().filter(|group| group.first().server == OTKLIK.name) {
        let load = format!("{} viewers, {} posts/s", ours.first().viewers, ours.first().posts_per_s);
        let gathered = ours.median(|point| point.gathered);
        let beside = |other: &&Rounds<'_>| {
            other.first().server != OTKLIK.name && other.first().same_load(ours.first())
        };
        for other in groups.iter().filter(beside) {
            let (times, server) = (ours.ratio(other), other.first().server);
            if server != BARE.name {
                let what = format!("{load}: fewer CPU us a delivery than {server} ({times:.2} of its)");
                report.goal(what, times < 1.0);
            } else if gathered < 1.5 {
                report.goal(format!("{load}: within 1.3 of the floor ({times:.2})"), times <= 1.3);
            } else if gathered >= 8.0 {
                report
                    .goal(format!("{load}: below a fifth of the floor, gathered ({times:.2})"), times < 0.2);
            }
        }
    }
}
