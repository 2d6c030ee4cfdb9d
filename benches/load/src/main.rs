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

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use bench::{BENCHES, Bench, Context, Size};
use clock::Clock;
use report::Report;

const USAGE: &str = "usage: otklik-load [--smoke | --quick] [--only SERVER]… [--server-core N] [--results FILE] \
    [BENCH]…\n       otklik-load compare OLD.json NEW.json\n       otklik-load data COMMENTS";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Gives whether everything that was wanted could be measured.
fn run() -> Result<bool> {
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
            "compare" => return compare::run(&value()?, &value()?).map(|()| true),
            "data" => {
                println!("{}", data::database(&context, value()?.parse()?)?.display());
                return Ok(true);
            }
            "floor" => return floor::serve(value()?.parse()?).map(|()| true),
            "floor-write" => {
                let (file, batch) = (PathBuf::from(value()?), value()?.parse()?);
                let lasts = Duration::from_secs(value()?.parse()?);
                println!("{}", floor::reactions_per_s(&file, batch, lasts)?);
                return Ok(true);
            }
            name => wanted.push(named(name)?),
        }
    }
    let wanted = if wanted.is_empty() { BENCHES.iter().collect() } else { wanted };
    measure(&context, &wanted, results.as_deref())
}

/// Runs the benches one after the other. One that fails is told of and ends alone; what was measured is kept all along.
fn measure(context: &Context, wanted: &[&Bench], results: Option<&Path>) -> Result<bool> {
    let (mut reports, mut failed) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    for bench in wanted {
        let bench_begun = Instant::now();
        // A panic has said what it has to say by itself.
        let report = catch_unwind(AssertUnwindSafe(|| (bench.run)(context))).unwrap_or_else(|_| {
            let mut report = Report::new(bench.name, "it panicked: see above".to_owned(), &[]);
            report.fail(format!("{} could not be measured", bench.name));
            report
        });
        report::progress("");
        println!("{}", report.text());
        println!("  {} took {:.0} s", bench.name, bench_begun.elapsed().as_secs_f64());
        failed.extend(report.has_failed().then_some(bench.name));
        reports.push(report.json());
        if let Some(file) = results {
            let all =
                json!({"size": format!("{:?}", context.size), "machine": machine(), "benches": reports});
            std::fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))?;
            std::fs::write(file, serde_json::to_string_pretty(&all)?)?;
        }
    }
    println!("\nall took {:.0} s", begun.elapsed().as_secs_f64());
    if !failed.is_empty() {
        println!("FAILED: {}", failed.join(", "));
    }
    Ok(failed.is_empty())
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
