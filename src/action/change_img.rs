//! `changeImg`: another picture, shown at the next read of a comment.

use super::{Caller, Outcome, user_of};
use crate::domain::Img;
use crate::error::Stop;
use crate::protocol::{Answer, img_or_generated};
use crate::store::Tx;

/// Sets the picture; `None` for the generated one.
///
/// # Errors
/// `sign_in_first`, `forbidden`, `invalid_img`.
pub(super) fn run(tx: Tx<'_>, caller: &Caller, img: Option<&str>) -> Result<Outcome, Stop> {
    let user = user_of(tx, caller)?;
    let img = img.map(Img::parse).transpose()?;
    tx.user_set_img(user.id, img.as_ref())?;
    Ok(Outcome::ready(Answer::Img(img_or_generated(img.as_ref().map(Img::as_str), &user.username))))
}
