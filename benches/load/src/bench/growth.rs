//! `growth`: what an operation costs as the database grows. The worst is each time another page or comment of all there
//! are, which no site's readers do; what they do is beside it, reactions on the comments of one page, as in `write`.

use std::time::Duration;

use anyhow::Result;

use super::closed::Closed;
use super::{Context, Ticker, write};
use crate::client::{Crowd, payload, query};
use crate::data;
use crate::report::{Report, progress};
use crate::server::{OTKLIK, Server, Settings};

const COLUMNS: &[&str] =
    &["comments in all", "operation", "done/s", "CPU us each", "CPU of smallest", "p50 ms", "p99 ms", "MiB"];

/// How many do something somewhere else each time; reactions on one page are [`write::SESSIONS`]'.
const SESSIONS: usize = 64;
const GROWTH_MAX: f64 = 1.5;

/// The first row of each size.
const ONE_PAGE: &str = "react, one page";

/// What is done somewhere else each time, and how the next one is asked for: when, a number that is as good as random,
/// and how many comments there are.
type Operation = (&'static str, fn(u64, u64, usize) -> String);

const OPERATIONS: &[Operation] = &[
    ("react, any comment", |now_us, dice, comments| {
        query::react(now_us, dice % comments as u64 + 1, ["like", "dislike"][(dice >> 40) as usize % 2])
    }),
    ("post, any page", |now_us, dice, comments| {
        let page = format!("/page/{}", dice % pages(comments) + 1);
        query::post(now_us, &page, &payload::stamped((now_us, 0), 120))
    }),
    ("read, any page", |now_us, dice, comments| {
        query::load(now_us, &format!("/page/{}", dice % pages(comments) + 1))
    }),
];

/// As many usual pages of 100 as there surely are.
fn pages(comments: usize) -> u64 {
    comments as u64 / 200
}

/// The smallest size's cost an operation.
type Smallest = Vec<f64>;

/// Each size in turn.
pub fn run(context: &Context) -> Report {
    let lasts = Duration::from_secs(context.size.pick(1, 4, 15));
    let sizes: &[usize] =
        context.size.pick(&[1_000, 10_000], &[10_000, 1_000_000], &[10_000, 1_000_000, 10_000_000]);
    let title = format!(
        "{} sessions react on the comments of one page, {SESSIONS} do each operation somewhere else, as fast as \
         answered, {lasts:?}",
        write::SESSIONS
    );
    let mut report = Report::new("growth", title, COLUMNS);
    let mut smallest = Smallest::new();
    if context.of(&[OTKLIK]).next().is_some() {
        for comments in sizes {
            if let Err(error) = measure(context, *comments, lasts, (&mut smallest, &mut report)) {
                report.left_out(&format!("{} with {comments} comments", OTKLIK.name), &error);
            }
        }
    }
    report.note(
        "a reaction or post somewhere else each time touches as many pages as a batch has of them; no site's readers do that"
            .into(),
    );
    report
}

fn measure(
    context: &Context,
    comments: usize,
    lasts: Duration,
    (smallest, report): (&mut Smallest, &mut Report),
) -> Result<()> {
    let settings = Settings { database: Some(data::database(context, comments)?), ..Settings::default() };
    let server = Server::start(context, &OTKLIK, &settings)?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    progress(&format!("growth: {comments} comments: signing {} sessions up", write::SESSIONS));
    let mut next = write::reactions(write::begin(&mut crowd)?);
    let sized = OfSize { server: &server, comments, lasts };
    sized.row((ONE_PAGE, write::SESSIONS), (&mut crowd, &mut next), (0, smallest, report))?;
    let mut dice = 1_u64;
    for (place, (name, ask)) in OPERATIONS.iter().enumerate() {
        let mut next = |_, now_us| {
            dice = dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            ask(now_us, dice >> 11, comments)
        };
        sized.row((name, SESSIONS), (&mut crowd, &mut next), (place + 1, smallest, report))?;
    }
    Ok(())
}

/// A server with a database of one size.
struct OfSize<'a> {
    server: &'a Server,
    comments: usize,
    lasts: Duration,
}

impl OfSize<'_> {
    /// Measures one operation and tells of it.
    fn row(
        &self,
        (name, sessions): (&str, usize),
        (crowd, next): (&mut Crowd, &mut dyn FnMut(usize, u64) -> String),
        (place, smallest, report): (usize, &mut Smallest, &mut Report),
    ) -> Result<()> {
        let Self { server, comments, lasts } = *self;
        let mut ticker = Ticker::new(format!("growth: {comments} comments, {name}"), lasts + lasts / 2);
        Closed::run((crowd, server), 0..sessions, lasts / 2, &mut ticker, &mut *next)?;
        let closed = Closed::run((crowd, server), 0..sessions, lasts, &mut ticker, next)?;
        if smallest.len() == place {
            smallest.push(closed.cpu_us);
        }
        let growth = closed.cpu_us / smallest[place];
        report.row(
            OTKLIK.name,
            vec![
                comments.into(),
                name.into(),
                (closed.per_s, 0).into(),
                (closed.cpu_us, 1).into(),
                (growth, 2).into(),
                (closed.latencies.ms(50.0), 1).into(),
                (closed.latencies.ms(99.0), 1).into(),
                (server.resident_kib()? as f64 / 1_024.0, 1).into(),
            ],
        );
        let what =
            format!("{name} with {comments} comments costs {growth:.2} of the smallest ≤ {GROWTH_MAX}");
        report.goal(what, growth <= GROWTH_MAX);
        Ok(())
    }
}
