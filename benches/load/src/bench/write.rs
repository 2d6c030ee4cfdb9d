//! `write`: sessions that set the next reaction as soon as the last is answered, each durable before it is.
//!
//! Every commit puts the page one revision further, so the revisions in the answers count the commits, and each commit is
//! one fsync of the write-ahead log.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Context, Ticker};
use crate::client::{Crowd, Heard, Message, Replies, payload, query};
use crate::latency::Latencies;
use crate::report::{Report, progress};
use crate::server::{NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, Server, Settings};

const PEERS: &[Peer] = &[OTKLIK, NODE_WS, SOCKET_IO, PYTHON];

const COLUMNS: &[&str] =
    &["durable/s", "commits/s", "a commit", "of floor's", "of otklik's", "CPU us each", "p50 ms", "p99 ms"];

const PAGE: &str = "/write";
const SESSIONS: usize = 256;
const COMMENTS: usize = 64;

/// What one server did.
struct Measured {
    server: &'static str,
    per_s: f64,
    commits_per_s: f64,
    /// Reactions a commit.
    batch: f64,
    cpu_us: f64,
    latencies: Latencies,
    /// The floor in batches of the same size.
    floor_per_s: f64,
}

/// Every server, and after each the floor in batches as large as its own.
pub fn run(context: &Context) -> Report {
    let seconds = Duration::from_secs;
    let warm_up = seconds(context.size.pick(1, 1, 3));
    let measured = seconds(context.size.pick(1, 4, 15));
    let title = format!("{SESSIONS} sessions react on {COMMENTS} comments as fast as answered, {measured:?}");
    let mut report = Report::new("write", title, COLUMNS);
    let mut all = Vec::new();
    for peer in context.of(PEERS) {
        match measure(context, peer, warm_up, measured) {
            Ok(one) => all.push(one),
            Err(error) => report.note(format!("{}: {error:#}", peer.name)),
        }
    }
    let ours = all.iter().find(|one| one.server == OTKLIK.name).map(|one| one.per_s);
    for one in &all {
        one.tell(ours, &mut report);
    }
    report.note(
        "of floor's: of a bare loop on one core, the same statements in batches of the same size".into(),
    );
    report
}

fn measure(context: &Context, peer: &Peer, warm_up: Duration, measured: Duration) -> Result<Measured> {
    let mut server = Server::start(context, peer, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
    progress(&format!("write: {}: signing {SESSIONS} sessions up", peer.name));
    let mut load = Load::begin(&mut crowd)?;
    load.ask_all(&mut crowd)?;
    let mut ticker = Ticker::new(format!("write: {}", peer.name), warm_up + measured);
    load.run(&mut crowd, warm_up, &mut ticker)?;
    let before = (server.usage()?, load.rev, Instant::now());
    (load.answers, load.latencies) = (0, Latencies::new());
    load.run(&mut crowd, measured, &mut ticker)?;
    let used = server.usage()? - before.0;
    let took_s = before.2.elapsed().as_secs_f64();
    ensure!(load.refused == 0, "{} reactions were refused", load.refused);
    ensure!(crowd.lost.0 == 0, "{} connections were lost: {}", crowd.lost.0, crowd.lost.1);
    let commits = (load.rev - before.1) as f64;
    let batch = load.answers as f64 / commits;
    server.kill()?;
    Ok(Measured {
        server: peer.name,
        per_s: load.answers as f64 / took_s,
        commits_per_s: commits / took_s,
        batch,
        cpu_us: used.cpu.as_secs_f64() * 1e6 / load.answers as f64,
        latencies: load.latencies,
        floor_per_s: floor(context, batch, measured)?,
    })
}

/// The floor on rows that the service has made, in a process on the servers' core.
fn floor(context: &Context, batch: f64, lasts: Duration) -> Result<f64> {
    let mut server = Server::start(context, &OTKLIK, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    Load::begin(&mut crowd)?;
    server.kill()?;
    let file = server.database();
    let batch = batch.round().max(1.0);
    progress(&format!("write: the floor, {batch} a commit: {} s", lasts.as_secs()));
    let mut command = Command::new("taskset");
    command.args(["-c", &context.server_core.to_string()]).arg(std::env::current_exe()?);
    command.args(["floor-write", path(&file)?, &batch.to_string(), &lasts.as_secs().to_string()]);
    let output = command.output()?;
    ensure!(output.status.success(), "the floor failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

fn path(file: &Path) -> Result<&str> {
    file.to_str().context("the project's path is not UTF-8")
}

/// The sessions' answers.
struct Load {
    comments: Vec<u64>,
    turns: Vec<usize>,
    rev: u64,
    answers: u64,
    refused: u64,
    latencies: Latencies,
}

impl Load {
    /// Signs everybody up and posts the comments, the last of which answers the last opening query.
    fn begin(crowd: &mut Crowd) -> Result<Self> {
        let mut comments = Vec::new();
        let script = |session: usize| {
            let posts = (0..if session == 0 { COMMENTS } else { 0 })
                .map(|_| query::post(2, PAGE, &payload::stamped(0, 120)));
            std::iter::once(query::sign_up(&format!("bench-{session}"))).chain(posts).collect()
        };
        crowd.open(SESSIONS, script, |heard, _| {
            if let Message::Answer(answer) = heard.message {
                comments.extend(payload::number(answer, payload::COMMENT_ID));
            }
        })?;
        let (turns, latencies) = ((0..SESSIONS).collect(), Latencies::new());
        Ok(Self { comments, turns, rev: 0, answers: 0, refused: 0, latencies })
    }

    /// Everybody asks the first time.
    fn ask_all(&mut self, crowd: &mut Crowd) -> Result<()> {
        (0..SESSIONS).try_for_each(|session| {
            let query = self.next(session, crowd.now_us());
            crowd.ask(session, &query)
        })
    }

    /// Everybody asks again whenever answered.
    fn run(&mut self, crowd: &mut Crowd, lasts: Duration, ticker: &mut Ticker) -> Result<()> {
        let end = Instant::now() + lasts;
        while Instant::now() < end {
            crowd.turn(end, |heard, replies| self.hear(&heard, replies))?;
            ticker.tick(|| format!("{} answers", self.answers));
        }
        Ok(())
    }

    fn hear(&mut self, heard: &Heard<'_>, replies: &mut Replies) {
        let Message::Answer(answer) = heard.message else { return };
        self.answers += 1;
        self.refused += u64::from(!payload::is_success(answer));
        let asked_us = payload::number(answer, payload::ID).unwrap_or(heard.at_us);
        self.latencies.record(heard.at_us - asked_us.min(heard.at_us));
        self.rev = self.rev.max(payload::number(answer, payload::REV).unwrap_or(0));
        replies.ask(self.next(heard.member, heard.at_us));
    }

    /// A session's next reaction: always another than it has set.
    fn next(&mut self, session: usize, now_us: u64) -> String {
        let turn = &mut self.turns[session];
        *turn += 1;
        let reaction = ["like", "dislike"][*turn / COMMENTS % 2];
        query::react(now_us, self.comments[*turn % COMMENTS], reaction)
    }
}

impl Measured {
    fn tell(&self, ours: Option<f64>, report: &mut Report) {
        let of_floor = self.per_s / self.floor_per_s;
        report.row(
            self.server,
            vec![
                (self.per_s, 0).into(),
                (self.commits_per_s, 0).into(),
                (self.batch, 1).into(),
                (of_floor, 2).into(),
                ours.map(|ours| (self.per_s / ours, 2)).into(),
                (self.cpu_us, 1).into(),
                (self.latencies.ms(50.0), 1).into(),
                (self.latencies.ms(99.0), 1).into(),
            ],
        );
        let floor = format!("floor, {:.0} a commit", self.batch.round().max(1.0));
        let commits_per_s = self.floor_per_s / self.batch.round().max(1.0);
        let of_ours = ours.map(|ours| (self.floor_per_s / ours, 2));
        let (floor_per_s, batch) = ((self.floor_per_s, 0), (self.batch.round(), 1));
        let (none, one) = (crate::report::Cell::Nothing, (1.0, 2));
        report.row(
            &floor,
            vec![
                floor_per_s.into(),
                (commits_per_s, 0).into(),
                batch.into(),
                one.into(),
                of_ours.into(),
                none.clone(),
                none.clone(),
                none,
            ],
        );
        match ours {
            Some(_) if self.server == OTKLIK.name => {
                report.goal(format!("{of_floor:.2} of the floor ≥ 0.4"), of_floor >= 0.4);
            }
            Some(ours) => {
                let times = ours / self.per_s;
                report.goal(format!("{times:.1} times {} ≥ 3", self.server), times >= 3.0);
            }
            None => {}
        }
    }
}
