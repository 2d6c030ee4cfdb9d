//! `signUp`: a new user, and the session is theirs.

use super::sign_in_with_token::sign_in_afresh;
use super::{Caller, Context, Outcome, Write};
use crate::clock::UnixMs;
use crate::config::SignUp;
use crate::domain::{Img, Role, User, Username};
use crate::error::{Code, Fault, Refusal, Stop};
use crate::security::password;
use crate::store::{NewUser, Tx};

/// A password to hash for a name that was free.
#[derive(Debug)]
pub struct Work {
    username: Username,
    password: String,
    img: Option<Img>,
}

/// Checks all that can be told without hashing.
///
/// # Errors
/// `sign_up_closed`, `invalid_username`, `weak_password`, `password_too_long`, `invalid_img`, `username_taken`,
/// `rate_limited`.
pub(super) fn prepare(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (username, password, img): (&str, String, Option<&str>),
) -> Result<Work, Stop> {
    if context.config().auth.sign_up == SignUp::Closed {
        return Err(Code::SignUpClosed.into());
    }
    let username = Username::parse(username)?;
    password::check_new(
        &password,
        &username.skeleton(),
        context.config().auth.password_chars_min,
        "password",
    )?;
    let img = img.map(Img::parse).transpose()?;
    if tx.user_find(&username.skeleton())?.is_some() {
        return Err(taken().into());
    }
    context.rates.sign_up(caller.address)?;
    Ok(Work { username, password, img })
}

impl Work {
    /// Hashes the password.
    pub(super) fn run(self, context: &Context) -> Result<Write, Fault> {
        let stored = password::hash(&self.password, context.config().auth.bcrypt_cost)?;
        Ok(Write::SignUp { username: self.username, stored, img: self.img })
    }
}

/// Writes the user, if the name is still free, and signs the session in.
///
/// # Errors
/// `username_taken`.
pub(super) fn run(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (username, stored, img): (&Username, &str, Option<&Img>),
) -> Result<Outcome, Stop> {
    let new =
        NewUser { username, password: stored, img, role: Role::User, created_at_ms: context.clock.now_ms() };
    let user = insert(tx, &new)?;
    Ok(sign_in_afresh(tx, context, caller, user)?)
}

/// Writes a user on an operator's word: any role, registration open or closed.
///
/// # Errors
/// `username_taken`, and faults of the file.
pub fn add_user(
    tx: Tx<'_>,
    username: &Username,
    stored: &str,
    (role, created_at_ms): (Role, UnixMs),
) -> Result<User, Stop> {
    insert(tx, &NewUser { username, password: stored, img: None, role, created_at_ms })
}

fn taken() -> Refusal {
    Refusal::member(Code::UsernameTaken, "username", Code::UsernameTaken.sentence())
}

fn insert(tx: Tx<'_>, new: &NewUser<'_>) -> Result<User, Stop> {
    if tx.user_find(&new.username.skeleton())?.is_some() {
        return Err(taken().into());
    }
    Ok(tx.user_insert(new)?)
}
