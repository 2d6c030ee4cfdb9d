//! What a session is told unasked. Every function gives the ready frame: one encoding for every listener.

use bytes::Bytes;

use super::frame::text_frame;
use super::json::{Object, write};
use super::record::{reaction_name, write_record};
use crate::domain::{Comment, CommentId, PageKey, Reaction, Rev, Role, Tally};

/// One comment's part in an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// New, or changed in more than its tally.
    Comment(Box<Comment>),
    /// Its tally alone changed.
    Tally(CommentId, Tally, Rev),
}

impl Change {
    /// The comment.
    #[must_use]
    pub fn comment_id(&self) -> CommentId {
        match self {
            Self::Comment(comment) => comment.id,
            Self::Tally(id, ..) => *id,
        }
    }

    /// The revision that is not complete without it. For a comment that is the one at which its text last changed,
    /// not a later one of its tally: whoever stops between the two gets the tally anyway, but would miss the text.
    #[must_use]
    pub fn needed_at(&self) -> Rev {
        match self {
            Self::Comment(comment) => comment.text_rev,
            Self::Tally(.., rev) => *rev,
        }
    }
}

/// What the parts of one update have in common.
#[derive(Debug, Clone)]
pub struct Update {
    /// The page.
    pub page: PageKey,
    /// Every change after this revision is in it,
    pub from: Rev,
    /// up to this one.
    pub rev: Rev,
    /// What the listeners hold already: no part says less, though it may be complete for less.
    pub held: Rev,
    /// Shown comments at all depths.
    pub total: i64,
    /// Sessions subscribed to the page.
    pub viewers: u32,
}

/// One frame of an update.
#[derive(Debug, Clone)]
pub struct Part {
    /// What the peer must hold for the part to be of use.
    pub from: Rev,
    /// What the peer holds after it.
    pub rev: Rev,
    /// How many of the changes, in order, it and the parts before it hold.
    pub changes: usize,
    /// The frame.
    pub frame: Bytes,
}

/// The revision that is complete once everything before `next` was told, in a list ordered by
/// [`needed_at`](Change::needed_at): the one before what `next` is needed at.
#[must_use]
pub fn complete_before(next: Rev) -> Rev {
    Rev(next.0 - 1)
}

impl Update {
    /// Encodes `changes`, ordered by [`Change::needed_at`], in as many parts as `bytes_max` bytes of payload each
    /// take, and stops after `parts_max` parts.
    #[must_use]
    pub fn parts(&self, changes: &[Change], bytes_max: usize, parts_max: usize) -> Vec<Part> {
        // The envelope's share: the key (at most 512 bytes, each at most doubled by escapes) and the numbers.
        let budget = bytes_max.saturating_sub(1_536);
        let mut parts = Vec::new();
        let (mut from, mut rest, mut done) = (self.from, changes, 0);
        while parts.len() < parts_max {
            let mut arrays = Arrays::default();
            let taken = rest.iter().take_while(|change| arrays.push(change, budget)).count();
            rest = rest.get(taken..).unwrap_or_default();
            done += taken;
            let rev = rest.first().map_or(self.rev, |next| complete_before(next.needed_at()).max(from));
            parts.push(Part {
                from,
                rev,
                changes: done,
                frame: self.frame(from, rev.max(self.held), &arrays),
            });
            from = rev;
            if rest.is_empty() {
                break;
            }
        }
        parts
    }

    fn frame(&self, from: Rev, rev: Rev, arrays: &Arrays) -> Bytes {
        let mut out = String::with_capacity(arrays.comments.len() + arrays.tallies.len() + 256);
        let mut object = Object::open(&mut out);
        object
            .member("push", "update")
            .member("page", self.page.as_str())
            .member("from", from.0)
            .member("rev", rev.0);
        object
            .raw("comments", &format!("[{}]", arrays.comments))
            .raw("tallies", &format!("[{}]", arrays.tallies));
        object.member("total", self.total).member("viewers", self.viewers);
        object.close();
        text_frame(&out)
    }
}

#[derive(Default)]
struct Arrays {
    comments: String,
    tallies: String,
}

impl Arrays {
    /// Adds a change if it fits; the first always does.
    fn push(&mut self, change: &Change, budget: usize) -> bool {
        let (comments, tallies) = (self.comments.len(), self.tallies.len());
        let out = match change {
            Change::Comment(_) => &mut self.comments,
            Change::Tally(..) => &mut self.tallies,
        };
        if !out.is_empty() {
            out.push(',');
        }
        match change {
            Change::Comment(comment) => write_record(out, comment, None),
            Change::Tally(id, tally, rev) => write(out, &(id.0, tally.likes, tally.dislikes, rev.0)),
        }
        let fits = self.comments.len() + self.tallies.len() <= budget || comments + tallies == 0;
        if !fits {
            self.comments.truncate(comments);
            self.tallies.truncate(tallies);
        }
        fits
    }
}

/// The page went further than could be told: subscribe again.
#[must_use]
pub fn reset(page: &PageKey) -> Bytes {
    push("reset", |object| {
        object.member("page", page.as_str());
    })
}

/// How many sessions are subscribed to a page.
#[must_use]
pub fn viewers(page: &PageKey, viewers: u32) -> Bytes {
    push("viewers", |object| {
        object.member("page", page.as_str()).member("viewers", viewers);
    })
}

/// The user reacted in another session.
#[must_use]
pub fn reacted(page: &PageKey, comment_id: CommentId, reaction: Option<Reaction>) -> Bytes {
    push("reacted", |object| {
        object.member("page", page.as_str()).member("comment_id", comment_id.0);
        object.member("reaction", reaction_name(reaction));
    })
}

/// Why a session is a guest's again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedOutReason {
    /// The user signed out everywhere.
    Everywhere,
    /// The user's password changed.
    PasswordChanged,
    /// The token's time is over, or it was signed out elsewhere.
    Expired,
    /// The user was banned.
    Suspended,
    /// The user is no more.
    Deleted,
}

/// The session goes on as a guest.
#[must_use]
pub fn signed_out(reason: SignedOutReason) -> Bytes {
    let reason = match reason {
        SignedOutReason::Everywhere => "everywhere",
        SignedOutReason::PasswordChanged => "password_changed",
        SignedOutReason::Expired => "expired",
        SignedOutReason::Suspended => "suspended",
        SignedOutReason::Deleted => "deleted",
    };
    push("signedOut", |object| {
        object.member("reason", reason);
    })
}

/// The user has another role now.
#[must_use]
pub fn role(role: Role) -> Bytes {
    push("role", |object| {
        object.member("role", role.as_str());
    })
}

/// The server is about to stop: wait a random part of this and reconnect.
#[must_use]
pub fn drain(reconnect_in_ms: u64) -> Bytes {
    push("drain", |object| {
        object.member("reconnect_in_ms", reconnect_in_ms);
    })
}

/// A push of that name.
pub(super) fn push(name: &str, fill: impl FnOnce(&mut Object<'_>)) -> Bytes {
    let mut out = String::with_capacity(128);
    let mut object = Object::open(&mut out);
    object.member("push", name);
    fill(&mut object);
    object.close();
    text_frame(&out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{CommentState, UserId};

    fn update(from: i64, rev: i64) -> Update {
        Update {
            page: PageKey::parse("/a").unwrap(),
            from: Rev(from),
            rev: Rev(rev),
            held: Rev(from),
            total: 1,
            viewers: 2,
        }
    }

    fn comment(id: i64, text_rev: i64, rev: i64, bytes: usize) -> Change {
        Change::Comment(Box::new(Comment {
            id: CommentId(id),
            parent: None,
            author: UserId(1),
            username: "alice".into(),
            img: None,
            text: "x".repeat(bytes),
            tally: Tally::default(),
            created_at_ms: 0,
            edited_at_ms: None,
            state: CommentState::Shown,
            replies: 0,
            rev: Rev(rev),
            text_rev: Rev(text_rev),
        }))
    }

    #[test]
    fn a_small_update_is_one_part() {
        let tally = Change::Tally(CommentId(7), Tally { likes: 2, dislikes: 0 }, Rev(3));
        let parts = update(1, 3).parts(&[comment(1, 2, 2, 2), tally], 16_384, usize::MAX);
        assert_eq!(parts.len(), 1);
        let text = String::from_utf8_lossy(&parts[0].frame[4..]).into_owned();
        assert!(
            text.starts_with(r#"{"push":"update","page":"/a","from":1,"rev":3,"comments":[{"comment_id":1,"#),
            "{text}"
        );
        assert!(text.ends_with(r#""rev":2}],"tallies":[[7,2,0,3]],"total":1,"viewers":2}"#), "{text}");
    }

    #[test]
    fn a_part_claims_only_what_is_complete() {
        // Three of revision 5 and one of 6, each a part of its own.
        let changes = [
            comment(1, 5, 9, 1_000),
            comment(2, 5, 5, 1_000),
            comment(3, 5, 5, 1_000),
            comment(4, 6, 6, 1_000),
        ];
        let parts = update(3, 9).parts(&changes, 2_800, usize::MAX);
        let spans: Vec<_> = parts.iter().map(|part| (part.from.0, part.rev.0, part.changes)).collect();
        assert_eq!(spans, [(3, 4, 1), (4, 4, 2), (4, 5, 3), (5, 9, 4)]);
    }

    #[test]
    fn no_part_says_less_than_is_held() {
        let changes = [comment(1, 5, 9, 1_000), comment(2, 6, 6, 1_000)];
        let update = Update { held: Rev(7), ..update(3, 9) };
        let parts = update.parts(&changes, 2_800, usize::MAX);
        let said = |part: &Part| String::from_utf8_lossy(&part.frame[4..]).contains(r#""rev":7,"comments""#);
        assert_eq!((parts[0].rev, said(&parts[0])), (Rev(5), true));
    }

    #[test]
    fn an_empty_update_still_moves_the_revision() {
        let parts = update(3, 9).parts(&[], 2_800, 1);
        assert_eq!((parts.len(), parts[0].rev), (1, Rev(9)));
    }
}
