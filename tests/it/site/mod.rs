//! The harness: a service in its own folder, clients by authority, and waits for conditions.
//!
//! A [`Site`] is the service in this process, on a clock that stands still; a [`Process`] is the real binary. Either
//! checks the file's invariants when it is dropped. Nothing here waits for time to pass: every wait is for a
//! condition, gives up after [`DEADLINE`], and says what it saw instead.

mod client;
mod disk;
mod faults;
mod fetch;
mod invariant;
mod merge;
mod merge_law;
mod outside;
mod paper;
mod process;
mod random;
mod raw;
mod strace;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_http_test::{TestServer, test_server};
use otklik::clock::Clock;
use otklik::config::Config;
use otklik::server::{self, Running, Service};
use rusqlite::Connection;
use tempfile::TempDir;

pub(crate) use client::{Client, Push, is_update, socket_of, upgrade};
pub(crate) use disk::{Disk, skip};
pub(crate) use faults::expect_fault;
pub(crate) use fetch::fetch;
pub(crate) use invariant::check as check_file;
pub(crate) use merge::{State, load_all};
pub(crate) use outside::sockets_up_to;
pub(crate) use paper::Paper;
pub(crate) use process::{Process, output};
pub(crate) use random::Random;
pub(crate) use raw::{Raw, frame, request, upgrade_headers};
pub(crate) use strace::Strace;

/// How long anything is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

/// Where the clocks of all sites stand at first: 2026-11-23T09:30:00.123Z.
pub(crate) const START_MS: u64 = 1_795_426_200_123;

/// The same as the wire writes it.
pub(crate) const START: &str = "2026-11-23T09:30:00.123Z";

/// Everybody's password.
pub(crate) const PASSWORD: &str = "violet otter 47 lamp";

/// What differs from the defaults in every test: cheap passwords, no rates, changes gathered for a moment only,
/// and patience with clients who are silent while a test moves the clock by less than an hour.
const CONFIG: &str = r#"
[server]
bind = "127.0.0.1:0"
workers = 2
drain_s = 0
[auth]
bcrypt_cost = 4
bcrypt_queue_max = 1000
[limits]
connections_per_address_max = 0
queries_per_s = 0
posts_per_min = 0
reactions_per_min = 0
sign_ins_per_min = 0
sign_ups_per_hour = 0
bad_queries_per_min = 0
silence_s = 3600
[feed]
flush_min_ms = 1
flush_max_ms = 20
"#;

/// A service in this process.
pub(crate) struct Site {
    /// The time that the service sees; it moves when told.
    pub(crate) clock: Clock,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    config: Config,
    real: bool,
    engine: Option<Engine>,
    /// Last, so that it is removed after the rest is gone.
    folder: TempDir,
}

enum Engine {
    Test { service: Service, server: TestServer },
    Real(Running),
}

impl Site {
    /// The service on actix's test server.
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with another config.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(change, false).await
    }

    /// The service as `main` starts it, with its own sockets.
    pub(crate) async fn real(change: impl FnOnce(&mut Config)) -> Self {
        Self::open(change, true).await
    }

    async fn open(change: impl FnOnce(&mut Config), real: bool) -> Self {
        faults::watch();
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = test_config(&[]);
        config.database.path = folder.path().join("otklik.db");
        change(&mut config);
        let clock = Clock::manual(START_MS);
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut site = Self { clock, address, config, real, engine: None, folder };
        site.run().await;
        site
    }

    async fn run(&mut self) {
        let (config, clock) = (self.config.clone(), self.clock.clone());
        if self.real {
            let running = server::start(config, clock).await.expect("the server starts");
            self.address = running.address();
            self.engine = Some(Engine::Real(running));
        } else {
            let service = Service::open(config, clock).expect("the service opens");
            let server = test_server(service.http()).await;
            self.address = server.addr();
            self.engine = Some(Engine::Test { service, server });
        }
    }

    /// Stops the service; everybody is cut off.
    pub(crate) async fn stop(&mut self) {
        match self.engine.take().expect("it runs") {
            Engine::Test { service, mut server } => {
                within("the service closes", service.close()).await;
                within("the test server stops", server.stop()).await;
            }
            Engine::Real(running) => within("the server stops", running.stop()).await,
        }
    }

    /// Stops the service and starts it again on the same file, at another address.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(|_| ()).await;
    }

    /// The same with another config.
    pub(crate) async fn restart_with(&mut self, change: impl FnOnce(&mut Config)) {
        self.stop().await;
        change(&mut self.config);
        self.run().await;
    }

    /// Starts it again after a stop.
    pub(crate) async fn restart_from_stop(&mut self) {
        self.run().await;
    }

    /// Somebody who has not signed in.
    pub(crate) async fn guest(&self) -> Client {
        Client::connect("guest", self.address).await
    }

    /// Somebody new who signs up under `name`.
    pub(crate) async fn user(&self, name: &str) -> Client {
        let mut client = Client::connect(name, self.address).await;
        client.sign_up(name).await;
        client
    }

    /// Another session of somebody who has signed up.
    pub(crate) async fn again(&self, name: &str) -> Client {
        let mut client = Client::connect(name, self.address).await;
        client.sign_in(name).await;
        client
    }

    /// Somebody new with a role, given by the operator.
    pub(crate) async fn user_as(&self, name: &str, role: &str) -> Client {
        let client = self.user(name).await;
        self.give_role(name, role);
        client
    }

    /// What `otklik user role` does to the file.
    pub(crate) fn give_role(&self, name: &str, role: &str) {
        let changed = self.database().execute("update user set role = ?2 where username = ?1", (name, role));
        assert_eq!(changed.expect("the role is set"), 1, "{name}");
    }

    /// The file, seen from outside.
    pub(crate) fn database(&self) -> Connection {
        invariant::open(&self.path())
    }

    fn path(&self) -> PathBuf {
        self.config.database.path.clone()
    }

    /// Where its files lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The address of a path over HTTP.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            invariant::check(&self.path());
            faults::check();
        }
    }
}

/// The config of all tests, with the overrides of an environment.
pub(crate) fn test_config(overrides: &[(String, String)]) -> Config {
    Config::parse("the tests' config", CONFIG, overrides.iter().cloned()).expect("a good config")
}

/// Whether the long run was asked for (`tests/run --long`).
#[expect(clippy::disallowed_methods, reason = "how tests/run asks for it")]
pub(crate) fn is_long() -> bool {
    std::env::var_os("OTKLIK_LONG").is_some()
}

/// Waits for what will surely come.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(done) => done,
        Err(elapsed) => panic!("waited {DEADLINE:?} in vain: {what}: {elapsed}"),
    }
}
