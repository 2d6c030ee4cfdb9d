//! What holds in the file at every committed state, whatever happened.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

/// Each names what is wrong with the rows that it gives.
const WRONG: &[(&str, &str)] = &[
    (
        "the tally is not the sum of the reactions",
        "select c.comment_id, c.likes, c.dislikes from comment c
         where c.likes <> (select count(*) from reaction r where r.slot = c.slot and r.liked = 1)
            or c.dislikes <> (select count(*) from reaction r where r.slot = c.slot and r.liked = 0)",
    ),
    (
        "replies are miscounted",
        "select c.comment_id, c.replies, 0 from comment c where c.replies
            <> (select count(*) from comment r where r.parent_id = c.comment_id and r.state = 'shown')",
    ),
    (
        "listed replies are miscounted",
        "select c.comment_id, c.listed_replies, 0 from comment c where c.listed_replies
            <> (select count(*) from comment r where r.parent_id = c.comment_id and r.listed = 1)",
    ),
    (
        "listed is what is shown, or has something listed under it",
        "select c.comment_id, c.listed, 0 from comment c
         where c.listed <> (c.state = 'shown' or c.listed_replies > 0)",
    ),
    (
        "what is in no list says since when",
        "select comment_id, listed, unlisted_at_ms from comment where (listed = 1) <> (unlisted_at_ms is null)",
    ),
    (
        "a tombstone has a text",
        "select comment_id, length(text), 0 from comment where state = 'deleted' and text <> ''",
    ),
    (
        "a reply is not one below its parent on the same page",
        "select c.comment_id, c.depth, p.depth from comment c left join comment p on p.comment_id = c.parent_id
         where (c.parent_id is null and c.depth <> 0)
            or (c.parent_id is not null
                and (p.comment_id is null or c.depth <> p.depth + 1 or c.page_id <> p.page_id))",
    ),
    (
        "the total is miscounted",
        "select p.page_id, p.total, 0 from page p where p.total
            <> (select count(*) from comment c where c.page_id = p.page_id and c.state = 'shown')",
    ),
    (
        "a page's tally is not the sum of its comments'",
        "select p.page_id, p.likes, p.dislikes from page p
         where p.likes <> (select coalesce(sum(c.likes), 0) from comment c where c.page_id = p.page_id)
            or p.dislikes <> (select coalesce(sum(c.dislikes), 0) from comment c where c.page_id = p.page_id)",
    ),
    (
        "a comment's revision is not within its page's",
        "select c.comment_id, c.rev, p.rev from comment c join page p using (page_id)
         where c.rev > p.rev or c.text_rev > c.rev or c.text_rev < 1",
    ),
    (
        "a page's last revision changed nothing",
        "select p.page_id, p.rev, max(c.rev) from page p left join comment c using (page_id)
         group by p.page_id having p.rev <> max(p.purged_rev, coalesce(max(c.rev), -1)) or p.rev < 1",
    ),
    (
        "two names look alike",
        "select min(user_id), count(*), 0 from user group by skeleton having count(*) > 1",
    ),
    (
        "a key made two comments",
        "select min(comment_id), count(*), 0 from comment where idempotency_key is not null
         group by user_id, idempotency_key having count(*) > 1",
    ),
    ("a reference leads nowhere", "select rowid, fkid, 0 from pragma_foreign_key_check"),
    ("the file is broken", "select 0, 0, 0 from pragma_integrity_check where integrity_check <> 'ok'"),
];

/// Opens the file beside the service.
pub(super) fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).expect("the file opens");
    connection.busy_timeout(Duration::from_secs(10)).expect("a busy timeout");
    connection
}

/// Fails if anything is wrong with the file.
pub(crate) fn check(path: &Path) {
    let connection = open(path);
    let mut wrong = Vec::new();
    for (what, statement) in WRONG {
        let mut statement = connection.prepare(statement).expect("a good statement");
        let rows = statement.query_map((), |row| {
            Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?, row.get::<_, Option<i64>>(2)?))
        });
        let rows: Vec<_> = rows.and_then(Iterator::collect).expect("it runs");
        if !rows.is_empty() {
            wrong.push(format!("{what}: {rows:?}"));
        }
    }
    assert!(wrong.is_empty(), "the file does not hold together: {wrong:#?}");
}
