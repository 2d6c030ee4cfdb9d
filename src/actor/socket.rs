//! The one file that names the crate whose handshake and frame codec a session uses: it is deprecated upstream, and
//! whatever takes its place is put in here.

use actix_http::ws::{Codec, Item, handshake as answer};
use actix_http::{RequestHead, Response};
use actix_web::error::ErrorBadRequest;
use actix_web_actors::ws::{Frame, HandshakeError};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder as _;

/// Answers a WebSocket handshake (RFC 6455, section 4.2.2); extensions are not taken up.
///
/// # Errors
/// What the request lacks.
pub fn handshake(request: &RequestHead) -> Result<Response<()>, actix_web::Error> {
    let answer = answer(request).map_err(|error| {
        // The crate says no more than "Handshake error".
        if error == HandshakeError::BadWebsocketKey {
            return ErrorBadRequest("Sec-WebSocket-Key takes 16 bytes in base64.");
        }
        error.into()
    });
    Ok(answer?.finish().drop_body())
}

/// Turns bytes that the frame guard has passed into frames.
#[derive(Debug)]
pub(super) struct Frames {
    codec: Codec,
    bytes: BytesMut,
}

/// A frame, unmasked.
#[derive(Debug)]
pub(super) enum Framed {
    /// A piece of a message, and whether it is the last.
    Piece(Bytes, bool),
    /// The first piece of a binary message, and whether it is the last as well.
    Binary(Bytes, bool),
    /// A ping, with what to send back.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// The peer closes, with a code and a reason or without.
    Close(Option<(u16, String)>),
    /// Something the guard does not let pass.
    Odd,
}

impl Frames {
    /// A decoder for frames of at most `message_bytes_max` bytes.
    pub(super) fn new(message_bytes_max: usize) -> Self {
        Self { codec: Codec::new().max_size(message_bytes_max), bytes: BytesMut::new() }
    }

    /// Adds bytes that were read.
    pub(super) fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next whole frame.
    pub(super) fn next(&mut self) -> Option<Framed> {
        let frame = match self.codec.decode(&mut self.bytes) {
            Ok(frame) => frame?,
            Err(_) => return Some(Framed::Odd),
        };
        if self.bytes.is_empty() {
            // An idle session keeps no buffer.
            self.bytes = BytesMut::new();
        }
        Some(match frame {
            Frame::Text(bytes) => Framed::Piece(bytes, true),
            Frame::Continuation(item) => match item {
                Item::FirstText(bytes) | Item::Continue(bytes) => Framed::Piece(bytes, false),
                Item::Last(bytes) => Framed::Piece(bytes, true),
                Item::FirstBinary(bytes) => Framed::Binary(bytes, false),
            },
            Frame::Binary(bytes) => Framed::Binary(bytes, true),
            Frame::Ping(payload) => Framed::Ping(payload),
            Frame::Pong(_) => Framed::Pong,
            Frame::Close(reason) => Framed::Close(
                reason.map(|reason| (reason.code.into(), reason.description.unwrap_or_default())),
            ),
        })
    }
}
