//! `otklik user`: users, also while the service runs.

use std::fs;
use std::io::{BufRead as _, ErrorKind, IsTerminal as _, Write as _};
use std::path::Path;

use clap::Subcommand;

use super::{load, say};
use crate::action;
use crate::clock::Clock;
use crate::config::{Checkpoint, Config};
use crate::domain::{Role, User, UserState, Username};
use crate::error::{Fault, Stop};
use crate::security::password;
use crate::store::{self, Checkpoints, Store, Tx};

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
    /// Give a user another password, and sign them out everywhere
    Password {
        /// The user's name
        name: String,
    },
    /// Let a user do more or less
    Role {
        /// The user's name
        name: String,
        /// What they may do: user, moderator or admin
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Sign a user out everywhere, and let them sign in no more
    Ban {
        /// The user's name
        name: String,
    },
    /// Let a banned user sign in again
    Unban {
        /// The user's name
        name: String,
    },
    /// Delete a user for good: their comments, reactions, name and picture
    Delete {
        /// The user's name
        name: String,
        /// Do not ask whether that is meant
        #[arg(long)]
        yes: bool,
    },
    /// Tell every user: number, name, role, state
    List,
}

/// Runs a command on users.
///
/// # Errors
/// A config with faults, a database that does not open, and what is wrong with the name or the password.
pub(super) fn run(config: Option<&Path>, command: UserCommand) -> Result<(), Fault> {
    let config = load(config)?.config;
    if !matches!(command, UserCommand::Add { .. }) {
        is_there(&config)?;
    }
    match command {
        UserCommand::Add { name, role } => add(&config, &name, role),
        UserCommand::Password { name } => set_password(&config, &name),
        UserCommand::Role { name, role } => {
            let user =
                change(&config, &name, |tx, user, now_ms| action::set_user_role(tx, user.id, role, now_ms))?;
            say(&format!("{} is {} now", user.username, role.as_str()))
        }
        UserCommand::Ban { name } => {
            let user = change(&config, &name, |tx, user, now_ms| action::ban_user(tx, user.id, now_ms))?;
            say(&format!("banned {}; what they wrote stays", user.username))
        }
        UserCommand::Unban { name } => {
            let user = change(&config, &name, |tx, user, _| action::unban_user(tx, user.id))?;
            say(&format!("{} may sign in again", user.username))
        }
        UserCommand::Delete { name, yes } => delete(&config, &name, yes),
        UserCommand::List => list(&config),
    }
}

fn add(config: &Config, name: &str, role: Role) -> Result<(), Fault> {
    let doing = format!("adding the user {name:?}");
    let refused = |refusal| Fault::new(doing.clone(), refusal);
    let username = Username::parse(name).map_err(refused)?;
    let stored = new_password(config, &username.skeleton(), &doing)?;
    let clock = Clock::system();
    let mut store = open(config, &clock)?;
    let user = store.writer.batch(|batch| {
        let added = batch.attempt(|tx| action::add_user(tx, &username, &stored, (role, clock.now_ms())));
        added.map_err(|stop| match stop {
            Stop::Refused(refusal) => refused(refusal),
            Stop::Failed(fault) => fault,
        })
    })?;
    say(&format!("added {} as {}, user {}", user.username, user.role.as_str(), user.id.0))
}

fn set_password(config: &Config, name: &str) -> Result<(), Fault> {
    let skeleton = crate::domain::fold(name);
    let stored = new_password(config, &skeleton, &format!("giving {name:?} another password"))?;
    let user =
        change(config, name, |tx, user, now_ms| action::set_user_password(tx, user.id, &stored, now_ms))?;
    say(&format!("{} has another password, and is signed out everywhere", user.username))
}

fn delete(config: &Config, name: &str, yes: bool) -> Result<(), Fault> {
    let clock = Clock::system();
    let mut store = open(config, &clock)?;
    let user = store.writer.read(|tx| action::find_user(tx, name))?;
    if !yes && !confirmed(&user)? {
        return say("nothing was deleted");
    }
    let shown = std::io::stderr().is_terminal();
    let mut progress = |done, all| {
        if shown {
            // A progress that cannot be shown is no reason to stop.
            write!(std::io::stderr(), "\r{done} of {all}").unwrap_or_default();
        }
    };
    let erased = action::erase_user(&mut store.writer, user.id, clock.now_ms(), &mut progress)?;
    if shown {
        super::complain("");
    }
    let action::Erased { comments, reactions } = erased;
    say(&format!("deleted {}, {comments} comment(s) and {reactions} reaction(s)", user.username))
}

/// Whether the name is typed once more; where there is no terminal to ask at, `--yes` says it.
fn confirmed(user: &User) -> Result<bool, Fault> {
    if !std::io::stdin().is_terminal() {
        return Err(Fault::new("deleting a user", "this cannot be undone; say --yes if it is meant"));
    }
    say(&format!(
        "This deletes {} with all comments and reactions, for good. Type the name if it is meant:",
        user.username
    ))?;
    Ok(read_line()? == user.username)
}

fn list(config: &Config) -> Result<(), Fault> {
    let users = store::look_at(&config.database.path, |tx| tx.user_list())?;
    users.iter().try_for_each(|user| {
        let state = if user.state == UserState::Active { "active" } else { "banned" };
        say(&format!("{}\t{}\t{}\t{state}", user.id.0, user.username, user.role.as_str()))
    })
}

/// Changes something about a user, in one transaction.
fn change(
    config: &Config,
    name: &str,
    work: impl FnOnce(Tx<'_>, &User, i64) -> Result<(), Fault>,
) -> Result<User, Fault> {
    let clock = Clock::system();
    open(config, &clock)?.writer.batch(|batch| {
        let user = action::find_user(batch.tx(), name)?;
        work(batch.tx(), &user, clock.now_ms())?;
        Ok(user)
    })
}

/// Opens the file, beside the service where that runs.
fn open(config: &Config, clock: &Clock) -> Result<Store, Fault> {
    Store::open_beside(&config.database.path, checkpoints(config), clock)
}

/// Where another program looks after the write-ahead log, this one leaves it alone, as the service does.
fn checkpoints(config: &Config) -> Checkpoints {
    match config.database.checkpoint {
        Checkpoint::Own => Checkpoints::Own,
        Checkpoint::Outside => Checkpoints::Outside,
    }
}

/// Whether there is a database: users who are to be changed or listed are in no file that this command would make.
fn is_there(config: &Config) -> Result<(), Fault> {
    let path = &config.database.path;
    let missing = match fs::metadata(path) {
        Ok(file) => file.len() == 0,
        Err(cause) => cause.kind() == ErrorKind::NotFound,
    };
    if missing {
        let wanted =
            "name the service's in database.path of the config, or let the service make it by starting it";
        return Err(Fault::new(format!("there is no database {}", path.display()), wanted));
    }
    Ok(())
}

/// A new password, checked and as it is to be stored.
fn new_password(config: &Config, skeleton: &str, doing: &str) -> Result<String, Fault> {
    let typed = read_password()?;
    let chars_min = config.auth.password_chars_min;
    password::check_new(&typed, skeleton, chars_min, "password")
        .map_err(|refusal| Fault::new(doing.to_owned(), refusal))?;
    password::hash(&typed, config.auth.bcrypt_cost)
}

/// A password typed twice at a terminal, unseen; else the first line of standard input.
fn read_password() -> Result<String, Fault> {
    let fault = |cause| Fault::new("reading the password", cause);
    if !std::io::stdin().is_terminal() {
        return read_line();
    }
    let first = rpassword::prompt_password("Password: ").map_err(fault)?;
    let second = rpassword::prompt_password("Once more: ").map_err(fault)?;
    if first == second {
        Ok(first)
    } else {
        Err(Fault::new("reading the password", "the two are not the same"))
    }
}

fn read_line() -> Result<String, Fault> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|cause| Fault::new("reading standard input", cause))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn role(name: &str) -> Result<Role, String> {
    Role::named(name).ok_or_else(|| "a role is user, moderator or admin".to_owned())
}
