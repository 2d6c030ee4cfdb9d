//! Copies of the file, taken while it is written to, and checked before they get their name.
//!
//! Page by page, by SQLite's online backup, inside one read transaction: so every page is of one state, the copy is
//! never begun anew however much is written meanwhile, and no write waits for it. (Without the transaction a write by
//! another connection would begin it anew, for ever on a busy service; `VACUUM INTO` would sort every index afresh and
//! could not say how far it is.) What it costs is that the write-ahead log cannot be begun afresh until it is done.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::files::{Partial, folder_of, free_bytes, taken};
use super::size::in_mib;
use super::transaction::LOG_BYTES_MAX;
use super::verify::{Holdings, verify};
use super::{migrate, open};
use crate::error::Fault;

/// Pages copied before anybody looks at how far it is: 1 MiB of the usual ones.
const PAGES_A_PIECE: i32 = 256;

/// After how many pieces what was copied is sent to the disk, so that it does not all wait for the end, when a commit
/// of the service would have to wait with it.
const PIECES_A_SYNC: u64 = 32;

/// What a long work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Copying; the numbers count bytes.
    Copying,
    /// Checking; the numbers count checks.
    Checking,
}

/// Who looks on at a long work, and may end it.
#[derive(Clone, Copy)]
pub struct Watch<'w> {
    /// Told after each piece how much is done, and of how much. It may wait there, to leave the disk to others.
    pub after_piece: &'w dyn Fn(Stage, u64, u64),
    /// Set from anywhere to give the work up: then it ends in a fault that says so, and leaves nothing behind.
    pub given_up: &'w Arc<AtomicBool>,
}

impl fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("given_up", self.given_up).finish_non_exhaustive()
    }
}

impl Watch<'_> {
    /// Tells how far it is.
    ///
    /// # Errors
    /// The work was given up.
    pub(super) fn tell(&self, stage: Stage, done: u64, of: u64) -> Result<(), Fault> {
        (self.after_piece)(stage, done, of);
        if self.given_up.load(Ordering::Relaxed) { Err(self.has_given_up()) } else { Ok(()) }
    }

    #[expect(clippy::unused_self, reason = "only who looks on can give up")]
    pub(super) fn has_given_up(&self) -> Fault {
        Fault::new("copying", "it was given up before the end; nothing is left of it")
    }
}

/// Copies the database to `target`, checks the copy, and only then gives it that name; gives what is in it. The
/// service may run meanwhile.
///
/// # Errors
/// A database that is not there or not ours, a target that exists (it stays as it is), a copy that does not hold
/// together, a disk that is full or would be: nothing is left behind.
pub fn back_up(database: &Path, target: &Path, watch: Watch<'_>) -> Result<Holdings, Fault> {
    let fault =
        |cause| Fault::new(format!("backing up {} to {}", database.display(), target.display()), cause);
    if target.symlink_metadata().is_ok() {
        return Err(fault(taken(target, std::io::ErrorKind::AlreadyExists.into())));
    }
    let source = open::reader(database).map_err(fault)?;
    let (partial, holdings) = checked_copy(&source, target, watch).map_err(fault)?;
    partial.place(target).map_err(fault)?;
    Ok(holdings)
}

/// Copies what `source` holds into a file beside `target`, and checks it.
///
/// # Errors
/// As [`back_up`].
pub(super) fn checked_copy(
    source: &Connection,
    target: &Path,
    watch: Watch<'_>,
) -> Result<(Partial, Holdings), Fault> {
    migrate::newest_known(source)?;
    let partial = Partial::beside(target)?;
    copy(source, &partial, watch)?;
    let copied = open::alone(partial.path())?;
    let holdings = verify(&copied, watch)?;
    copied.close().map_err(|(_, cause)| Fault::new("closing the copy", cause))?;
    partial.sync()?;
    Ok((partial, holdings))
}

fn copy(source: &Connection, into: &Partial, watch: Watch<'_>) -> Result<(), Fault> {
    let fault = |cause| Fault::new("copying", cause);
    let disk = File::options().write(true).open(into.path());
    let disk = disk.map_err(|cause| Fault::new("opening the copy", cause))?;
    let mut copy = Connection::open_with_flags(into.path(), flags()).map_err(fault)?;
    // Should it be cut short, the copy is thrown away: it needs no journal, and is waited for at its end.
    copy.pragma_update_and_check(None, "journal_mode", "off", |_| Ok(())).map_err(fault)?;
    copy.pragma_update(None, "synchronous", "off").map_err(fault)?;
    let state = source.unchecked_transaction().map_err(fault)?;
    // The state is that of the first read.
    let pages: i64 = state.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(fault)?;
    let page_bytes: i64 = state.pragma_query_value(None, "page_size", |row| row.get(0)).map_err(fault)?;
    let bytes = |pages: i64| u64::try_from(pages.saturating_mul(page_bytes)).unwrap_or(0);
    has_room(into.path(), bytes(pages))?;
    let backup = Backup::new(source, &mut copy).map_err(fault)?;
    for piece in 1_u64.. {
        let step = backup.step(PAGES_A_PIECE).map_err(fault)?;
        let left = backup.progress().remaining;
        watch.tell(Stage::Copying, bytes(pages - i64::from(left)), bytes(pages))?;
        if piece % PIECES_A_SYNC == 0 {
            disk.sync_data().map_err(|cause| Fault::new("writing the copy to the disk", cause))?;
        }
        if step == StepResult::Done {
            break;
        }
        if step != StepResult::More {
            return Err(Fault::new("copying", "another process holds the file; try again"));
        }
    }
    Ok(())
}

/// Refuses a copy that would fill the disk: it would end in a fault anyway, and until then nobody else could write. What
/// is left over is what the write-ahead log of a service on the same disk may grow by meanwhile.
fn has_room(copy: &Path, bytes: u64) -> Result<(), Fault> {
    let spare = u64::from(LOG_BYTES_MAX);
    let too_little = |free: &u64| *free < bytes.saturating_add(spare);
    let Some(free) = free_bytes(copy).filter(too_little) else { return Ok(()) };
    let [bytes, spare, free] = [bytes, spare, free].map(in_mib);
    let cause = format!("it takes {bytes}, {spare} are to be left over, and {free} are free");
    let folder = folder_of(copy).display();
    Err(Fault::new(
        format!("there is no room for a copy in {folder}; make some, or choose another disk"),
        cause,
    ))
}

/// Nothing is made where there is no file, and each connection stays on the thread that uses it.
pub(super) fn flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX
}
