//! Transactions: one for all the writes that wait, with a savepoint each; a read is one too, so that it sees one state.

use rusqlite::{Connection, Savepoint, Transaction, TransactionBehavior};

use super::statement::execute;
use crate::error::{Fault, Stop};

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

/// The connection that writes.
#[derive(Debug)]
pub struct Writer(Connection);

impl Writer {
    pub(super) fn new(connection: Connection) -> Self {
        Self(connection)
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.0
    }

    /// Reads one state of the data.
    ///
    /// # Errors
    /// Whatever `work` comes back with, and faults of the file.
    pub fn read<T>(&self, work: impl FnOnce(Tx<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let state = self.0.unchecked_transaction().map_err(|cause| Fault::new("beginning to read", cause))?;
        work(Tx(&state))
    }

    /// Runs `work` in one transaction and commits it. When this comes back with `Ok`, what was written survives
    /// power loss; with a fault, nothing was written, unless the fault is [`Trouble::Broken`](super::Trouble).
    ///
    /// # Errors
    /// Whatever `work` comes back with, and faults of beginning and committing.
    pub fn batch<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        // Immediate: the lock is taken before anything is read that the batch decides on.
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate);
        let mut batch = Batch(transaction.map_err(|cause| Fault::new("beginning a batch", cause))?);
        let done = work(&mut batch)?;
        batch.0.commit().map_err(|cause| Fault::new("committing a batch", cause))?;
        Ok(done)
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

    /// Moves what is in the WAL into the main file, as far as readers allow.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn checkpoint(&mut self) -> Result<(), Fault> {
        let done = self.0.pragma_update_and_check(None, "wal_checkpoint", "truncate", |_| Ok(()));
        done.map_err(|cause| Fault::new("moving the WAL into the file", cause))
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
