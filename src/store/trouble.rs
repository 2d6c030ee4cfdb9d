//! What a fault of the database means for the service.

use rusqlite::ErrorCode;

use crate::error::Fault;

/// The kinds of fault that are met differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The disk is full: nothing was done, and it passes when there is room.
    Full,
    /// Another process holds the file, or it cannot be written: nothing was done.
    Locked,
    /// The file cannot be opened or made.
    Shut,
    /// The disk failed or the file is broken: what a commit has done is known only after opening the file anew.
    Broken,
    /// A fault in the program.
    Other,
}

/// Tells what kind of fault it is.
#[must_use]
pub fn trouble(fault: &Fault) -> Trouble {
    let code = fault.cause.downcast_ref().and_then(rusqlite::Error::sqlite_error_code);
    match code {
        Some(ErrorCode::DiskFull) => Trouble::Full,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::ReadOnly) => Trouble::Locked,
        Some(ErrorCode::CannotOpen) => Trouble::Shut,
        Some(ErrorCode::SystemIoFailure | ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            Trouble::Broken
        }
        Some(_) | None => Trouble::Other,
    }
}
