//! Whether a file holds together: SQLite's own checks, and what the service promises of its rows.

use std::fmt;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rusqlite::{Connection, ErrorCode};

use super::migrate;
use super::statement::{get, sql};
use super::transaction::Tx;
use crate::error::Fault;
use crate::store::{Stage, Watch};

/// How many steps of SQLite's machine lie between two looks at whether the work was given up: some milliseconds.
const STEPS_A_LOOK: i32 = 100_000;

/// What a sound file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holdings {
    /// Users.
    pub users: i64,
    /// Pages that anybody has commented on.
    pub pages: i64,
    /// Shown comments.
    pub comments: i64,
    /// The newest migration that it has.
    pub migration: i64,
}

impl fmt::Display for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, pages, comments, migration } = self;
        write!(f, "{comments} comments on {pages} pages, {users} users, schema {migration}")
    }
}

/// A promise about rows; the statement counts the rows that break it.
struct Check {
    /// The newest migrations of the files that it is for.
    at: RangeInclusive<i64>,
    what: &'static str,
    count_wrong: &'static str,
}

/// Whatever migrations come: files from a newer version are refused before.
const NEWEST: i64 = i64::MAX;

const CHECKS: &[Check] = &[
    Check {
        at: 5..=NEWEST,
        what: "a comment's tally is not the sum of its reactions",
        count_wrong: sql!("check_tally"),
    },
    Check {
        at: 1..=4,
        what: "a comment's tally is not the sum of its reactions",
        count_wrong: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/older/check_tally_0004.sql")),
    },
    Check { at: 1..=NEWEST, what: "replies are miscounted", count_wrong: sql!("check_replies") },
    Check { at: 1..=NEWEST, what: "a page's total is miscounted", count_wrong: sql!("check_total") },
    Check {
        at: 1..=NEWEST,
        what: "a comment's revision is above its page's",
        count_wrong: sql!("check_revision"),
    },
    Check {
        at: 1..=NEWEST,
        what: "a page's revision is not that of its last change",
        count_wrong: sql!("check_page"),
    },
    Check { at: 1..=NEWEST, what: "a deleted comment has a text", count_wrong: sql!("check_tombstone") },
    Check {
        at: 2..=NEWEST,
        what: "a page's tally is not the sum of its comments'",
        count_wrong: sql!("check_page_tally"),
    },
    Check {
        at: 4..=NEWEST,
        what: "a comment does not say since when it is in no list",
        count_wrong: sql!("check_unlisted"),
    },
];

/// Checks a file from end to end.
///
/// # Errors
/// The first thing that is wrong with it: whose file it is, its migrations, its structure, or its rows.
pub(super) fn verify(connection: &Connection, watch: Watch<'_>) -> Result<Holdings, Fault> {
    let given_up = Arc::clone(watch.given_up);
    connection
        .progress_handler(STEPS_A_LOOK, Some(move || given_up.load(Ordering::Relaxed)))
        .map_err(|cause| Fault::new("preparing to check", cause))?;
    let checked = every_check(connection, watch);
    connection
        .progress_handler(STEPS_A_LOOK, None::<fn() -> bool>)
        .map_err(|cause| Fault::new("having checked", cause))?;
    checked.map_err(|fault| {
        let code = fault.cause.downcast_ref().and_then(rusqlite::Error::sqlite_error_code);
        let cut = code == Some(ErrorCode::OperationInterrupted);
        if cut { watch.has_given_up() } else { fault }
    })
}

fn every_check(connection: &Connection, watch: Watch<'_>) -> Result<Holdings, Fault> {
    let migration = migrate::newest_known(connection)?;
    let checks: Vec<_> = CHECKS.iter().filter(|check| check.at.contains(&migration)).collect();
    let of = u64::try_from(checks.len() + 2).unwrap_or(u64::MAX);
    let tell = |done| watch.tell(Stage::Checking, done, of);
    tell(0)?;
    pragma(connection, "integrity_check")?;
    tell(1)?;
    pragma(connection, "foreign_key_check")?;
    for (done, check) in (2..).zip(&checks) {
        tell(done)?;
        let wrong: i64 = connection
            .query_row(check.count_wrong, (), |row| row.get(0))
            .map_err(|cause| Fault::new("checking its rows", cause))?;
        if wrong > 0 {
            return Err(Fault::new("it does not hold together", format!("{} ({wrong} rows)", check.what)));
        }
    }
    tell(of)?;
    get!(Tx::of(connection), "check_holdings", {}, |row| {
        Ok(Holdings { users: row.get(0)?, pages: row.get(1)?, comments: row.get(2)?, migration })
    })
}

/// Runs a check that gives a row for each thing that is wrong, or the one word `ok`.
fn pragma(connection: &Connection, check: &str) -> Result<(), Fault> {
    let mut wrong = None;
    let ran = connection.pragma_query(None, check, |row| {
        let words: String = row.get(0)?;
        if words != "ok" {
            wrong.get_or_insert(words);
        }
        Ok(())
    });
    ran.map_err(|cause| Fault::new(format!("it is not a sound SQLite file ({check})"), cause))?;
    wrong.map_or(Ok(()), |wrong| Err(Fault::new(format!("it is not a sound SQLite file ({check})"), wrong)))
}
