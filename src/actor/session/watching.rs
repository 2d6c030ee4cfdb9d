//! Watching the service: each second its status is passed on, for as long as the session may have it.

use bytes::Bytes;

use super::{Session, send};
use crate::actor::message::Watch;
use crate::domain::{Act, Standing, allows};

/// Whether a session is told how the service is.
#[derive(Debug)]
pub(super) struct Watching {
    /// Whether it comes from where that may be asked without signing in.
    pub(super) is_operators: bool,
    /// Whether it has asked.
    pub(super) on: bool,
}

impl Session {
    /// Begins to watch, or ends.
    pub(super) fn watch(&mut self, on: bool) {
        if std::mem::replace(&mut self.watching.on, on) != on {
            send(&self.shared.feed, Watch { session: self.id, on });
        }
    }

    /// Passes the status on. One that waits for room would be an old one: it is left out.
    pub(super) fn status(&mut self, frame: &Bytes) {
        let is_admin =
            self.user.as_ref().is_some_and(|user| allows(user.user.role, Act::WatchStatus, Standing::Others));
        if !self.watching.is_operators && !is_admin {
            // It was signed out, or has another role now.
            return self.watch(false);
        }
        if self.watching.on {
            self.push(frame);
        }
    }
}
