//! `otklik serve`: the service, until it is told to stop.

use std::path::Path;

use actix_web::rt::System;
use actix_web::rt::signal::unix::{Signal, SignalKind, signal};

use super::{load, logging};
use crate::clock::Clock;
use crate::error::Fault;
use crate::server;

/// Runs the service. SIGTERM and SIGINT stop it in good order, a second one ends it at once.
///
/// # Errors
/// A config with faults, and whatever keeps the service from starting.
pub(super) fn run(config: Option<&Path>) -> Result<(), Fault> {
    let loaded = load(config)?;
    logging::start(&loaded.config.log)?;
    match &loaded.source {
        Some(file) => log::info!("config from {}", file.display()),
        None => log::info!("no config file; running on the built-in defaults"),
    }
    log::info!("database {}", loaded.config.database.path.display());
    System::new().block_on(async {
        let fault = |cause| Fault::new("listening for signals", cause);
        let mut terminate = signal(SignalKind::terminate()).map_err(fault)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(fault)?;
        let running = server::start(loaded.config, Clock::system()).await?;
        either(&mut terminate, &mut interrupt).await;
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

async fn either(first: &mut Signal, second: &mut Signal) {
    tokio::select! {
        _ = first.recv() => {}
        _ = second.recv() => {}
    }
}
