//! Opening the file: pragmas, the migrations, the connection that writes and the pool that reads.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, OpenFlags};
use rustix::process::{Flock, FlockOffsetType, FlockType, fcntl_getlk};

use super::files::with_suffix;
use super::statement::get;
use super::transaction::{LOG_BYTES_MAX, Tx, Writer};
use super::{backup, migrate, trouble};
use crate::clock::Clock;
use crate::domain::{controversial_rank, top_rank};
use crate::error::{Fault, Stop};
use crate::store::Trouble;

/// How long a connection waits for another process that holds the file.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long the header of a SQLite file is.
pub(super) const HEADER_BYTES: u64 = 100;

/// Enough for every statement there is.
const STATEMENTS_CACHED: usize = 128;

/// Who moves what is in the write-ahead log into the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkpoints {
    /// The service itself.
    Own,
    /// A program that copies the log away first, as litestream does: the service leaves the log alone.
    Outside,
}

/// Whether a file of an older version is brought to this one's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Upgrade {
    /// Whoever else has it open: there is but one service.
    Always,
    /// Only where no other process has it open, as that may be a service of the older version.
    Alone,
}

/// An open file: what the database's actor owns.
#[derive(Debug)]
pub struct Store {
    /// The connection that writes.
    pub writer: Writer,
    /// The connections that read.
    pub readers: Readers,
    /// The name of the data's life.
    pub epoch: String,
    /// The last of the fields: when it is closed, the kernel forgets the locks of all connections of this process.
    _look: Option<File>,
}

/// Connections that can only read, shared by the threads that do.
#[derive(Debug, Clone)]
pub struct Readers(Pool<SqliteConnectionManager>);

impl Store {
    /// Opens the file at `path`, making it where there is none, brings it to the newest schema, and opens `readers`
    /// reading connections beside the writing one.
    ///
    /// # Errors
    /// A file that is not ours, is newer than this program, whose released migrations were changed, or that cannot
    /// be opened or written: told with the file's name. Such a file is left as it is.
    pub fn open(path: &Path, readers: u32, clock: &Clock) -> Result<Self, Fault> {
        Self::open_with(path, (readers, Checkpoints::Own), clock)
    }

    /// The same, where somebody else may be the one who moves what is in the write-ahead log into the file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_with(
        path: &Path,
        (readers, checkpoints): (u32, Checkpoints),
        clock: &Clock,
    ) -> Result<Self, Fault> {
        Self::open_as(path, (readers, checkpoints, Upgrade::Always), clock)
    }

    /// Opens the file for a command that may run beside the service: with one reader, and a file of an older version only
    /// where no other process has it open.
    ///
    /// # Errors
    /// As [`open`](Self::open), and a file of an older version that another process has open: it is left as it is.
    pub fn open_beside(path: &Path, checkpoints: Checkpoints, clock: &Clock) -> Result<Self, Fault> {
        Self::open_as(path, (1, checkpoints, Upgrade::Alone), clock)
    }

    fn open_as(
        path: &Path,
        (readers, checkpoints, upgrade): (u32, Checkpoints, Upgrade),
        clock: &Clock,
    ) -> Result<Self, Fault> {
        let doing = format!("opening the database {}", path.display());
        let fault = |cause| Fault::new(doing.clone(), explain(cause));
        too_short(path).map_err(fault)?;
        let found = inode(path);
        // Opened before any connection and closed after all of them; see the field.
        let look = match upgrade {
            Upgrade::Always => None,
            Upgrade::Alone => File::options().read(true).write(true).open(path).ok(),
        };
        let mut connection = Connection::open(path).map_err(|cause| fault(Fault::new("opening", cause)))?;
        // SQLite opens a file that cannot be written for reading alone, and says nothing.
        if connection.is_readonly("main").map_err(|cause| fault(Fault::new("opening", cause)))? {
            return Err(Fault::new(doing, "it cannot be written; give the file and its folder to this user"));
        }
        prepare(&connection).map_err(|cause| fault(Fault::new("preparing", cause)))?;
        let ready = make_ready(&mut connection, path, (checkpoints, look.as_ref(), clock));
        // Who restores a backup holds the old file, and whoever opens that meanwhile waits, to find itself in a file
        // that has been put aside.
        if found.is_some() && found != inode(path) {
            return Err(Fault::new(doing, "it was replaced by another file just now; start again"));
        }
        ready.map_err(fault)?;
        let epoch = get!(Tx::of(&connection), "life_find", {}, |row| row.get(0)).map_err(fault)?;
        let readers = Readers::open(path.to_owned(), readers, checkpoints).map_err(fault)?;
        let log = (checkpoints == Checkpoints::Own).then(|| with_suffix(path, "-wal"));
        Ok(Self { writer: Writer::new(connection, log), readers, epoch, _look: look })
    }
}

impl Readers {
    fn open(path: PathBuf, count: u32, checkpoints: Checkpoints) -> Result<Self, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let manager = SqliteConnectionManager::file(path).with_flags(flags).with_init(move |connection| {
            prepare(connection)?;
            leave_log(connection, checkpoints)?;
            connection.pragma_update(None, "query_only", true)
        });
        let pool = Pool::builder().max_size(count).test_on_check_out(false).build(manager);
        pool.map(Self).map_err(|cause| Fault::new("opening the readers", cause))
    }

    /// Runs `work` on one state of the data.
    ///
    /// # Errors
    /// Whatever `work` comes back with, and faults of the file.
    pub fn read<T>(&self, work: impl FnOnce(Tx<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let connection = self.0.get().map_err(|cause| Fault::new("taking a reader", cause))?;
        let state =
            connection.unchecked_transaction().map_err(|cause| Fault::new("beginning to read", cause))?;
        work(Tx::of(&state))
    }
}

/// Brings a file that is ours, or empty, to today's form.
fn make_ready(
    connection: &mut Connection,
    path: &Path,
    (checkpoints, look, clock): (Checkpoints, Option<&File>, &Clock),
) -> Result<(), Fault> {
    migrate::claim(connection)?;
    let turned = write_ahead(connection).and_then(|()| leave_log(connection, checkpoints));
    turned.map_err(|cause| Fault::new("turning to write-ahead logging", cause))?;
    let may_migrate = || match look.and_then(holder) {
        Some(holder) => Err(Fault::new(
            format!("the file is of an older version, and another process has it open{holder}"),
            "if that is the service, stop it, or bring it to this version first; nothing was changed",
        )),
        None => Ok(()),
    };
    migrate::run(connection, (path, clock.now_ms()), may_migrate)
}

/// Who else has a file open, as far as the kernel says: in write-ahead mode every connection holds a lock for as long as
/// it is open. The locks of this process are not seen.
///
/// Closing `file` gives up the locks that this process has on it: it must outlive all connections to it.
pub(super) fn holder(file: &File) -> Option<String> {
    let whole = Flock {
        start: 0,
        length: 0,
        pid: None,
        typ: FlockType::WriteLock,
        offset_type: FlockOffsetType::Set,
    };
    let lock = fcntl_getlk(file, &whole).ok()??;
    Some(lock.pid.map_or_else(String::new, |pid| format!(" (process {})", pid.as_raw_nonzero())))
}

/// Which file it is, whatever its name; `None` where there is none yet.
fn inode(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|file| (file.dev(), file.ino()))
}

/// SQLite takes a file too short for its header for an empty one, and would write over it: refuses such a file.
fn too_short(path: &Path) -> Result<(), Fault> {
    // Where there is no file, or none that can be read, opening it tells.
    match fs::metadata(path).map(|file| file.len()) {
        Ok(1..HEADER_BYTES) => {}
        Ok(_) | Err(_) => return Ok(()),
    }
    if fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")) {
        return Err(Fault::new("it is not a sound SQLite file; restore a backup", "it was cut short"));
    }
    Err(Fault::new("it is another program's file", "name another file in database.path"))
}

/// Reads one state of a file beside whoever writes. The file is left as it is: none is made where there is none, and one of
/// an older version stays one.
///
/// # Errors
/// A file that is not ours, is newer than this program, or cannot be read; whatever `work` comes back with.
pub fn look_at<T>(path: &Path, work: impl FnOnce(Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
    let fault = |cause| Fault::new(format!("reading the database {}", path.display()), cause);
    let connection = reader(path).map_err(fault)?;
    migrate::newest_known(&connection).map_err(fault)?;
    let state = connection.unchecked_transaction();
    let state = state.map_err(|cause| fault(Fault::new("beginning to read", cause)))?;
    work(Tx::of(&state))
}

/// A connection that can only read, beside whoever writes; nothing is made where there is no file, and the file and its
/// log stay as they are.
///
/// # Errors
/// A file that cannot be opened.
pub(super) fn reader(path: &Path) -> Result<Connection, Fault> {
    if let Err(cause) = fs::metadata(path) {
        return Err(Fault::new(path.display().to_string(), cause));
    }
    too_short(path)?;
    // What lies in the log stays there: it may be somebody else's to move, and else the service's next start does it.
    let has_log = fs::metadata(with_suffix(path, "-wal")).is_ok_and(|log| log.len() > 0);
    let connection = Connection::open_with_flags(path, backup::flags()).and_then(|connection| {
        prepare(&connection)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(connection)
    });
    connection.map_err(|cause| explain(Fault::new("opening the file", cause)))
}

/// A connection to a file that nobody else has, as one file again: what was copied says that it has a write-ahead log
/// beside it.
///
/// # Errors
/// A file that cannot be opened, or that somebody else has open.
pub(super) fn alone(path: &Path) -> Result<Connection, Fault> {
    let connection = Connection::open_with_flags(path, backup::flags()).and_then(|connection| {
        prepare(&connection)?;
        connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
        Ok(connection)
    });
    connection.map_err(|cause| explain(Fault::new("opening the file", cause)))
}

/// What every connection needs.
fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_CACHED);
    // Nothing in a foreign file's schema is run, and text is never taken for a name.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    // A statement's plan goes by its text alone. Else SQLite looks at what a `limit` is bound to, and to be able to, it
    // prepares the statement anew each time that is bound: a first screen took half as much again.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted is overwritten in the file, not only forgotten: a deleted comment's text is gone from it.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    // FULL: with NORMAL, a simulated power loss lost every answered row since the last checkpoint.
    connection.pragma_update(None, "synchronous", "full")?;
    // 16 MiB of pages a connection (negative: KiB); sorts stay in memory.
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("top_rank", 2, flags, |call| Ok(top_rank(call.get(0)?, call.get(1)?)))?;
    connection.create_scalar_function("controversial_rank", 2, flags, |call| {
        Ok(controversial_rank(call.get(0)?, call.get(1)?))
    })
}

/// Readers never wait for the writer; a log that has grown long is cut back when it is begun afresh.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    connection.pragma_update_and_check(None, "journal_size_limit", LOG_BYTES_MAX, |_| Ok(()))
}

/// Where the log is another program's to move, no connection does it, neither after a commit nor when it is closed.
fn leave_log(connection: &Connection, checkpoints: Checkpoints) -> rusqlite::Result<()> {
    if checkpoints == Checkpoints::Outside {
        connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    }
    Ok(())
}

/// Says in words what an operator can do about a file that does not open.
fn explain(fault: Fault) -> Fault {
    let what = match trouble(&fault) {
        Trouble::Full => "the disk is full; make room and start again",
        Trouble::Locked => {
            "it is locked or cannot be written; end the other process, or give it to this user"
        }
        Trouble::Shut => "it cannot be opened or made; its folder must exist and be this user's to write",
        Trouble::Broken => "it is not a sound SQLite file; restore a backup",
        Trouble::Other => return fault,
    };
    Fault::new(format!("{what} ({})", fault.doing), fault.cause)
}
