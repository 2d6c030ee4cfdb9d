//! `open`: the first screen of a page, as its pages and the database around them grow.
//!
//! One query is under way at a time, so what is measured is the work for it, not a queue.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Context, Ticker};
use crate::client::{Crowd, Message, payload, query};
use crate::data::{self, PAGES};
use crate::latency::Latencies;
use crate::report::Report;
use crate::server::{OTKLIK, Server, Settings};

const COLUMNS: &[&str] = &[
    "comments in all",
    "on the page",
    "answer KiB",
    "reads",
    "p50 ms",
    "p99 ms",
    "p99 of small",
    "CPU us each",
    "MiB",
];

const GROWTH_MAX: f64 = 1.5;

/// The small database: the page of 10, and one of 100 that fills a screen as the larger ones do.
const SMALL: usize = 110;

/// What one page's first screen took.
struct Point {
    server: &'static str,
    comments: usize,
    on_page: usize,
    answer_bytes: usize,
    cpu_us: f64,
    latencies: Latencies,
    resident_kib: u64,
}

/// Reads pages of all sizes from a small and a large database.
pub fn run(context: &Context) -> Report {
    let lasts = Duration::from_secs(context.size.pick(1, 3, 10));
    let large: &[usize] = context.size.pick(&[10_000], &[1_000_000], &[10_000, 1_000_000, 10_000_000]);
    let title = format!("the first screen of a page, one after the other, {lasts:?}");
    let mut report = Report::new("open", title, COLUMNS);
    let mut points = Vec::new();
    if context.of(&[OTKLIK]).next().is_some() {
        for comments in std::iter::once(&SMALL).chain(large) {
            if let Err(error) = measure(context, *comments, lasts, &mut points) {
                report.note(format!("{} with {comments} comments: {error:#}", OTKLIK.name));
            }
        }
    }
    for point in &points {
        point.tell(&points, &mut report);
    }
    report
}

fn measure(context: &Context, comments: usize, lasts: Duration, points: &mut Vec<Point>) -> Result<()> {
    let database = Some(data::database(context, comments)?);
    let server = Server::start(context, &OTKLIK, &Settings { database, ..Settings::default() })?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    crowd.open(1, |_| vec![query::sign_up("bench-reader")], |_, _| ())?;
    let usual = (100, "/page/1".to_owned());
    let read = PAGES.iter().map(|size| (*size, data::page(*size)));
    let pages = read.filter(|(size, _)| *size <= 10 || *size * 5 <= comments).chain([usual]);
    for (on_page, page) in pages {
        let what = format!("open: {comments} comments, {on_page} on the page");
        let mut ticker = Ticker::new(what, lasts);
        // The first reads of a page come from the disk; what counts is what a page in use takes.
        read_for(&mut crowd, &page, lasts / 5, &mut ticker)?;
        let before = server.usage()?;
        let (latencies, answer_bytes) = read_for(&mut crowd, &page, lasts, &mut ticker)?;
        let used = server.usage()? - before;
        let cpu_us = used.cpu.as_secs_f64() * 1e6 / latencies.count() as f64;
        let resident_kib = server.resident_kib()?;
        let server = OTKLIK.name;
        points.push(Point { server, comments, on_page, answer_bytes, cpu_us, latencies, resident_kib });
    }
    Ok(())
}

/// Subscribes to the page again and again; gives how long it took, and the size of the last answer.
fn read_for(
    crowd: &mut Crowd,
    page: &str,
    lasts: Duration,
    ticker: &mut Ticker,
) -> Result<(Latencies, usize)> {
    let end = Instant::now() + lasts;
    let (mut latencies, mut answer_bytes) = (Latencies::new(), 0);
    while Instant::now() < end {
        let asked_us = crowd.now_us();
        crowd.ask(0, &query::subscribe(asked_us, page))?;
        let mut answered = None;
        let give_up = Instant::now() + Duration::from_secs(30);
        while answered.is_none() {
            ensure!(Instant::now() < give_up, "no answer in 30 s");
            crowd.turn(give_up, |heard, _| {
                if let Message::Answer(answer) = heard.message {
                    answered = Some((heard.at_us, answer.len(), payload::is_success(answer)));
                }
            })?;
        }
        let (at_us, length, success) = answered.context("no answer")?;
        ensure!(success, "a subscribe was refused");
        latencies.record(at_us - asked_us);
        answer_bytes = length;
        ticker.tick(|| format!("{} reads", latencies.count()));
    }
    Ok((latencies, answer_bytes))
}

impl Point {
    fn tell(&self, all: &[Self], report: &mut Report) {
        // The page of ten against itself, larger ones against the one that fills a screen as they do.
        let alike = |other: &&Self| other.comments == SMALL && (other.on_page == 10) == (self.on_page == 10);
        let small = all.iter().find(alike).map(|other| other.latencies.ms(99.0));
        let growth = small.map(|small| self.latencies.ms(99.0) / small);
        report.row(
            self.server,
            vec![
                self.comments.into(),
                self.on_page.into(),
                (self.answer_bytes as f64 / 1_024.0, 1).into(),
                self.latencies.count().into(),
                (self.latencies.ms(50.0), 2).into(),
                (self.latencies.ms(99.0), 2).into(),
                growth.map(|growth| (growth, 2)).into(),
                (self.cpu_us, 1).into(),
                (self.resident_kib as f64 / 1_024.0, 1).into(),
            ],
        );
        if let Some(growth) = growth.filter(|_| self.comments > SMALL) {
            let page = format!("{} of {} comments", self.on_page, self.comments);
            report.goal(
                format!("{page}: p99 is {growth:.2} of the small one's ≤ {GROWTH_MAX}"),
                growth <= GROWTH_MAX,
            );
        }
    }
}
