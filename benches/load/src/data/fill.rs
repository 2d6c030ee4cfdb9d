//! Writing the rows, as fast as SQLite takes them.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, params};

use super::shape::Rows;
use crate::report::progress;
use crate::sqlite;

/// 2024-01-01T00:00:00Z; a comment each five seconds from then on.
const FIRST_MS: i64 = 1_704_067_200_000;

/// How long a comment stood that is in no list any more.
const DELETED_AFTER_MS: i64 = 3_600_000;

/// In how many parts the comments are written, those first that were posted first. Each has some of every page, so that
/// the file's own pages are filled, split and filled again, as on a live site, and not packed.
const PARTS: usize = 16;

const TEXT: &str = "We were there last summer, and it was just as the article says: the path along the shore is \
    closed after dark, nobody tells you, and the last bus leaves at nine. Take a torch with you.";

/// Fills the service's empty file, and leaves it as the service would.
pub fn fill(file: &Path, mut rows: Rows) -> Result<()> {
    let connection = sqlite::open(file)?;
    for (pragma, value) in [("synchronous", "off"), ("foreign_keys", "off"), ("cache_size", "-262144")] {
        connection.pragma_update(None, pragma, value)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(()))?;
    // Indexes are made at the end, each in one sorted pass.
    let indexes = drop_indexes(&connection)?;
    connection.execute_batch("begin")?;
    users(&connection, rows.users)?;
    let order = by_page(&rows);
    reactions(&connection, &order, &mut rows)?;
    comments(&connection, &order, &rows)?;
    pages(&connection, &rows)?;
    connection.execute_batch("commit")?;
    for (place, index) in indexes.iter().enumerate() {
        progress(&format!("making the indexes: {} of {}", place + 1, indexes.len()));
        connection.execute_batch(index)?;
    }
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    Ok(())
}

fn drop_indexes(connection: &Connection) -> Result<Vec<String>> {
    let mut statement = connection.prepare(
        "select name, sql from sqlite_schema where type = 'index' and tbl_name = 'comment' and sql is not null",
    )?;
    let indexes: Vec<(String, String)> =
        statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, _) in &indexes {
        connection.execute_batch(&format!("drop index {name}"))?;
    }
    Ok(indexes.into_iter().map(|(_, sql)| sql).collect())
}

fn users(connection: &Connection, users: usize) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into user (user_id, username, skeleton, password, role, state, created_at_ms)
         values (?1, ?2, ?2, '', 'user', 'active', ?3)",
    )?;
    for number in 1..=users {
        insert.execute(params![number as i64, format!("reader-{number}"), FIRST_MS])?;
    }
    Ok(())
}

fn pages(connection: &Connection, rows: &Rows) -> Result<()> {
    let mut tallies = vec![(0, 0); rows.pages.len()];
    for row in &rows.comments {
        let tally = &mut tallies[row.page as usize];
        *tally = (tally.0 + row.likes, tally.1 + row.dislikes);
    }
    let mut insert = connection.prepare(
        "insert into page (page_id, site_id, key, rev, total, likes, dislikes) values (?, 1, ?, ?, ?, ?, ?)",
    )?;
    for (place, (page, (likes, dislikes))) in rows.pages.iter().zip(tallies).enumerate() {
        insert.execute(params![place as i64 + 1, page.key, page.rev, page.total, likes, dislikes])?;
    }
    Ok(())
}

/// The comments' places, page by page.
fn by_page(rows: &Rows) -> Vec<usize> {
    let mut order: Vec<_> = (0..rows.comments.len()).collect();
    order.sort_by_key(|place| (rows.comments[*place].page, *place));
    order
}

/// The number of a comment's row, as the service reckons it.
fn slot(rows: &Rows, place: usize) -> i64 {
    ((i64::from(rows.comments[place].page) + 1) << 32) + place as i64 + 1
}

fn reactions(connection: &Connection, order: &[usize], rows: &mut Rows) -> Result<()> {
    let mut insert = connection
        .prepare("insert into reaction (slot, user_id, liked, created_at_ms) values (?, ?, ?, ?)")?;
    for (done, place) in order.iter().copied().enumerate() {
        tell("reactions", done, order.len());
        let slot = slot(rows, place);
        let reactions = rows.reactions(rows.comments[place].reactions);
        let likes = reactions.iter().filter(|(_, liked)| *liked).count() as u32;
        let row = &mut rows.comments[place];
        (row.likes, row.dislikes) = (likes, row.reactions - likes);
        for (user, liked) in reactions {
            insert.execute(params![slot, user, liked, created_at_ms(place)])?;
        }
    }
    Ok(())
}

fn comments(connection: &Connection, order: &[usize], rows: &Rows) -> Result<()> {
    for part in 0..PARTS {
        tell("comments", part, PARTS);
        let (first, end) = (order.len() * part / PARTS, order.len() * (part + 1) / PARTS);
        let part = order.iter().copied().filter(|place| (first..end).contains(place));
        comments_of(connection, part, rows)?;
    }
    connection.execute("update last_number set comment_id = ?", [rows.comments.len() as i64])?;
    Ok(())
}

fn comments_of(connection: &Connection, places: impl Iterator<Item = usize>, rows: &Rows) -> Result<()> {
    let mut insert = connection.prepare(
        "insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, state, likes, dislikes,
             replies, listed_replies, listed, unlisted_at_ms, rev, text_rev, top_rank, controversial_rank, text)
         values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    for place in places {
        let row = &rows.comments[place];
        let (likes, dislikes) = (i64::from(row.likes), i64::from(row.dislikes));
        // From a sentence to all of it, the same for the same comment in each run.
        let length = if row.deleted { 0 } else { 40 + place * 37 % (TEXT.len() - 40) };
        let listed = !row.deleted || row.listed_replies > 0;
        insert.execute(params![
            slot(rows, place),
            place as i64 + 1,
            row.page + 1,
            (row.parent > 0).then_some(row.parent),
            row.depth,
            (place * 7_919 % rows.users) as i64 + 1,
            created_at_ms(place),
            if row.deleted { "deleted" } else { "shown" },
            likes,
            dislikes,
            row.replies,
            row.listed_replies,
            listed,
            (!listed).then_some(created_at_ms(place) + DELETED_AFTER_MS),
            row.rev,
            row.text_rev,
            sqlite::top_rank(likes, dislikes),
            sqlite::controversial_rank(likes, dislikes),
            &TEXT[..length],
        ])?;
    }
    Ok(())
}

fn created_at_ms(place: usize) -> i64 {
    FIRST_MS + place as i64 * 5_000
}

fn tell(what: &str, done: usize, all: usize) {
    if done.is_multiple_of((all / 8).max(1)) && done > 0 {
        progress(&format!("writing {what}: {} of 8", done * 8 / all));
    }
}
