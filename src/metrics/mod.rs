//! What the service counts of itself: every counter, gauge and histogram, named once, with its unit and what it means.
//!
//! A metric is told where the thing happens, by a relaxed addition or two; nothing here takes a lock, and no label has a
//! value that comes from outside. `docs/monitoring.md` lists them, and a test compares the two. Never here: who may read
//! them (`web` says that), and what a query or an event is.

mod histogram;
mod table;

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use self::histogram::{Counts, Histogram};
use self::table::labels;
pub use self::table::{By, Label, Table};

labels! {
    /// Why a connection was not let in.
    Refused "reason" {
        /// Its page's origin may not connect.
        Origin "origin";
        /// The service stops.
        Draining "draining";
        /// There are as many as there may be.
        All "all";
        /// There are as many as there may be from its address.
        Address "address";
        /// So many came at once that its turn would come too late.
        Pace "pace";
        /// It was no WebSocket handshake.
        Handshake "handshake";
    }

    /// How a session ended.
    Closed "code" {
        /// All was said.
        Normal "1000";
        /// The server went away.
        Away "1001";
        /// A broken frame.
        Protocol "1002";
        /// A binary message.
        Unsupported "1003";
        /// Invalid UTF-8.
        Invalid "1007";
        /// A message that is too long.
        TooBig "1009";
        /// Nothing could be written to the peer.
        Stalled "4008";
        /// Too many bad queries.
        TooManyBad "4429";
        /// The peer closed.
        Peer "peer";
        /// The line ended without a word.
        Cut "cut";
        /// Nothing was heard of the peer.
        Silent "silent";
    }

    /// What waits for its turn.
    Queue "queue" {
        /// Writes, for the next batch.
        Writes "writes";
        /// Reads, for a reader.
        Reads "reads";
        /// Passwords, for a thread of bcrypt's.
        Bcrypt "bcrypt";
    }

    /// What housekeeping removes.
    Rows "kind" {
        /// Tokens that have expired.
        Tokens "tokens";
        /// Failed sign-ins that count no more.
        Failures "sign_in_failures";
        /// Texts of deleted comments.
        Texts "deleted_texts";
        /// Tombstones, with their reactions.
        Tombstones "tombstones";
    }
}

/// Declares the metrics: what each means, its type, its unit, and how it is made where the type does not say it all. The
/// name is the field's, with `otklik_` before it and the unit after it.
macro_rules! metrics {
    ($($(#[doc = $help:literal])+ $name:ident: $type:ty $(, in $unit:ident)? $(= $make:expr)?;)+) => {
        /// The service's metrics.
        pub struct Metrics {
            registry: Registry,
            codes: usize,
            $($(#[doc = $help])+ pub $name: $type,)+
        }

        impl Metrics {
            /// All at zero, for these queries and these outcomes of each.
            #[must_use]
            pub fn new(queries: &[&'static str], codes: &[&'static str]) -> Self {
                let mut registry = Registry::with_prefix("otklik");
                let lists = Lists { queries, codes };
                $(
                    let $name: $type = made!(lists $(, $make)?);
                    let help = concat!($($help),+).trim().trim_end_matches('.');
                    register!(registry, stringify!($name), help, $name $(, $unit)?);
                )+
                let version = vec![("version", env!("CARGO_PKG_VERSION"))];
                registry.register("build", "What runs", Info::new(version));
                Self { registry, codes: codes.len(), $($name,)+ }
            }
        }
    };
}

macro_rules! made {
    ($lists:ident) => {
        Default::default()
    };
    ($lists:ident, $make:expr) => {
        $make(&$lists)
    };
}

macro_rules! register {
    ($registry:ident, $name:expr, $help:ident, $metric:ident) => {
        $registry.register($name, $help, $metric.clone())
    };
    ($registry:ident, $name:expr, $help:ident, $metric:ident, $unit:ident) => {
        $registry.register_with_unit($name, $help, Unit::$unit, $metric.clone())
    };
}

/// What queries and their outcomes are called.
struct Lists<'l> {
    queries: &'l [&'static str],
    codes: &'l [&'static str],
}

impl Lists<'_> {
    fn by_type_and_code(&self) -> Table<Counter> {
        let labels = |query| self.codes.iter().map(move |code| vec![("type", query), ("code", *code)]);
        Table::new(self.queries.iter().flat_map(|query| labels(*query)), Counter::default)
    }

    fn by_type(&self) -> Table<Histogram> {
        Table::new(self.queries.iter().map(|query| vec![("type", *query)]), Histogram::of_durations)
    }
}

fn durations(_: &Lists<'_>) -> Histogram {
    Histogram::of_durations()
}

fn sizes(_: &Lists<'_>) -> Histogram {
    Histogram::of_sizes()
}

metrics! {
    /// When the service started, as seconds since 1970-01-01T00:00:00Z.
    start_time: Gauge<f64, AtomicU64>, in Seconds;
    /// 1 while the service is ready, which `/readyz` tells as well; else 0.
    ready: Gauge;
    /// 1 while the database can be written; else 0.
    writable: Gauge;

    /// Sessions that are open.
    sessions: Gauge;
    /// Sessions that were opened.
    sessions_opened: Counter;
    /// Pages that sessions are subscribed to, each as often as it has viewers.
    subscriptions: Gauge;
    /// Pages that somebody is subscribed to.
    pages_followed: Gauge;
    /// Connections that were not let in, by reason.
    connections_refused: By<Refused, Counter> = |_: &Lists<'_>| By::new(Counter::default);
    /// Sessions that ended, by the code they were closed with; peer: it closed, cut: the line ended without a word, silent: nothing was heard of the peer.
    closes: By<Closed, Counter> = |_: &Lists<'_>| By::new(Counter::default);
    /// What connections took from the out-queues of their sessions, counted every few seconds.
    sent: Counter, in Bytes;

    /// Queries that were answered, by type and by the code of the answer, which is success where it is none.
    queries: Table<Counter> = Lists::by_type_and_code;
    /// From when a query was read to when its answer lay in the out-queue, by type.
    query_duration: Table<Histogram>, in Seconds = Lists::by_type;
    /// What waits for its turn, by queue.
    queue_depth: By<Queue, Gauge> = |_: &Lists<'_>| By::new(Gauge::default);
    /// What may wait before more is answered busy, by queue.
    queue_limit: By<Queue, Gauge> = |_: &Lists<'_>| By::new(Gauge::default);
    /// Faults: what went wrong in the service, each told in the log under its name.
    faults: Counter;

    /// Connections of the database that read.
    readers: Gauge;
    /// Readers that are at work.
    readers_in_use: Gauge;
    /// What a reader works on one read.
    read_duration: Histogram, in Seconds = durations;
    /// What bcrypt works on one password.
    bcrypt_duration: Histogram, in Seconds = durations;
    /// Writes in one transaction.
    batch_size: Histogram = sizes;
    /// A transaction, from its first statement until it is durable.
    batch_duration: Histogram, in Seconds = durations;
    /// The commit alone, until the disk has confirmed it.
    commit_duration: Histogram, in Seconds = durations;
    /// The database's main file.
    database: Gauge, in Bytes;
    /// The write-ahead log beside it.
    wal: Gauge, in Bytes;
    /// From one backup that is taken by itself to the next; 0 where none are.
    backup_interval: Gauge, in Seconds;
    /// When the newest of them was taken, as seconds since 1970-01-01T00:00:00Z; 0 where there is none.
    last_backup_time: Gauge<f64, AtomicU64>, in Seconds;
    /// Backups that were to be taken by themselves and failed.
    backups_failed: Counter;
    /// Rows that housekeeping removed, by kind.
    housekeeping_rows: By<Rows, Counter> = |_: &Lists<'_>| By::new(Counter::default);

    /// How often a page's changes were told to those who are subscribed to it.
    flushes: Counter;
    /// Pushes of changes that sessions were handed.
    deliveries: Counter;
    /// Pushes that were not handed over, as the session or its thread had not taken the last one yet; it catches up.
    deliveries_skipped: Counter;
    /// From the commit of the oldest change in a push to when the push lay in the out-queue of the last session it was handed to.
    commit_to_push: Histogram, in Seconds = durations;
    /// Subscriptions that have been told less than their page was.
    listeners_behind: Gauge;
    /// Portions that sessions were brought on by.
    catch_ups: Counter;
    /// Sessions that were told to begin a page afresh.
    resets: Counter;
}

impl Metrics {
    /// A query was answered: its number in the list of queries, that of the code in the list of codes, and how long it
    /// took.
    pub fn answered(&self, query: usize, code: usize, took: Duration) {
        self.queries.at(query * self.codes + code).inc();
        self.query_duration.at(query).took(took);
    }

    /// Something waits in a queue from now on.
    pub fn enters(&self, queue: Queue) {
        self.queue_depth.of(queue).inc();
    }

    /// So many wait in a queue no more.
    pub fn leave(&self, queue: Queue, count: usize) {
        self.queue_depth.of(queue).dec_by(i64::try_from(count).unwrap_or(0));
    }

    /// How many queries of a type came out so.
    #[must_use]
    pub fn count(&self, query: usize, code: usize) -> u64 {
        self.queries.at(query * self.codes + code).get()
    }

    /// How many queries succeeded, and how many were refused, over all types. The first code stands for a success.
    #[must_use]
    pub fn outcomes(&self) -> (u64, u64) {
        let each = self.queries.all().enumerate();
        each.fold((0, 0), |(successes, refusals), (number, counter)| {
            if number.is_multiple_of(self.codes.max(1)) {
                (successes + counter.get(), refusals)
            } else {
                (successes, refusals + counter.get())
            }
        })
    }

    /// All of them as `OpenMetrics` text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A string takes whatever is written to it.
        encode(&mut text, &self.registry).unwrap_or_default();
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metrics({} sessions)", self.sessions.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_with_its_unit_and_its_labels() {
        let metrics = Metrics::new(&["hello", "react", "unknown"], &["success", "busy"]);
        metrics.answered(1, 1, Duration::from_millis(3));
        metrics.queue_depth.of(Queue::Bcrypt).set(4);
        metrics.batch_size.had(7);
        let text = metrics.text();
        for line in [
            "# UNIT otklik_sent_bytes bytes",
            "otklik_sent_bytes_total 0",
            "otklik_queries_total{type=\"react\",code=\"busy\"} 1",
            "otklik_queries_total{type=\"unknown\",code=\"success\"} 0",
            "otklik_query_duration_seconds_bucket{le=\"0.0025\",type=\"react\"} 0",
            "otklik_query_duration_seconds_bucket{le=\"0.005\",type=\"react\"} 1",
            "otklik_query_duration_seconds_sum{type=\"react\"} 0.003",
            "otklik_queue_depth{queue=\"bcrypt\"} 4",
            "otklik_batch_size_bucket{le=\"10.0\"} 1",
            "otklik_batch_size_sum 7.0",
            "# TYPE otklik_batch_size histogram",
            concat!("otklik_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(metrics.count(1, 1), 1);
    }
}
