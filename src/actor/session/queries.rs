//! A session's queries: decoded, counted, put in order, forwarded, answered.

use std::cell::RefMut;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::Context as ActorContext;

use super::listener::Listener;
use super::order::{Echo, Flight, Kind, Waiting};
use super::subscription::Subscription;
use super::{Session, SignedIn, send};
use crate::action::{self, Behind, Found, Plan, Read, Signed};
use crate::actor::message::{Answered, Join, Leave, PageLine, ReplyTo, Run};
use crate::config::SignUp;
use crate::domain::PageKey;
use crate::error::{Code, Refusal};
use crate::protocol::{
    Answer, CloseCode, Hello, Query, QueryName, Snapshot, decode, encode_failure, encode_success, text_frame,
};
use crate::security::Token;

impl Session {
    /// Takes one message in.
    pub(super) fn query(&mut self, text: &str, ctx: &mut ActorContext<Self>) {
        let decoded = decode(text);
        let now = self.shared.context.clock.monotonic();
        self.counted.queries += 1;
        let echo = Echo {
            name: QueryName::of(decoded.type_query.as_deref()),
            id: decoded.id,
            type_query: decoded.type_query,
            number: self.counted.queries,
            asked_at: now,
        };
        self.expire();
        let query = self.queries.take(now).and(decoded.query);
        match query {
            Ok(query) => {
                self.order.push(Waiting { echo, plan: action::plan(query) });
                self.forward();
            }
            Err(refusal) => {
                self.refuse(&echo, &refusal);
                if self.bad_queries.take(now).is_err() {
                    self.close(CloseCode::TooManyBad, "too many bad or rate-limited queries", ctx);
                }
            }
        }
        self.set_gate();
    }

    /// Forwards every query whose turn it is.
    pub(super) fn forward(&mut self) {
        while !self.leaving
            && !self.closing
            && let Some((kind, query)) = self.order.next(self.long_answers_max())
        {
            match query.plan {
                Plan::Local(Query::Unsubscribe { page }) => {
                    self.unsubscribe(&page);
                    self.succeed(&query.echo, &Answer::Done);
                }
                Plan::Local(Query::UnwatchStatus) => {
                    self.watch(false);
                    self.succeed(&query.echo, &Answer::Done);
                }
                Plan::Read(Read::WatchStatus) if self.watching.is_operators => {
                    self.watch(true);
                    self.succeed(&query.echo, &Answer::Watching);
                }
                Plan::Local(Query::Ping) => {
                    let now_ms = self.shared.context.clock.now_ms();
                    self.succeed(&query.echo, &Answer::Pong { now_ms });
                }
                Plan::Local(_) => self.succeed(&query.echo, &Answer::Hello(Box::new(self.hello()))),
                plan @ Plan::Read(Read::Subscribe(..)) => self.subscribe(query.echo, plan),
                plan @ (Plan::Read(_) | Plan::Write(_) | Plan::Password(_)) => {
                    let page = if let Plan::Read(Read::LoadComments(list)) = &plan {
                        Some(list.page.clone())
                    } else {
                        None
                    };
                    let asked = query.echo.number;
                    let number = self.order.begin(query.echo, (kind, &plan), page);
                    self.run(number, Some(asked), plan);
                }
            }
        }
    }

    /// How many of the longest answers the out-queue has room for; while it is half empty, for one at least.
    fn long_answers_max(&self) -> usize {
        let config = self.config();
        let limits = &config.limits;
        let waiting = self.outbox().waiting();
        let room = limits.out_queue_bytes.saturating_sub(waiting) / limits.answer_bytes_max;
        if waiting <= limits.out_queue_bytes / 2 { room.max(1) } else { room }
    }

    /// Forwards what is answered under `number`, for the query with that number if it is one's.
    pub(super) fn run(&self, number: u64, query: Option<u64>, plan: Plan) {
        let Some(me) = self.me.clone() else { return };
        send(&self.shared.db, Run { caller: self.caller(query), plan, reply: ReplyTo::Session(me, number) });
    }

    /// Listens first, reads then: whatever is published in between makes the subscription behind, never wrong.
    fn subscribe(&mut self, echo: Echo, plan: Plan) {
        let Plan::Read(Read::Subscribe(list, _)) = &plan else { return };
        let page = list.page.clone();
        let max = self.config().limits.subscriptions_max;
        let known = self.subscriptions.contains_key(&page);
        if !known && max > 0 && self.subscriptions.len() >= max {
            return self.refuse(&echo, &Code::TooManySubscriptions.into());
        }
        let asked = echo.number;
        let number = self.order.begin(echo, (Kind::Subscription, &plan), Some(page.clone()));
        if let Some(mut subscription) = self.subscription(&page) {
            subscription.renew();
            return self.run(number, Some(asked), plan);
        }
        let Some(mailbox) = self.mailbox.clone() else { return };
        let audience = self.relay.audience(&page);
        let hearing = Arc::clone(audience.hearing());
        let listener = Rc::new(Listener::new(self.id, mailbox, Rc::clone(&self.outlet), audience));
        self.relay.enter(self.id, &listener);
        self.joining = Some((listener, Joining::Asked(asked, plan)));
        send(&self.shared.feed, Join { session: self.id, page, hearing });
    }

    /// The feed counts the session in: now the page can be read.
    pub(super) fn joined(&mut self, page: &PageKey, line: Arc<PageLine>) {
        let Some(number) = self.order.subscribing(page) else { return };
        match self.joining.take() {
            Some((listener, Joining::Asked(asked, plan))) if listener.page() == page => {
                self.joining = Some((listener, Joining::Reading(line)));
                self.run(number, Some(asked), plan);
            }
            other => self.joining = other,
        }
    }

    /// The subscription to a page, once its snapshot was told.
    pub(super) fn subscription(&self, page: &PageKey) -> Option<RefMut<'_, Subscription>> {
        self.subscriptions.get(page).and_then(|listener| listener.subscription())
    }

    pub(super) fn unsubscribe(&mut self, page: &PageKey) {
        if let Some(listener) = self.subscriptions.remove(page) {
            self.unlisten(&listener);
        }
    }

    /// Listens no more.
    pub(super) fn unlisten(&self, listener: &Listener) {
        self.relay.exit(self.id, listener);
        send(&self.shared.feed, Leave { session: self.id, page: listener.page().clone() });
    }

    /// Something that was forwarded is answered.
    pub(super) fn answered(&mut self, answered: Answered, ctx: &mut ActorContext<Self>) {
        let Answered { number, result } = answered;
        let Some(flight) = self.order.end(number) else {
            return self.portion(number, result, ctx);
        };
        match result {
            Ok(Found::Answer(answer)) => {
                self.identify(&answer, &flight);
                if matches!(answer, Answer::Watching) {
                    self.watch(true);
                }
                self.succeed(&flight.echo, &answer);
                self.set_back(&answer, flight.page.as_ref());
            }
            Ok(Found::Snapshot(snapshot, standing)) => self.subscribed(&flight.echo, *snapshot, standing),
            Ok(Found::Portion(_)) => {}
            Err(refusal) => {
                self.not_subscribed(&flight);
                self.refuse(&flight.echo, &refusal);
            }
        }
        self.release_portion();
        self.forward();
        self.settle();
        self.set_gate();
        if self.leaving {
            self.leave(ctx);
        }
    }

    /// Records were shown as of a revision: where their page was told further already, what changed since must follow.
    fn set_back(&mut self, answer: &Answer, asked: Option<&PageKey>) {
        let (page, rev) = if let Answer::Found { page, rev, .. } = answer {
            (Some(page), *rev)
        } else if let Answer::List { rev, .. } = answer {
            (asked, *rev)
        } else {
            return;
        };
        if let Some(mut subscription) = page.and_then(|page| self.subscription(page)) {
            subscription.set_back(rev);
        }
    }

    /// A `subscribe` failed: a new one leaves the feed again, an old one goes on.
    fn not_subscribed(&mut self, flight: &Flight) {
        if flight.kind != Kind::Subscription {
            return;
        }
        if let Some((listener, _)) = self.joining.take() {
            self.unlisten(&listener);
        } else if let Some(mut subscription) = flight.page.as_ref().and_then(|page| self.subscription(page)) {
            subscription.keep();
        }
    }

    fn subscribed(&mut self, echo: &Echo, mut snapshot: Snapshot, standing: Behind) {
        let page = snapshot.page.clone();
        if let Some((listener, Joining::Reading(line))) = self.joining.take() {
            listener.begin(Subscription::new(line, standing));
            self.subscriptions.insert(page.clone(), listener);
        } else if let Some(mut subscription) = self.subscription(&page) {
            subscription.restart(standing);
        }
        snapshot.viewers = self.subscription(&page).map_or(0, |subscription| subscription.line().viewers());
        self.succeed(echo, &Answer::Subscribed(Box::new(snapshot)));
    }

    /// Takes note of who the session is after an answer.
    fn identify(&mut self, answer: &Answer, flight: &Flight) {
        match answer {
            Answer::SignedIn { user, token, token_expires_ms } => {
                if let Some(token) = Token::parse(token) {
                    let signed = Signed { id: user.id, token: token.digest() };
                    let (user, token_expires_ms) = (user.clone(), *token_expires_ms);
                    self.user = Some(SignedIn { signed, user, token_expires_ms });
                }
            }
            Answer::Token { token, token_expires_ms } => {
                if let (Some(user), Some(token)) = (&mut self.user, Token::parse(token)) {
                    user.signed.token = token.digest();
                    user.token_expires_ms = *token_expires_ms;
                }
            }
            Answer::Done if flight.kind == Kind::Identity => self.user = None,
            Answer::Img(img) => {
                if let Some(user) = &mut self.user {
                    // A generated picture is a path here, a chosen one an address elsewhere.
                    user.user.img = Some(img.clone()).filter(|img| !img.starts_with('/'));
                }
            }
            Answer::Done
            | Answer::Watching
            | Answer::Hello(_)
            | Answer::Pong { .. }
            | Answer::Subscribed(_)
            | Answer::List { .. }
            | Answer::Found { .. }
            | Answer::Counts(_)
            | Answer::Reactions(_)
            | Answer::Posted(_)
            | Answer::Deleted { .. }
            | Answer::Reacted { .. } => {}
        }
    }

    fn hello(&self) -> Hello {
        hello(&self.shared.context, self.user.as_ref().map(|user| user.user.clone()))
    }

    pub(super) fn succeed(&mut self, echo: &Echo, answer: &Answer) {
        let text = encode_success(echo.id.as_ref(), echo.type_query.as_deref(), answer);
        self.outbox().push(text_frame(&text));
        self.count(echo, None);
    }

    pub(super) fn refuse(&mut self, echo: &Echo, refusal: &Refusal) {
        let text = encode_failure(echo.id.as_ref(), echo.type_query.as_deref(), refusal);
        self.outbox().push(text_frame(&text));
        self.count(echo, Some(refusal.code));
    }

    /// Counts an answer, by what its query was and how it came out.
    fn count(&self, echo: &Echo, code: Option<Code>) {
        let context = &self.shared.context;
        let took = context.clock.monotonic().saturating_sub(echo.asked_at);
        context.answered(echo.name, code, took);
        log::debug!(
            session = self.id.0, query = echo.number, type_query = echo.name.as_str(),
            code = code.map_or("success", Code::as_str), duration_us = us(took);
            "answered"
        );
    }
}

/// A duration in microseconds, for a field of a line.
fn us(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// A `subscribe` to a page that the session did not listen to yet.
#[derive(Debug)]
pub(super) enum Joining {
    /// The feed is asked to count the session in; then this is read, for the query with that number.
    Asked(u64, Plan),
    /// The page is read.
    Reading(Arc<PageLine>),
}

/// What `hello` tells, on a socket and over HTTP.
#[must_use]
pub fn hello(context: &action::Context, user: Option<crate::domain::User>) -> Hello {
    let config = context.config();
    let count = |limit: usize| u64::try_from(limit).unwrap_or(u64::MAX);
    Hello {
        now_ms: context.clock.now_ms(),
        epoch: context.epoch.clone(),
        sign_up_open: config.auth.sign_up == SignUp::Open,
        limits: [
            ("comment_bytes_max", count(config.limits.comment_bytes_max)),
            ("message_bytes_max", count(config.limits.message_bytes_max)),
            ("password_chars_min", count(config.auth.password_chars_min)),
            ("edit_window_s", u64::from(config.comments.edit_window_s)),
            ("reply_depth_max", u64::from(config.limits.reply_depth_max)),
            ("subscriptions_max", count(config.limits.subscriptions_max)),
        ],
        user,
    }
}
