//! `idle`: what a subscribed connection costs on which nothing happens: memory, and the time that heartbeats take.
//!
//! What a connection takes is the slope between the two largest counts: up to the smaller one pools and heaps grow that do
//! not grow on. Memory is the median of many samples, as a collector's heap goes up and down.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::{Context, Ticker, median};
use crate::client::{Crowd, query};
use crate::report::Report;
use crate::server::{BARE, NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, SOCKUDO, Server, Settings, kernel_kib};

const PEERS: &[Peer] = &[BARE, OTKLIK, NODE_WS, SOCKET_IO, PYTHON, SOCKUDO];

const COLUMNS: &[&str] = &["connections", "MiB", "KiB each", "kernel KiB each", "CPU us/s each", "opened/s"];

/// What the goals allow a connection.
const KIB_MAX: f64 = 9.0;
const CPU_US_MAX: f64 = 2.0;

struct Plan {
    connections: &'static [usize],
    /// Until what opening took is given back.
    settle: Duration,
    /// How long memory is looked at.
    quiet: Duration,
    /// The same at the most connections, where the heartbeats are measured, too.
    quiet_last: Duration,
}

/// Between two looks at memory, which hold the server up for a moment.
const SAMPLE_EVERY: Duration = Duration::from_millis(500);

/// A server's state with so many connections.
#[derive(Clone, Copy)]
struct Point {
    connections: usize,
    resident_kib: f64,
    kernel_kib: f64,
    opened_per_s: f64,
}

/// What one server's connections cost where there are the most of them.
struct Slope {
    server: &'static str,
    kib: f64,
    cpu_us: f64,
}

/// Opens more and more connections to each server.
pub fn run(context: &Context) -> Report {
    let seconds = Duration::from_secs;
    let plan = Plan {
        connections: context.size.pick(&[50, 150], &[1_000, 4_000, 8_000], &[1_000, 5_000, 15_000]),
        settle: seconds(context.size.pick(1, 2, 5)),
        quiet: seconds(context.size.pick(1, 3, 10)),
        // At least one whole round of heartbeats (each 20 to 25 s) in a full run.
        quiet_last: seconds(context.size.pick(1, 3, 30)),
    };
    let title = format!("subscribed and silent, {:?} at the most connections", plan.quiet_last);
    let mut report = Report::new("idle", title, COLUMNS);
    let mut slopes = Vec::new();
    for peer in context.of(PEERS) {
        match measure(context, peer, &plan, &mut report) {
            Ok(slope) => slopes.push(slope),
            Err(error) => report.left_out(peer.name, &error),
        }
    }
    report.note("KiB each: the server's resident memory by the connections since the row before".into());
    if plan.quiet_last < Duration::from_secs(25) {
        report.note("CPU us/s each: of less than a round of heartbeats, which takes 25 s".into());
    }
    report
        .note("kernel KiB each: the same of the whole machine's slab, for both ends of a connection".into());
    goals(&slopes, &mut report);
    report
}

fn measure(context: &Context, peer: &Peer, plan: &Plan, report: &mut Report) -> Result<Slope> {
    let server = Server::start(context, peer, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
    let mut points: Vec<Point> = Vec::new();
    let mut cpu_us = f64::NAN;
    for connections in plan.connections {
        let is_last = Some(connections) == plan.connections.last();
        let quiet = if is_last { plan.quiet_last } else { plan.quiet };
        let what = format!("idle: {}: {connections} connections", peer.name);
        let mut ticker = Ticker::new(what, plan.settle + quiet);
        let (begun, before) = (Instant::now(), crowd.len());
        let page = |number: usize| format!("/idle/{}", number % 10);
        crowd.open(connections - before, |number| vec![query::subscribe(2, &page(number))], |_, _| ())?;
        let opened_per_s = (connections - before) as f64 / begun.elapsed().as_secs_f64();
        wait(&mut crowd, plan.settle, &mut ticker)?;
        let (used, quiet_begun) = (server.usage()?, Instant::now());
        let (resident_kib, kernel_kib) = memory(&server, &mut crowd, quiet, &mut ticker)?;
        if is_last {
            let used = server.usage()? - used;
            let quiet_s = quiet_begun.elapsed().as_secs_f64();
            cpu_us = used.cpu.as_secs_f64() * 1e6 / quiet_s / *connections as f64;
        }
        let point = Point { connections: *connections, resident_kib, kernel_kib, opened_per_s };
        let since = points.last().map(|last| point.since(last));
        report.row(
            peer.name,
            vec![
                point.connections.into(),
                (point.resident_kib / 1_024.0, 1).into(),
                since.map(|(resident, _)| (resident, 2)).into(),
                since.map(|(_, kernel)| (kernel, 2)).into(),
                (cpu_us, 2).into(),
                (point.opened_per_s, 0).into(),
            ],
        );
        points.push(point);
    }
    if crowd.lost.0 > 0 {
        report.note(format!("{}: {} connections were lost: {}", peer.name, crowd.lost.0, crowd.lost.1));
    }
    let [.., before, last] = points.as_slice() else { bail!("a slope takes two points") };
    Ok(Slope { server: peer.name, kib: last.since(before).0, cpu_us })
}

/// The medians of the server's and of the kernel's memory while nothing happens, in KiB.
fn memory(server: &Server, crowd: &mut Crowd, quiet: Duration, ticker: &mut Ticker) -> Result<(f64, f64)> {
    let end = Instant::now() + quiet;
    let (mut resident, mut kernel) = (Vec::new(), Vec::new());
    while Instant::now() < end {
        wait(crowd, SAMPLE_EVERY, ticker)?;
        resident.push(server.resident_kib()? as f64);
        kernel.push(kernel_kib()? as f64);
    }
    Ok((median(resident), median(kernel)))
}

/// Answers heartbeats for as long.
fn wait(crowd: &mut Crowd, lasts: Duration, ticker: &mut Ticker) -> Result<()> {
    let end = Instant::now() + lasts;
    while Instant::now() < end {
        crowd.turn_until(end.min(Instant::now() + Duration::from_millis(200)), |_, _| ())?;
        ticker.tick(|| format!("{} open", crowd.count_open()));
    }
    Ok(())
}

impl Point {
    /// KiB a connection since an earlier point: the server's, and the kernel's.
    fn since(&self, before: &Self) -> (f64, f64) {
        let more = (self.connections - before.connections) as f64;
        let each = |now: f64, then: f64| (now - then) / more;
        (each(self.resident_kib, before.resident_kib), each(self.kernel_kib, before.kernel_kib))
    }
}

fn goals(slopes: &[Slope], report: &mut Report) {
    let Some(ours) = slopes.iter().find(|slope| slope.server == OTKLIK.name) else { return };
    report.goal(format!("{:.2} KiB a connection ≤ {KIB_MAX}", ours.kib), ours.kib <= KIB_MAX);
    let cpu = format!("{:.2} CPU us/s a connection ≤ {CPU_US_MAX}", ours.cpu_us);
    report.goal(cpu, ours.cpu_us <= CPU_US_MAX);
    let peers = slopes.iter().filter(|slope| ![OTKLIK.name, BARE.name].contains(&slope.server));
    for peer in peers {
        report.goal(format!("less memory than {} ({:.2} KiB)", peer.server, peer.kib), ours.kib < peer.kib);
    }
}
