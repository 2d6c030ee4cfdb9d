//! How `cargo bench` reaches the benches: each is measured by `benches/run`, which installs the peers, builds the load
//! generator, an own crate under `benches/load`, and starts both sides on cores of their own.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs one bench with the arguments that are no words of cargo's.
pub(crate) fn bench(name: &str) -> ExitCode {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/run");
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    match Command::new(script).args(arguments).arg(name).status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) | Err(_) => ExitCode::FAILURE,
    }
}
