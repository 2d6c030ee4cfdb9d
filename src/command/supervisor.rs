//! What systemd hands over and is told, where it started the service: `sd_listen_fds(3)` and `sd_notify(3)`. Without it
//! nothing is handed over, and nobody is told.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process;
use std::time::Duration;

use actix_web::rt::time::{sleep, timeout};

use crate::error::Fault;
use crate::server::Running;
use crate::sockets::Listening;

/// How often the status is told where no watchdog asks for more.
const STATUS_EACH: Duration = Duration::from_secs(10);

/// What a stop takes beside the drain: the last commits, and the log moved into the main file.
const AFTER_DRAIN: Duration = Duration::from_secs(30);

/// Whoever started the service and looks after it.
#[derive(Debug)]
pub(super) struct Supervisor {
    socket: Option<UnixDatagram>,
    /// Unless it hears from the service within this time, it starts it anew.
    watchdog: Option<Duration>,
}

impl Supervisor {
    /// Who started the service, by its environment. One that cannot be reached is told in the log alone.
    pub(super) fn find() -> Self {
        let socket = variable("NOTIFY_SOCKET").and_then(|name| {
            let connected = connect(&name);
            connected.map_err(|cause| log::warn!("NOTIFY_SOCKET {name} cannot be reached: {cause}")).ok()
        });
        let mine = variable("WATCHDOG_PID").is_none_or(|pid| is_own(&pid));
        let watchdog = variable("WATCHDOG_USEC").filter(|_| mine).and_then(|time| time.parse().ok());
        let watchdog = watchdog.filter(|time| *time > 0).map(Duration::from_micros);
        Self { socket, watchdog }
    }

    /// The service listens.
    pub(super) fn ready(&self, running: &Running) {
        self.tell(&format!("READY=1\n{}", status(running)));
    }

    /// The config is being read; [`ready`](Self::ready) follows.
    pub(super) fn reloading(&self) {
        self.tell("RELOADING=1\nSTATUS=reading the config");
    }

    /// The service is about to stop, which may take the whole drain.
    pub(super) fn stopping(&self, running: &Running) {
        let micros = (running.drain() + AFTER_DRAIN).as_micros();
        let sessions = running.sessions();
        self.tell(&format!(
            "STOPPING=1\nEXTEND_TIMEOUT_USEC={micros}\nSTATUS=telling {sessions} session(s) to go"
        ));
    }

    /// Tells the status for ever, and the watchdog that all is well for as long as both actors answer.
    pub(super) async fn keep_told(&self, running: &Running) {
        let each = self.watchdog.map_or(STATUS_EACH, |time| time / 3);
        loop {
            sleep(each).await;
            let well = timeout(each, running.is_well()).await.unwrap_or(false);
            match (well, self.watchdog) {
                (true, Some(_)) => self.tell(&format!("WATCHDOG=1\n{}", status(running))),
                (true, None) => self.tell(&status(running)),
                (false, _) => log::warn!("an actor has not answered for {} ms", each.as_millis()),
            }
        }
    }

    fn tell(&self, state: &str) {
        if let Some(Err(cause)) = self.socket.as_ref().map(|socket| socket.send(state.as_bytes())) {
            log::warn!("the supervisor could not be told: {cause}");
        }
    }
}

/// The sockets that were handed over to this very process; called before anything else is opened.
///
/// # Errors
/// What [`Listening::handed_over`] meets.
pub(super) fn sockets() -> Result<Option<Listening>, Fault> {
    let mine = variable("LISTEN_PID").is_some_and(|pid| is_own(&pid));
    let count = variable("LISTEN_FDS").filter(|_| mine).and_then(|count| count.parse().ok());
    count.filter(|count| *count > 0).map(Listening::handed_over).transpose()
}

fn status(running: &Running) -> String {
    format!("STATUS=listening on {}, {} session(s)", running.address(), running.sessions())
}

fn is_own(pid: &str) -> bool {
    pid.parse() == Ok(process::id())
}

/// A path, or a name after `@` that stands in no folder.
fn connect(name: &str) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match name.strip_prefix('@') {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        None => socket.connect(name)?,
    }
    // One that takes nothing must not hold up the service.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[expect(
    clippy::disallowed_methods,
    reason = "what the supervisor says of itself, not what an operator chose"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
