//! How a query is put and a message understood: what the peers have in common stands in `benches/peers/README.md`, and
//! each dialect wraps it as its stack does.

use super::payload;

/// What a text frame turns out to be.
#[derive(Debug, PartialEq, Eq)]
pub enum Said<'m> {
    /// Unasked: a change of the page.
    Push(&'m [u8]),
    /// To a query.
    Answer(&'m [u8]),
    /// The server waits for these words before it listens, or before it goes on believing that somebody is there.
    Prompt(&'static str),
    /// The server listens from now on; what it said must be known to some queries.
    Ready(&'m str),
    /// Nothing that a bench counts.
    Other,
}

/// One stack's way to carry queries, answers and pushes over a WebSocket.
pub trait Dialect: Sync {
    /// What is asked for in the handshake.
    fn path(&self) -> &'static str;

    /// Whether the server listens as soon as the handshake is done; if not, it says [`Said::Ready`].
    fn is_ready_at_once(&self) -> bool {
        true
    }

    /// Whether who posts is told of it as all others are.
    fn tells_the_author(&self) -> bool {
        true
    }

    /// Appends a query, a JSON object, as a text message. `greeting` is what came with [`Said::Ready`].
    fn wrap(&self, query: &str, greeting: &str, out: &mut String);

    /// What a text message is.
    fn understand<'m>(&self, text: &'m [u8]) -> Said<'m>;
}

/// Otklik's own, and what the peers that are nothing but a WebSocket speak.
pub const PLAIN: &dyn Dialect = &Plain;

/// Socket.IO 4 over Engine.IO 4, WebSocket only: queries are events with an acknowledgement, as its users write them.
pub const SOCKET_IO: &dyn Dialect = &SocketIo;

struct Plain;

impl Dialect for Plain {
    fn path(&self) -> &'static str {
        "/ws"
    }

    fn wrap(&self, query: &str, _: &str, out: &mut String) {
        out.push_str(query);
    }

    fn understand<'m>(&self, text: &'m [u8]) -> Said<'m> {
        bare(text)
    }
}

/// A push or an answer by how it begins: `{"push":"update",…` or `{"id":…`.
fn bare(text: &[u8]) -> Said<'_> {
    if text.starts_with(br#"{"push":"update""#) {
        Said::Push(text)
    } else if text.starts_with(br#"{"id":"#) {
        Said::Answer(text)
    } else {
        Said::Other
    }
}

struct SocketIo;

impl Dialect for SocketIo {
    fn path(&self) -> &'static str {
        "/socket.io/?EIO=4&transport=websocket"
    }

    fn is_ready_at_once(&self) -> bool {
        false
    }

    /// An event that asks to be acknowledged: `42<number>["<event>",<argument>]`.
    fn wrap(&self, query: &str, _: &str, out: &mut String) {
        let number = payload::number(query.as_bytes(), payload::ID).unwrap_or(0);
        let event = payload::text(query.as_bytes(), payload::TYPE_QUERY).unwrap_or_default();
        out.extend(["42", &number.to_string(), "[\"", event, "\",", query, "]"]);
    }

    fn understand<'m>(&self, text: &'m [u8]) -> Said<'m> {
        match text {
            // Engine.IO opens, and wants the namespace to be joined; then it pings.
            [b'0', ..] => Said::Prompt("40"),
            [b'2'] => Said::Prompt("3"),
            [b'4', b'0', ..] => Said::Ready(""),
            [b'4', b'2' | b'3', ..] => inside(text).map_or(Said::Other, bare),
            _ => Said::Other,
        }
    }
}

/// The JSON object inside an event's or acknowledgement's array.
fn inside(text: &[u8]) -> Option<&[u8]> {
    let begin = text.iter().position(|byte| *byte == b'{')?;
    text.get(begin..text.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_io_wraps_and_unwraps() {
        let mut out = String::new();
        SOCKET_IO.wrap(r#"{"type_query":"react","id":7,"comment_id":1}"#, "", &mut out);
        assert_eq!(out, r#"427["react",{"type_query":"react","id":7,"comment_id":1}]"#);
        let answer: &[u8] = br#"437[{"id":7,"status":"success"}]"#;
        assert_eq!(SOCKET_IO.understand(answer), Said::Answer(br#"{"id":7,"status":"success"}"#));
        let push: &[u8] = br#"42["update",{"push":"update","rev":1}]"#;
        assert_eq!(SOCKET_IO.understand(push), Said::Push(br#"{"push":"update","rev":1}"#));
        assert_eq!(SOCKET_IO.understand(br#"0{"sid":"a"}"#), Said::Prompt("40"));
        assert_eq!(SOCKET_IO.understand(b"2"), Said::Prompt("3"));
        assert_eq!(SOCKET_IO.understand(br#"40{"sid":"a"}"#), Said::Ready(""));
    }
}
