//! `signInWithToken`: be who the token was given to; past half its life it is replaced.

use super::{Caller, Context, Notice, Outcome, Signed, days_after};
use crate::clock::UnixMs;
use crate::domain::{User, UserState};
use crate::error::{Code, Fault, Stop};
use crate::protocol::Answer;
use crate::security::Token;
use crate::store::{TokenRow, Tx};

/// How long a replaced token lives on, for the tabs that still hold it.
const REPLACED_LIVES_MS: UnixMs = 60_000;

/// Signs the session in.
///
/// # Errors
/// `bad_token` for an unknown, expired or revoked token and for one of a banned user.
pub(super) fn run(tx: Tx<'_>, context: &Context, caller: &Caller, token: &str) -> Result<Outcome, Stop> {
    let token = Token::parse(token).ok_or(Code::BadToken)?;
    let now_ms = context.clock.now_ms();
    let row = tx.token_find(token.digest().0, now_ms)?.ok_or(Code::BadToken)?;
    let user = tx.user_get(row.user)?.filter(|user| user.state == UserState::Active).ok_or(Code::BadToken)?;
    let half = row.created_at_ms.midpoint(row.expires_at_ms);
    if now_ms <= half {
        return Ok(signed_in(tx, context, caller, (user, &token, row.expires_at_ms))?);
    }
    tx.token_shorten(token.digest().0, now_ms.saturating_add(REPLACED_LIVES_MS))?;
    Ok(sign_in_afresh(tx, context, caller, user)?)
}

/// Gives a user a fresh token and signs the session in with it.
///
/// # Errors
/// Faults of the file and of the machine's randomness.
pub(super) fn sign_in_afresh(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    user: User,
) -> Result<Outcome, Fault> {
    let (token, expires_at_ms) = fresh(tx, context, &user)?;
    signed_in(tx, context, caller, (user, &token, expires_at_ms))
}

/// Gives a user a fresh token.
///
/// # Errors
/// Faults of the file and of the machine's randomness.
pub(super) fn fresh(tx: Tx<'_>, context: &Context, user: &User) -> Result<(Token, UnixMs), Fault> {
    let token = Token::generate()?;
    let created_at_ms = context.clock.now_ms();
    let expires_at_ms = days_after(created_at_ms, context.config().auth.token_days);
    tx.token_insert(token.digest().0, TokenRow { user: user.id, created_at_ms, expires_at_ms })?;
    Ok((token, expires_at_ms))
}

/// That the session is the user's now.
pub(super) fn notice(
    caller: &Caller,
    user: &User,
    (token, token_expires_ms): (&Token, UnixMs),
) -> Option<Notice> {
    let user = Signed { id: user.id, token: token.digest() };
    caller.session.map(|session| Notice::SignedIn { session, user, token_expires_ms })
}

/// Everybody who acts comes in here first: what was kept of their rates counts again from now on.
fn signed_in(
    tx: Tx<'_>,
    context: &Context,
    caller: &Caller,
    (user, token, token_expires_ms): (User, &Token, UnixMs),
) -> Result<Outcome, Fault> {
    context.rates.recall(user.id, tx.user_rate_list(user.id)?);
    let notice = notice(caller, &user, (token, token_expires_ms));
    let token = token.expose().to_owned();
    Ok(Outcome::ready(Answer::SignedIn { user, token, token_expires_ms }).with(notice))
}
