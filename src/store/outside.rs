//! What the command line did to the file while the service ran.

use super::statement::{execute, get, list};
use super::transaction::{Tx, Writer};
use crate::clock::UnixMs;
use crate::domain::{PageId, UserId};
use crate::error::Fault;

/// How many notices are kept: more than come between two looks of a running service.
const KEPT: i64 = 100_000;

/// What concerns those who are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outside {
    /// A user has another role.
    Role(UserId),
    /// A user is banned.
    Suspended(UserId),
    /// A user is deleted.
    Deleted(UserId),
    /// A user has another password.
    PasswordChanged(UserId),
    /// A page has another revision.
    Page(PageId),
}

impl Outside {
    fn columns(self) -> (&'static str, Option<i64>, Option<i64>) {
        match self {
            Self::Role(user) => ("role", Some(user.0), None),
            Self::Suspended(user) => ("suspended", Some(user.0), None),
            Self::Deleted(user) => ("deleted", Some(user.0), None),
            Self::PasswordChanged(user) => ("password_changed", Some(user.0), None),
            Self::Page(page) => ("page", None, Some(page.0)),
        }
    }

    fn of(what: &str, user: Option<i64>, page: Option<i64>) -> Option<Self> {
        let (user, page) = (user.map(UserId), page.map(PageId));
        match what {
            "role" => user.map(Self::Role),
            "suspended" => user.map(Self::Suspended),
            "deleted" => user.map(Self::Deleted),
            "password_changed" => user.map(Self::PasswordChanged),
            _ => page.map(Self::Page),
        }
    }
}

impl Tx<'_> {
    /// Leaves word for the service, in the transaction that did it; what was left long ago goes.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn outside_notice_insert(&self, outside: Outside, now_ms: UnixMs) -> Result<(), Fault> {
        let (what, user, page) = outside.columns();
        execute!(self, "outside_notice_insert", {
            ":what": what, ":user_id": user, ":page_id": page, ":created_at_ms": now_ms
        })?;
        let last = self.outside_notice_last()?;
        execute!(self, "outside_notice_sweep", { ":notice_id": last - KEPT }).map(drop)
    }

    /// Up to `limit` of what was left after notice `since`, each with its number.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn outside_notice_list(&self, since: i64, limit: u32) -> Result<Vec<(i64, Option<Outside>)>, Fault> {
        list!(self, "outside_notice_list", { ":notice_id": since, ":limit": limit }, |row| {
            let what: String = row.get(1)?;
            Ok((row.get(0)?, Outside::of(&what, row.get(2)?, row.get(3)?)))
        })
    }

    /// The number of the last one.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn outside_notice_last(&self) -> Result<i64, Fault> {
        get!(self, "outside_notice_last", {}, |row| row.get(0))
    }
}

impl Writer {
    /// A number that changes whenever another process has written to the file.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn data_version(&self) -> Result<i64, Fault> {
        let version = self.connection().pragma_query_value(None, "data_version", |row| row.get(0));
        version.map_err(|cause| Fault::new("asking whether another process has written", cause))
    }
}
