//! The config files of the servers that have one: their defaults, but for the limits that a load from one address would
//! meet at once.

use std::path::PathBuf;

use serde_json::json;

use crate::client::{KEY, SECRET};

/// What a bench asks of a server; the peers have no such settings and take the port and the file alone.
#[derive(Debug, Clone)]
pub struct Settings {
    /// bcrypt's cost: the lowest where signing in is not what is measured.
    pub bcrypt_cost: u32,
    /// Where set: a database to start from, copied first.
    pub database: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { bcrypt_cost: 4, database: None }
    }
}

/// Otklik's. Tombstones are kept: those of a large database, which is years old when it is made, would all be due at once.
pub fn otklik(port: u16, settings: &Settings) -> String {
    let bcrypt_cost = settings.bcrypt_cost;
    format!(
        r#"[server]
bind = "127.0.0.1:{port}"
[database]
path = "bench.db"
[auth]
bcrypt_cost = {bcrypt_cost}
bcrypt_queue_max = 10000
[limits]
connections_per_address_max = 0
queries_per_s = 0
queries_burst = 0
posts_per_min = 0
reactions_per_min = 0
sign_ins_per_min = 0
http_reads_per_min = 0
sign_ups_per_hour = 0
bad_queries_per_min = 0
[comments]
tombstone_days = 3650
"#
    )
}

/// Sockudo's: one application, everything in memory, nothing limited, no metrics.
pub fn sockudo(port: u16) -> String {
    let app = json!({
        "id": "bench", "key": KEY, "secret": SECRET, "enabled": true, "max_connections": 1_000_000,
        "enable_client_messages": true, "max_client_events_per_second": 0,
    });
    let config = json!({
        "host": "127.0.0.1", "port": port, "debug": false, "max_connections": 1_000_000,
        "adapter": {"driver": "local"}, "cache": {"driver": "memory"}, "queue": {"driver": "memory"},
        "app_manager": {"driver": "memory", "array": {"apps": [app]}},
        "rate_limiter": {"enabled": false}, "metrics": {"enabled": false},
    });
    config.to_string()
}

/// Isso's.
pub fn isso(port: u16) -> String {
    format!(
        r"[general]
dbpath = bench.db
host = http://127.0.0.1:{port}/
[server]
listen = http://127.0.0.1:{port}
[guard]
enabled = false
"
    )
}
