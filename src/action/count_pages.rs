//! What lists of pages show of each: how many comments it has, and what was thought of them.

use super::Found;
use crate::domain::{PageKey, Tally};
use crate::error::Stop;
use crate::protocol::{Answer, PageCount};
use crate::store::Tx;

/// Counts each page, in the order asked; one that nobody has written to has nothing.
///
/// # Errors
/// Faults of the file.
pub(super) fn read(tx: Tx<'_>, pages: &[PageKey]) -> Result<Found, Stop> {
    let mut counts = Vec::with_capacity(pages.len());
    for key in pages {
        let (total, tally) =
            tx.page_find(key)?.map_or((0, Tally::default()), |page| (page.total, page.tally));
        counts.push(PageCount { page: key.clone(), total, tally });
    }
    Ok(Found::Answer(Answer::Counts(counts)))
}
