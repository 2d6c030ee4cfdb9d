//! `otklik user`: accounts, also while the service runs.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use clap::Subcommand;

use super::{load, say};
use crate::action::add_user;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::{Role, Username};
use crate::error::{Fault, Stop};
use crate::security::password;
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum UserCommand {
    /// Make a user; the password is read from the terminal or from standard input
    Add {
        /// The name: 1 to 32 letters, digits, '.', '_', '-' or single spaces inside
        name: String,
        /// What they may do: user, moderator or admin
        #[arg(long, default_value = "user", value_parser = role)]
        role: Role,
    },
}

/// Runs a command on users.
///
/// # Errors
/// A config with faults, a database that does not open, and what is wrong with the name or the password.
pub(super) fn run(config: Option<&Path>, command: UserCommand) -> Result<(), Fault> {
    let config = load(config)?.config;
    match command {
        UserCommand::Add { name, role } => add(&config, &name, role),
    }
}

fn add(config: &Config, name: &str, role: Role) -> Result<(), Fault> {
    let doing = format!("adding the user {name:?}");
    let refused = |refusal| Fault::new(doing.clone(), refusal);
    let username = Username::parse(name).map_err(refused)?;
    let typed = read_password()?;
    let chars_min = config.auth.password_chars_min;
    password::check_new(&typed, &username.skeleton(), chars_min, "password").map_err(refused)?;
    let stored = password::hash(&typed, config.auth.bcrypt_cost)?;
    let clock = Clock::system();
    let mut store = Store::open(&config.database.path, 1, &clock)?;
    let user = store.writer.batch(|batch| {
        let added = batch.attempt(|tx| add_user(tx, &username, &stored, (role, clock.now_ms())));
        added.map_err(|stop| match stop {
            Stop::Refused(refusal) => refused(refusal),
            Stop::Failed(fault) => fault,
        })
    })?;
    say(&format!("added {} as {}, user {}", user.username, user.role.as_str(), user.id.0))
}

/// A password typed twice at a terminal, unseen; else the first line of standard input.
fn read_password() -> Result<String, Fault> {
    let fault = |cause| Fault::new("reading the password", cause);
    let input = std::io::stdin();
    if !input.is_terminal() {
        let mut line = String::new();
        input.lock().read_line(&mut line).map_err(fault)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let first = rpassword::prompt_password("Password: ").map_err(fault)?;
    let second = rpassword::prompt_password("Once more: ").map_err(fault)?;
    if first == second {
        Ok(first)
    } else {
        Err(Fault::new("reading the password", "the two are not the same"))
    }
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| "a role is user, moderator or admin".to_owned())
}
