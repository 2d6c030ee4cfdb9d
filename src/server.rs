//! Wiring: open the store, start the actors, bind, stop. `main` and the tests start the service by the same calls.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use actix::{Actor, Addr, Arbiter, ArbiterHandle};
use actix_http::error::DispatchError;
use actix_tls::accept::max_concurrent_tls_connect;
use actix_web::dev::{Server, ServerHandle};
use actix_web::rt;
use arc_swap::ArcSwap;

use crate::action::Context;
use crate::actor::{Beat, DbActor, DbStarted, Drain, FeedActor, Shared, StopWriting};
use crate::clock::Clock;
use crate::config::{Checkpoint, Config, KeyChange, Scheme};
use crate::error::Fault;
use crate::security::{Origins, Pace};
use crate::sockets::Listening;
use crate::store::{Checkpoints, Store};
use crate::tls::Certificate;
use crate::web::{self, State};

/// Within how long clients come back after a planned stop, each after a random part of it.
const RECONNECT_IN_MS: u64 = 3_000;

/// How often the certificate's files are looked at: two looks after they are changed, newcomers are shown the new one.
const LOOK_EACH: Duration = Duration::from_secs(1);

/// How long after it was told to, the server accepts no more connections.
const ACCEPTING_ENDS: Duration = Duration::from_millis(50);

/// The service without a socket: the open store and the actors. Clones share it.
#[derive(Debug, Clone)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    state: Arc<State>,
    arbiters: [ArbiterHandle; 2],
    /// The config as it was last read: what runs may differ from it, until the next start.
    wished: Mutex<Config>,
}

/// The service on its sockets.
#[derive(Debug)]
pub struct Running {
    service: Service,
    address: SocketAddr,
    server: ServerHandle,
    handed_over: bool,
}

impl Service {
    /// Opens the store and starts the actors, each on a thread of its own; called inside an actix system.
    ///
    /// # Errors
    /// A database that cannot be opened, said with what to do; a machine without threads or randomness.
    pub fn open(config: Config, clock: Clock) -> Result<Self, Fault> {
        let readers = u32::try_from(config.database.readers).unwrap_or(u32::MAX);
        let checkpoints = match config.database.checkpoint {
            Checkpoint::Own => Checkpoints::Own,
            Checkpoint::Outside => Checkpoints::Outside,
        };
        let store = Store::open_with(&config.database.path, (readers, checkpoints), &clock)?;
        let context = Arc::new(Context::new(config.clone(), clock, store.epoch.clone()));
        let (feed_thread, db_thread) = (Arbiter::new().handle(), Arbiter::new().handle());
        let arbiters = [feed_thread.clone(), db_thread.clone()];
        let for_feed = Arc::clone(&context);
        let feed = FeedActor::start_in_arbiter(&feed_thread, move |_| FeedActor::new(for_feed, cores()));
        let started =
            DbStarted { store, context: Arc::clone(&context), feed: feed.clone(), fatal: end_process };
        let db = DbActor::new(started)?;
        let db = DbActor::start_in_arbiter(&db_thread, move |_| db);
        let state = State {
            origins: ArcSwap::from_pointee(Origins::new(&config.server, config.server.bind)),
            connections: Arc::default(),
            pace: Pace::default(),
            shared: Arc::new(Shared::new(context, db, feed)),
        };
        Ok(Self(Arc::new(Inner { state: Arc::new(state), arbiters, wished: Mutex::new(config) })))
    }

    /// What makes the service of a worker's connections, for any of actix's servers.
    pub fn http(&self) -> impl Fn() -> web::Serving<DispatchError> + Send + Clone + 'static + use<> {
        let state = Arc::clone(&self.0.state);
        move || web::plain(&state)
    }

    /// Takes another config: what can change while the service runs does, at once; gives what differs from the last
    /// one. Sessions that are open keep the rates and frame limits that they began with.
    #[must_use]
    pub fn reload(&self, wished: Config) -> Vec<KeyChange> {
        let context = &self.0.state.shared.context;
        let mut last = self.0.wished.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = Config::clone(&context.config());
        let changes = last.changes(&wished, &mut running);
        self.0.state.origins.store(Arc::new(Origins::new(&running.server, running.server.bind)));
        context.set_config(running);
        *last = wished;
        changes
    }

    /// How many sessions there are. A peer that takes nothing may keep its place for a while when its session has ended.
    fn sessions(&self) -> usize {
        usize::try_from(self.0.state.shared.context.metrics.sessions.get()).unwrap_or(0)
    }

    /// Stops in good order: sends newcomers away, tells and closes the sessions, writes what waits, and moves it into
    /// the main file. It takes `server.drain_s` at most.
    pub async fn close(&self) {
        let shared = &self.0.state.shared;
        shared.set_draining();
        let drain_ms = u64::from(shared.context.config().server.drain_s) * 1_000;
        let sessions = u64::try_from(self.sessions()).unwrap_or(u64::MAX);
        // A millisecond a session, so that those who come back do not come all at once.
        let over_ms = sessions.min(drain_ms / 2);
        let told = shared.feed.send(Drain { over_ms, reconnect_in_ms: RECONNECT_IN_MS }).await;
        if let Err(gone) = told {
            log::warn!("the sessions could not be told: {gone}");
        }
        let mut waited = Duration::ZERO;
        let step = Duration::from_millis(10);
        while self.sessions() > 0 && waited < Duration::from_millis(drain_ms) {
            rt::time::sleep(step).await;
            waited += step;
        }
        if let Err(gone) = shared.db.send(StopWriting).await {
            log::error!("the writer could not be stopped: {gone}");
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
    }
}

/// Starts the service on `server.bind`.
///
/// # Errors
/// What [`Listening::bind`] and [`start_on`] meet.
pub async fn start(config: Config, clock: Clock) -> Result<Running, Fault> {
    let listening = Listening::bind(config.server.bind)?;
    start_on(listening, config, clock).await
}

/// Starts the service on sockets that are there already.
///
/// # Errors
/// What [`Service::open`] meets, and a certificate that cannot be served with.
#[expect(clippy::unused_async, reason = "callers await it: starting may come to wait for something")]
pub async fn start_on(listening: Listening, mut config: Config, clock: Clock) -> Result<Running, Fault> {
    let address = listening.address;
    let wished = config.clone();
    config.server.bind = address;
    let limits = config.limits.clone();
    let workers = if config.server.workers == 0 { cores() } else { config.server.workers };
    let certificate = config.server.tls().map(Certificate::load).transpose()?;
    let scheme = match config.server.scheme() {
        Scheme::Http => "ws",
        Scheme::Https => "wss",
    };
    let service = Service::open(config, clock.clone())?;
    // Port 0 is what was asked for, whichever port came of it.
    *service.0.wished.lock().unwrap_or_else(PoisonError::into_inner) = wished;
    let connections_max =
        if limits.connections_max == 0 { usize::MAX >> 8 } else { limits.connections_max + 1_024 };
    // TLS handshakes at once: with fewer, who begins many and ends none would keep others from beginning.
    max_concurrent_tls_connect(connections_max);
    let mut server = Server::build()
        .workers(workers)
        .max_concurrent_connections(connections_max)
        .shutdown_timeout(1)
        .disable_signals();
    let tls = certificate.as_ref().map(Certificate::server_config).transpose()?;
    for listener in listening.listeners {
        let (service, name) = (service.clone(), "otklik");
        let added = match &tls {
            Some(tls) => {
                let tls = tls.clone();
                server.listen(name, listener, move || web::tls(&service.0.state, tls.clone()))
            }
            None => server.listen(name, listener, service.http()),
        };
        server = added.map_err(|cause| Fault::new(format!("listening on {address}"), cause))?;
    }
    let server = server.run();
    let handle = server.handle();
    rt::spawn(server);
    watch(&service);
    if let Some(certificate) = certificate {
        renew(&service, certificate, clock);
    }
    log::info!("listening on {scheme}://{address}/");
    Ok(Running { service, address, server: handle, handed_over: listening.handed_over })
}

impl Running {
    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes another config; see [`Service::reload`].
    #[must_use]
    pub fn reload(&self, wished: Config) -> Vec<KeyChange> {
        self.service.reload(wished)
    }

    /// Whether both actors still take messages and answer them.
    pub async fn is_well(&self) -> bool {
        let shared = &self.service.0.state.shared;
        shared.db.send(Beat).await.is_ok() && shared.feed.send(Beat).await.is_ok()
    }

    /// How many sessions there are.
    #[must_use]
    pub fn sessions(&self) -> usize {
        self.service.sessions()
    }

    /// The longest time that [`stop`](Self::stop) waits for the sessions to go.
    #[must_use]
    pub fn drain(&self) -> Duration {
        Duration::from_secs(u64::from(self.service.0.state.shared.context.config().server.drain_s))
    }

    /// Stops in good order; see [`Service::close`]. Who connects meanwhile to a socket that was handed over is not sent
    /// away: they wait for the process that takes it next.
    pub async fn stop(self) {
        if self.handed_over {
            self.server.pause().await;
            // The thread that accepts is told so, and does not say when it has heard it.
            rt::time::sleep(ACCEPTING_ENDS).await;
        }
        self.service.close().await;
        self.server.stop(false).await;
    }
}

/// Ends the process when one of the two actors is gone: an actor that panicked is not started again, and without it
/// the service would be half alive.
fn watch(service: &Service) {
    let shared = Arc::downgrade(&service.0.state.shared);
    rt::spawn(async move {
        loop {
            rt::time::sleep(Duration::from_secs(1)).await;
            let Some(shared) = shared.upgrade() else { break };
            if !shared.is_draining() && !both_connected(&shared.db, &shared.feed) {
                end_process(1, "an actor has died; the supervisor should start the service again");
            }
        }
    });
}

/// Looks at the certificate's files for as long as the service lives.
fn renew(service: &Service, mut certificate: Certificate, clock: Clock) {
    let alive = Arc::downgrade(&service.0.state.shared);
    rt::spawn(async move {
        while alive.strong_count() > 0 {
            let now_ms = clock.now_ms();
            let looked = move || {
                certificate.look(now_ms);
                certificate
            };
            // A disk may be slow: not here.
            match rt::task::spawn_blocking(looked).await {
                Ok(same) => certificate = same,
                Err(cause) => return log::error!("the certificate is not looked at any more: {cause}"),
            }
            rt::time::sleep(LOOK_EACH).await;
        }
    });
}

fn both_connected(db: &Addr<DbActor>, feed: &Addr<FeedActor>) -> bool {
    db.connected() && feed.connected()
}

#[expect(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "going on would break a promise: the one way out"
)]
fn end_process(code: i32, why: &str) {
    log::error!("{why}");
    std::process::exit(code);
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}
