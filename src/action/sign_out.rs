//! `signOut`: the session's token is revoked, or all of the user's.

use super::{Caller, Notice, Outcome};
use crate::error::{Code, Stop};
use crate::protocol::{Answer, SignedOutReason};
use crate::store::Tx;

/// Revokes, and tells the sessions that lived on what was revoked.
///
/// # Errors
/// `sign_in_first`.
pub(super) fn run(tx: Tx<'_>, caller: &Caller, everywhere: bool) -> Result<Outcome, Stop> {
    let signed = caller.user.as_ref().ok_or(Code::SignInFirst)?;
    let (user, except) = (signed.id, caller.session);
    let notice = if everywhere {
        tx.token_delete_of_user(user)?;
        Notice::SignedOut { user, token: None, except, reason: SignedOutReason::Everywhere }
    } else {
        tx.token_delete(signed.token.0)?;
        Notice::SignedOut { user, token: Some(signed.token), except, reason: SignedOutReason::Expired }
    };
    Ok(Outcome::ready(Answer::Done).with(Some(notice)))
}
