//! One connection: its socket, how far it has come, and what lies between two reads or writes.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};

use anyhow::{Context as _, Result, bail, ensure};
use mio::net::TcpStream;

use super::dialect::{Dialect, Said};
use super::frame::{self, Kind};
use super::payload;
use crate::clock::Clock;

/// Above this, what a half-read frame took is given back: thousands of members keep theirs.
const UNREAD_BYTES_KEPT: usize = 4 << 10;

/// Something that a member heard.
#[derive(Debug)]
pub struct Heard<'m> {
    /// Who.
    pub member: usize,
    /// When its socket was read.
    pub at_us: u64,
    /// What.
    pub message: Message<'m>,
}

/// What a bench may hear.
#[derive(Debug)]
pub enum Message<'m> {
    /// A change of the page.
    Push(&'m [u8]),
    /// To a query of the bench.
    Answer(&'m [u8]),
    /// The connection has ended.
    Gone,
}

/// What the member who heard something says to that.
#[derive(Debug, Default)]
pub struct Replies(Vec<String>);

impl Replies {
    /// Asks a query.
    pub fn ask(&mut self, query: String) {
        self.0.push(query);
    }
}

/// How far a connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Connecting,
    Upgrading,
    /// The stack's own greetings.
    Greeting,
    /// The queries of its opening script, one after the other.
    Opening,
    Open,
    Gone,
}

/// What every member of a crowd shares while one of them is served.
pub(super) struct Shared<'c, H> {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) host: &'c str,
    pub(super) clock: &'c Clock,
    pub(super) hear: &'c mut H,
    pub(super) bytes_read: &'c mut u64,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) stream: TcpStream,
    pub(super) stage: Stage,
    number: usize,
    /// What the server said when it was ready; empty with most.
    greeting: String,
    script: VecDeque<String>,
    unread: Vec<u8>,
    unsent: Vec<u8>,
}

impl Member {
    /// A connection on its way, and what it will ask before it counts as open.
    pub(super) fn new(number: usize, stream: TcpStream, script: Vec<String>) -> Self {
        let (unread, unsent) = (Vec::new(), Vec::new());
        let (stage, greeting) = (Stage::Connecting, String::new());
        Self { stream, stage, number, greeting, script: script.into(), unread, unsent }
    }

    /// The socket takes bytes again, or for the first time.
    pub(super) fn writable(&mut self, dialect: &dyn Dialect, host: &str) -> Result<()> {
        if self.stage == Stage::Connecting {
            if let Some(error) = self.stream.take_error()? {
                return Err(error).context("connecting");
            }
            if self.stream.peer_addr().is_err() {
                return Ok(());
            }
            self.stream.set_nodelay(true)?;
            self.stage = Stage::Upgrading;
            let handshake = format!(
                "GET {} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                dialect.path()
            );
            self.unsent.extend(handshake.as_bytes());
        }
        self.flush()
    }

    /// Puts a query on its way.
    pub(super) fn ask(&mut self, dialect: &dyn Dialect, query: &str) -> Result<()> {
        let mut text = String::with_capacity(query.len() + 32);
        dialect.wrap(query, &self.greeting, &mut text);
        frame::write(Kind::Text, text.as_bytes(), true, &mut self.unsent);
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(length) => drop(self.unsent.drain(..length)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("writing"),
            }
        }
        Ok(())
    }

    /// Reads what is there and hands on what it says. `to_end` where the peer has closed its side; else a read that
    /// does not fill the buffer was the last (epoll(7), edge-triggered streams), and another call is saved.
    pub(super) fn readable<H: FnMut(Heard<'_>, &mut Replies)>(
        &mut self,
        buffer: &mut [u8],
        to_end: bool,
        shared: &mut Shared<'_, H>,
    ) -> Result<()> {
        loop {
            match self.stream.read(buffer) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(length) => {
                    *shared.bytes_read += length as u64;
                    let at_us = shared.clock.now_us();
                    self.digest(&buffer[..length], at_us, shared)?;
                    if length < buffer.len() && !to_end {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("reading"),
            }
        }
    }

    /// Most reads begin and end with a frame: then nothing is copied.
    fn digest<H: FnMut(Heard<'_>, &mut Replies)>(
        &mut self,
        bytes: &[u8],
        at_us: u64,
        shared: &mut Shared<'_, H>,
    ) -> Result<()> {
        if self.unread.is_empty() {
            let used = self.take(bytes, at_us, shared)?;
            self.unread.extend(&bytes[used..]);
            return Ok(());
        }
        let mut all = std::mem::take(&mut self.unread);
        all.extend(bytes);
        let used = self.take(&all, at_us, shared)?;
        if used < all.len() || all.capacity() <= UNREAD_BYTES_KEPT {
            all.drain(..used);
            self.unread = all;
        }
        Ok(())
    }

    /// Takes what is whole; gives how many bytes that was.
    fn take<H: FnMut(Heard<'_>, &mut Replies)>(
        &mut self,
        bytes: &[u8],
        at_us: u64,
        shared: &mut Shared<'_, H>,
    ) -> Result<usize> {
        let mut used = 0;
        if self.stage == Stage::Upgrading {
            let Some(end) = memchr::memmem::find(bytes, b"\r\n\r\n") else { return Ok(0) };
            let head = String::from_utf8_lossy(&bytes[..end]);
            ensure!(head.starts_with("HTTP/1.1 101"), "the handshake was answered {head:?}");
            used = end + 4;
            self.stage = Stage::Greeting;
            if shared.dialect.is_ready_at_once() {
                self.next_of_script(shared.dialect)?;
            }
        }
        while let Some((frame, length)) = frame::first(&bytes[used..])? {
            used += length;
            match frame.kind {
                Kind::Text => self.text(frame.payload, at_us, shared)?,
                Kind::Ping => {
                    frame::write(Kind::Pong, frame.payload, true, &mut self.unsent);
                    self.flush()?;
                }
                Kind::Pong => {}
                Kind::Close => bail!("the server closed: {}", close_reason(frame.payload)),
            }
        }
        Ok(used)
    }

    fn text<H: FnMut(Heard<'_>, &mut Replies)>(
        &mut self,
        text: &[u8],
        at_us: u64,
        shared: &mut Shared<'_, H>,
    ) -> Result<()> {
        let message = match shared.dialect.understand(text) {
            Said::Push(push) => Message::Push(push),
            Said::Answer(answer) => {
                if self.stage == Stage::Opening {
                    let fine = payload::is_success(answer);
                    ensure!(fine, "an opening query was answered {}", String::from_utf8_lossy(answer));
                    self.next_of_script(shared.dialect)?;
                }
                Message::Answer(answer)
            }
            Said::Prompt(words) => {
                frame::write(Kind::Text, words.as_bytes(), true, &mut self.unsent);
                return self.flush();
            }
            Said::Ready(greeting) => {
                greeting.clone_into(&mut self.greeting);
                return self.next_of_script(shared.dialect);
            }
            Said::Other => return Ok(()),
        };
        let mut replies = Replies::default();
        (shared.hear)(Heard { member: self.number, at_us, message }, &mut replies);
        replies.0.iter().try_for_each(|query| self.ask(shared.dialect, query))
    }

    fn next_of_script(&mut self, dialect: &dyn Dialect) -> Result<()> {
        if let Some(query) = self.script.pop_front() {
            self.stage = Stage::Opening;
            self.ask(dialect, &query)
        } else {
            self.stage = Stage::Open;
            Ok(())
        }
    }
}

fn close_reason(payload: &[u8]) -> String {
    match payload {
        [a, b, reason @ ..] => {
            format!("{} {}", u16::from_be_bytes([*a, *b]), String::from_utf8_lossy(reason))
        }
        _ => "without a code".to_owned(),
    }
}
