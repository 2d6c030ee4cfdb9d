//! What is commented on.

use std::fmt;
use std::sync::Arc;

use super::{PageId, Rev, Tally};
use crate::error::{Code, Refusal};

/// The embedder's name for a page: 1 to 512 bytes of UTF-8 without control characters. Clones share the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PageKey(Arc<str>);

impl PageKey {
    /// The longest key, in bytes.
    pub const BYTES_MAX: usize = 512;

    /// Checks a key.
    ///
    /// # Errors
    /// [`Code::BadQuery`] for an empty or too long key, and for one with a control character.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let fault = |message| Err(Refusal::member(Code::BadQuery, "page", message));
        match text {
            "" => fault("'page' is empty; it takes 1 to 512 bytes."),
            long if long.len() > Self::BYTES_MAX => fault("'page' is longer than 512 bytes."),
            odd if odd.chars().any(char::is_control) => fault("'page' has a control character."),
            good => Ok(Self(Arc::from(good))),
        }
    }

    /// The key as the embedder wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &self.0)
    }
}

/// A page as it stands at its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its row.
    pub id: PageId,
    /// Its revision; 0 before the first comment.
    pub rev: Rev,
    /// Shown comments at all depths.
    pub total: i64,
    /// What was thought of its comments, of the deleted ones too.
    pub tally: Tally,
    /// Whether it takes no more comments.
    pub locked: bool,
    /// The highest revision of a tombstone that was purged: from below it, nobody can resume.
    pub purged_rev: Rev,
}
