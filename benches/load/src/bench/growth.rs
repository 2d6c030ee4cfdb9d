//! `growth`: what an operation costs as the database grows, each time on another page or comment of all there are.

use std::time::Duration;

use anyhow::Result;

use super::closed::Closed;
use super::{Context, Ticker};
use crate::client::{Crowd, payload, query};
use crate::data;
use crate::report::{Report, progress};
use crate::server::{OTKLIK, Server, Settings};

const COLUMNS: &[&str] =
    &["comments in all", "operation", "done/s", "CPU us each", "CPU of smallest", "p50 ms", "p99 ms", "MiB"];

const SESSIONS: usize = 64;
const GROWTH_MAX: f64 = 1.5;

/// What is done, and how the next one is asked for: who, when, a number that is as good as random, and how many comments
/// there are.
type Operation = (&'static str, fn(u64, u64, usize) -> String);

const OPERATIONS: &[Operation] = &[
    ("react", |now_us, dice, comments| {
        query::react(now_us, dice % comments as u64 + 1, ["like", "dislike"][(dice >> 40) as usize % 2])
    }),
    ("post", |now_us, dice, comments| {
        let page = format!("/page/{}", dice % pages(comments) + 1);
        query::post(now_us, &page, &payload::stamped((now_us, 0), 120))
    }),
    ("read", |now_us, dice, comments| query::load(now_us, &format!("/page/{}", dice % pages(comments) + 1))),
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
    let title = format!("{SESSIONS} sessions, each operation somewhere else, as fast as answered, {lasts:?}");
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
        "a reaction or post somewhere else each time touches as many pages as a batch has of them".into(),
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
    progress(&format!("growth: {comments} comments: signing {SESSIONS} sessions up"));
    crowd.open(SESSIONS, |number| vec![query::sign_up(&format!("bench-{number}"))], |_, _| ())?;
    let mut dice = 1_u64;
    for (place, (name, ask)) in OPERATIONS.iter().enumerate() {
        let mut next = |_, now_us| {
            dice = dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
            ask(now_us, dice >> 11, comments)
        };
        let mut ticker = Ticker::new(format!("growth: {comments} comments, {name}"), lasts + lasts / 2);
        Closed::run((&mut crowd, &server), 0..SESSIONS, lasts / 2, &mut ticker, &mut next)?;
        let closed = Closed::run((&mut crowd, &server), 0..SESSIONS, lasts, &mut ticker, &mut next)?;
        if smallest.len() == place {
            smallest.push(closed.cpu_us);
        }
        let growth = closed.cpu_us / smallest[place];
        report.row(
            OTKLIK.name,
            vec![
                comments.into(),
                (*name).into(),
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
    }
    Ok(())
}
