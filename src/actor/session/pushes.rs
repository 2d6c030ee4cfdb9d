//! What a session is told unasked: pushes as they come while it is in step, portions while it is behind.

use std::rc::Rc;
use std::time::Duration;

use actix::{AsyncContext as _, Context as ActorContext};
use bytes::Bytes;

use super::Session;
use crate::action::{Found, Plan, Portion, Read};
use crate::actor::message::{Delivery, Told};
use crate::domain::{PageKey, Role};
use crate::error::Refusal;
use crate::protocol::{SignedOutReason, reset, role, signed_out};
use crate::security::TokenDigest;

/// How long a session that is behind waits when the readers are busy.
const BUSY_WAIT: Duration = Duration::from_millis(250);

/// How many of the user's reactions elsewhere are kept for a peer that does not read; its own `loadReactions` tells
/// the rest.
const OWED_MAX: usize = 64;

/// The one read of a session that brings a subscription on.
#[derive(Debug)]
pub(super) struct CatchingUp {
    /// The number that it is answered under.
    number: u64,
    page: PageKey,
    generation: u64,
    /// What was read, while it must wait.
    held: Option<Held>,
}

/// A portion that may hold the effect of writes whose answers are on their way: they come first.
#[derive(Debug)]
struct Held {
    portion: Portion,
    /// The last write that it may hold anything of.
    after_writes_until: u64,
}

impl Session {
    /// The feed has something to say.
    pub(super) fn told(&mut self, told: Told, ctx: &mut ActorContext<Self>) {
        match told {
            Told::Joined(page, line) => self.joined(&page, line),
            Told::Deliver(page, delivery) => self.deliver(&page, &delivery),
            Told::Moment(frame) => drop(self.push(&frame)),
            Told::Reacted(frame) => self.reacted(frame),
            Told::SignedOut(token, reason) => self.signed_out(token, reason),
            Told::Role(now) => self.role(now),
            Told::Status(frame) => self.status(&frame),
            Told::Beat => self.beat(ctx),
            Told::Close => self.leave(ctx),
        }
    }

    /// A page that the session listens to changed.
    fn deliver(&mut self, page: &PageKey, delivery: &Delivery) {
        let reading = self.catching_up.as_ref().is_some_and(|reading| reading.page == *page);
        let (stopped, bytes_max) = (reading || self.closing, self.config().limits.out_queue_bytes);
        if let Some(listener) = self.subscriptions.get(page) {
            listener.took();
            if let Some(mut subscription) = listener.subscription() {
                subscription.deliver(delivery, |frame| !stopped && self.outbox().offer(frame, bytes_max));
            }
        } else if let Some((listener, _)) = self.joining.as_ref().filter(|(each, _)| each.page() == page) {
            // The snapshot is on its way; whether it has this is seen then.
            listener.took();
        }
        self.settle();
        self.set_gate();
    }

    /// There is room in the outbox again: what waited for it goes on.
    pub(super) fn drained(&mut self) {
        while let Some(frame) = self.owed.pop_front() {
            if !self.push(&frame) {
                self.owed.push_front(frame);
                break;
            }
        }
        self.forward();
        self.settle();
        self.set_gate();
    }

    /// Reads on for a subscription that is behind, one at a time, while there is room for what comes of it.
    pub(super) fn settle(&mut self) {
        if self.closing || self.catching_up.is_some() {
            return;
        }
        let behind = self.subscriptions.values().filter(|each| each.is_behind()).count();
        self.count_behind(behind);
        let behind = self.subscriptions.iter().find(|(_, each)| each.is_behind());
        let Some((page, subscription)) = behind.and_then(|(page, each)| Some((page, each.subscription()?)))
        else {
            return;
        };
        let config = self.config();
        let limits = &config.limits;
        if self.outbox().waiting() > limits.out_queue_bytes / 2 {
            self.outbox().tell_below(limits.out_queue_bytes / 2);
            return;
        }
        let (page, generation) = (page.clone(), subscription.generation);
        let (behind, told) = (subscription.standing(), subscription.told());
        let viewers = subscription.line().viewers();
        drop(subscription);
        let number = self.order.number();
        self.catching_up = Some(CatchingUp { number, page: page.clone(), generation, held: None });
        self.run(number, None, Plan::Read(Read::CatchUp { page, behind, told, viewers }));
    }

    /// A portion was read.
    pub(super) fn portion(
        &mut self,
        number: u64,
        result: Result<Found, Refusal>,
        ctx: &mut ActorContext<Self>,
    ) {
        let after_writes_until = self.order.last_number();
        let Some(reading) = self.catching_up.as_mut().filter(|reading| reading.number == number) else {
            return;
        };
        match result {
            Ok(Found::Portion(portion)) => {
                reading.held = Some(Held { portion, after_writes_until });
                self.release_portion();
                self.settle();
                self.set_gate();
            }
            // The readers are busy, or failed, which their log has: later.
            Ok(_) | Err(_) => {
                ctx.run_later(BUSY_WAIT, |session, _| {
                    session.catching_up = None;
                    session.settle();
                });
            }
        }
    }

    /// Tells the portion that was read, once no answer to a write whose effect it may hold is on its way.
    pub(super) fn release_portion(&mut self) {
        let Some(reading) = &self.catching_up else { return };
        let Some(held) = &reading.held else { return };
        if self.order.writes_until(held.after_writes_until) {
            return;
        }
        let Some(CatchingUp { page, generation, held: Some(held), .. }) = self.catching_up.take() else {
            return;
        };
        // A fresh start, or none any more, makes the portion void.
        let Some(listener) = self.subscriptions.get(&page).map(Rc::clone) else { return };
        let current = listener.subscription().filter(|subscription| subscription.generation == generation);
        let Some(mut subscription) = current else { return };
        match held.portion {
            Portion::Part(part, standing) => {
                subscription.catch_up(standing);
                self.outbox().push(part.frame);
                self.metrics().catch_ups.inc();
            }
            Portion::TooMuch => {
                self.outbox().push(reset(&page));
                self.metrics().resets.inc();
                self.unsubscribe(&page);
            }
        }
    }

    /// The user reacted in another session. Without room it is owed; the oldest that is owed goes first if there is
    /// too much of that.
    fn reacted(&mut self, frame: Bytes) {
        if self.owed.is_empty() && self.push(&frame) {
            return;
        }
        if self.owed.len() == OWED_MAX {
            self.owed.pop_front();
        }
        self.owed.push_back(frame);
        self.outbox().tell_below(self.config().limits.out_queue_bytes / 2);
    }

    /// The user may do more or less than before; what they may is looked up at each act.
    fn role(&mut self, now: Role) {
        if let Some(user) = &mut self.user {
            user.user.role = now;
            self.outbox().push(role(now));
        }
    }

    /// The token that the session came by was revoked; if it has signed in anew meanwhile, that is not meant.
    fn signed_out(&mut self, token: TokenDigest, reason: SignedOutReason) {
        if self.user.as_ref().is_some_and(|user| user.signed.token == token) {
            self.user = None;
            self.outbox().push(signed_out(reason));
        }
    }
}
