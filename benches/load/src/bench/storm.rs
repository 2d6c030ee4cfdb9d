//! `storm`: many users react at once on one page that many watch.
//!
//! Every viewer keeps the tallies as a page would, and in the end all of them must be exact. How long a reaction takes to
//! everybody's screen is measured on samples: one answer each 20 ms is a probe, and every viewer's first push at or above
//! its revision is when the viewer sees it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Result;

use super::{Context, Ticker};
use crate::client::{Crowd, Heard, Message, payload, query};
use crate::clock::{Clock, Schedule};
use crate::latency::Latencies;
use crate::report::{Cell, Report, progress};
use crate::server::{NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, Server, Settings};

const PEERS: &[Peer] = &[OTKLIK, NODE_WS, SOCKET_IO, PYTHON];

const COLUMNS: &[&str] = &[
    "viewers",
    "wanted/s",
    "answered/s",
    "answer p99 ms",
    "lag p50 ms",
    "lag p99 ms",
    "to screen p99 ms",
    "cores",
    "messages/s",
    "exact",
    "keeps up",
];

const PAGE: &str = "/storm";
const COMMENTS: usize = 50;
const PROBE_EVERY_US: u64 = 20_000;

/// The lag that counts as keeping up, in milliseconds.
const LAG_MS_MAX: f64 = 500.0;

struct Plan {
    viewers: usize,
    users: usize,
    warm_up: Duration,
    measured: Duration,
    /// How long the last reactions may take to everybody.
    drain: Duration,
}

/// Otklik at the full rate, and everybody at a tenth of it.
pub fn run(context: &Context) -> Report {
    let seconds = Duration::from_secs;
    let plan = Plan {
        viewers: context.size.pick(100, 1_000, 10_000),
        users: 100,
        warm_up: seconds(context.size.pick(1, 2, 3)),
        measured: seconds(context.size.pick(1, 4, 15)),
        drain: seconds(context.size.pick(2, 5, 30)),
    };
    let title = format!("{} users react on {COMMENTS} comments of one page, {:?}", plan.users, plan.measured);
    let mut report = Report::new("storm", title, COLUMNS);
    for peer in context.of(PEERS) {
        let rates: &[f64] = if peer.name == OTKLIK.name { &[5_000.0, 500.0] } else { &[500.0] };
        for per_s in rates {
            match Storm::measure(context, peer, &plan, *per_s) {
                Ok(storm) => storm.tell(peer, &plan, *per_s, &mut report),
                Err(error) => report.left_out(&format!("{} at {per_s}/s", peer.name), &error),
            }
        }
    }
    report
        .note("lag: from the answer to a viewer's screen; to screen: from when the reaction was due".into());
    report
}

/// An answer whose way to every screen is watched.
struct Probe {
    rev: u64,
    answered_us: u64,
    due_us: u64,
}

/// What one viewer has seen.
#[derive(Clone)]
struct Viewer {
    rev: u64,
    /// How many probes it has seen.
    passed: usize,
    /// Likes and dislikes by the comment's place.
    tallies: [(u64, u64); COMMENTS],
}

/// One run, as it goes and as it went.
struct Storm {
    /// The comments' numbers.
    comments: Vec<u64>,
    first_viewer: usize,
    viewers: Vec<Viewer>,
    probes: Vec<Probe>,
    answers: u64,
    refused: u64,
    messages: u64,
    answer: Latencies,
    lag: Latencies,
    to_screen: Latencies,
    /// The last that each user set on each comment.
    set: HashMap<(usize, usize), &'static str>,
    per_s: f64,
    messages_per_s: f64,
    cores: f64,
}

impl Storm {
    fn measure(context: &Context, peer: &Peer, plan: &Plan, per_s: f64) -> Result<Self> {
        let server = Server::start(context, peer, &Settings::default())?;
        let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
        let mut storm = Self::begin(&mut crowd, plan)?;
        progress(&format!("storm: {}: opening {} viewers", peer.name, plan.viewers));
        crowd.open(plan.viewers, |_| vec![query::subscribe(2, PAGE)], |_, _| ())?;
        let what = format!("storm: {}: {} viewers, {per_s} reactions/s", peer.name, plan.viewers);
        let mut ticker = Ticker::new(what, plan.warm_up + plan.measured);
        let mut schedule = Schedule::new(context.clock.now_us(), per_s);
        let load = Load { clock: context.clock, users: plan.users };
        load.react(&mut crowd, &mut storm, (&mut schedule, plan.warm_up), &mut ticker)?;
        storm.forget();
        let (before, begun_us) = (server.usage()?, context.clock.now_us());
        load.react(&mut crowd, &mut storm, (&mut schedule, plan.measured), &mut ticker)?;
        let used = server.usage()? - before;
        let took_s = (context.clock.now_us() - begun_us) as f64 / 1e6;
        storm.per_s = storm.answers as f64 / took_s;
        storm.messages_per_s = storm.messages as f64 / took_s;
        storm.cores = used.cpu.as_secs_f64() / took_s;
        let give_up_us = context.clock.now_us() + plan.drain.as_micros() as u64;
        while storm.exact() < plan.viewers && context.clock.now_us() < give_up_us {
            let soon = context.clock.at(context.clock.now_us() + 50_000);
            crowd.turn_until(soon, |heard, _| storm.hear(&heard))?;
        }
        Ok(storm)
    }

    /// Signs the users up and posts the comments.
    fn begin(crowd: &mut Crowd, plan: &Plan) -> Result<Self> {
        let mut comments = Vec::new();
        let script = |user: usize| {
            let posts = if user == 0 { COMMENTS } else { 0 };
            let posts = (0..posts).map(|_| query::post(2, PAGE, &payload::stamped((0, 0), 120)));
            std::iter::once(query::sign_up(&format!("bench-{user}"))).chain(posts).collect()
        };
        crowd.open(plan.users, script, |heard, _| {
            if let Message::Answer(answer) = heard.message {
                comments.extend(payload::number(answer, payload::COMMENT_ID));
            }
        })?;
        let viewer = Viewer { rev: 0, passed: 0, tallies: [(0, 0); COMMENTS] };
        Ok(Self {
            comments,
            first_viewer: crowd.len(),
            viewers: vec![viewer; plan.viewers],
            probes: Vec::new(),
            answers: 0,
            refused: 0,
            messages: 0,
            answer: Latencies::new(),
            lag: Latencies::new(),
            to_screen: Latencies::new(),
            set: HashMap::new(),
            per_s: 0.0,
            messages_per_s: 0.0,
            cores: 0.0,
        })
    }

    /// What was measured while warming up does not count.
    fn forget(&mut self) {
        (self.answers, self.messages) = (0, 0);
        (self.answer, self.lag, self.to_screen) = (Latencies::new(), Latencies::new(), Latencies::new());
    }

    fn hear(&mut self, heard: &Heard<'_>) {
        match heard.message {
            Message::Answer(answer) => self.answered(answer, heard.at_us),
            Message::Push(push) => self.pushed(heard.member, push, heard.at_us),
            Message::Gone => {}
        }
    }

    fn answered(&mut self, answer: &[u8], at_us: u64) {
        if !payload::is_success(answer) {
            self.refused += 1;
            return;
        }
        let due_us = payload::number(answer, payload::ID).unwrap_or(at_us);
        self.answers += 1;
        self.answer.record(at_us - due_us.min(at_us));
        let rev = payload::number(answer, payload::REV).unwrap_or(0);
        let last = self.probes.last().map_or((0, 0), |probe| (probe.rev, probe.answered_us));
        if rev <= last.0 || at_us < last.1 + PROBE_EVERY_US {
            return;
        }
        self.probes.push(Probe { rev, answered_us: at_us, due_us });
        // Who has seen it before its answer was read had no lag.
        for viewer in self.viewers.iter_mut().filter(|viewer| viewer.rev >= rev) {
            viewer.passed = self.probes.len();
            self.lag.record(0);
            self.to_screen.record(at_us - due_us.min(at_us));
        }
    }

    fn pushed(&mut self, member: usize, push: &[u8], at_us: u64) {
        let Some(viewer) =
            member.checked_sub(self.first_viewer).and_then(|number| self.viewers.get_mut(number))
        else {
            return;
        };
        self.messages += 1;
        for [comment, likes, dislikes, _] in payload::tallies(push) {
            if let Ok(place) = self.comments.binary_search(&comment) {
                viewer.tallies[place] = (likes, dislikes);
            }
        }
        viewer.rev = payload::number(push, payload::REV).unwrap_or(viewer.rev);
        while let Some(probe) = self.probes.get(viewer.passed).filter(|probe| probe.rev <= viewer.rev) {
            viewer.passed += 1;
            self.lag.record(at_us - probe.answered_us);
            self.to_screen.record(at_us - probe.due_us.min(at_us));
        }
    }

    /// How many viewers hold just what the users have set.
    fn exact(&self) -> usize {
        let mut expected = [(0, 0); COMMENTS];
        for ((_, comment), reaction) in &self.set {
            let tally: &mut (u64, u64) = &mut expected[*comment];
            tally.0 += u64::from(*reaction == "like");
            tally.1 += u64::from(*reaction == "dislike");
        }
        self.viewers.iter().filter(|viewer| viewer.tallies == expected).count()
    }

    fn tell(&self, peer: &Peer, plan: &Plan, per_s: f64, report: &mut Report) {
        let exact = self.exact();
        let lag_ms = self.lag.ms(99.0);
        let keeps_up = self.per_s >= 0.95 * per_s && lag_ms <= LAG_MS_MAX;
        let yes = |is: bool| Cell::from(if is { "yes" } else { "no" });
        report.row(
            peer.name,
            vec![
                plan.viewers.into(),
                (per_s, 0).into(),
                (self.per_s, 0).into(),
                (self.answer.ms(99.0), 1).into(),
                (self.lag.ms(50.0), 1).into(),
                (lag_ms, 1).into(),
                (self.to_screen.ms(99.0), 1).into(),
                (self.cores, 2).into(),
                (self.messages_per_s, 0).into(),
                yes(exact == plan.viewers),
                yes(keeps_up),
            ],
        );
        if self.refused > 0 {
            report.note(format!("{} at {per_s}/s: {} reactions were refused", peer.name, self.refused));
        }
        let load = format!("{} viewers, {per_s} reactions/s", plan.viewers);
        if peer.name == OTKLIK.name {
            let (answered, cores) = (self.per_s, self.cores);
            let what = format!(
                "{load}: {answered:.0}/s answered, lag p99 {lag_ms:.0} ms ≤ {LAG_MS_MAX}, {cores:.2} cores < 1"
            );
            report.goal(what, keeps_up && self.cores < 1.0);
            report.goal(format!("{load}: {exact} viewers end with exact tallies"), exact == plan.viewers);
        } else {
            report.goal(format!("{load}: {} does not keep up", peer.name), !keeps_up);
        }
    }
}

/// Who reacts, by what clock.
struct Load {
    clock: Clock,
    users: usize,
}

impl Load {
    /// Reacts when it is due, for as long.
    fn react(
        &self,
        crowd: &mut Crowd,
        storm: &mut Storm,
        (schedule, lasts): (&mut Schedule, Duration),
        ticker: &mut Ticker,
    ) -> Result<()> {
        let end_us = self.clock.now_us() + lasts.as_micros() as u64;
        while self.clock.now_us() < end_us {
            while let Some((number, due_us)) = schedule.take(self.clock.now_us()) {
                let user = number as usize % self.users;
                // Some order that is not the users' own, the same in each run.
                let dice = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
                let comment = dice as usize % COMMENTS;
                let reaction = ["like", "like", "dislike", "none"][(dice / 64) as usize % 4];
                storm.set.insert((user, comment), reaction);
                crowd.ask(user, &query::react(due_us, storm.comments[comment], reaction))?;
            }
            let until = self.clock.at(schedule.next_us().min(end_us));
            crowd.turn(until, |heard, _| storm.hear(&heard))?;
            ticker.tick(|| format!("{} answers, {} messages", storm.answers, storm.messages));
        }
        Ok(())
    }
}
