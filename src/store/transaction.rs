//! Transactions: one for all the writes that wait, with a savepoint each; a read is one too, so that it sees one state.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};

use super::open::BUSY_TIMEOUT;
use super::statement::execute;
use crate::error::{Fault, Stop};
use crate::store::{Trouble, trouble};

/// How long the write-ahead log grows before readers are waited for (bytes): four times what SQLite moves by itself.
pub(super) const LOG_BYTES_MAX: u32 = 16 << 20;

/// How long the writer then waits for reads that go on. They take milliseconds.
const READERS_WAIT: Duration = Duration::from_millis(250);

/// The inside of a transaction: what every typed function takes.
#[derive(Debug, Clone, Copy)]
pub struct Tx<'a>(&'a Connection);

impl<'a> Tx<'a> {
    pub(super) fn of(connection: &'a Connection) -> Self {
        Self(connection)
    }

    pub(super) fn connection(self) -> &'a Connection {
        self.0
    }
}

/// What became of work that nobody waits for.
#[derive(Debug)]
pub enum Aside<T> {
    /// It is done and committed.
    Done(T),
    /// Another process holds the file; nothing was done.
    Locked,
    /// Something went wrong before the commit; nothing was done.
    Undone(Fault),
}

/// The connection that writes.
#[derive(Debug)]
pub struct Writer {
    connection: Connection,
    /// The write-ahead log's file, where it is ours to move into the main one.
    log: Option<PathBuf>,
    /// How long the log may grow before it is moved whatever reads go on.
    log_bytes_max: u64,
}

impl Writer {
    pub(super) fn new(connection: Connection, log: Option<PathBuf>) -> Self {
        Self { connection, log, log_bytes_max: u64::from(LOG_BYTES_MAX) }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Reads one state of the data.
    ///
    /// # Errors
    /// Whatever `work` comes back with, and faults of the file.
    pub fn read<T>(&self, work: impl FnOnce(Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let state = self
            .connection
            .unchecked_transaction()
            .map_err(|cause| Fault::new("beginning to read", cause))?;
        work(Tx(&state))
    }

    /// Runs `work` in one transaction and commits it. When this comes back with `Ok`, what was written survives
    /// power loss; with a fault, nothing was written, unless the fault is [`Trouble::Broken`](super::Trouble).
    ///
    /// # Errors
    /// Whatever `work` comes back with, and faults of beginning and committing.
    pub fn batch<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        // Immediate: the lock is taken before anything is read that the batch decides on.
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate);
        let mut batch = Batch(transaction.map_err(|cause| Fault::new("beginning a batch", cause))?);
        let done = work(&mut batch)?;
        batch.0.commit().map_err(|cause| Fault::new("committing a batch", cause))?;
        Ok(done)
    }

    /// Runs `work`, which nobody waits for, in one transaction and commits it; not now where another process holds the
    /// file, as whoever writes next would wait for that as well.
    ///
    /// # Errors
    /// A fault of the commit alone. A fault before it undoes all and is [`Aside::Undone`].
    pub fn aside<T>(&mut self, work: impl FnOnce(Tx<'_>) -> Result<T, Fault>) -> Result<Aside<T>, Fault> {
        let begun = self
            .connection
            .busy_timeout(Duration::ZERO)
            .and_then(|()| Transaction::new_unchecked(&self.connection, TransactionBehavior::Immediate));
        let patient = self.connection.busy_timeout(BUSY_TIMEOUT);
        let begun = patient.and(begun).map_err(|cause| Fault::new("beginning what nobody waits for", cause));
        let transaction = match begun {
            Ok(transaction) => transaction,
            Err(fault) if trouble(&fault) == Trouble::Locked => return Ok(Aside::Locked),
            Err(fault) => return Ok(Aside::Undone(fault)),
        };
        let done = match work(Tx(&transaction)) {
            Ok(done) => done,
            Err(fault) => return Ok(Aside::Undone(fault)),
        };
        let committed = transaction.commit();
        committed.map_err(|cause| Fault::new("committing what nobody waits for", cause))?;
        Ok(Aside::Done(done))
    }

    /// Writes a little, to see whether writing is possible again.
    ///
    /// # Errors
    /// A fault of the file: it is not.
    pub fn probe(&mut self) -> Result<(), Fault> {
        self.batch(|batch| {
            execute!(batch.tx(), "life_touch", {})?;
            Ok(())
        })
    }

    /// Moves what is in the write-ahead log into the main file, as far as readers allow, where that is ours to do.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn checkpoint(&mut self) -> Result<(), Fault> {
        if self.log.is_none() { Ok(()) } else { self.truncate_log().map(drop) }
    }

    /// Sees to it that the log does not grow for ever. After a commit SQLite moves what it can into the file, but it can
    /// begin the log afresh only in a moment when nobody reads what is in it, and under steady load with readers there
    /// is none. So where it has grown long, the readers are waited for: each for its one read.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn keep_log_short(&mut self) -> Result<(), Fault> {
        let length = |log| fs::metadata(log).map_or(0, |file| file.len());
        let Some(bytes) = self.log.as_ref().map(length).filter(|bytes| *bytes >= self.log_bytes_max) else {
            return Ok(());
        };
        let fault = |cause| Fault::new("setting how long to wait", cause);
        self.connection.busy_timeout(READERS_WAIT).map_err(fault)?;
        let whole = self.truncate_log();
        self.connection.busy_timeout(BUSY_TIMEOUT).map_err(fault)?;
        // Somebody reads for longer, as a backup does: it is waited for once more when the log is twice as long, not
        // after each commit.
        self.log_bytes_max = if whole? { u64::from(LOG_BYTES_MAX) } else { bytes * 2 };
        Ok(())
    }

    /// Tells whether nobody was in the way.
    fn truncate_log(&self) -> Result<bool, Fault> {
        let mut busy = false;
        let done = self.connection.pragma_update_and_check(None, "wal_checkpoint", "truncate", |row| {
            busy = row.get(0)?;
            Ok(())
        });
        done.map_err(|cause| Fault::new("moving the write-ahead log into the file", cause))?;
        Ok(!busy)
    }
}

/// A transaction under way.
#[derive(Debug)]
pub struct Batch<'c>(Transaction<'c>);

impl Batch<'_> {
    /// The transaction itself, for what must not be undone alone.
    #[must_use]
    pub fn tx(&self) -> Tx<'_> {
        Tx(&self.0)
    }

    /// Runs one write behind a savepoint: a refusal, a fault or a panic in it undoes it alone.
    ///
    /// # Errors
    /// Whatever `write` comes back with, and faults of the savepoint.
    pub fn attempt<T>(&mut self, write: impl FnOnce(Tx<'_>) -> Result<T, Stop>) -> Result<T, Stop> {
        let savepoint = self.0.savepoint();
        // Dropped without a commit, by a return or by a panic, it rolls back.
        let savepoint: Savepoint<'_> = savepoint.map_err(|cause| Fault::new("opening a savepoint", cause))?;
        let done = write(Tx(&savepoint))?;
        savepoint.commit().map_err(|cause| Fault::new("closing a savepoint", cause))?;
        Ok(done)
    }
}
