//! Who is there: sessions by number, whose they are, and what pages each listens to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use actix::Recipient;

use super::super::message::{Relayed, Told};
use crate::action::Signed;
use crate::domain::{PageKey, SessionId, UserId};
use crate::security::TokenDigest;

type Mailbox = Arc<Recipient<Told>>;
type RelayBox = Arc<Recipient<Relayed>>;

/// The sessions that there are.
#[derive(Debug, Default)]
pub(super) struct Registry {
    sessions: BTreeMap<SessionId, Session>,
    users: HashMap<UserId, Vec<SessionId>>,
}

#[derive(Debug)]
struct Session {
    mailbox: Mailbox,
    relay: RelayBox,
    user: Option<Signed>,
    pages: Vec<PageKey>,
}

impl Registry {
    /// A session has begun.
    pub(super) fn enter(&mut self, id: SessionId, mailbox: Mailbox, relay: RelayBox) {
        self.sessions.insert(id, Session { mailbox, relay, user: None, pages: Vec::new() });
    }

    /// A session has ended; gives the pages that it listened to, and its relay.
    pub(super) fn exit(&mut self, id: SessionId) -> Option<(Vec<PageKey>, RelayBox)> {
        self.guest(id);
        self.sessions.remove(&id).map(|session| (session.pages, session.relay))
    }

    /// A session listens to one more page; gives its mailbox and its relay's, if it still is there.
    pub(super) fn join(&mut self, id: SessionId, page: &PageKey) -> Option<(Mailbox, RelayBox)> {
        let session = self.sessions.get_mut(&id)?;
        session.pages.push(page.clone());
        Some((Arc::clone(&session.mailbox), Arc::clone(&session.relay)))
    }

    /// A session's mailbox, if it still is there.
    pub(super) fn mailbox(&self, id: SessionId) -> Option<Mailbox> {
        self.sessions.get(&id).map(|session| Arc::clone(&session.mailbox))
    }

    /// A session listens to one page less; gives its relay, if it did listen to it.
    pub(super) fn leave(&mut self, id: SessionId, page: &PageKey) -> Option<RelayBox> {
        let session = self.sessions.get_mut(&id)?;
        let at = session.pages.iter().position(|known| known == page)?;
        session.pages.swap_remove(at);
        Some(Arc::clone(&session.relay))
    }

    /// A session is a user's.
    pub(super) fn sign_in(&mut self, id: SessionId, user: Signed) {
        self.guest(id);
        if let Some(session) = self.sessions.get_mut(&id) {
            self.users.entry(user.id).or_default().push(id);
            session.user = Some(user);
        }
    }

    /// A session is a guest's.
    pub(super) fn guest(&mut self, id: SessionId) {
        let user = self.sessions.get_mut(&id).and_then(|session| session.user.take());
        if let Some(user) = user
            && let Some(sessions) = self.users.get_mut(&user.id)
        {
            sessions.retain(|known| *known != id);
            if sessions.is_empty() {
                self.users.remove(&user.id);
            }
        }
    }

    /// Makes guests' of a user's sessions, but for one: all, or those that came by one token; gives their mailboxes,
    /// each with the token that it came by.
    pub(super) fn sign_out(
        &mut self,
        user: UserId,
        token: Option<TokenDigest>,
        except: Option<SessionId>,
    ) -> Vec<(Mailbox, TokenDigest)> {
        let ids = self.users.get(&user).cloned().unwrap_or_default();
        let mut mailboxes = Vec::new();
        for id in ids.into_iter().filter(|id| Some(*id) != except) {
            let Some(session) = self.sessions.get(&id) else { continue };
            let Some(theirs) = session.user.as_ref().map(|signed| signed.token) else { continue };
            if token.is_none_or(|token| theirs == token) {
                mailboxes.push((Arc::clone(&session.mailbox), theirs));
                self.guest(id);
            }
        }
        mailboxes
    }

    /// The mailboxes of a user's sessions, but for one.
    pub(super) fn of_user(&self, user: UserId, except: Option<SessionId>) -> Vec<Mailbox> {
        let ids = self.users.get(&user).into_iter().flatten().filter(|id| Some(**id) != except);
        ids.filter_map(|id| self.sessions.get(id)).map(|session| Arc::clone(&session.mailbox)).collect()
    }

    /// The mailboxes whose turn it is in this sweep, where everybody has one every `every` sweeps.
    pub(super) fn pulse(&self, sweep: u64, every: u64) -> impl Iterator<Item = &Mailbox> {
        let due = move |id: &SessionId| id.0 % every == sweep % every;
        self.sessions.iter().filter(move |(id, _)| due(id)).map(|(_, session)| &session.mailbox)
    }

    /// Every mailbox, in the order of coming.
    pub(super) fn all(&self) -> Vec<Mailbox> {
        self.sessions.values().map(|session| Arc::clone(&session.mailbox)).collect()
    }
}
