//! SQLite as the service opens it (`src/store/open.rs`), for the floor and for making data.

use std::path::Path;

use anyhow::{Context as _, Result};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

/// The service's own: what a bench writes must stand in the same order.
#[path = "../../../src/domain/rank.rs"]
mod rank;

pub use rank::{controversial_rank, top_rank};

/// Opens a file that the service has made.
pub fn open(file: &Path) -> Result<Connection> {
    let connection = Connection::open(file).with_context(|| format!("opening {}", file.display()))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.pragma_update(None, "temp_store", "memory")?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection
        .create_scalar_function("top_rank", 2, flags, |call| Ok(top_rank(call.get(0)?, call.get(1)?)))?;
    connection.create_scalar_function("controversial_rank", 2, flags, |call| {
        Ok(controversial_rank(call.get(0)?, call.get(1)?))
    })?;
    Ok(connection)
}
