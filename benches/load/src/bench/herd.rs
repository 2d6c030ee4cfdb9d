//! `herd`: the server is killed under its subscribed sessions and started again; all of them come back at once and go on
//! from where they were.
//!
//! Each comes back as the protocol says, after `random(0, min(20 s, 0.5 s · 2^n))`. While they do, a comment is posted;
//! a session is in step once it holds that revision.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Context, Ticker};
use crate::client::{Crowd, Heard, Message, Replies, payload, query};
use crate::report::{Report, progress};
use crate::server::{OTKLIK, Server, Settings};

const COLUMNS: &[&str] =
    &["sessions", "in step", "all after s", "half after s", "tries", "steady MiB", "peak MiB", "CPU s"];

const PAGE: &str = "/herd";
const COMMENTS: usize = 60;
const SECONDS_MAX: f64 = 10.0;
const PEAK_MAX: f64 = 2.0;

/// Restarts Otklik under its sessions.
pub fn run(context: &Context) -> Report {
    let sessions = context.size.pick(100, 3_000, 10_000);
    let title = format!("{sessions} sessions resume after a kill and a restart");
    let mut report = Report::new("herd", title, COLUMNS);
    if context.of(&[OTKLIK]).next().is_some()
        && let Err(error) = measure(context, sessions, &mut report)
    {
        report.left_out(OTKLIK.name, &error);
    }
    report
}

fn measure(context: &Context, sessions: usize, report: &mut Report) -> Result<()> {
    let mut server = Server::start(context, &OTKLIK, &Settings::default())?;
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    let script = |_| {
        let posts = (0..COMMENTS).map(|_| query::post(2, PAGE, &payload::stamped((0, 0), 120)));
        std::iter::once(query::sign_up("bench-author")).chain(posts).collect()
    };
    crowd.open(1, script, |_, _| ())?;
    progress(&format!("herd: opening {sessions} sessions"));
    let mut herd = Herd::new(sessions);
    crowd.open(sessions, |_| vec![query::subscribe(2, PAGE)], |heard, _| herd.hear(&heard))?;
    ensure!(herd.epoch.is_some(), "no subscribe was answered with an epoch");
    crowd.turn_until(Instant::now() + Duration::from_secs(context.size.pick(1, 3, 5)), |_, _| ())?;
    let steady_kib = server.resident_kib()?;
    server.kill()?;
    server.start_again()?;
    let killed_us = context.clock.now_us();
    herd.come_back(context, &mut crowd, killed_us)?;
    let (peak_kib, used) = (server.peak_kib()?, server.usage()?);
    let in_step = herd.in_step();
    let mut after_s: Vec<_> =
        herd.in_step_us.iter().flatten().map(|us| (us - killed_us) as f64 / 1e6).collect();
    after_s.sort_by(f64::total_cmp);
    let (half_s, all_s) = (after_s.get(sessions / 2).copied(), after_s.last().copied());
    let all_s = all_s.filter(|_| in_step == sessions);
    report.row(
        OTKLIK.name,
        vec![
            sessions.into(),
            in_step.into(),
            all_s.map(|all_s| (all_s, 2)).into(),
            half_s.map(|half_s| (half_s, 2)).into(),
            herd.tries.into(),
            (steady_kib as f64 / 1_024.0, 1).into(),
            (peak_kib as f64 / 1_024.0, 1).into(),
            (used.cpu.as_secs_f64(), 2).into(),
        ],
    );
    let (all_s, peak) = (all_s.unwrap_or(f64::INFINITY), peak_kib as f64 / steady_kib as f64);
    report.goal(format!("all in step after {all_s:.1} s ≤ {SECONDS_MAX}"), all_s <= SECONDS_MAX);
    report.goal(format!("{} of {sessions} lost", sessions - in_step), in_step == sessions);
    report.goal(format!("peak memory is {peak:.2} of steady ≤ {PEAK_MAX}"), peak <= PEAK_MAX);
    Ok(())
}

/// The sessions: the author is member 0, session n is member n + 1.
struct Herd {
    epoch: Option<String>,
    revs: Vec<u64>,
    /// How often each has tried since it was last open.
    tried: Vec<u32>,
    in_step_us: Vec<Option<u64>>,
    /// Who comes back when.
    due: BTreeSet<(u64, usize)>,
    /// The revision that all must reach, once it is known.
    last_rev: Option<u64>,
    tries: usize,
    resumed: usize,
    dice: u64,
}

impl Herd {
    fn new(sessions: usize) -> Self {
        Self {
            epoch: None,
            revs: vec![0; sessions],
            tried: vec![0; sessions + 1],
            in_step_us: vec![None; sessions],
            due: BTreeSet::new(),
            last_rev: None,
            tries: 0,
            resumed: 0,
            dice: 1,
        }
    }

    fn in_step(&self) -> usize {
        self.in_step_us.iter().flatten().count()
    }

    /// Keeps the page's state of each, and who has to come back.
    fn hear(&mut self, heard: &Heard<'_>) {
        let Some(session) = heard.member.checked_sub(1) else { return };
        match heard.message {
            Message::Answer(message) | Message::Push(message) => {
                if self.epoch.is_none() {
                    self.epoch = payload::text(message, payload::EPOCH).map(str::to_owned);
                }
                let rev = payload::number(message, payload::REV).unwrap_or(0);
                self.revs[session] = self.revs[session].max(rev);
                let is_answer = memchr::memmem::find(message, br#""resumed":true"#).is_some();
                self.resumed += usize::from(is_answer);
                self.look(session, heard.at_us);
            }
            Message::Gone => self.plan(heard.member, heard.at_us),
        }
    }

    fn look(&mut self, session: usize, at_us: u64) {
        if self.last_rev.is_some_and(|last| self.revs[session] >= last) {
            self.in_step_us[session].get_or_insert(at_us);
        }
    }

    /// The protocol's way to come back.
    fn plan(&mut self, member: usize, at_us: u64) {
        let most_us = (500_000_u64 << self.tried[member].min(10)).min(20_000_000);
        self.dice = self.dice.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        self.due.insert((at_us + (self.dice >> 33) % most_us, member));
        self.tried[member] += 1;
    }

    fn take_due(&mut self, now_us: u64) -> Option<usize> {
        self.due.first().filter(|(due_us, _)| *due_us <= now_us)?;
        self.due.pop_first().map(|(_, member)| member)
    }

    fn come_back(&mut self, context: &Context, crowd: &mut Crowd, killed_us: u64) -> Result<()> {
        let lasts = Duration::from_secs(context.size.pick(5, 20, 60));
        let mut ticker = Ticker::new("herd: coming back".to_owned(), lasts);
        let give_up_us = killed_us + lasts.as_micros() as u64;
        let epoch = self.epoch.clone().unwrap_or_default();
        let mut posted = false;
        while self.in_step() < self.revs.len() && context.clock.now_us() < give_up_us {
            let now_us = context.clock.now_us();
            while let Some(member) = self.take_due(now_us) {
                let rev = self.revs[member - 1];
                crowd.begin(member, vec![query::resume(PAGE, rev, &epoch)])?;
                self.tries += 1;
            }
            if !posted && self.resumed * 2 > self.revs.len() {
                posted = true;
                // The author comes back as somebody else, which is cheaper to write down than signing in.
                let script = vec![query::sign_up("bench-other"), query::post(2, PAGE, "The last word.")];
                crowd.begin(0, script)?;
            }
            let soon = context.clock.at(now_us + 2_000);
            crowd.turn(soon, |heard, _: &mut Replies| self.hear_all(&heard))?;
            ticker.tick(|| format!("{} open, {} in step", crowd.count_open(), self.in_step()));
        }
        Ok(())
    }

    /// The author's answer to the post names the revision that all must reach.
    fn hear_all(&mut self, heard: &Heard<'_>) {
        if let (0, Message::Answer(answer)) = (heard.member, &heard.message)
            && payload::text(answer, payload::TYPE_QUERY) == Some("postComment")
        {
            self.last_rev = payload::number(answer, payload::REV);
            for session in 0..self.revs.len() {
                self.look(session, heard.at_us);
            }
        }
        self.hear(heard);
    }
}
