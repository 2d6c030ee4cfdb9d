//! Many connections to one server, on one thread.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use super::dialect::Dialect;
use super::member::{Heard, Member, Message, Replies, Shared, Stage};
use crate::clock::Clock;

/// How many connections are opened at a time: below the shortest backlog among the servers (100, Python's asyncio).
const OPENING_MAX: usize = 64;

/// How long the server may let those who open a connection wait without a sign of life.
const PATIENCE: Duration = Duration::from_secs(30);

/// As much as one read takes: most come whole.
const BUFFER_BYTES: usize = 256 << 10;

/// The connections of a bench. Nothing happens but in [`turn`](Self::turn) and in what calls it.
pub struct Crowd {
    poll: Poll,
    events: Events,
    members: Vec<Member>,
    opening: usize,
    buffer: Vec<u8>,
    dialect: &'static dyn Dialect,
    address: SocketAddr,
    host: String,
    clock: Clock,
    /// Bytes that all members have read.
    pub bytes_read: u64,
    /// Connections that ended although they were open, and why the last one did.
    pub lost: (usize, String),
}

impl Crowd {
    /// Nobody yet.
    pub fn new(address: SocketAddr, dialect: &'static dyn Dialect, clock: Clock) -> Result<Self> {
        let (poll, events) = (Poll::new()?, Events::with_capacity(1_024));
        let (members, buffer, lost) = (Vec::new(), vec![0; BUFFER_BYTES], (0, String::new()));
        let host = address.to_string();
        Ok(Self {
            poll,
            events,
            members,
            opening: 0,
            buffer,
            dialect,
            address,
            host,
            clock,
            bytes_read: 0,
            lost,
        })
    }

    /// How many there are, open or not.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The time that it goes by.
    pub fn now_us(&self) -> u64 {
        self.clock.now_us()
    }

    /// Opens `count` more, each of which asks its script's queries and waits for a success each. What is heard
    /// meanwhile goes to `hear`.
    pub fn open(
        &mut self,
        count: usize,
        script: impl Fn(usize) -> Vec<String>,
        mut hear: impl FnMut(Heard<'_>, &mut Replies),
    ) -> Result<std::ops::Range<usize>> {
        let range = self.len()..self.len() + count;
        let (mut open, mut last_progress) = (0, Instant::now());
        while self.len() < range.end || self.opening > 0 {
            while self.len() < range.end && self.opening < OPENING_MAX {
                self.begin(self.len(), script(self.len() - range.start))?;
            }
            self.turn(Instant::now() + Duration::from_millis(100), &mut hear)?;
            let now_open = self.len() - self.opening;
            if now_open != open {
                (open, last_progress) = (now_open, Instant::now());
            }
            if self.lost.0 > 0 {
                bail!("{} of {} connections failed to open: {}", self.lost.0, self.len(), self.lost.1);
            }
            if last_progress.elapsed() > PATIENCE {
                bail!("{} connections wait in vain for their opening answers", self.opening);
            }
        }
        Ok(range)
    }

    /// Begins to connect a member anew, or one more. It is open once its script is answered.
    pub fn begin(&mut self, member: usize, script: Vec<String>) -> Result<()> {
        let mut stream = TcpStream::connect(self.address).context("connecting")?;
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(member), both)?;
        let fresh = Member::new(member, stream, script);
        self.opening += 1;
        if let Some(place) = self.members.get_mut(member) {
            self.opening -= usize::from(!matches!(place.stage, Stage::Open | Stage::Gone));
            *place = fresh;
        } else {
            self.members.push(fresh);
        }
        Ok(())
    }

    /// A member asks a query.
    pub fn ask(&mut self, member: usize, query: &str) -> Result<()> {
        let (dialect, member) = (self.dialect, &mut self.members[member]);
        if member.stage == Stage::Gone {
            bail!("its connection is gone: {}", self.lost.1);
        }
        member.ask(dialect, query)
    }

    /// Serves whatever the sockets have, once, waiting for it until `until` at most. The last millisecond is spent
    /// looking, as the kernel's wait is no finer.
    pub fn turn(&mut self, until: Instant, mut hear: impl FnMut(Heard<'_>, &mut Replies)) -> Result<()> {
        let left = until.saturating_duration_since(Instant::now());
        let wait = Duration::from_millis(left.as_millis() as u64);
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => return Ok(()),
            done => done?,
        }
        let Self { events, members, buffer, dialect, host, clock, bytes_read, .. } = self;
        for event in &*events {
            let number = event.token().0;
            let member = &mut members[number];
            if member.stage == Stage::Gone {
                continue;
            }
            let was_open = member.stage == Stage::Open;
            let mut shared = Shared { dialect: *dialect, host, clock, hear: &mut hear, bytes_read };
            let mut done = Ok(());
            if event.is_writable() {
                done = member.writable(shared.dialect, shared.host);
            }
            if event.is_readable() && member.stage != Stage::Connecting {
                done = done.and_then(|()| member.readable(buffer, event.is_read_closed(), &mut shared));
            }
            if let Err(error) = done {
                member.stage = Stage::Gone;
                self.lost = (self.lost.0 + 1, format!("{error:#}"));
                let message = Message::Gone;
                hear(Heard { member: number, at_us: clock.now_us(), message }, &mut Replies::default());
            }
            let is_open = matches!(member.stage, Stage::Open | Stage::Gone);
            self.opening -= usize::from(is_open && !was_open);
        }
        Ok(())
    }

    /// Turns until `until`, whatever comes.
    pub fn turn_until(
        &mut self,
        until: Instant,
        mut hear: impl FnMut(Heard<'_>, &mut Replies),
    ) -> Result<()> {
        while Instant::now() < until {
            self.turn(until, &mut hear)?;
        }
        Ok(())
    }

    /// How many are open.
    pub fn count_open(&self) -> usize {
        self.members.iter().filter(|member| member.stage == Stage::Open).count()
    }
}
