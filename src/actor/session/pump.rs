//! The session's hands on its line: each time the actor has gone through its mailbox, the pump writes what waits and
//! reads what may be read. So everything that came of one turn goes out in one write.

use std::pin::{Pin, pin};
use std::task::{self, Poll};

use actix::{ActorContext as _, ActorFuture, Context as ActorContext};
use actix_web::rt::task::yield_now;

use super::Session;
use super::inbound::Heard;

/// How much a session reads before the others have their turn (bytes): in the smallest frames that is 2,700 of them.
const READ_BYTES_PER_TURN: usize = 16 << 10;

/// The future that does it, for as long as the session lives.
pub(super) struct Pump;

impl ActorFuture<Session> for Pump {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        session: &mut Session,
        ctx: &mut ActorContext<Session>,
        cx: &mut task::Context<'_>,
    ) -> Poll<()> {
        session.outlet.borrow_mut().set_pump(cx.waker());
        if session.outlet.borrow_mut().was_stirred() {
            session.settle();
            session.set_gate();
        }
        let mut read = 0;
        loop {
            while let Poll::Ready(heard) = session.listen(&mut read, cx) {
                match heard {
                    Some(heard) => session.heard(heard, ctx),
                    None => session.end(ctx),
                }
            }
            let was_open = session.inbound.is_open();
            if session.write(cx).is_err() {
                ctx.stop();
                return Poll::Ready(());
            }
            // What was written may have made room to read on.
            if was_open || !session.inbound.is_open() {
                break;
            }
        }
        let mut outlet = session.outlet.borrow_mut();
        if outlet.outbox.is_over() && outlet.line.poll_shutdown(cx).is_ready() {
            ctx.stop();
            return Poll::Ready(());
        }
        outlet.set_calm(session.is_calm());
        Poll::Pending
    }
}

impl Session {
    /// What is heard next: `None` once, when the connection has ended, well or badly.
    fn listen(&mut self, read: &mut usize, cx: &mut task::Context<'_>) -> Poll<Option<Heard>> {
        loop {
            if !self.inbound.is_open() {
                return Poll::Pending;
            }
            if let Some(heard) = self.inbound.next_heard() {
                return Poll::Ready(Some(heard));
            }
            if *read >= READ_BYTES_PER_TURN {
                // Woken at once it would be polled up to 61 times before its worker looks at any other socket again
                // (tokio's `LocalSet`). So it is woken once the worker has.
                let _later = pin!(yield_now()).poll(cx);
                return Poll::Pending;
            }
            let read_now = self.outlet.borrow_mut().line.poll_read(cx, |bytes| self.inbound.take_in(bytes));
            match read_now {
                Poll::Ready(Ok(0) | Err(_)) => return Poll::Ready(None),
                Poll::Ready(Ok(bytes)) => *read += bytes,
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Writes until nothing waits, or until the socket takes no more; whatever waited for room has its turn.
    fn write(&mut self, cx: &mut task::Context<'_>) -> std::io::Result<()> {
        loop {
            let written = self.outlet.borrow_mut().poll_write(cx);
            let has_drained = self.outbox().has_drained();
            if has_drained {
                self.drained();
                continue;
            }
            return match written {
                Poll::Ready(result) => result,
                Poll::Pending => Ok(()),
            };
        }
    }
}
