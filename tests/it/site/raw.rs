//! Bytes by hand: requests as text, and WebSocket frames that no library would send.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::sleep;
use serde_json::Value;
use socket2::SockRef;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::within;

/// A TCP connection.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TcpStream,
    unread: Vec<u8>,
}

/// A frame as the server sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    /// FIN, the reserved bits and the opcode.
    pub(crate) head: u8,
    /// What it carries.
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The code of a close; 1005 stands for none (RFC 6455, section 7.1.5).
    fn close_code(&self) -> Option<u16> {
        let code = || self.payload.get(..2).map_or(1005, |code| u16::from_be_bytes([code[0], code[1]]));
        (self.head == 0x88).then(code)
    }
}

impl Raw {
    /// Connects.
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await.expect("a connection");
        stream.set_nodelay(true).expect("TCP_NODELAY");
        Self { stream, unread: Vec::new() }
    }

    /// Connects and upgrades to a WebSocket.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::connect(address).await.upgraded().await
    }

    /// The same on a connection that was made in another way.
    pub(crate) async fn open_on(stream: TcpStream) -> Self {
        Self { stream, unread: Vec::new() }.upgraded().await
    }

    async fn upgraded(self) -> Self {
        let mut raw = self;
        raw.write(request("/", &upgrade_headers()).as_bytes()).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        raw
    }

    /// Sends bytes.
    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        within("sending bytes", self.stream.write_all(bytes)).await.expect("bytes are sent");
    }

    /// Sends bytes where the other side may have cut the line; tells whether it took them.
    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> bool {
        within("sending bytes", self.stream.write_all(bytes)).await.is_ok()
    }

    /// Sends bytes and, once they are through, cuts the line by a reset.
    pub(crate) async fn resets_after(mut self, bytes: &[u8]) {
        self.write(bytes).await;
        // What the other kernel has not handed on would be lost by the reset.
        sleep(Duration::from_millis(100)).await;
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("SO_LINGER");
    }

    /// Reads the head of a response, to its empty line.
    pub(crate) async fn head(&mut self) -> String {
        within("the head of a response", async {
            loop {
                if let Some(end) = self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                    let head: Vec<u8> = self.unread.drain(..end + 4).collect();
                    return String::from_utf8(head).expect("text");
                }
                assert!(self.more().await, "the line ended in the head: {:?}", self.unread);
            }
        })
        .await
    }

    /// Reads a frame; `None` once the line ends.
    pub(crate) async fn frame(&mut self) -> Option<Frame> {
        within("a frame", async {
            loop {
                if let Some((frame, length)) = parse(&self.unread) {
                    self.unread.drain(..length);
                    return Some(frame);
                }
                if !self.more().await {
                    return None;
                }
            }
        })
        .await
    }

    /// Sends a query as one frame.
    pub(crate) async fn ask(&mut self, query: &Value) {
        self.write(&frame(0x81, query.to_string().as_bytes())).await;
    }

    /// Reads the next message that is wanted; those before it are forgotten.
    pub(crate) async fn hears(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.frame().await.expect("the line lives");
            let message = (frame.head == 0x81).then(|| serde_json::from_slice(&frame.payload));
            if let Some(message) = message.map(|message| message.expect("the server speaks JSON"))
                && wanted(&message)
            {
                return message;
            }
        }
    }

    /// Reads all that comes until the line ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        within("the end of the line", async { while self.more().await {} }).await;
        std::mem::take(&mut self.unread)
    }

    /// Reads frames up to the close, whose code it gives; checks that the line ends after it.
    pub(crate) async fn close_code(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some(frame) = self.frame().await {
            assert_eq!(code, None, "{frame:?} came after the close");
            code = frame.close_code();
        }
        code
    }

    async fn more(&mut self) -> bool {
        let mut buffer = vec![0; 8_192];
        // A reset ends the line as well.
        let length = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.unread.extend(&buffer[..length]);
        length > 0
    }
}

fn parse(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (head, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    assert!(length < 128, "a server's frames are not masked");
    let (start, length) = match length {
        126 => (4, usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(bytes.get(2..10)?.try_into().ok()?)).ok()?),
        short => (2, short),
    };
    let payload = bytes.get(start..start + length)?.to_vec();
    Some((Frame { head, payload }, start + length))
}

/// A request for a path with some headers, each a line without its end.
pub(crate) fn request(path: &str, headers: &[String]) -> String {
    let lines: Vec<_> = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let host =
        if headers.iter().any(|header| header.starts_with("Host:")) { "" } else { "Host: localhost\r\n" };
    format!("GET {path} HTTP/1.1\r\n{host}{}\r\n", lines.concat())
}

/// The headers of a handshake (RFC 6455, section 1.3).
pub(crate) fn upgrade_headers() -> Vec<String> {
    [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// A client's frame: `head` is FIN, the reserved bits and the opcode; masked with the mask 1 2 3 4.
pub(crate) fn frame(head: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short), _) if short < 126 => bytes.push(0x80 | short),
        (_, Ok(middling)) => {
            bytes.push(0xFE);
            bytes.extend(middling.to_be_bytes());
        }
        _ => {
            bytes.push(0xFF);
            bytes.extend(u64::try_from(payload.len()).expect("a length").to_be_bytes());
        }
    }
    let mask = [1, 2, 3, 4_u8];
    bytes.extend(mask);
    bytes.extend(payload.iter().zip(mask.into_iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
