//! `changePassword`: the present one verified, a new one stored, every other token revoked.

use super::sign_in::{check_delay, remember};
use super::sign_in_with_token::{fresh, notice};
use super::{Caller, Context, Notice, Outcome, Write, user_of};
use crate::domain::fold;
use crate::error::{Code, Fault, Stop};
use crate::protocol::{Answer, SignedOutReason};
use crate::security::password;
use crate::security::throttle::failure_key;
use crate::store::Tx;

/// A password to verify and one to hash.
#[derive(Debug)]
pub struct Work {
    name_digest: [u8; 32],
    password: String,
    new_password: String,
    stored: String,
}

/// Finds what to verify against.
///
/// # Errors
/// `sign_in_first`, `forbidden`, `password_too_long`, `weak_password`, `rate_limited`.
pub(super) fn prepare(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (password, new_password): (String, String),
) -> Result<Work, Stop> {
    let user = user_of(tx, caller)?;
    password::check_length(&password, "password")?;
    let chars_min = context.config().auth.password_chars_min;
    password::check_new(&new_password, &fold(&user.username), chars_min, "new_password")?;
    context.rates.sign_in(caller.address)?;
    let name_digest = failure_key(&user.username);
    check_delay(tx, context, name_digest)?;
    Ok(Work { name_digest, password, new_password, stored: tx.user_password(user.id)? })
}

impl Work {
    /// Verifies the one and hashes the other.
    pub(super) fn run(self, context: &Context) -> Result<Write, Fault> {
        let good = password::verify(&self.password, &self.stored)?;
        let new = if good {
            Some(password::hash(&self.new_password, context.config().auth.bcrypt_cost)?)
        } else {
            None
        };
        Ok(Write::ChangePassword { name_digest: self.name_digest, stored: new.map(|new| (self.stored, new)) })
    }
}

/// Stores the password and gives the session the one token that is left, or remembers the failure.
///
/// # Errors
/// `sign_in_first`, `forbidden`; `bad_credentials` is an outcome here, as the failure must stay written.
pub(super) fn run(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (name_digest, stored): ([u8; 32], Option<&(String, String)>),
) -> Result<Outcome, Stop> {
    let user = user_of(tx, caller)?;
    let Some((present, new)) = stored else { return remember(tx, context, name_digest) };
    // Between the steps it may have been changed elsewhere.
    if tx.user_password(user.id)? != *present {
        return Err(Code::BadCredentials.into());
    }
    tx.user_set_password(user.id, new)?;
    tx.failure_clear(name_digest)?;
    tx.token_delete_of_user(user.id)?;
    let (token, token_expires_ms) = fresh(tx, context, &user)?;
    let (reason, except) = (SignedOutReason::PasswordChanged, caller.session);
    let signed_out = Notice::SignedOut { user: user.id, token: None, except, reason };
    let signed_in = notice(caller, &user, (&token, token_expires_ms));
    let answer = Answer::Token { token: token.expose().to_owned(), token_expires_ms };
    Ok(Outcome::ready(answer).with(Some(signed_out)).with(signed_in))
}
