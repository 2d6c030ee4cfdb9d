//! What the command line did to the file while the service runs: read every now and then, and told to those whom it
//! concerns.

use super::Notice;
use crate::domain::{PageKey, Rev, UserId};
use crate::error::Fault;
use crate::protocol::SignedOutReason;
use crate::store::{Outside, Tx, Writer};

/// The most that is read at once; the rest comes next time.
const LIMIT: u32 = 1_000;

/// How far the file's notices were told.
#[derive(Debug)]
pub struct Outsiders {
    version: i64,
    last: i64,
}

/// What is to be told.
#[derive(Debug, Default)]
pub struct Told {
    /// To users' sessions.
    pub notices: Vec<Notice>,
    /// To pages' listeners: how far each page is now.
    pub pages: Vec<(PageKey, Rev)>,
}

impl Outsiders {
    /// Begins where the file stands: what came before the start is no news.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn new(writer: &Writer) -> Result<Self, Fault> {
        // First the number, then the notices: what comes between the two is read, not missed.
        Ok(Self { version: writer.data_version()?, last: writer.read(|tx| tx.outside_notice_last())? })
    }

    /// What came since the last time. It costs next to nothing while nobody else writes.
    ///
    /// # Errors
    /// Faults of the file; then the same is told the next time.
    pub fn look(&mut self, writer: &Writer) -> Result<Told, Fault> {
        let version = writer.data_version()?;
        if version == self.version {
            return Ok(Told::default());
        }
        let last = self.last;
        let (told, last, more) = writer.read(|tx| {
            let rows = tx.outside_notice_list(last, LIMIT)?;
            let mut told = Told::default();
            for outside in rows.iter().filter_map(|(_, outside)| *outside) {
                told.add(tx, outside)?;
            }
            let more = u32::try_from(rows.len()).is_ok_and(|count| count == LIMIT);
            Ok((told, rows.last().map_or(last, |(id, _)| *id), more))
        })?;
        self.last = last;
        if !more {
            self.version = version;
        }
        Ok(told)
    }
}

impl Told {
    fn add(&mut self, tx: Tx<'_>, outside: Outside) -> Result<(), Fault> {
        match outside {
            Outside::Role(user) => {
                let role = tx.user_get(user)?.map(|found| found.role);
                self.notices.extend(role.map(|role| Notice::Role { user, role }));
            }
            Outside::Suspended(user) => self.notices.push(signed_out(user, SignedOutReason::Suspended)),
            Outside::Deleted(user) => self.notices.push(signed_out(user, SignedOutReason::Deleted)),
            Outside::PasswordChanged(user) => {
                self.notices.push(signed_out(user, SignedOutReason::PasswordChanged));
            }
            Outside::Page(page) => self.pages.push((tx.page_key(page)?, tx.page_get(page)?.rev)),
        }
        Ok(())
    }
}

fn signed_out(user: UserId, reason: SignedOutReason) -> Notice {
    Notice::SignedOut { user, token: None, except: None, reason }
}
