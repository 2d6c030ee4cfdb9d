//! A session's interest in one page: how far it was told, and how far there is to tell.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;

use super::super::message::{Delivery, PageLine};
use crate::action::Behind;
use crate::domain::Rev;

/// A subscription. It is in step while nothing is known to be newer than what it was told; else it is behind, and one
/// read after another brings it on.
#[derive(Debug)]
pub(super) struct Subscription {
    line: Arc<PageLine>,
    undelivered: Arc<AtomicBool>,
    standing: Behind,
    /// The highest revision that is known of, and that the peer must be brought to.
    seen: Rev,
    /// The highest revision that the peer was told it holds: no push may say less.
    told: Rev,
    /// Whether a fresh start is under way: until it is answered, nothing is read for the old one.
    renewing: bool,
    /// Counts fresh starts: what was read for an older one is of no use.
    pub(super) generation: u64,
}

impl Subscription {
    /// A subscription that was told a snapshot.
    pub(super) fn new(line: Arc<PageLine>, undelivered: Arc<AtomicBool>, standing: Behind) -> Self {
        let (seen, told) = (standing.held, standing.held);
        Self { line, undelivered, standing, seen, told, renewing: false, generation: 0 }
    }

    /// A fresh start was asked for: what is read for the old one is void.
    pub(super) fn renew(&mut self) {
        self.renewing = true;
        self.generation += 1;
    }

    /// The fresh start was refused: the old one goes on.
    pub(super) fn keep(&mut self) {
        self.renewing = false;
    }

    /// Begins afresh after another snapshot.
    pub(super) fn restart(&mut self, standing: Behind) {
        self.standing = standing;
        self.seen = self.seen.max(standing.held);
        self.told = standing.held;
        self.renewing = false;
        self.generation += 1;
    }

    /// What the page's listeners see of it.
    pub(super) fn line(&self) -> &PageLine {
        &self.line
    }

    /// How far it was told.
    pub(super) fn standing(&self) -> Behind {
        self.standing
    }

    /// The highest revision that the peer was told it holds.
    pub(super) fn told(&self) -> Rev {
        self.told
    }

    /// Whether there is something to tell that no push will bring.
    pub(super) fn is_behind(&self) -> bool {
        if self.renewing {
            return false;
        }
        // A push that is on its way to the session needs no read.
        let on_its_way = self.undelivered.load(Ordering::SeqCst);
        let known = if on_its_way { self.seen } else { self.seen.max(self.line.latest()) };
        !self.is_whole() || self.standing.held < known
    }

    /// Whether it stands at a revision, not amid one.
    fn is_whole(&self) -> bool {
        self.standing == Behind::at(self.standing.held)
    }

    /// The session has taken the push out of its mailbox: the feed may send the next.
    pub(super) fn took(&self) {
        self.undelivered.store(false, Ordering::SeqCst);
    }

    /// Passes on what of a push fits: its revisions follow what was told, and `send` has room.
    pub(super) fn deliver(&mut self, delivery: &Delivery, mut send: impl FnMut(&Bytes) -> bool) {
        self.seen = self.seen.max(delivery.rev);
        let held = self.standing.held;
        if !self.is_whole() || delivery.from > held || delivery.rev <= held {
            return;
        }
        // A part may say no revision below what is held, and none can be left out: a comment stands in the part where
        // its text is needed, with a tally that may be newer. A read makes up for all of it.
        if delivery.parts.iter().any(|part| part.rev < held) {
            return;
        }
        for part in &delivery.parts {
            if !send(&part.frame) {
                return;
            }
            self.standing = Behind::at(part.rev);
            self.told = self.told.max(part.rev);
        }
    }

    /// A portion was told.
    pub(super) fn catch_up(&mut self, standing: Behind) {
        self.standing = standing;
        self.seen = self.seen.max(standing.held);
        self.told = self.told.max(standing.held);
    }

    /// The peer was shown a list as of `rev`: what changed since must follow, told or not.
    pub(super) fn set_back(&mut self, rev: Rev) {
        let Behind { held, after, .. } = self.standing;
        if rev < held.max(after.0) {
            self.standing = Behind::at(rev.min(held));
            self.generation += 1;
        }
    }
}
