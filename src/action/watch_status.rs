//! `watchStatus`: whether somebody may watch the service; the session does the watching.

use super::{Caller, Found, check_others, user_of};
use crate::domain::Act;
use crate::error::Stop;
use crate::protocol::Answer;
use crate::store::Tx;

/// Asks the policy, by the role that the user has now.
///
/// # Errors
/// `sign_in_first`, `forbidden`.
pub(super) fn read(tx: Tx<'_>, caller: &Caller) -> Result<Found, Stop> {
    let user = user_of(tx, caller)?;
    check_others(user.role, Act::WatchStatus)?;
    Ok(Found::Answer(Answer::Watching))
}
