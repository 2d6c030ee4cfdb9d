//! What goes to the peer: a bounded queue of ready frames, which the connection takes as the response's body.
//!
//! The body is polled only while the peer takes what is written: that is how a session knows that it drains.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;

/// A session's end of the queue.
#[derive(Clone)]
pub(super) struct Outbox(Rc<RefCell<Queue>>);

/// The connection's end. When the connection drops it, the session is told that the peer is gone.
pub(super) struct OutBody {
    queue: Rc<RefCell<Queue>>,
    gone: Box<dyn Fn()>,
}

struct Queue {
    frames: VecDeque<Bytes>,
    /// Bytes in `frames`.
    waiting: usize,
    /// Bytes that the connection took, ever.
    taken: u64,
    /// The Close frame is among the frames, or was: nothing may follow it (RFC 6455, section 5.5.1).
    closed: bool,
    /// When the queue is empty the connection is ended.
    ended: bool,
    connection: Option<Waker>,
    /// What to call once when fewer bytes wait than this.
    drained: Option<usize>,
    tell_drained: Box<dyn Fn()>,
}

impl Outbox {
    /// Both ends of an empty queue; `tell_drained` is called when the session asked to be told, `gone` when the
    /// connection has ended.
    pub(super) fn new(tell_drained: impl Fn() + 'static, gone: impl Fn() + 'static) -> (Self, OutBody) {
        let queue = Rc::new(RefCell::new(Queue {
            frames: VecDeque::new(),
            waiting: 0,
            taken: 0,
            closed: false,
            ended: false,
            connection: None,
            drained: None,
            tell_drained: Box::new(tell_drained),
        }));
        (Self(Rc::clone(&queue)), OutBody { queue, gone: Box::new(gone) })
    }

    /// Adds a frame.
    pub(super) fn push(&self, frame: Bytes) {
        let mut queue = self.0.borrow_mut();
        if queue.ended || queue.closed {
            return;
        }
        queue.waiting += frame.len();
        queue.frames.push_back(frame);
        queue.wake();
    }

    /// Adds the Close frame, the last one.
    pub(super) fn push_close(&self, frame: Bytes) {
        self.push(frame);
        self.0.borrow_mut().closed = true;
    }

    /// Adds a frame if no more than `bytes_max` wait then; a single one always has room. Says whether it did.
    pub(super) fn offer(&self, frame: &Bytes, bytes_max: usize) -> bool {
        let waiting = self.waiting();
        let room = waiting == 0 || waiting + frame.len() <= bytes_max;
        if room {
            self.push(frame.clone());
        }
        room
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.0.borrow().waiting
    }

    /// Bytes that the connection has taken, ever: while this stands still and bytes wait, the peer is stuck.
    pub(super) fn taken(&self) -> u64 {
        self.0.borrow().taken
    }

    /// Asks to be told, once, when fewer than `bytes` wait.
    pub(super) fn tell_below(&self, bytes: usize) {
        self.0.borrow_mut().drained = Some(bytes);
    }

    /// Closes the connection once what waits was taken.
    pub(super) fn end(&self) {
        let mut queue = self.0.borrow_mut();
        queue.ended = true;
        queue.wake();
    }

    /// Drops what waits: the peer will not read it.
    pub(super) fn clear(&self) {
        let mut queue = self.0.borrow_mut();
        queue.frames = VecDeque::new();
        queue.waiting = 0;
    }
}

impl Queue {
    fn wake(&mut self) {
        if let Some(waker) = self.connection.take() {
            waker.wake();
        }
    }
}

impl MessageBody for OutBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let mut queue = self.queue.borrow_mut();
        let Some(frame) = queue.frames.pop_front() else {
            if queue.ended {
                return Poll::Ready(None);
            }
            queue.connection = Some(cx.waker().clone());
            return Poll::Pending;
        };
        queue.waiting = queue.waiting.saturating_sub(frame.len());
        queue.taken += u64::try_from(frame.len()).unwrap_or(0);
        if queue.frames.is_empty() {
            // An idle session keeps no buffer.
            queue.frames = VecDeque::new();
        }
        if queue.drained.is_some_and(|below| queue.waiting < below) {
            queue.drained = None;
            (queue.tell_drained)();
        }
        Poll::Ready(Some(Ok(frame)))
    }
}

impl Drop for OutBody {
    fn drop(&mut self) {
        (self.gone)();
    }
}
