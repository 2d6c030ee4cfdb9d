//! Statements by name: the text of `sql/statement/<name>.sql`, compiled in, prepared once a connection.

/// The text of a statement's file.
macro_rules! sql {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/statement/", $name, ".sql"))
    };
}

/// Runs a statement that changes rows; gives how many.
macro_rules! execute {
    ($tx:expr, $name:literal, $params:tt) => {
        $tx.connection()
            .prepare_cached($crate::store::statement::sql!($name))
            .and_then(|mut statement| statement.execute(rusqlite::named_params! $params))
            .map_err(|cause| $crate::error::Fault::new($name, cause))
    };
}

/// Runs a statement that gives one row at most, and reads it.
macro_rules! find {
    ($tx:expr, $name:literal, $params:tt, $read:expr) => {
        $tx.connection()
            .prepare_cached($crate::store::statement::sql!($name))
            .and_then(|mut statement| {
                rusqlite::OptionalExtension::optional(statement.query_row(rusqlite::named_params! $params, $read))
            })
            .map_err(|cause| $crate::error::Fault::new($name, cause))
    };
}

/// Runs a statement that gives exactly one row, and reads it.
macro_rules! get {
    ($tx:expr, $name:literal, $params:tt, $read:expr) => {
        $tx.connection()
            .prepare_cached($crate::store::statement::sql!($name))
            .and_then(|mut statement| statement.query_row(rusqlite::named_params! $params, $read))
            .map_err(|cause| $crate::error::Fault::new($name, cause))
    };
}

/// Runs a statement that gives rows, and reads them all.
macro_rules! list {
    ($tx:expr, $name:literal, $params:tt, $read:expr) => {
        $tx.connection()
            .prepare_cached($crate::store::statement::sql!($name))
            .and_then(|mut statement| {
                statement.query_map(rusqlite::named_params! $params, $read)?.collect::<Result<Vec<_>, _>>()
            })
            .map_err(|cause| $crate::error::Fault::new($name, cause))
    };
}

pub(super) use {execute, find, get, list, sql};
