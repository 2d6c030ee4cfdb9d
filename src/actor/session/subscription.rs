//! A session's interest in one page: how far it was told, and how far there is to tell.

use std::sync::Arc;

use bytes::Bytes;

use super::super::message::{Delivery, PageLine};
use crate::action::Behind;
use crate::domain::Rev;

/// A subscription. It is in step while nothing is known to be newer than what it was told; else it is behind, and one
/// read after another brings it on.
#[derive(Debug)]
pub(super) struct Subscription {
    line: Arc<PageLine>,
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
    pub(super) fn new(line: Arc<PageLine>, standing: Behind) -> Self {
        let (seen, told) = (standing.held, standing.held);
        Self { line, standing, seen, told, renewing: false, generation: 0 }
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

    /// Whether there is something to tell that no push will bring, where one is `on_its_way` to the session or not.
    pub(super) fn is_behind(&self, on_its_way: bool) -> bool {
        if self.renewing {
            return false;
        }
        let known = if on_its_way { self.seen } else { self.seen.max(self.line.latest()) };
        !self.is_whole() || self.standing.held < known
    }

    /// Whether it stands at a revision, not amid one.
    fn is_whole(&self) -> bool {
        self.standing == Behind::at(self.standing.held)
    }

    /// Whether a push's revisions follow what was told.
    pub(super) fn is_next(&self, delivery: &Delivery) -> bool {
        let held = self.standing.held;
        // A part may say no revision below what is held, and none can be left out: a comment stands in the part where
        // its text is needed, with a tally that may be newer. A read makes up for all of it.
        self.is_whole()
            && delivery.from <= held
            && delivery.rev > held
            && delivery.parts.iter().all(|part| part.rev >= held)
    }

    /// Passes on what of a push fits: its revisions follow what was told, and `send` has room.
    pub(super) fn deliver(&mut self, delivery: &Delivery, mut send: impl FnMut(&Bytes) -> bool) {
        self.seen = self.seen.max(delivery.rev);
        if !self.is_next(delivery) {
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
