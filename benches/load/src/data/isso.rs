//! The rows of a large database as Isso keeps them: replies one level deep, tallies as numbers, 256 bytes a comment for
//! who has reacted, no index but the keys. Isso made the empty file.

use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::Connection;

/// Copies what is listed.
pub fn fill(from: &Path, to: &Path) -> Result<()> {
    let connection = Connection::open(to)?;
    connection.pragma_update(None, "synchronous", "off")?;
    connection.execute("attach ? as otklik", [from.to_str().context("the project's path is not UTF-8")?])?;
    connection.execute_batch(
        "begin;
        insert into threads (id, uri, title) select page_id, key, key from otklik.page;
        insert into comments (tid, id, parent, created, modified, mode, remote_addr, text, author, likes, dislikes,
                voters)
            with recursive under (comment_id, root_id) as (
                select comment_id, null from otklik.comment where parent_id is null
                union all
                select c.comment_id, coalesce(u.root_id, u.comment_id)
                from under as u join otklik.comment as c on c.parent_id = u.comment_id
            )
            select c.page_id, c.comment_id, u.root_id, c.created_at_ms / 1000.0, null,
                case c.state when 'shown' then 1 else 4 end, '127.0.' || (c.user_id % 256) || '.0', c.text,
                'reader-' || c.user_id, c.likes, c.dislikes, zeroblob(256)
            from under as u join otklik.comment as c using (comment_id)
            where c.listed = 1
            order by c.comment_id;
        commit;",
    )?;
    Ok(())
}
