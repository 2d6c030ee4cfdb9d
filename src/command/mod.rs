//! The command line: what an operator types, and what comes of it.
//!
//! Exit codes: 0 good, 1 a fault (one sentence on standard error says what and what to do), 2 wrong usage, 74 an I/O
//! error in a commit.

mod backup;
mod check;
mod logging;
mod manual;
mod progress;
mod serve;
mod supervisor;
mod user;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Loaded};
use crate::error::Fault;

/// Below the short help.
const SEE_ALSO: &str = "Try 'otklik --help' for exit codes, environment and signals.";

/// Below the long help, and in the manual page.
const MORE: &str = "\
Exit codes:
  0   good
  1   a fault: a sentence on standard error says what, and what to do
  2   wrong usage
  74  the disk failed in a commit: look at the disk; a new start finds
      out from the write-ahead log what was kept

Environment:
  OTKLIK_<SECTION>_<KEY> overrides a key of the config:
  OTKLIK_SERVER_BIND=0.0.0.0:5678

Signals:
  SIGTERM, SIGINT  stop in good order; a second one ends at once
  SIGHUP           read the config again; one with faults changes nothing

Files:
  ./config.toml    the config, unless --config names another; the one that
                   is shipped explains every key";

/// Live comments and like/dislike counts that a web site runs for itself
///
/// Without a command it runs the service, on 127.0.0.1:5678 unless the config says otherwise.
#[derive(Debug, Parser)]
#[command(name = "otklik", version, about, after_help = SEE_ALSO, after_long_help = MORE)]
struct Arguments {
    /// The config file [default: ./config.toml; without it, the built-in defaults]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the service (the default)
    Serve,
    /// Read the config and tell every fault in it
    Check,
    /// Copy the database to a file, checked, also while the service runs; nothing is overwritten
    Backup {
        /// The file to make
        file: PathBuf,
    },
    /// Put a backup in place of the database, which is kept aside; the service must not run
    Restore {
        /// The backup
        file: PathBuf,
    },
    /// Manage users
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Print what a shell needs to complete the arguments
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, as otklik.1, into a folder
    Man {
        /// The folder; it is made if it is not there
        folder: PathBuf,
    },
}

/// Runs what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let config = arguments.config.as_deref();
    let done = match arguments.command {
        None | Some(Command::Serve) => serve::run(config),
        Some(Command::Check) => check::run(config),
        Some(Command::Backup { file }) => backup::back_up(config, &file),
        Some(Command::Restore { file }) => backup::restore(config, &file),
        Some(Command::User { command }) => user::run(config, command),
        Some(Command::Completions { shell }) => manual::complete(shell),
        Some(Command::Man { folder }) => manual::write_pages(&folder),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            complain(&format!("otklik: {fault}"));
            ExitCode::FAILURE
        }
    }
}

/// Reads the config, or tells every fault in it.
fn load(file: Option<&Path>) -> Result<Loaded, Fault> {
    Config::load(file).map_err(|faults| {
        for fault in &faults {
            complain(&fault.to_string());
        }
        Fault::new("the config", format!("has {} fault(s); nothing was started", faults.len()))
    })
}

/// A line on standard error; if that is gone, there is nobody to tell.
fn complain(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap_or_default();
}

/// A line on standard output.
fn say(line: &str) -> Result<(), Fault> {
    writeln!(std::io::stdout(), "{line}").map_err(|cause| Fault::new("writing to standard output", cause))
}
