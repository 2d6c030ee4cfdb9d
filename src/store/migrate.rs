//! Bringing a file to the newest schema: numbered migrations, each in a transaction, each remembered by its checksum.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::backup::{Watch, back_up};
use super::files::with_suffix;
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
    Migration {
        number: 4,
        name: "housekeeping",
        text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/migration/0004_housekeeping.sql")),
    },
    Migration {
        number: 5,
        name: "pages_side_by_side",
        text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/migration/0005_pages_side_by_side.sql")),
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

/// Applies what the file does not have yet. For one that has some of it, `may_migrate` is asked while nobody else can write:
/// a service that was started before holds the file open by then, and one that starts later finds the migrations done.
///
/// # Errors
/// A fault for a file from a newer program, for one whose migrations were others, and for SQL that fails; what
/// `may_migrate` says.
pub(super) fn run(
    connection: &mut Connection,
    (path, now_ms): (&Path, UnixMs),
    may_migrate: impl FnOnce() -> Result<(), Fault>,
) -> Result<(), Fault> {
    // A table that others refer to is rebuilt under another name and takes its own when the old one is gone. While that
    // is done, references lead nowhere, and SQLite must not act on it; it takes this word outside of a transaction alone.
    let follow = |connection: &Connection, follow: bool| {
        let told = connection.pragma_update(None, "foreign_keys", follow);
        told.map_err(|cause| Fault::new("telling whether references are followed", cause))
    };
    follow(connection, false)?;
    let ran = run_freely(connection, (path, now_ms), may_migrate);
    follow(connection, true)?;
    ran
}

/// The same, where no reference is followed.
fn run_freely(
    connection: &mut Connection,
    (path, now_ms): (&Path, UnixMs),
    may_migrate: impl FnOnce() -> Result<(), Fault>,
) -> Result<(), Fault> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate);
    let transaction = transaction.map_err(|cause| Fault::new("locking the file to migrate it", cause))?;
    let tx = Tx::of(&transaction);
    execute!(tx, "migration_table", {})?;
    let applied = applied(tx)?;
    let missing: Vec<_> = MIGRATIONS.iter().filter(|step| !applied.contains(&step.number)).collect();
    let kept = match missing.first() {
        Some(first) if !applied.is_empty() => {
            may_migrate()?;
            Some(keep(path, first, now_ms)?)
        }
        Some(_) | None => None,
    };
    if let Err(fault) = apply(tx, &missing, now_ms).and_then(|()| references(tx, &missing)) {
        // The file is as it was; a start that is tried again and again must not fill the disk with copies of it.
        kept.map_or(Ok(()), |kept| fs::remove_file(kept.made)).unwrap_or_default();
        return Err(fault);
    }
    transaction.commit().map_err(|cause| Fault::new("committing the migrations", cause))?;
    kept.map_or(Ok(()), Kept::name)
}

/// Keeps a checked copy of a file beside it, as it is before a migration; gives its name. The write lock is held, so
/// nothing changes meanwhile.
fn keep(path: &Path, before: &Migration, now_ms: UnixMs) -> Result<Kept, Fault> {
    let mut copy = with_suffix(path, &format!(".before-{:04}", before.number));
    if copy.symlink_metadata().is_ok() {
        // A backup was restored since, and this is another upgrade: both stay.
        let now = Timestamp::from_millisecond(now_ms);
        let now = now.map_err(|cause| Fault::new("asking for the date", cause))?;
        copy = with_suffix(&copy, &now.strftime("-%Y%m%dT%H%M%SZ").to_string());
    }
    log::info!("migration {} comes: keeping the database as it is as {}", before.number, copy.display());
    let watch = Watch { after_piece: &|_, _, _| (), given_up: &Arc::new(AtomicBool::new(false)) };
    let made = with_suffix(path, &format!(".before-{:04}-unfinished", before.number));
    // Of a start that was killed amid its migrations: the file is as it was then.
    fs::remove_file(&made).unwrap_or_default();
    back_up(path, &made, watch)?;
    Ok(Kept { made, name: copy })
}

/// The copy of a file from before its migrations. Until they are committed it has a name that the next try takes again:
/// starts that are killed, one after another, leave one copy.
struct Kept {
    made: PathBuf,
    name: PathBuf,
}

impl Kept {
    /// Gives it the name by which it is kept.
    fn name(self) -> Result<(), Fault> {
        fs::rename(&self.made, &self.name)
            .map_err(|cause| Fault::new("naming the copy of the database from before its migrations", cause))
    }
}

fn apply(tx: Tx<'_>, missing: &[&Migration], now_ms: UnixMs) -> Result<(), Fault> {
    for migration in missing {
        let doing = format!("migration {} ({})", migration.number, migration.name);
        tx.connection().execute_batch(migration.text).map_err(|cause| Fault::new(doing.clone(), cause))?;
        execute!(tx, "migration_insert", {
            ":number": migration.number,
            ":name": migration.name,
            ":checksum": checksum_of(migration.text),
            ":applied_at_ms": now_ms,
        })?;
        log::info!("applied {doing}");
    }
    Ok(())
}

/// Makes sure that each reference leads somewhere again.
fn references(tx: Tx<'_>, missing: &[&Migration]) -> Result<(), Fault> {
    if missing.is_empty() {
        return Ok(());
    }
    let mut astray = None;
    let checked = tx.connection().pragma_query(None, "foreign_key_check", |row| {
        let (from, to): (String, String) = (row.get(0)?, row.get(2)?);
        astray.get_or_insert(format!("a {from} without its {to}"));
        Ok(())
    });
    checked.map_err(|cause| Fault::new("checking what the migrations left", cause))?;
    astray.map_or(Ok(()), |astray| Err(Fault::new("what the migrations left does not hold together", astray)))
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
