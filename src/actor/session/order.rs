//! The order of a session's queries: which may run beside which, and which wait.
//!
//! Writes, `subscribe`s and `unsubscribe`s take effect as sent: writes follow one another in the writer's own order, a
//! (un)subscribe stands alone among them. What changes who the session is holds back everything behind it. Reads run
//! beside all that.

use std::collections::VecDeque;
use std::time::Duration;

use crate::action::{Plan, Read, Write};
use crate::domain::PageKey;
use crate::protocol::{Id, Query, QueryName};

/// A query that was decoded and waits for its turn.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) echo: Echo,
    pub(super) plan: Plan,
}

/// What an answer repeats of its query.
#[derive(Debug)]
pub(super) struct Echo {
    pub(super) id: Option<Id>,
    pub(super) type_query: Option<String>,
    /// The query's name as it is counted and logged.
    pub(super) name: QueryName,
    /// The query's number in its session.
    pub(super) number: u64,
    /// The monotonic time at which it was read.
    pub(super) asked_at: Duration,
}

/// A query that runs.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) number: u64,
    pub(super) echo: Echo,
    pub(super) kind: Kind,
    /// The page that a subscription or a list is of.
    pub(super) page: Option<PageKey>,
    /// Whether its answer may be as long as one can be.
    long: bool,
}

/// How a query stands to the others of its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Runs beside everything but a change of who the session is.
    Read,
    /// Runs beside writes and reads.
    Write,
    /// Runs beside reads.
    Subscription,
    /// Runs alone.
    Identity,
}

/// A session's queries.
#[derive(Debug, Default)]
pub(super) struct Order {
    waiting: VecDeque<Waiting>,
    flights: Vec<Flight>,
    last_number: u64,
}

impl Order {
    /// Adds a query at the end.
    pub(super) fn push(&mut self, query: Waiting) {
        self.waiting.push_back(query);
    }

    /// The next query, if it may run now. Of those whose answers may be as long as an answer can be, `long_max` may
    /// run at a time.
    pub(super) fn next(&mut self, long_max: usize) -> Option<(Kind, Waiting)> {
        let plan = &self.waiting.front()?.plan;
        let long = self.flights.iter().filter(|flight| flight.long).count();
        if is_long(plan) && long >= long_max {
            return None;
        }
        let kind = kind(plan);
        let beside = |other: Kind| match kind {
            Kind::Read => other != Kind::Identity,
            Kind::Write => matches!(other, Kind::Read | Kind::Write),
            Kind::Subscription => other == Kind::Read,
            Kind::Identity => false,
        };
        if !self.flights.iter().all(|flight| beside(flight.kind)) {
            return None;
        }
        self.waiting.pop_front().map(|query| (kind, query))
    }

    /// A query begins to run; gives the number that its answer comes under.
    pub(super) fn begin(&mut self, echo: Echo, (kind, plan): (Kind, &Plan), page: Option<PageKey>) -> u64 {
        let number = self.number();
        self.flights.push(Flight { number, echo, kind, page, long: is_long(plan) });
        number
    }

    /// A number for something else that is answered.
    pub(super) fn number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A query was answered.
    pub(super) fn end(&mut self, number: u64) -> Option<Flight> {
        let at = self.flights.iter().position(|flight| flight.number == number)?;
        let flight = self.flights.swap_remove(at);
        if self.len() == 0 {
            // An idle session keeps no buffer.
            (self.waiting, self.flights) = (VecDeque::new(), Vec::new());
        }
        Some(flight)
    }

    /// The subscription that waits to listen to its page.
    pub(super) fn subscribing(&self, page: &PageKey) -> Option<u64> {
        let waits =
            |flight: &&Flight| flight.kind == Kind::Subscription && flight.page.as_ref() == Some(page);
        self.flights.iter().find(waits).map(|flight| flight.number)
    }

    /// Whether a write with a number up to `number` is not answered yet.
    pub(super) fn writes_until(&self, number: u64) -> bool {
        self.flights.iter().any(|flight| flight.kind == Kind::Write && flight.number <= number)
    }

    /// The last number that was given.
    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Whether nothing runs.
    pub(super) fn is_idle(&self) -> bool {
        self.flights.is_empty()
    }

    /// How many queries wait or run.
    pub(super) fn len(&self) -> usize {
        self.waiting.len() + self.flights.len()
    }
}

/// Whether the answer is a list of records.
fn is_long(plan: &Plan) -> bool {
    matches!(plan, Plan::Read(Read::Subscribe(..) | Read::LoadComments(_) | Read::FindComment(_)))
}

fn kind(plan: &Plan) -> Kind {
    match plan {
        Plan::Password(_) | Plan::Write(Write::SignOut { .. } | Write::SignInWithToken(_)) => Kind::Identity,
        Plan::Write(_) => Kind::Write,
        Plan::Read(Read::Subscribe(..) | Read::WatchStatus)
        | Plan::Local(Query::Unsubscribe { .. } | Query::UnwatchStatus) => Kind::Subscription,
        Plan::Read(_) | Plan::Local(_) => Kind::Read,
    }
}
