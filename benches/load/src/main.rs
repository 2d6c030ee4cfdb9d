//! The load generator of the benches: `benches/run` installs what it needs and starts it.
//!
//! It runs on one core and the measured server on another. One thread holds all sockets; queries are sent when they are
//! due, whatever the server does (an open loop), and carry the time at which they were due.

mod bench;
mod client;
mod clock;
mod compare;
mod data;
mod floor;
mod latency;
mod report;
mod server;
mod sqlite;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use bench::{BENCHES, Bench, Context, Size};
use clock::Clock;

const USAGE: &str = "usage: otklik-load [--smoke | --quick] [--only SERVER]… [--server-core N] [--results FILE] \
    [BENCH]…\n       otklik-load compare OLD.json NEW.json";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let mut context = Context {
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?,
        size: Size::Full,
        server_core: 0,
        only: Vec::new(),
        clock: Clock::start(),
    };
    let (mut results, mut wanted) = (None::<PathBuf>, Vec::new());
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().context(USAGE);
        match argument.as_str() {
            "--smoke" => context.size = Size::Smoke,
            "--quick" => context.size = Size::Quick,
            "--only" => context.only.push(known(value()?)?),
            "--server-core" => context.server_core = value()?.parse()?,
            "--results" => results = Some(value()?.into()),
            "compare" => return compare::run(&value()?, &value()?),
            "floor" => return floor::serve(value()?.parse()?),
            "floor-write" => {
                let (file, batch) = (PathBuf::from(value()?), value()?.parse()?);
                let lasts = Duration::from_secs(value()?.parse()?);
                println!("{}", floor::reactions_per_s(&file, batch, lasts)?);
                return Ok(());
            }
            name => wanted.push(named(name)?),
        }
    }
    let wanted = if wanted.is_empty() { BENCHES.iter().collect() } else { wanted };
    let mut reports = Vec::new();
    for bench in wanted {
        let report = (bench.run)(&context);
        report::progress("");
        println!("{}", report.text());
        reports.push(report.json());
    }
    if let Some(file) = results {
        let all = json!({"size": format!("{:?}", context.size), "machine": machine(), "benches": reports});
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(&file, serde_json::to_string_pretty(&all)?)?;
    }
    Ok(())
}

fn known(server: String) -> Result<String> {
    let names: Vec<_> = server::ALL.iter().map(|peer| peer.name).collect();
    ensure!(names.contains(&server.as_str()), "there is no server {server:?} among {}", names.join(", "));
    Ok(server)
}

fn named(name: &str) -> Result<&'static Bench> {
    let names: Vec<_> = BENCHES.iter().map(|bench| bench.name).collect();
    let unknown = || format!("there is no bench {name:?} among {}; {USAGE}", names.join(", "));
    BENCHES.iter().find(|bench| bench.name == name).with_context(unknown)
}

/// What the figures were measured on.
fn machine() -> Value {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    json!({
        "cpu": model.map_or("unknown", |(_, name)| name),
        "cores": cpus.matches("processor\t").count(),
        "kernel": read("/proc/sys/kernel/osrelease").trim(),
        "memory": read("/proc/meminfo").lines().next().unwrap_or_default(),
        "commit": std::env::var("OTKLIK_BENCH_COMMIT").unwrap_or_default(),
    })
}
