//! A server that is nothing but its sockets: each comment becomes one ready frame, and each subscriber one `send` of it.
//! Nothing is parsed beyond what names the query, nothing is kept, nothing is gathered.

use std::collections::HashMap;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::SocketAddr;

use anyhow::Result;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::SockRef;

use crate::client::{Kind, first_frame, payload, write_frame};

/// The service's own (`src/sockets.rs`): the same bytes must find the same room.
const SEND_BUFFER_BYTES: usize = 48 << 10;

const LISTENER: Token = Token(usize::MAX);

/// What a client's handshake is answered: its key is always the same.
const UPGRADED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    unsent: Vec<u8>,
    upgraded: bool,
}

/// Serves until it is killed.
pub fn serve(port: u16) -> Result<()> {
    let mut poll = Poll::new()?;
    let mut listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port)))?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut events = Events::with_capacity(1_024);
    let mut room = Room::default();
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Ok((stream, _)) = listener.accept() {
                    room.join(&poll, stream)?;
                }
                continue;
            }
            let number = event.token().0;
            if event.is_writable() && !room.flush(number) || event.is_readable() && !room.read(number)? {
                room.leave(number);
            }
        }
    }
}

#[derive(Default)]
struct Room {
    connections: HashMap<usize, Connection>,
    subscribers: Vec<usize>,
    next: usize,
    rev: u64,
}

impl Room {
    fn join(&mut self, poll: &Poll, mut stream: TcpStream) -> Result<()> {
        stream.set_nodelay(true)?;
        SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES)?;
        let both = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(&mut stream, Token(self.next), both)?;
        let (unread, unsent) = (Vec::new(), Vec::new());
        self.connections.insert(self.next, Connection { stream, unread, unsent, upgraded: false });
        self.next += 1;
        Ok(())
    }

    fn leave(&mut self, number: usize) {
        self.connections.remove(&number);
        self.subscribers.retain(|other| *other != number);
    }

    /// Whether the connection goes on.
    fn flush(&mut self, number: usize) -> bool {
        let Some(connection) = self.connections.get_mut(&number) else { return true };
        let unsent = std::mem::take(&mut connection.unsent);
        unsent.is_empty() || connection.send(&unsent)
    }

    /// Whether the connection goes on.
    fn read(&mut self, number: usize) -> Result<bool> {
        let Some(connection) = self.connections.get_mut(&number) else { return Ok(true) };
        let mut buffer = [0; 4_096];
        loop {
            match connection.stream.read(&mut buffer) {
                Ok(0) => return Ok(false),
                Ok(length) => connection.unread.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return Ok(false),
            }
        }
        let mut unread = std::mem::take(&mut connection.unread);
        if !connection.upgraded && unread.ends_with(b"\r\n\r\n") {
            connection.upgraded = true;
            unread.clear();
            connection.send(UPGRADED);
        }
        let mut used = 0;
        while let Some((frame, length)) = first_frame(&unread[used..])? {
            used += length;
            if frame.kind == Kind::Text {
                self.answer(number, frame.payload);
            }
        }
        unread.drain(..used);
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.unread = unread;
        }
        Ok(true)
    }

    fn answer(&mut self, number: usize, query: &[u8]) {
        let id = payload::number(query, payload::ID).unwrap_or(0);
        let asked = payload::text(query, payload::TYPE_QUERY).unwrap_or_default();
        let answer = format!(r#"{{"id":{id},"type_query":"{asked}","status":"success"}}"#);
        match asked {
            "subscribe" => self.subscribers.push(number),
            "postComment" => self.tell_all(query),
            _ => {}
        }
        if let Some(connection) = self.connections.get_mut(&number) {
            connection.send(&framed(&answer));
        }
    }

    fn tell_all(&mut self, query: &[u8]) {
        self.rev += 1;
        let page = payload::text(query, payload::PAGE).unwrap_or_default();
        let comment = payload::text(query, payload::COMMENT).unwrap_or_default();
        let push = framed(&payload::update(page, comment, self.rev, self.subscribers.len()));
        for subscriber in &self.subscribers {
            if let Some(connection) = self.connections.get_mut(subscriber) {
                connection.send(&push);
            }
        }
    }
}

impl Connection {
    /// Sends what the socket takes and keeps the rest; gives whether the connection goes on.
    fn send(&mut self, bytes: &[u8]) -> bool {
        if !self.unsent.is_empty() {
            self.unsent.extend(bytes);
            return true;
        }
        match self.stream.write(bytes) {
            Ok(length) => self.unsent.extend(&bytes[length..]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => self.unsent.extend(bytes),
            Err(_) => return false,
        }
        true
    }
}

fn framed(text: &str) -> Vec<u8> {
    let mut frame = Vec::with_capacity(text.len() + 10);
    write_frame(Kind::Text, text.as_bytes(), false, &mut frame);
    frame
}
