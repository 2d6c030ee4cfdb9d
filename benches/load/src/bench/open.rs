//! `open`: the first screen of a page, as its pages and the database around them grow.
//!
//! One query is under way at a time, so what is measured is the work for it, not a queue. Isso has no socket: it is asked
//! over HTTP, on a connection each, for as many comments and replies as Otklik's first screen has, and Otklik is asked
//! likewise beside.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Context, Ticker};
use crate::client::{self, Crowd, Message, payload, query};
use crate::data::{self, PAGES};
use crate::latency::Latencies;
use crate::report::Report;
use crate::server::{ISSO, OTKLIK, Peer, Server, Settings};

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
const TIMES_ISSO: f64 = 20.0;

/// The small database: the page of 10, and one of 100 that fills a screen as the larger ones do.
const SMALL: usize = 110;

/// How a page is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Subscribe,
    Http,
    Isso,
}

impl Way {
    fn peer(self) -> &'static Peer {
        match self {
            Self::Subscribe | Self::Http => &OTKLIK,
            Self::Isso => &ISSO,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "otklik, subscribe",
            Self::Http => "otklik, HTTP",
            Self::Isso => "isso, HTTP",
        }
    }
}

/// What is read: always the same page, or each time another one of its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pages {
    comments: usize,
    /// How many pages of 100 take turns; 0: the one of that size.
    turns: usize,
}

impl Pages {
    fn of(comments: usize) -> Vec<Self> {
        let read = PAGES.into_iter().filter(|size| *size <= 10 || *size * 5 <= comments);
        let one = read.map(|comments| Self { comments, turns: 0 });
        let usual = Self { comments: 100, turns: 1 };
        // As many as there surely are.
        let any = Self { comments: 100, turns: comments / 200 };
        one.chain([usual]).chain(Some(any).filter(|any| any.turns > 1)).collect()
    }

    fn key(self, turn: u64) -> String {
        // A stride that shares no factor with any count of pages here: all of them come.
        let number = |turns: usize| turn as usize * 7_919 % turns + 1;
        if self.turns == 0 { data::page(self.comments) } else { format!("/page/{}", number(self.turns)) }
    }

    fn name(self) -> String {
        let many = if self.turns > 1 { ", any" } else { "" };
        format!("{}{many}", self.comments)
    }
}

/// What one page's first screen took.
struct Point {
    way: Way,
    comments: usize,
    pages: Pages,
    answer_bytes: usize,
    cpu_us: f64,
    latencies: Latencies,
    resident_kib: u64,
}

/// Reads pages of all sizes from a small and a large database.
pub fn run(context: &Context) -> Report {
    let lasts = Duration::from_secs(context.size.pick(1, 2, 10));
    let large: &[usize] = context.size.pick(&[10_000], &[1_000_000], &[10_000, 1_000_000, 10_000_000]);
    let title = format!("the first screen of a page, one after the other, {lasts:?}");
    let mut report = Report::new("open", title, COLUMNS);
    let mut points = Vec::new();
    for way in [Way::Subscribe, Way::Http, Way::Isso] {
        if context.of(&[*way.peer()]).next().is_none() {
            continue;
        }
        for comments in std::iter::once(&SMALL).chain(large) {
            // Isso reads all rows of the database several times a page: beyond a million there is nothing to learn.
            if way == Way::Isso && *comments > 1_000_000 {
                continue;
            }
            if let Err(error) = measure(context, way, *comments, lasts, &mut points) {
                report.left_out(&format!("{} with {comments} comments", way.name()), &error);
            }
        }
    }
    for point in &points {
        point.tell(&points, &mut report);
    }
    report
}

fn measure(
    context: &Context,
    way: Way,
    comments: usize,
    lasts: Duration,
    points: &mut Vec<Point>,
) -> Result<()> {
    let database = match way {
        Way::Subscribe | Way::Http => data::database(context, comments)?,
        Way::Isso => data::isso_database(context, comments)?,
    };
    let settings = Settings { database: Some(database), ..Settings::default() };
    let server = Server::start(context, way.peer(), &settings)?;
    let mut reader = Reader::open(context, way, &server)?;
    for pages in Pages::of(comments) {
        let what = format!("open: {}: {comments} comments, {} on the page", way.name(), pages.name());
        let mut ticker = Ticker::new(what, lasts);
        // The first reads of a page come from the disk; what counts is what a page in use takes.
        reader.read_for(pages, lasts / 5, &mut ticker)?;
        let before = server.usage()?;
        let (latencies, answer_bytes) = reader.read_for(pages, lasts, &mut ticker)?;
        let used = server.usage()? - before;
        let cpu_us = used.cpu.as_secs_f64() * 1e6 / latencies.count() as f64;
        let resident_kib = server.resident_kib()?;
        points.push(Point { way, comments, pages, answer_bytes, cpu_us, latencies, resident_kib });
    }
    Ok(())
}

/// Who reads.
enum Reader {
    Socket(Crowd),
    Http(Way, SocketAddr),
}

impl Reader {
    fn open(context: &Context, way: Way, server: &Server) -> Result<Self> {
        if way != Way::Subscribe {
            return Ok(Self::Http(way, server.address));
        }
        let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
        crowd.open(1, |_| vec![query::sign_up("bench-reader")], |_, _| ())?;
        Ok(Self::Socket(crowd))
    }

    /// Reads again and again; gives how long it took, and how large the last answer was.
    fn read_for(&mut self, pages: Pages, lasts: Duration, ticker: &mut Ticker) -> Result<(Latencies, usize)> {
        let end = Instant::now() + lasts;
        let (mut latencies, mut answer_bytes) = (Latencies::new(), 0);
        while latencies.count() == 0 || Instant::now() < end {
            let (took_us, length) = self.read(&pages.key(latencies.count()))?;
            latencies.record(took_us);
            answer_bytes = length;
            ticker.tick(|| format!("{} reads", latencies.count()));
        }
        Ok((latencies, answer_bytes))
    }

    fn read(&mut self, page: &str) -> Result<(u64, usize)> {
        match self {
            Self::Socket(crowd) => subscribe(crowd, page),
            Self::Http(way, address) => {
                let page = page.replace('/', "%2F");
                let path = if *way == Way::Isso {
                    format!("/?uri={page}&limit=50&nested_limit=3&sort=newest")
                } else {
                    format!("/api/comments?page={page}")
                };
                let begun = Instant::now();
                let length = client::get(*address, &path)?;
                Ok((begun.elapsed().as_micros() as u64, length))
            }
        }
    }
}

fn subscribe(crowd: &mut Crowd, page: &str) -> Result<(u64, usize)> {
    let asked_us = crowd.now_us();
    crowd.ask(0, &query::subscribe(asked_us, page))?;
    // A session follows few pages at a time: what was opened is closed after its answer.
    let give_up = Instant::now() + Duration::from_secs(30);
    let mut answered = None;
    while answered.is_none() {
        ensure!(Instant::now() < give_up, "no answer in 30 s");
        crowd.turn(give_up, |heard, replies| {
            let Message::Answer(answer) = heard.message else { return };
            if payload::text(answer, payload::TYPE_QUERY) == Some("subscribe") {
                answered = Some((heard.at_us, answer.len(), payload::is_success(answer)));
                replies.ask(query::unsubscribe(page));
            }
        })?;
    }
    let (at_us, length, success) = answered.context("no answer")?;
    ensure!(success, "a subscribe was refused");
    Ok((at_us - asked_us, length))
}

impl Point {
    fn p99_ms(&self) -> f64 {
        self.latencies.ms(99.0)
    }

    fn tell(&self, all: &[Self], report: &mut Report) {
        // The page of ten against itself, larger ones against the one that fills a screen as they do.
        let small_page = |point: &Self| point.pages.comments == 10;
        let alike = |other: &&Self| {
            other.way == self.way && other.comments == SMALL && small_page(other) == small_page(self)
        };
        let growth = all.iter().find(alike).map(|other| self.p99_ms() / other.p99_ms());
        let on_page = self.pages.name();
        report.row(
            self.way.name(),
            vec![
                self.comments.into(),
                on_page.as_str().into(),
                (self.answer_bytes as f64 / 1_024.0, 1).into(),
                self.latencies.count().into(),
                (self.latencies.ms(50.0), 2).into(),
                (self.p99_ms(), 2).into(),
                growth.map(|growth| (growth, 2)).into(),
                (self.cpu_us, 1).into(),
                (self.resident_kib as f64 / 1_024.0, 1).into(),
            ],
        );
        let page = format!("{on_page} of {} comments", self.comments);
        if let Some(growth) = growth.filter(|_| self.comments > SMALL && self.way == Way::Subscribe) {
            let what = format!("{page}: p99 is {growth:.2} of the small one's ≤ {GROWTH_MAX}");
            report.goal(what, growth <= GROWTH_MAX);
        }
        let same = |other: &&Self| (other.comments, other.pages) == (self.comments, self.pages);
        let ours = all.iter().filter(same).find(|other| other.way == Way::Subscribe);
        if let Some(ours) = ours.filter(|_| self.way == Way::Isso && self.comments >= 1_000_000) {
            let times = self.latencies.ms(50.0) / ours.latencies.ms(50.0);
            report.goal(
                format!("{page}: {times:.0} times as fast as Isso ≥ {TIMES_ISSO}"),
                times >= TIMES_ISSO,
            );
        }
    }
}
