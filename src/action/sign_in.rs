//! `signIn`: by name and password. A wrong password, an unknown and a banned name take the same way and the same time.

use super::sign_in_with_token::sign_in_afresh;
use super::{Caller, Context, Outcome, Reply, Verified, Write};
use crate::domain::{UserId, UserState, fold};
use crate::error::{Code, Fault, Refusal, Stop};
use crate::security::password;
use crate::security::throttle::{self, Failures, failure_key, wait_ms};
use crate::store::Tx;

/// A password to verify.
#[derive(Debug)]
pub struct Work {
    name_digest: [u8; 32],
    password: String,
    /// The user of that name, if there is one that may sign in, and the stored password: the dummy's if not.
    user: Option<UserId>,
    stored: String,
}

/// Finds what to verify against.
///
/// # Errors
/// `password_too_long`, `rate_limited` for the address, or for a name with too many failures of late.
pub(super) fn prepare(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (username, password): (&str, String),
) -> Result<Work, Stop> {
    password::check_length(&password, "password")?;
    context.rates.sign_in(caller.address)?;
    let name_digest = failure_key(username);
    check_delay(tx, context, name_digest)?;
    let found = tx.user_find(&fold(username))?.filter(|found| found.user.state == UserState::Active);
    let (user, stored) = match found {
        Some(found) => (Some(found.user.id), found.password),
        None => (None, context.dummy.stored()?),
    };
    Ok(Work { name_digest, password, user, stored })
}

/// Refuses to verify while a name's failures say to wait.
///
/// # Errors
/// `rate_limited`.
pub(super) fn check_delay(tx: Tx<'_>, context: &Context, name_digest: [u8; 32]) -> Result<(), Stop> {
    let Some(failures) = failures(tx, name_digest)? else { return Ok(()) };
    let per_day = context.config().limits.sign_in_failures_per_day;
    match wait_ms(&failures, context.clock.now_ms(), per_day) {
        Some(wait_ms) => Err(Refusal::wait(Code::RateLimited, wait_ms).into()),
        None => Ok(()),
    }
}

impl Work {
    /// Verifies the password; a right one whose cost is not the configured one is hashed anew.
    pub(super) fn run(self, context: &Context) -> Result<Write, Fault> {
        let good = password::verify(&self.password, &self.stored)?;
        let right = match self.user.filter(|_| good) {
            None => None,
            Some(user) => {
                let rehashed = rehash(context, &self.password, &self.stored)?;
                Some(Verified { user, stored: self.stored, rehashed })
            }
        };
        Ok(Write::SignIn { name_digest: self.name_digest, right })
    }
}

fn rehash(context: &Context, password: &str, stored: &str) -> Result<Option<String>, Fault> {
    let cost = context.config().auth.bcrypt_cost;
    if password::cost(stored) == Some(cost) { Ok(None) } else { password::hash(password, cost).map(Some) }
}

/// Signs the session in, or remembers the failure.
///
/// # Errors
/// Faults; `bad_credentials` is an outcome here, as the failure must stay written.
pub(super) fn run(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (name_digest, right): ([u8; 32], Option<&Verified>),
) -> Result<Outcome, Stop> {
    let Some(verified) = right else { return remember(tx, context, name_digest) };
    // Between the steps the user may have been banned or deleted, or the password changed.
    let user = tx.user_get(verified.user)?.filter(|user| user.state == UserState::Active);
    let user = user.ok_or(Code::BadCredentials)?;
    if tx.user_password(user.id)? != verified.stored {
        return Err(Code::BadCredentials.into());
    }
    tx.failure_clear(name_digest)?;
    if let Some(stored) = &verified.rehashed {
        tx.user_set_password(user.id, stored)?;
    }
    Ok(sign_in_afresh(tx, context, caller, user)?)
}

/// Counts one more failure for a name.
///
/// # Errors
/// Faults of the file.
pub(super) fn remember(tx: Tx<'_>, context: &Context, name_digest: [u8; 32]) -> Result<Outcome, Stop> {
    let next = throttle::next(failures(tx, name_digest)?.as_ref(), context.clock.now_ms());
    tx.failure_set(name_digest, (next.count, next.first_at_ms, next.last_at_ms))?;
    let reply = Reply::Refused(Code::BadCredentials);
    Ok(Outcome { reply, touches: Vec::new(), notices: Vec::new() })
}

fn failures(tx: Tx<'_>, name_digest: [u8; 32]) -> Result<Option<Failures>, Fault> {
    let row = tx.failure_find(name_digest)?;
    Ok(row.map(|(count, first_at_ms, last_at_ms)| Failures { count, first_at_ms, last_at_ms }))
}
