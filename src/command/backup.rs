//! `otklik backup` and `otklik restore`: a copy of the data while the service runs, and the way back.

use std::path::Path;

use super::progress::with_progress;
use super::{load, say};
use crate::clock::Clock;
use crate::error::Fault;
use crate::store;

/// Copies the database to `target`, checked.
///
/// # Errors
/// A config with faults, a target that exists, a database that does not hold together, a full disk.
pub(super) fn back_up(config: Option<&Path>, target: &Path) -> Result<(), Fault> {
    let config = load(config)?.config;
    let holdings = with_progress(|watch| store::back_up(&config.database.path, target, watch))?;
    say(&format!("{} holds {}, and was checked", target.display(), holdings))
}

/// Puts a backup in place of the database.
///
/// # Errors
/// A config with faults, a backup that is not sound, a database that anybody has open.
pub(super) fn restore(config: Option<&Path>, backup: &Path) -> Result<(), Fault> {
    let database = load(config)?.config.database.path;
    let now_ms = Clock::system().now_ms();
    let restored = with_progress(|watch| store::restore(backup, &database, now_ms, watch))?;
    say(&format!("{} holds {} now, as a new life of the data", database.display(), restored.holdings))?;
    match restored.aside {
        Some(aside) => say(&format!("what stood there is kept as {}", aside.display())),
        None => Ok(()),
    }
}
