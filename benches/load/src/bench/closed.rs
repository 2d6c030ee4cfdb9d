//! A closed loop: sessions that each ask the next query as soon as the last is answered. It finds the most that a server
//! can do; how long an answer takes says little, as a slow server is asked less.

use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::Ticker;
use crate::client::{Crowd, Message, payload};
use crate::latency::Latencies;
use crate::server::{Server, Usage};

/// What came of one loop.
#[derive(Debug)]
pub struct Closed {
    /// Successes a second.
    pub per_s: f64,
    /// CPU that the server used a success, in microseconds.
    pub cpu_us: f64,
    /// From question to answer.
    pub latencies: Latencies,
    /// Answers that were no successes.
    pub refused: u64,
    /// The highest revision in an answer when the time was over,
    pub rev: u64,
    /// and when all was answered.
    pub rev_after: u64,
    answers: u64,
}

impl Closed {
    /// Lets the sessions ask what `next` says (for a session, at a time, which is the query's id) for so long, then
    /// waits for what is still to be answered.
    pub fn run(
        (crowd, server): (&mut Crowd, &Server),
        sessions: Range<usize>,
        lasts: Duration,
        ticker: &mut Ticker,
        mut next: impl FnMut(usize, u64) -> String,
    ) -> Result<Self> {
        let latencies = Latencies::new();
        let mut closed =
            Self { per_s: 0.0, cpu_us: 0.0, latencies, refused: 0, rev: 0, rev_after: 0, answers: 0 };
        let (before, begun) = (server.usage()?, Instant::now());
        let end = begun + lasts;
        let mut waiting = sessions.len();
        for session in sessions {
            let query = next(session, crowd.now_us());
            crowd.ask(session, &query)?;
        }
        while Instant::now() < end {
            crowd.turn(end, |heard, replies| {
                if let Message::Answer(answer) = heard.message {
                    closed.hear(answer, heard.at_us);
                    replies.ask(next(heard.member, heard.at_us));
                }
            })?;
            ticker.tick(|| format!("{} answers", closed.answers));
        }
        closed.rev_after = closed.rev;
        closed.finish(server.usage()? - before, begun.elapsed());
        let give_up = Instant::now() + Duration::from_secs(30);
        while waiting > 0 && crowd.lost.0 == 0 {
            ensure!(Instant::now() < give_up, "{waiting} queries are not answered after 30 s");
            crowd.turn(give_up, |heard, _| {
                if let Message::Answer(answer) = heard.message {
                    waiting -= 1;
                    closed.rev_after =
                        closed.rev_after.max(payload::number(answer, payload::REV).unwrap_or(0));
                }
            })?;
        }
        ensure!(crowd.lost.0 == 0, "{} connections were lost: {}", crowd.lost.0, crowd.lost.1);
        Ok(closed)
    }

    fn hear(&mut self, answer: &[u8], at_us: u64) {
        if !payload::is_success(answer) {
            self.refused += 1;
            return;
        }
        self.answers += 1;
        let asked_us = payload::number(answer, payload::ID).unwrap_or(at_us);
        self.latencies.record(at_us - asked_us.min(at_us));
        self.rev = self.rev.max(payload::number(answer, payload::REV).unwrap_or(0));
    }

    fn finish(&mut self, used: Usage, took: Duration) {
        self.per_s = self.answers as f64 / took.as_secs_f64();
        self.cpu_us = used.cpu.as_secs_f64() * 1e6 / self.answers as f64;
    }
}
