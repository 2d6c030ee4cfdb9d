//! The very guard, assembler and out-queue that sessions have, for outside suites of RFC 6455 (an echo) and for fuzzing
//! (`fuzz/`). Not in any ordinary build.

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{HttpRequest, HttpResponse, rt};
use futures_core::Stream as _;

use super::guard::{FrameGuard, GuardLimits};
use super::inbound::{Gate, Heard, Inbound};
use super::outbox::Outbox;
use super::{BROKEN_WAIT, socket};
use crate::protocol::{binary_frame, close_echo, close_frame, pong_frame, text_frame};

/// What may wait to be taken before the socket is read no more, in bytes.
const WAITING_MAX: usize = 1 << 20;

/// Answers the handshake and sends every message of at most `message_bytes_max` bytes back, text and binary.
///
/// # Errors
/// What the request lacks for a WebSocket handshake.
pub fn echo(
    request: &HttpRequest,
    payload: Payload,
    message_bytes_max: usize,
) -> Result<HttpResponse, actix_web::Error> {
    let mut response = socket::handshake(request)?;
    let gate = Rc::new(Gate::default());
    let drained = Rc::clone(&gate);
    let (outbox, body) = Outbox::new(move || drained.set(true), || {});
    let limits = GuardLimits { message_bytes_max, fragments_max: 0, binary: true };
    rt::spawn(pass_back(Inbound::new(payload, Rc::clone(&gate), limits), outbox, gate));
    Ok(response.body(body))
}

async fn pass_back(mut inbound: Inbound, outbox: Outbox, gate: Rc<Gate>) {
    while let Some(heard) = poll_fn(|cx| Pin::new(&mut inbound).poll_next(cx)).await {
        match heard {
            Heard::Text(text) => outbox.push(text_frame(&text)),
            Heard::Binary(bytes) => outbox.push(binary_frame(&bytes)),
            Heard::Ping(payload) => outbox.push(pong_frame(&payload)),
            Heard::Pong => {}
            Heard::Close(code) => {
                outbox.push(close_echo(code));
                break;
            }
            Heard::Broken(code) => {
                outbox.push(close_frame(code, ""));
                let rest = poll_fn(|cx| Pin::new(&mut inbound).poll_next(cx));
                drop(rt::time::timeout(BROKEN_WAIT.max(Duration::from_millis(100)), rest).await);
                break;
            }
        }
        if outbox.waiting() > WAITING_MAX {
            gate.set(false);
            outbox.tell_below(WAITING_MAX / 2);
        }
    }
    outbox.end();
}

/// Walks frames' headers, `cut` bytes at a time; gives the code to close with, if there is a reason to.
#[must_use]
pub fn walk(bytes: &[u8], cut: usize) -> Option<u16> {
    let mut guard = FrameGuard::new(FUZZED);
    bytes.chunks(cut).find_map(|chunk| guard.walk(chunk).err()).map(|(_, code)| code.number())
}

/// What a session would hear of these bytes if they came `cut` at a time, a line each.
#[must_use]
pub fn hear(bytes: &[u8], cut: usize) -> Vec<String> {
    super::inbound::hear(bytes, cut, FUZZED).iter().map(|heard| format!("{heard:?}")).collect()
}

/// Small enough that a fuzzer meets the bounds.
const FUZZED: GuardLimits = GuardLimits { message_bytes_max: 1_024, fragments_max: 6, binary: true };
