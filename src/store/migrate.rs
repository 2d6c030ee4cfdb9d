//! Bringing a file to the newest schema: numbered migrations, each in a transaction, each remembered by its checksum.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::statement::{execute, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::error::Fault;

/// What SQLite's header says of a file of ours: "Otkl".
const APPLICATION_ID: i32 = i32::from_be_bytes(*b"Otkl");

/// One step of the schema. A released one never changes.
struct Migration {
    number: i64,
    name: &'static str,
    text: &'static str,
}

/// Every step, in order.
const MIGRATIONS: &[Migration] = &[
    Migration {
        number: 1,
        name: "first",
        text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/migration/0001_first.sql")),
    },
    Migration {
        number: 2,
        name: "page_tally_and_user_rates",
        text: include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/sql/migration/0002_page_tally_and_user_rates.sql"
        )),
    },
    Migration {
        number: 3,
        name: "outside_notices",
        text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/migration/0003_outside_notices.sql")),
    },
];

/// Makes sure that the file is ours: it says so, or it is empty and is told so.
///
/// # Errors
/// A fault for a file of another program.
pub(super) fn claim(connection: &Connection) -> Result<(), Fault> {
    let fault = |cause| Fault::new("reading whose file it is", cause);
    if is_ours(connection).map_err(fault)? {
        return Ok(());
    }
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(fault)?;
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).map_err(fault)?;
    if (id, pages) != (0, 0) {
        return Err(Fault::new("it is another program's file", "name another file in database.path"));
    }
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(fault)
}

/// Whether the file says that it is ours.
pub(super) fn is_ours(connection: &Connection) -> rusqlite::Result<bool> {
    let id: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
    Ok(id == APPLICATION_ID)
}

/// Makes sure that the file is ours and this version knows all that was done to it; gives the newest migration it has.
///
/// # Errors
/// A fault for a file of another program, and as [`run`].
pub(super) fn newest_known(connection: &Connection) -> Result<i64, Fault> {
    if !is_ours(connection).map_err(|cause| Fault::new("it is not a sound SQLite file", cause))? {
        return Err(Fault::new("it is another program's file", "name a file of this one"));
    }
    Ok(applied(Tx::of(connection))?.into_iter().max().unwrap_or(0))
}

/// Applies what the file does not have yet.
///
/// # Errors
/// A fault for a file from a newer program, for one whose migrations were others, and for SQL that fails.
pub(super) fn run(connection: &mut Connection, now_ms: UnixMs) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|cause| Fault::new("locking the file to migrate it", cause))?;
    let tx = Tx::of(&transaction);
    execute!(tx, "migration_table", {})?;
    let applied = applied(tx)?;
    for migration in MIGRATIONS.iter().filter(|step| !applied.contains(&step.number)) {
        let doing = format!("migration {} ({})", migration.number, migration.name);
        transaction.execute_batch(migration.text).map_err(|cause| Fault::new(doing.clone(), cause))?;
        execute!(tx, "migration_insert", {
            ":number": migration.number,
            ":name": migration.name,
            ":checksum": checksum_of(migration.text),
            ":applied_at_ms": now_ms,
        })?;
        log::info!("applied {doing}");
    }
    transaction.commit().map_err(|cause| Fault::new("committing the migrations", cause))
}

/// The numbers of what was applied to the file, each known to this version.
fn applied(tx: Tx<'_>) -> Result<Vec<i64>, Fault> {
    let applied = list!(tx, "migration_list", {}, |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
    })?;
    for (number, name, checksum) in &applied {
        let known = MIGRATIONS.iter().find(|migration| migration.number == *number).ok_or_else(|| {
            let message = format!("it has migration {number} ({name}), which this version does not know");
            Fault::new(message, "it was written by a newer version; run that one")
        })?;
        if checksum_of(known.text) != *checksum {
            let message = format!("its migration {number} ({name}) is not the one of this version");
            return Err(Fault::new(
                message,
                "released migrations never change; run the version that made the file",
            ));
        }
    }
    Ok(applied.into_iter().map(|(number, ..)| number).collect())
}

fn checksum_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text))
}
