//! `signin`: reactions at a steady rate, while nobody signs in and while sign-ins queue up for bcrypt.

use std::time::Duration;

use anyhow::{Result, ensure};

use super::{Context, Ticker};
use crate::client::{Crowd, Heard, Message, payload, query};
use crate::clock::Schedule;
use crate::latency::Latencies;
use crate::report::{Report, progress};
use crate::server::{OTKLIK, Server, Settings};

const COLUMNS: &[&str] = &["sign-ins waiting", "reactions/s", "p50 ms", "p99 ms", "signed in", "cores"];

const PAGE: &str = "/signin";
const REACTIONS_PER_S: f64 = 500.0;
const RATIO_MAX: f64 = 3.0;

/// Otklik's default: what an operator has.
const BCRYPT_COST: u32 = 12;

struct Plan {
    sessions: usize,
    sign_ins: usize,
    measured: Duration,
}

/// Measures without and with sign-ins.
pub fn run(context: &Context) -> Report {
    let plan = Plan {
        sessions: context.size.pick(10, 50, 50),
        sign_ins: context.size.pick(20, 200, 200),
        measured: Duration::from_secs(context.size.pick(1, 8, 20)),
    };
    let title = format!("reactions from {} sessions, bcrypt's cost {BCRYPT_COST}", plan.sessions);
    let mut report = Report::new("signin", title, COLUMNS);
    if context.of(&[OTKLIK]).next().is_some()
        && let Err(error) = measure(context, &plan, &mut report)
    {
        report.left_out(OTKLIK.name, &error);
    }
    report
}

fn measure(context: &Context, plan: &Plan, report: &mut Report) -> Result<()> {
    let server = Server::start(context, &OTKLIK, &Settings { bcrypt_cost: BCRYPT_COST, database: None })?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    progress(&format!("signin: signing {} sessions up", plan.sessions));
    let script = |number: usize| {
        let post = (number == 0).then(|| query::post(2, PAGE, "a comment"));
        std::iter::once(query::sign_up(&format!("bench-{number}"))).chain(post).collect()
    };
    crowd.open(plan.sessions, script, |_, _| ())?;
    let sleepers = crowd.open(plan.sign_ins, |_| vec![query::subscribe(2, PAGE)], |_, _| ())?;
    let mut p99 = Vec::new();
    for waiting in [0, plan.sign_ins] {
        for member in sleepers.clone().take(waiting) {
            // Its id tells its answer from a reaction's, which is a time.
            crowd.ask(member, &query::sign_in(0, &format!("bench-{}", member % plan.sessions)))?;
        }
        let mut load = Load { latencies: Latencies::new(), signed_in: 0, refused: 0 };
        let before = server.usage()?;
        load.run(context, &mut crowd, plan, &format!("signin: {waiting} sign-ins"))?;
        let used = server.usage()? - before;
        ensure!(load.refused == 0, "{} queries were refused", load.refused);
        if waiting > 0 && load.signed_in == waiting {
            report.note("all had signed in before the end: the rate with sign-ins is too good".into());
        }
        report.row(
            OTKLIK.name,
            vec![
                waiting.into(),
                (load.latencies.count() as f64 / plan.measured.as_secs_f64(), 0).into(),
                (load.latencies.ms(50.0), 1).into(),
                (load.latencies.ms(99.0), 1).into(),
                load.signed_in.into(),
                (used.cpu.as_secs_f64() / plan.measured.as_secs_f64(), 2).into(),
            ],
        );
        p99.push(load.latencies.ms(99.0));
    }
    let ratio = p99[1] / p99[0];
    report.goal(format!("p99 with sign-ins is {ratio:.2} of that without ≤ {RATIO_MAX}"), ratio <= RATIO_MAX);
    Ok(())
}

struct Load {
    latencies: Latencies,
    signed_in: usize,
    refused: usize,
}

impl Load {
    fn run(&mut self, context: &Context, crowd: &mut Crowd, plan: &Plan, what: &str) -> Result<()> {
        let clock = context.clock;
        let mut ticker = Ticker::new(what.to_owned(), plan.measured);
        let mut schedule = Schedule::new(clock.now_us(), REACTIONS_PER_S);
        let end_us = clock.now_us() + plan.measured.as_micros() as u64;
        while clock.now_us() < end_us {
            while let Some((number, due_us)) = schedule.take(clock.now_us()) {
                let turn = number as usize;
                let reaction = ["like", "dislike"][turn / plan.sessions % 2];
                crowd.ask(turn % plan.sessions, &query::react(due_us, 1, reaction))?;
            }
            let until = clock.at(schedule.next_us().min(end_us));
            crowd.turn(until, |heard, _| self.hear(&heard))?;
            ticker.tick(|| format!("{} answers, {} signed in", self.latencies.count(), self.signed_in));
        }
        Ok(())
    }

    fn hear(&mut self, heard: &Heard<'_>) {
        let Message::Answer(answer) = heard.message else { return };
        if !payload::is_success(answer) {
            self.refused += 1;
            return;
        }
        match payload::number(answer, payload::ID) {
            Some(0) => self.signed_in += 1,
            Some(due_us) => self.latencies.record(heard.at_us - due_us.min(heard.at_us)),
            None => {}
        }
    }
}
