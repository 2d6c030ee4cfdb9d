//! `start`: from the start of the process to its first answer, what it weighs on disk, and in memory at rest.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::Context;
use crate::client::{Crowd, query};
use crate::data;
use crate::report::{Cell, Report, progress};
use crate::server::{NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, SOCKUDO, Server, Settings};

const PEERS: &[Peer] = &[OTKLIK, NODE_WS, SOCKET_IO, PYTHON, SOCKUDO];

const COLUMNS: &[&str] = &["database", "first answer ms", "at worst ms", "at rest MiB", "binary MiB"];

const START_MS_MAX: f64 = 100.0;
const REST_MIB_MAX: f64 = 20.0;
const BINARY_MIB_MAX: f64 = 15.0;

/// Everybody with an empty database, Otklik with a large one as well.
pub fn run(context: &Context) -> Report {
    let rounds = context.size.pick(1, 3, 10);
    let comments = context.size.pick(10_000, 1_000_000, 1_000_000);
    let mut report = Report::new("start", format!("the median and the worst of {rounds} starts"), COLUMNS);
    for peer in context.of(PEERS) {
        let mut databases = vec![(None, "empty".to_owned())];
        if peer.name == OTKLIK.name {
            match data::database(context, comments) {
                Ok(file) => databases.push((Some(file), format!("{comments} comments"))),
                Err(error) => report.fail(format!("no large database: {error:#}")),
            }
        }
        for (database, name) in databases {
            if let Err(error) = measure(context, peer, (database, &name, rounds), &mut report) {
                report.left_out(peer.name, &error);
            }
        }
    }
    report
}

fn measure(
    context: &Context,
    peer: &Peer,
    (database, name, rounds): (Option<PathBuf>, &str, usize),
    report: &mut Report,
) -> Result<()> {
    let mut took_ms = Vec::new();
    let mut rest_mib = 0.0;
    let settings = Settings { database, ..Settings::default() };
    for round in 0..rounds {
        progress(&format!("start: {} with {name}: {} of {rounds}", peer.name, round + 1));
        let server = Server::start(context, peer, &settings)?;
        let mut crowd = Crowd::new(server.address, peer.dialect, context.clock)?;
        crowd.open(1, |_| vec![query::subscribe(1, "/start")], |_, _| ())?;
        took_ms.push(server.begun.elapsed().as_secs_f64() * 1e3);
        crowd.turn_until(Instant::now() + Duration::from_secs(1), |_, _| ())?;
        rest_mib = server.resident_kib()? as f64 / 1_024.0;
    }
    took_ms.sort_by(f64::total_cmp);
    let (median, worst) = (took_ms[rounds / 2], took_ms[rounds - 1]);
    let binary = (peer.name == OTKLIK.name).then(|| std::fs::metadata(context.root.join(peer.needs)));
    let binary_mib = binary.transpose()?.map(|file| file.len() as f64 / f64::from(1 << 20));
    let cells: Vec<Cell> = vec![
        name.into(),
        (median, 1).into(),
        (worst, 1).into(),
        (rest_mib, 1).into(),
        binary_mib.map(|mib| (mib, 1)).into(),
    ];
    report.row(peer.name, cells);
    if let Some(binary_mib) = binary_mib {
        report.goal(
            format!("{name}: {median:.0} ms to the first answer ≤ {START_MS_MAX}"),
            median <= START_MS_MAX,
        );
        report.goal(format!("{name}: {rest_mib:.1} MiB at rest ≤ {REST_MIB_MAX}"), rest_mib <= REST_MIB_MAX);
        report
            .goal(format!("{binary_mib:.1} MiB of binary ≤ {BINARY_MIB_MAX}"), binary_mib <= BINARY_MIB_MAX);
    }
    Ok(())
}
