//! `otklik check`: the config, every fault of it at once.

use std::path::Path;

use super::{load, say};
use crate::error::Fault;

/// Says that the config is good, or why not.
///
/// # Errors
/// A config with faults.
pub(super) fn run(config: Option<&Path>) -> Result<(), Fault> {
    let loaded = load(config)?;
    match loaded.source {
        Some(file) => say(&format!("{} is good", file.display())),
        None => say("there is no config file; the built-in defaults are good"),
    }
}
