//! `otklik check`: the config, every fault of it at once.

use std::path::Path;

use super::{complain, load, say};
use crate::clock::Clock;
use crate::error::Fault;

/// Says that the config is good, or why not. A certificate that is not good any more is a warning.
///
/// # Errors
/// A config with faults.
pub(super) fn run(config: Option<&Path>) -> Result<(), Fault> {
    let loaded = load(config)?;
    let pair = loaded.config.server.tls().and_then(|files| files.read().ok());
    let validity = pair.and_then(|pair| pair.validity);
    if let Some(warning) = validity.and_then(|validity| validity.warning(Clock::system().now_ms())) {
        complain(&format!("warning: server.tls_certificate: {warning}"));
    }
    match loaded.source {
        Some(file) => say(&format!("{} is good", file.display())),
        None => say("there is no config file; the built-in defaults are good"),
    }
}
