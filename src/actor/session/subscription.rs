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
    /// The highest revision that the peer was shown anything of.
    seen: Rev,
    /// Counts fresh starts: what was read for an older one is of no use.
    pub(super) generation: u64,
}

impl Subscription {
    /// A subscription that was told a snapshot.
    pub(super) fn new(line: Arc<PageLine>, undelivered: Arc<AtomicBool>, standing: Behind) -> Self {
        Self { line, undelivered, seen: standing.held, standing, generation: 0 }
    }

    /// Begins afresh after another snapshot.
    pub(super) fn restart(&mut self, standing: Behind) {
        self.standing = standing;
        self.seen = self.seen.max(standing.held);
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

    /// Whether there is something to tell that no push will bring.
    pub(super) fn is_behind(&self) -> bool {
        !self.is_whole() || self.standing.held < self.seen.max(self.line.latest())
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
        // A part below what is held says nothing new; one at it may hold a piece of the next revision.
        for part in delivery.parts.iter().filter(|part| part.rev >= held) {
            if !send(&part.frame) {
                return;
            }
            self.standing = Behind::at(part.rev);
        }
    }

    /// A portion was told.
    pub(super) fn catch_up(&mut self, standing: Behind) {
        self.standing = standing;
        self.seen = self.seen.max(standing.held);
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
