//! `otklik serve`: the service, until it is told to stop; its config is read again when it is told to, and when the file
//! has changed.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use actix_web::rt::System;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};
use actix_web::rt::time::interval;

use super::{load, logging::Logging, supervisor, supervisor::Supervisor};
use crate::clock::Clock;
use crate::config::{Config, Loaded};
use crate::error::Fault;
use crate::server::{self, Running};

/// How often the config file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Runs the service. SIGTERM and SIGINT stop it in good order, a second one ends it at once; SIGHUP reads the config.
///
/// # Errors
/// A config with faults, and whatever keeps the service from starting.
pub(super) fn run(config: Option<&Path>) -> Result<(), Fault> {
    let loaded = load(config)?;
    // Looked at while the file is what was read: whatever is written later is seen as a change.
    let seen = loaded.source.as_deref().and_then(stamp);
    let logging = Logging::start(&loaded.config.log)?;
    let handed_over = supervisor::sockets()?;
    let supervisor = Supervisor::find();
    match &loaded.source {
        Some(file) => log::info!("config from {}", file.display()),
        None => log::info!("no config file; running on the built-in defaults"),
    }
    log::info!("database {}", loaded.config.database.path.display());
    System::new().block_on(async {
        let fault = |cause| Fault::new("listening for signals", cause);
        let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
        let hang_up = signal(SignalKind::hangup()).map_err(fault)?;
        let Loaded { config: first, source } = loaded;
        let running = match handed_over {
            Some(listening) => server::start_on(listening, first, Clock::system()).await?,
            None => server::start(first, Clock::system()).await?,
        };
        supervisor.ready(&running);
        let reader = Reader { named: config, seen, source, logging, supervisor: &supervisor };
        tokio::select! {
            () = reader.read_again(&running, hang_up) => {}
            () = supervisor.keep_told(&running) => {}
            () = either(&mut terminate, &mut interrupt) => {}
        }
        supervisor.stopping(&running);
        log::info!(
            "stopping: sessions are told and closed, what waits is written; a second signal ends at once"
        );
        tokio::select! {
            () = running.stop() => log::info!("stopped"),
            () = either(&mut terminate, &mut interrupt) => log::warn!("ended at once"),
        }
        Ok(())
    })
}

/// Who reads the config again.
struct Reader<'f> {
    /// The file that was named on the command line.
    named: Option<&'f Path>,
    /// The file that was read.
    source: Option<PathBuf>,
    /// When that was written, and how long it is, as last seen.
    seen: Option<(SystemTime, u64)>,
    logging: Logging,
    supervisor: &'f Supervisor,
}

impl Reader<'_> {
    /// Reads the config whenever it is told to, and whenever the file has changed.
    async fn read_again(mut self, running: &Running, mut hang_up: Signal) {
        let mut look = interval(LOOK_EVERY);
        loop {
            tokio::select! {
                _ = hang_up.recv() => {
                    self.supervisor.reloading();
                    self.read(running, "as told by SIGHUP");
                    self.supervisor.ready(running);
                }
                _ = look.tick() => {
                    let stamp = self.source.as_deref().and_then(stamp);
                    // A file that is away for a moment is being replaced.
                    if stamp.is_some() && stamp != self.seen {
                        self.read(running, "as the file has changed");
                    }
                }
            }
        }
    }

    /// Reads the config and takes it over, or, where it has faults, tells them and changes nothing.
    fn read(&mut self, running: &Running, why: &str) {
        self.seen = self.source.as_deref().and_then(stamp);
        let loaded = match Config::load(self.named) {
            Ok(loaded) => loaded,
            Err(faults) => {
                for fault in &faults {
                    log::error!("{fault}");
                }
                return log::error!(
                    "the config was read again, {why}: {} fault(s), nothing has changed",
                    faults.len()
                );
            }
        };
        self.logging.change(&loaded.config.log);
        let changes = running.reload(loaded.config);
        log::info!("the config was read again, {why}: {} key(s) changed", changes.len());
        for change in &changes {
            log::info!("changed {change}");
        }
    }
}

fn stamp(file: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

async fn either(first: &mut Signal, second: &mut Signal) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}
