//! Every statement finds its rows by an index, as SQLite itself plans it.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::source::{File, files_of};
use super::{hold, told};

/// The comment that excuses a scan, followed by the reason.
const EXCUSE: &str = "-- scan: ";

#[test]
fn no_statement_scans_without_a_reason() {
    let connection = migrated().unwrap();
    let faults: Vec<_> =
        files_of("sql/statement", "sql").iter().flat_map(|file| faults(&connection, file)).collect();
    hold("a statement finds its rows by an index, in order", &faults);
}

#[test]
fn a_scan_is_told() {
    let connection = migrated().unwrap();
    let faults_in = |text: &str| faults(&connection, &File::sample("a.sql", text));
    told(&faults_in("-- All.\nselect text from comment where text = :text;"), "SCAN comment");
    told(&faults_in("select key from page where site_id = :a order by total;"), "ORDER BY");
    told(&faults_in("select name from nowhere;"), "no such table");
    told(&faults_in("-- scan: why\nselect key from page where page_id = 1;"), "scans nothing");
    told(&faults_in("-- scan: \nselect text from comment;"), "SCAN comment");
    hold("a reason excuses", &faults_in("-- All.\n-- scan: a test\nselect text from comment;"));
    hold("what is no table may be scanned", &faults_in("select a from (select 1 as a union all select 2);"));
}

/// An empty database of the newest schema.
fn migrated() -> rusqlite::Result<Connection> {
    let connection = Connection::open_in_memory()?;
    for name in ["top_rank", "controversial_rank"] {
        connection.create_scalar_function(name, 2, FunctionFlags::SQLITE_DETERMINISTIC, |_| Ok(0))?;
    }
    // As the service does: a rebuilt table is not there for a moment.
    connection.pragma_update(None, "foreign_keys", false)?;
    for migration in files_of("sql/migration", "sql") {
        connection.execute_batch(&migration.text)?;
    }
    // The table of the migrations themselves is made by a statement.
    for table in files_of("sql/statement", "sql").iter().filter(|file| file.name() == "migration_table.sql") {
        connection.execute_batch(&table.text)?;
    }
    Ok(connection)
}

fn faults(connection: &Connection, file: &File) -> Vec<String> {
    let excused =
        file.text.lines().any(|line| line.strip_prefix(EXCUSE).is_some_and(|why| !why.trim().is_empty()));
    let steps = match plan(connection, &file.text) {
        Ok(steps) => steps,
        Err(error) => return vec![format!("{}:1: it cannot be planned: {error}", file.path)],
    };
    let slow: Vec<_> = steps.iter().filter(|step| scans(step)).collect();
    if excused && slow.is_empty() {
        return vec![format!("{}:1: it scans nothing; take the reason out", file.path)];
    }
    let tell = |step| format!("{}:1: {step}; give it an index, or a line `{EXCUSE}reason`", file.path);
    let sorts = steps.iter().filter(|step| step.contains("TEMP B-TREE") && step.contains("ORDER BY"));
    slow.into_iter().filter(|_| !excused).chain(sorts).map(tell).collect()
}

/// The steps of a statement's plan, with every parameter null.
fn plan(connection: &Connection, text: &str) -> rusqlite::Result<Vec<String>> {
    // What refers to a row is looked for when the row goes, and that must have an index. When a row comes, the plan
    // has it too, but SQLite steps over it while no violation is open (`OP_FkIfZero`), which is always so here.
    let inserts = text.lines().any(|line| line.starts_with("insert"));
    connection.pragma_update(None, "foreign_keys", !inserts)?;
    let mut statement = connection.prepare(&format!("explain query plan {text}"))?;
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next()? {
        steps.push(row.get("detail")?);
    }
    Ok(steps)
}

/// Whether a step goes through a table or an index from end to end. What a subquery made, and constant rows, have no
/// index.
fn scans(step: &str) -> bool {
    let Some(what) = step.strip_prefix("SCAN ") else { return false };
    let made = what.starts_with('(') || what.contains("CONSTANT ROW") || what.contains("VALUES CLAUSE");
    !made
}
