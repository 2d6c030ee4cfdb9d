//! Pages.

use rusqlite::Row;

use super::statement::{find, get};
use super::transaction::Tx;
use crate::domain::{Page, PageId, PageKey, Rev, Tally};
use crate::error::{Fault, Refusal};

/// The one site there is so far.
const SITE_ID: i64 = 1;

impl Tx<'_> {
    /// The page of that key, where anybody has commented.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn page_find(&self, key: &PageKey) -> Result<Option<Page>, Fault> {
        find!(self, "page_find", { ":site_id": SITE_ID, ":key": key.as_str() }, read)
    }

    /// The page of that number.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn page_get(&self, id: PageId) -> Result<Page, Fault> {
        get!(self, "page_get", { ":page_id": id.0 }, read)
    }

    /// The key of the page of that number.
    ///
    /// # Errors
    /// A fault of the file, also where there is no such page.
    pub fn page_key(&self, id: PageId) -> Result<PageKey, Fault> {
        let key: String = get!(self, "page_key", { ":page_id": id.0 }, |row| row.get(0))?;
        checked(&key)
    }

    /// The page of that key, made at revision 0 where there is none.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn page_find_or_insert(&self, key: &PageKey) -> Result<Page, Fault> {
        if let Some(page) = self.page_find(key)? {
            return Ok(page);
        }
        let id = get!(self, "page_insert", { ":site_id": SITE_ID, ":key": key.as_str() }, |row| row.get(0))?;
        Ok(Page {
            id: PageId(id),
            rev: Rev(0),
            total: 0,
            tally: Tally::default(),
            locked: false,
            purged_rev: Rev(0),
        })
    }

    /// Puts the page one revision further, with `shown` more comments and `more` reactions; gives the revision, the
    /// total and the key.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn page_stamp(&self, id: PageId, shown: i64, more: Tally) -> Result<(Rev, i64, PageKey), Fault> {
        let (rev, total, key): (i64, i64, String) = get!(self, "page_stamp", {
            ":page_id": id.0, ":shown": shown, ":likes": more.likes, ":dislikes": more.dislikes
        }, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        Ok((Rev(rev), total, checked(&key)?))
    }
}

/// A key as it was checked before it was written.
fn checked(key: &str) -> Result<PageKey, Fault> {
    PageKey::parse(key).map_err(|refusal: Refusal| Fault::new("reading a page's key", refusal))
}

fn read(row: &Row<'_>) -> rusqlite::Result<Page> {
    Ok(Page {
        id: PageId(row.get(0)?),
        rev: Rev(row.get(1)?),
        total: row.get(2)?,
        locked: row.get(3)?,
        purged_rev: Rev(row.get(4)?),
        tally: Tally { likes: row.get(5)?, dislikes: row.get(6)? },
    })
}
