//! A config that changes while the service runs: what holds now, and what a newly read one changes of it.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::sections::Config;

/// Keys that are taken once, when the service starts: a socket, a file, a thread or a hash was made by them.
const AT_START: &[&str] = &[
    "server.bind",
    "server.workers",
    "server.tls_certificate",
    "server.tls_key",
    "database.path",
    "database.checkpoint",
    "database.readers",
    "database.write_queue_max",
    "database.read_queue_max",
    "auth.bcrypt_cost",
    "auth.bcrypt_threads",
    "auth.bcrypt_queue_max",
    "limits.connections_max",
    "limits.handshake_s",
];

/// The config that holds now. Everybody reads it anew each time; a reload puts another in its place.
#[derive(Debug)]
pub struct LiveConfig(ArcSwap<Config>);

impl LiveConfig {
    /// The config that the service starts with.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self(ArcSwap::from_pointee(config))
    }

    /// The config as it is now: to be let go soon, as within an expression.
    #[must_use]
    pub fn get(&self) -> Guard<Arc<Config>> {
        self.0.load()
    }

    /// Another holds from now on.
    pub fn set(&self, config: Config) {
        self.0.store(Arc::new(config));
    }
}

/// One key that has another value than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyChange {
    /// Its section and name.
    pub key: String,
    /// The value before, as it would be written in the file.
    pub old: String,
    /// The value now.
    pub new: String,
    /// Whether it holds at once; else after a restart.
    pub live: bool,
}

impl fmt::Display for KeyChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { key, old, new, live } = self;
        write!(f, "{key}: {old} to {new}")?;
        if *live { Ok(()) } else { write!(f, ", after a restart") }
    }
}

impl Config {
    /// What `wished` changes of `self`, key by key; those that can change live are put into `running`.
    #[must_use]
    pub fn changes(&self, wished: &Self, running: &mut Self) -> Vec<KeyChange> {
        let mut changes = Vec::new();
        for section in Self::SECTIONS {
            for (name, _) in (section.keys)() {
                let (old, new) = ((section.show)(self, name), (section.show)(wished, name));
                if old == new {
                    continue;
                }
                let key = format!("{}.{name}", section.name);
                let live = !AT_START.contains(&key.as_str());
                if live {
                    (section.copy)(running, wished, name);
                }
                changes.push(KeyChange { key, old, new, live });
            }
        }
        changes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Config {
        Config::parse("config.toml", text, std::iter::empty()).unwrap()
    }

    #[test]
    fn what_changed_is_told_from_old_to_new() {
        let old = parse("[limits]\nping_s = 20\n[server]\nallowed_origins = [\"https://a.example\"]");
        let new = parse(
            "[server]\nbind = \"127.0.0.1:1\"\nallowed_origins = [\"*\", \"https://b.example\"]\n[auth]\nsign_up = \"closed\"",
        );
        let mut running = old.clone();
        let told: Vec<_> = old.changes(&new, &mut running).iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "server.bind: \"127.0.0.1:5678\" to \"127.0.0.1:1\", after a restart",
                "server.allowed_origins: [\"https://a.example\"] to [\"*\", \"https://b.example\"]",
                "auth.sign_up: \"open\" to \"closed\"",
                "limits.ping_s: 20 to 25",
            ]
        );
        assert_eq!(
            running,
            Config { server: super::super::Server { bind: old.server.bind, ..new.server.clone() }, ..new }
        );
    }

    #[test]
    fn what_is_taken_at_start_are_keys() {
        let keys: Vec<_> = Config::SECTIONS
            .iter()
            .flat_map(|section| {
                (section.keys)().into_iter().map(|(key, _)| format!("{}.{key}", section.name))
            })
            .collect();
        for key in AT_START {
            assert!(keys.iter().any(|known| known == key), "{key}");
        }
    }
}
