//! `fanout`: comments at a steady rate, to every viewer of one page.
//!
//! Each comment carries the time at which it was due, so what is measured is post to screen, a server's or this
//! program's being late included. A delivery is one comment at one viewer, however many came in one message.

use std::time::Duration;

use anyhow::Result;

use super::{Context, Ticker};
use crate::client::{Crowd, Heard, Message, Replies, payload, query};
use crate::clock::Schedule;
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
    "CPU us each",
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

struct Plan {
    viewers: &'static [usize],
    posts_per_s: &'static [f64],
    warm_up: Duration,
    measured: Duration,
    /// How long what is still under way may take to arrive before the next point.
    drain: Duration,
}

/// What one server did with one load.
struct Point {
    server: &'static str,
    viewers: usize,
    posts_per_s: f64,
    deliveries_per_s: f64,
    /// Deliveries a message, on average.
    gathered: f64,
    cpu_us: f64,
    system_share: f64,
    latencies: Latencies,
    resident_kib: u64,
    late: Latencies,
}

/// Runs every server through every load.
pub fn run(context: &Context) -> Report {
    let seconds = Duration::from_secs;
    let plan = Plan {
        viewers: context.size.pick(&[100], &[1_000], &[1_000, 10_000]),
        posts_per_s: &[10.0, 100.0],
        warm_up: seconds(context.size.pick(1, 1, 3)),
        measured: seconds(context.size.pick(1, 3, 10)),
        drain: seconds(context.size.pick(1, 3, 20)),
    };
    let mut points = Vec::new();
    let title =
        format!("comments of {COMMENT_BYTES} bytes to all viewers of a page, {:?} each", plan.measured);
    let mut report = Report::new("fanout", title, COLUMNS);
    for peer in context.of(PEERS) {
        if let Err(error) = measure(context, peer, &plan, &mut points) {
            report.left_out(peer.name, &error);
        }
    }
    for point in &points {
        report.row(point.server, point.cells(&points));
    }
    for peer in context.of(PEERS) {
        report.note(format!("{}: {}", peer.name, peer.what));
    }
    goals(&points, &mut report);
    report
}

fn measure(context: &Context, peer: &Peer, plan: &Plan, points: &mut Vec<Point>) -> Result<()> {
    let server = Server::start(context, peer, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
    let script = |author| vec![query::sign_up(&format!("bench-{author}")), query::subscribe(2, PAGE)];
    crowd.open(AUTHORS, script, |_, _| ())?;
    for viewers in plan.viewers {
        progress(&format!("fanout: {}: opening {viewers} viewers", peer.name));
        let more = viewers - crowd.len();
        crowd.open(more, |_| vec![query::subscribe(2, PAGE)], |_, _| ())?;
        for posts_per_s in plan.posts_per_s {
            let listeners = viewers - usize::from(!peer.dialect.tells_the_author());
            let load =
                Load { context, server: &server, viewers: *viewers, listeners, posts_per_s: *posts_per_s };
            let (point, drained) = load.run(&mut crowd, plan, peer.name)?;
            points.push(point);
            if !drained {
                anyhow::bail!("{viewers} viewers at {posts_per_s}/s left too much behind to go on");
            }
        }
    }
    Ok(())
}

struct Load<'c> {
    context: &'c Context,
    server: &'c Server,
    viewers: usize,
    /// How many of them are told of a comment.
    listeners: usize,
    posts_per_s: f64,
}

/// What the viewers have heard.
struct Tally {
    begun_us: u64,
    deliveries: u64,
    messages: u64,
    latencies: Latencies,
    /// A bit a comment for each viewer: who is caught up may be told of one again, which is no delivery.
    seen: Vec<Vec<u64>>,
    /// All deliveries since the posts began.
    all: u64,
}

impl Tally {
    fn new(viewers: usize, begun_us: u64) -> Self {
        let seen = vec![Vec::new(); viewers];
        Self { begun_us, deliveries: 0, messages: 0, latencies: Latencies::new(), seen, all: 0 }
    }

    /// Counts anew.
    fn forget(&mut self) {
        (self.deliveries, self.messages, self.latencies) = (0, 0, Latencies::new());
    }

    fn hear(&mut self, heard: &Heard<'_>) {
        let Message::Push(push) = heard.message else { return };
        self.messages += 1;
        for (sent_us, number) in payload::stamps(push) {
            if sent_us >= self.begun_us && self.is_first(heard.member, number as usize) {
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

impl Load<'_> {
    /// Warms up, measures, and waits for what is still under way; gives whether all of it came.
    fn run(&self, crowd: &mut Crowd, plan: &Plan, name: &'static str) -> Result<(Point, bool)> {
        let what = format!("fanout: {name}: {} viewers, {} posts/s", self.viewers, self.posts_per_s);
        let mut ticker = Ticker::new(what, plan.warm_up + plan.measured);
        let mut posts = Schedule::new(self.context.clock.now_us(), self.posts_per_s);
        let mut tally = Tally::new(self.viewers, posts.next_us());
        self.post(crowd, &mut posts, plan.warm_up, (&mut tally, &mut ticker))?;
        tally.forget();
        let (before, begun_us) = (self.server.usage()?, self.context.clock.now_us());
        let late = self.post(crowd, &mut posts, plan.measured, (&mut tally, &mut ticker))?;
        let used = self.server.usage()? - before;
        let took_s = (self.context.clock.now_us() - begun_us) as f64 / 1e6;
        let point = Point {
            server: name,
            viewers: self.viewers,
            posts_per_s: self.posts_per_s,
            deliveries_per_s: tally.deliveries as f64 / took_s,
            gathered: tally.deliveries as f64 / tally.messages as f64,
            cpu_us: used.cpu.as_secs_f64() * 1e6 / tally.deliveries as f64,
            system_share: used.system.as_secs_f64() / used.cpu.as_secs_f64(),
            latencies: tally.latencies.clone(),
            resident_kib: self.server.resident_kib()?,
            late,
        };
        let wanted = posts.count() * self.listeners as u64;
        let give_up_us = self.context.clock.now_us() + plan.drain.as_micros() as u64;
        while tally.all < wanted && self.context.clock.now_us() < give_up_us {
            let soon = self.context.clock.at(self.context.clock.now_us() + 10_000);
            crowd.turn(soon, |heard, _| tally.hear(&heard))?;
        }
        Ok((point, tally.all == wanted))
    }

    /// Posts what is due, for as long; gives how late this program itself was with it.
    fn post(
        &self,
        crowd: &mut Crowd,
        posts: &mut Schedule,
        lasts: Duration,
        (tally, ticker): (&mut Tally, &mut Ticker),
    ) -> Result<Latencies> {
        let clock = self.context.clock;
        let end_us = clock.now_us() + lasts.as_micros() as u64;
        let mut late = Latencies::new();
        while clock.now_us() < end_us {
            while let Some((number, due_us)) = posts.take(clock.now_us()) {
                let text = payload::stamped((due_us, number), COMMENT_BYTES);
                crowd.ask(number as usize % AUTHORS, &query::post(due_us, PAGE, &text))?;
                late.record(clock.now_us() - due_us);
            }
            let until = clock.at(posts.next_us().min(end_us));
            crowd.turn(until, |heard: Heard<'_>, _: &mut Replies| tally.hear(&heard))?;
            ticker.tick(|| format!("{} deliveries", tally.deliveries));
        }
        Ok(late)
    }
}

impl Point {
    fn same_load(&self, other: &Self) -> bool {
        (self.viewers, self.posts_per_s) == (other.viewers, other.posts_per_s)
    }

    fn cells(&self, all: &[Self]) -> Vec<Cell> {
        let of = |server: &str| {
            let other = all.iter().find(|other| other.server == server && self.same_load(other));
            Cell::from(other.map(|other| (self.cpu_us / other.cpu_us, 2)))
        };
        let wanted = self.viewers as f64 * self.posts_per_s;
        vec![
            self.viewers.into(),
            (self.posts_per_s, 0).into(),
            (self.deliveries_per_s, 0).into(),
            (self.deliveries_per_s / wanted, 2).into(),
            (self.gathered, 1).into(),
            (self.cpu_us, 2).into(),
            of(BARE.name),
            of(OTKLIK.name),
            (self.system_share, 2).into(),
            (self.latencies.ms(50.0), 1).into(),
            (self.latencies.ms(99.0), 1).into(),
            (self.resident_kib as f64 / 1_024.0, 0).into(),
            (self.late.ms(99.0), 1).into(),
        ]
    }
}

/// Fewer CPU us a delivery than every peer; near the floor where each event is a write, far below it where gathered.
fn goals(points: &[Point], report: &mut Report) {
    for ours in points.iter().filter(|point| point.server == OTKLIK.name) {
        let load = format!("{} viewers, {} posts/s", ours.viewers, ours.posts_per_s);
        for other in points.iter().filter(|other| ours.same_load(other) && other.server != ours.server) {
            let times = ours.cpu_us / other.cpu_us;
            if other.server != BARE.name {
                let what =
                    format!("{load}: fewer CPU us a delivery than {} ({times:.2} of its)", other.server);
                report.goal(what, times < 1.0);
            } else if ours.gathered < 1.5 {
                report.goal(format!("{load}: within 1.3 of the floor ({times:.2})"), times <= 1.3);
            } else if ours.gathered >= 8.0 {
                report
                    .goal(format!("{load}: below a fifth of the floor, gathered ({times:.2})"), times < 0.2);
            }
        }
    }
}
