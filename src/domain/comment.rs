//! Contributions and what is thought of them.

use super::{CommentId, Rev, UserId};
use crate::clock::UnixMs;

/// A comment as it stands at its revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Its number.
    pub id: CommentId,
    /// The comment it replies to.
    pub parent: Option<CommentId>,
    /// Who wrote it.
    pub author: UserId,
    /// The author's name, as it stands today.
    pub username: String,
    /// The author's picture, where one was chosen.
    pub img: Option<String>,
    /// The author's text as written; empty once deleted.
    pub text: String,
    /// What was thought of it.
    pub tally: Tally,
    /// When it was posted.
    pub created_at_ms: UnixMs,
    /// When it was last edited.
    pub edited_at_ms: Option<UnixMs>,
    /// Whether and how it is seen.
    pub state: CommentState,
    /// Shown direct replies.
    pub replies: i64,
    /// The revision of its page at which it last changed in any way.
    pub rev: Rev,
    /// The revision at which more than its tally last changed.
    pub text_rev: Rev,
}

/// The sums of the reactions to one comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many like it.
    pub likes: i64,
    /// How many dislike it.
    pub dislikes: i64,
}

/// What one user thinks of one comment; no reaction is `None` wherever one is optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reaction {
    /// For.
    Like,
    /// Against.
    Dislike,
}

/// Whether and how a comment is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentState {
    /// Everybody sees it.
    Shown,
    /// A tombstone: no text, no author.
    Deleted,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sort {
    /// Last posted first.
    Newest,
    /// First posted first.
    Oldest,
    /// By [`top_rank`](super::top_rank), highest first.
    Top,
    /// By [`controversial_rank`](super::controversial_rank), highest first.
    Controversial,
}
