//! What whoever watches the service is told each second.

use bytes::Bytes;

use super::json::{Object, write};
use super::push::push;
use super::record::date;
use crate::clock::UnixMs;
use crate::domain::PageKey;

/// How the service is, and what it did since it was told last.
#[derive(Debug, Clone)]
pub struct Status {
    /// The server's time.
    pub now_ms: UnixMs,
    /// What `counts` are over, in milliseconds.
    pub over_ms: u64,
    /// What there is now, by its name on the wire.
    pub now: [(&'static str, i64); 4],
    /// What was done meanwhile, by its name on the wire.
    pub counts: [(&'static str, u64); 4],
    /// Each queue with what waits in it and what may.
    pub queues: [(&'static str, i64, i64); 3],
    /// What half, and what 99 of 100, of the last ten seconds' were within, in microseconds, by its name on the wire.
    pub durations: [(&'static str, [Option<u64>; 2]); 3],
    /// The pages with the most viewers, each with how many.
    pub pages: Vec<(PageKey, u32)>,
}

/// The push of it.
#[must_use]
pub fn status(status: &Status) -> Bytes {
    push("status", |object| {
        object.member("now", date(status.now_ms)).member("over_ms", status.over_ms);
        for (name, count) in status.now {
            object.member(name, count);
        }
        for (name, count) in status.counts {
            object.member(name, count);
        }
        object.nested("queues", |out| {
            let mut queues = Object::open(out);
            for (name, depth, limit) in status.queues {
                queues.member(name, [depth, limit]);
            }
            queues.close();
        });
        for (name, percentiles) in status.durations {
            object.member(name, percentiles);
        }
        object.nested("pages", |out| {
            let pages: Vec<_> = status.pages.iter().map(|(page, viewers)| (page.as_str(), viewers)).collect();
            write(out, &pages);
        });
    })
}
