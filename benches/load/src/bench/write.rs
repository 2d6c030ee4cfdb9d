//! `write`: sessions that set the next reaction as soon as the last is answered, each durable before it is.
//!
//! Every commit puts the page one revision further, so the revisions in the answers count the commits, and each commit is
//! one fsync of the write-ahead log.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::closed::Closed;
use super::{Context, Ticker};
use crate::client::{Crowd, Message, payload, query};
use crate::report::{Cell, Report, progress};
use crate::server::{NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, Server, Settings};

const PEERS: &[Peer] = &[OTKLIK, NODE_WS, SOCKET_IO, PYTHON];

const COLUMNS: &[&str] =
    &["durable/s", "commits/s", "a commit", "of floor's", "of otklik's", "CPU us each", "p50 ms", "p99 ms"];

const PAGE: &str = "/write";
/// How many react.
pub(super) const SESSIONS: usize = 256;
const COMMENTS: usize = 64;
const OF_FLOOR_MIN: f64 = 0.4;
const TIMES_PEERS_MIN: f64 = 3.0;

/// What one server did.
struct Measured {
    server: &'static str,
    closed: Closed,
    commits_per_s: f64,
    /// Reactions a commit.
    batch: f64,
    /// The floor in batches of the same size.
    floor_per_s: f64,
}

/// Every server, and after each the floor in batches as large as its own.
pub fn run(context: &Context) -> Report {
    let seconds = Duration::from_secs;
    let warm_up = seconds(context.size.pick(1, 1, 3));
    let measured = seconds(context.size.pick(1, 3, 15));
    let title = format!("{SESSIONS} sessions react on {COMMENTS} comments as fast as answered, {measured:?}");
    let mut report = Report::new("write", title, COLUMNS);
    let mut all = Vec::new();
    for peer in context.of(PEERS) {
        match measure(context, peer, warm_up, measured) {
            Ok(one) => all.push(one),
            Err(error) => report.left_out(peer.name, &error),
        }
    }
    let ours = all.iter().find(|one| one.server == OTKLIK.name).map(|one| one.closed.per_s);
    for one in &all {
        one.tell(ours, &mut report);
    }
    report.note(
        "of floor's: of a bare loop on one core, the same statements in batches of the same size".into(),
    );
    report
}

fn measure(context: &Context, peer: &Peer, warm_up: Duration, measured: Duration) -> Result<Measured> {
    let server = Server::start(context, peer, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
    progress(&format!("write: {}: signing {SESSIONS} sessions up", peer.name));
    let comments = begin(&mut crowd)?;
    let mut next = reactions(comments);
    let mut ticker = Ticker::new(format!("write: {}", peer.name), warm_up + measured);
    let warm = Closed::run((&mut crowd, &server), 0..SESSIONS, warm_up, &mut ticker, &mut next)?;
    let closed = Closed::run((&mut crowd, &server), 0..SESSIONS, measured, &mut ticker, &mut next)?;
    ensure!(closed.refused == 0, "{} reactions were refused", closed.refused);
    let commits_per_s = (closed.rev - warm.rev_after) as f64 / measured.as_secs_f64();
    let batch = closed.per_s / commits_per_s;
    // Before the floor runs on the same core.
    drop(server);
    let floor_per_s = floor(context, batch, measured)?;
    Ok(Measured { server: peer.name, closed, commits_per_s, batch, floor_per_s })
}

/// A session's next reaction: always another than it has set.
pub(super) fn reactions(comments: Vec<u64>) -> impl FnMut(usize, u64) -> String {
    let mut turns: Vec<usize> = (0..SESSIONS).collect();
    move |session, now_us| {
        let turn = &mut turns[session];
        *turn += 1;
        let reaction = ["like", "dislike"][*turn / COMMENTS % 2];
        query::react(now_us, comments[*turn % COMMENTS], reaction)
    }
}

/// Signs everybody up and posts the comments; gives their numbers.
pub(super) fn begin(crowd: &mut Crowd) -> Result<Vec<u64>> {
    let mut comments = Vec::new();
    let script = |session: usize| {
        let posts = if session == 0 { COMMENTS } else { 0 };
        let posts = (0..posts).map(|_| query::post(2, PAGE, &payload::stamped((0, 0), 120)));
        std::iter::once(query::sign_up(&format!("bench-{session}"))).chain(posts).collect()
    };
    crowd.open(SESSIONS, script, |heard, _| {
        if let Message::Answer(answer) = heard.message {
            comments.extend(payload::number(answer, payload::COMMENT_ID));
        }
    })?;
    Ok(comments)
}

/// The floor on rows that the service has made, in a process on the servers' core.
fn floor(context: &Context, batch: f64, lasts: Duration) -> Result<f64> {
    let mut server = Server::start(context, &OTKLIK, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    begin(&mut crowd)?;
    server.kill()?;
    let batch = batch.round().max(1.0);
    progress(&format!("write: the floor, {batch} a commit: {} s", lasts.as_secs()));
    let mut command = Command::new("taskset");
    command.args(["-c", &context.server_core.to_string()]).arg(std::env::current_exe()?);
    command.arg("floor-write").arg(server.database());
    let output = command.args([batch.to_string(), lasts.as_secs().to_string()]).output()?;
    ensure!(output.status.success(), "the floor failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

impl Measured {
    fn tell(&self, ours: Option<f64>, report: &mut Report) {
        let of_floor = self.closed.per_s / self.floor_per_s;
        report.row(
            self.server,
            vec![
                (self.closed.per_s, 0).into(),
                (self.commits_per_s, 0).into(),
                (self.batch, 1).into(),
                (of_floor, 2).into(),
                ours.map(|ours| (self.closed.per_s / ours, 2)).into(),
                (self.closed.cpu_us, 1).into(),
                (self.closed.latencies.ms(50.0), 1).into(),
                (self.closed.latencies.ms(99.0), 1).into(),
            ],
        );
        let batch = self.batch.round().max(1.0);
        report.row(
            &format!("floor, {batch:.0} a commit"),
            vec![
                (self.floor_per_s, 0).into(),
                (self.floor_per_s / batch, 0).into(),
                (batch, 1).into(),
                (1.0, 2).into(),
                ours.map(|ours| (self.floor_per_s / ours, 2)).into(),
                Cell::Nothing,
                Cell::Nothing,
                Cell::Nothing,
            ],
        );
        let Some(ours) = ours else { return };
        let times = ours / self.closed.per_s;
        if self.server == OTKLIK.name {
            let what = format!("{of_floor:.2} of the floor ≥ {OF_FLOOR_MIN}");
            report.goal(what, of_floor >= OF_FLOOR_MIN);
        } else {
            let what = format!("{times:.1} times {} ≥ {TIMES_PEERS_MIN}", self.server);
            report.goal(what, times >= TIMES_PEERS_MIN);
        }
    }
}
