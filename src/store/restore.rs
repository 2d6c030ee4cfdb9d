//! Putting a backup in place of the database. Nothing is deleted: what stood there is kept under a dated name.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use rustix::fs::{FlockOperation, fcntl_lock};
use rustix::io::Errno;

use super::backup::{Watch, checked_copy, flags};
use super::files::{Partial, folder_of, rename_new, sync_folder, taken, with_suffix};
use super::statement::execute;
use super::transaction::Tx;
use super::verify::Holdings;
use super::{migrate, open};
use crate::clock::UnixMs;
use crate::error::Fault;

/// How long the old file's lock is tried for: who has only looked is gone by then.
const LOCK_WAIT: Duration = Duration::from_secs(1);

/// What SQLite puts beside a file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What was put in place.
#[derive(Debug)]
pub struct Restored {
    /// What it holds.
    pub holdings: Holdings,
    /// Under which name the file is kept that stood there before, where one did.
    pub aside: Option<PathBuf>,
}

/// Puts a checked copy of `backup` in place of `database`, as the first state of a new life of the data, so that every
/// client takes a fresh snapshot. The file that stood there is kept beside it.
///
/// # Errors
/// A backup that is not ours, not sound or from a newer version; a database that anybody has open. Nothing was changed
/// then.
pub fn restore(backup: &Path, database: &Path, now_ms: UnixMs, watch: Watch<'_>) -> Result<Restored, Fault> {
    let fault =
        |cause| Fault::new(format!("restoring {} to {}", backup.display(), database.display()), cause);
    not_itself(backup, database).map_err(fault)?;
    not_open(database).map_err(fault)?;
    let source = open::reader(backup).map_err(fault)?;
    let (copy, holdings) = checked_copy(&source, database, watch).map_err(fault)?;
    drop(source);
    renew(&copy).map_err(fault)?;
    let held = Held::take(database).map_err(fault)?;
    belong(&copy, database).map_err(fault)?;
    let aside = put_in_place(copy, database, now_ms).map_err(fault)?;
    // Until here whoever opens the old file waits; see `Store::open`, which looks whether it was replaced meanwhile.
    drop(held);
    Ok(Restored { holdings, aside })
}

fn not_itself(backup: &Path, database: &Path) -> Result<(), Fault> {
    let (Ok(backup), Ok(database)) = (fs::canonicalize(backup), fs::canonicalize(database)) else {
        return Ok(());
    };
    if backup == database { Err(Fault::new("it", "is the database itself; name a backup")) } else { Ok(()) }
}

/// Asks the kernel who holds a lock on the file, before anything long is begun: in write-ahead mode every connection
/// holds one for as long as it is open. What counts is the lock that [`Held`] takes in the end.
fn not_open(database: &Path) -> Result<(), Fault> {
    let Ok(file) = File::options().read(true).write(true).open(database) else { return Ok(()) };
    open::holder(&file).map_or(Ok(()), |who| Err(is_open(&who)))
}

fn is_open(who: &str) -> Fault {
    Fault::new("the database is open in another process", format!("stop it first{who}; nothing was changed"))
}

/// The old file, held so that nobody opens it while it is put aside.
enum Held {
    /// By SQLite's own lock, all of it in the one file.
    Sound { _connection: Connection },
    /// A file that SQLite cannot read, by the kernel's lock, which SQLite minds as well.
    Broken { _file: File },
    /// There is none.
    None,
}

impl Held {
    fn take(database: &Path) -> Result<Self, Fault> {
        if fs::symlink_metadata(database).is_err_and(|cause| cause.kind() == ErrorKind::NotFound) {
            return Ok(Self::None);
        }
        // SQLite takes a file without a whole header for an empty one, and would delete the log beside it.
        let whole = fs::metadata(database).is_ok_and(|file| file.len() >= open::HEADER_BYTES);
        match if whole { sound(database) } else { Err(Unheld::Broken) } {
            Ok(connection) => return Ok(Self::Sound { _connection: connection }),
            Err(Unheld::Refused(fault)) => return Err(fault),
            Err(Unheld::Broken) => {}
        }
        let fault = |cause| Fault::new("locking the old file", cause);
        let file = File::options().read(true).write(true).open(database).map_err(fault)?;
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self::Broken { _file: file }),
            Err(Errno::AGAIN | Errno::ACCESS) => Err(is_open("")),
            Err(cause) => Err(fault(cause.into())),
        }
    }
}

/// Why a file is not held by SQLite.
enum Unheld {
    /// Somebody has it, or it is not ours.
    Refused(Fault),
    /// It cannot be read.
    Broken,
}

impl From<rusqlite::Error> for Unheld {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Refused(is_open("")),
            Some(
                ErrorCode::NotADatabase
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen,
            ) => Self::Broken,
            Some(_) | None => Self::Refused(Fault::new("locking the old file", error)),
        }
    }
}

/// Moves what is in the old file's log into it, so that it is one file again, and locks it against everybody. SQLite
/// leaves write-ahead mode only where nobody else has the file open.
fn sound(database: &Path) -> Result<Connection, Unheld> {
    let connection = Connection::open_with_flags(database, flags())?;
    connection.busy_timeout(LOCK_WAIT)?;
    if !migrate::is_ours(&connection)? {
        let fault = Fault::new("it is another program's file", "name another file in database.path");
        return Err(Unheld::Refused(fault));
    }
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    // In this locking mode the lock stays when the transaction is over.
    connection.pragma_update_and_check(None, "locking_mode", "exclusive", |_| Ok(()))?;
    Transaction::new_unchecked(&connection, TransactionBehavior::Exclusive)?.commit()?;
    // Nobody was quicker to turn it back.
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    if mode == "delete" { Ok(connection) } else { Err(Unheld::Refused(is_open(""))) }
}

/// Begins a new life in the copy.
fn renew(copy: &Partial) -> Result<(), Fault> {
    let connection = open::alone(copy.path())?;
    execute!(Tx::of(&connection), "life_renew", {})?;
    connection.close().map_err(|(_, cause)| Fault::new("closing the copy", cause))?;
    copy.sync()
}

/// Gives the copy the owner and the mode of the file in whose place it comes, else the folder's owner, as far as this
/// user may: who restores is often not who serves.
fn belong(copy: &Partial, database: &Path) -> Result<(), Fault> {
    let fault =
        |cause| Fault::new("giving the copy the old file's owner and mode; run this as that user", cause);
    let own = fs::metadata(copy.path()).map_err(fault)?;
    let (like, must) = match fs::metadata(database) {
        Ok(old) => {
            fs::set_permissions(copy.path(), old.permissions()).map_err(fault)?;
            (old, true)
        }
        Err(_) => (fs::metadata(folder_of(database)).map_err(fault)?, false),
    };
    if (own.uid(), own.gid()) == (like.uid(), like.gid()) {
        return Ok(());
    }
    match chown(copy.path(), Some(like.uid()), Some(like.gid())) {
        Err(cause) if must => Err(fault(cause)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Puts the old file under a dated name and the copy in its place; gives that name, where there was a file.
fn put_in_place(copy: Partial, database: &Path, now_ms: UnixMs) -> Result<Option<PathBuf>, Fault> {
    let now =
        Timestamp::from_millisecond(now_ms).map_err(|cause| Fault::new("asking for the date", cause))?;
    let aside = with_suffix(database, &now.strftime(".replaced-%Y%m%dT%H%M%SZ").to_string());
    // First what is left beside it, which SQLite would take for the copy's. Where the old file is sound, it holds all
    // of that by now.
    for suffix in BESIDE {
        move_aside(&with_suffix(database, suffix), &with_suffix(&aside, suffix))?;
    }
    let stood = fs::symlink_metadata(database).is_ok();
    if !stood {
        copy.place(database)?;
        return Ok(None);
    }
    // A second name for the old file, and then the copy in its place in one step: at no moment is there none.
    match fs::hard_link(database, &aside) {
        Ok(()) => {
            sync_folder(database)?;
            copy.replace(database)?;
        }
        Err(cause) if cause.kind() == ErrorKind::AlreadyExists => return Err(taken(&aside, cause)),
        // A file system without second names.
        Err(_) => {
            move_aside(database, &aside)?;
            copy.place(database)?;
        }
    }
    Ok(Some(aside))
}

fn move_aside(from: &Path, to: &Path) -> Result<(), Fault> {
    match rename_new(from, to) {
        Err(cause) if cause.kind() == ErrorKind::NotFound => Ok(()),
        done => done.map_err(|cause| taken(to, cause)),
    }
}
