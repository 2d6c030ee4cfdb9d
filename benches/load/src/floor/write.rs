//! Reactions written by a bare loop: the service's statements on the service's rows, in batches of the service's size,
//! each durable, and nothing around them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rusqlite::{Connection, OptionalExtension as _, named_params};

use crate::sqlite;

/// Reactions a second on the page of the first comment in `file`.
pub fn reactions_per_s(file: &Path, batch: usize, lasts: Duration) -> Result<f64> {
    let mut connection = sqlite::open(file)?;
    let ids = |sql: &str| -> rusqlite::Result<Vec<i64>> {
        connection.prepare(sql)?.query_map((), |row| row.get(0))?.collect()
    };
    let page: i64 =
        connection
            .query_row("select page_id from comment order by comment_id limit 1", (), |row| row.get(0))?;
    let users = ids("select user_id from user order by user_id desc limit 256")?;
    let comments = ids("select comment_id from comment order by comment_id desc limit 64")?;
    ensure!(!users.is_empty() && !comments.is_empty(), "{} is empty", file.display());
    let floor = Floor { page, users, comments };
    let (begun, mut turn) = (Instant::now(), 0);
    while begun.elapsed() < lasts {
        let transaction = connection.transaction()?;
        floor.batch(&transaction, turn, batch)?;
        transaction.commit()?;
        turn += batch;
    }
    Ok(turn as f64 / begun.elapsed().as_secs_f64())
}

struct Floor {
    page: i64,
    users: Vec<i64>,
    comments: Vec<i64>,
}

impl Floor {
    /// The number of a comment's row, as the service reckons it.
    fn slot(&self, comment: i64) -> i64 {
        (self.page << 32) + comment
    }

    fn batch(&self, connection: &Connection, turn: usize, batch: usize) -> Result<()> {
        let mut touched = BTreeMap::<i64, (i64, i64)>::new();
        for reaction in turn..turn + batch {
            let round = reaction / self.users.len();
            let user = self.users[reaction % self.users.len()];
            let comment = self.comments[(round + reaction) % self.comments.len()];
            let is_like = (round / self.comments.len()).is_multiple_of(2);
            let before = set(connection, self.slot(comment), user, is_like)?;
            let one = |of: bool| i64::from(is_like == of) - i64::from(before == Some(of));
            let tally = touched.entry(comment).or_default();
            *tally = (tally.0 + one(true), tally.1 + one(false));
        }
        let mut stamp =
            connection.prepare_cached(include_str!("../../../../sql/statement/page_stamp.sql"))?;
        let all = touched.values().fold((0, 0), |all, more| (all.0 + more.0, all.1 + more.1));
        let params =
            named_params! { ":page_id": self.page, ":shown": 0, ":likes": all.0, ":dislikes": all.1 };
        let rev: i64 = stamp.query_row(params, |row| row.get(0))?;
        let mut stamp =
            connection.prepare_cached(include_str!("../../../../sql/statement/comment_stamp_tally.sql"))?;
        for (comment, (likes, dislikes)) in touched {
            let params = named_params! {
                ":slot": self.slot(comment), ":likes": likes, ":dislikes": dislikes, ":rev": rev,
            };
            stamp.query_row(params, |row| row.get::<_, i64>(0))?;
        }
        Ok(())
    }
}

/// Sets one reaction; gives what it was before.
fn set(connection: &Connection, slot: i64, user: i64, is_like: bool) -> Result<Option<bool>> {
    let mut find = connection.prepare_cached(include_str!("../../../../sql/statement/reaction_find.sql"))?;
    let params = named_params! { ":slot": slot, ":user_id": user };
    let before = find.query_row(params, |row| row.get(0)).optional()?;
    let mut set = connection.prepare_cached(include_str!("../../../../sql/statement/reaction_set.sql"))?;
    set.execute(named_params! {
        ":slot": slot, ":user_id": user, ":liked": is_like, ":created_at_ms": 0,
    })?;
    Ok(before)
}
