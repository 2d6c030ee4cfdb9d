//! The comment record, and the small forms that it shares with other answers.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::json::Object;
use crate::clock::UnixMs;
use crate::domain::{Comment, CommentState, Reaction};

/// Appends a comment's record. `mine` is the reader's own reaction where the answer is for a signed-in user, and
/// `None` in pushes, which are the same bytes for everybody.
pub fn write_record(out: &mut String, comment: &Comment, mine: Option<Option<Reaction>>) {
    let shown = (comment.state == CommentState::Shown).then_some(comment);
    let img = shown.map(|shown| img_or_generated(shown.img.as_deref(), &shown.username));
    let mut record = Object::open(out);
    record
        .member("comment_id", comment.id.0)
        .member("parent", comment.parent.map(|parent| parent.0))
        .member("user_id", shown.map(|shown| shown.author.0))
        .member("username", shown.map(|shown| shown.username.as_str()))
        .member("img", img)
        .member("comment", shown.map_or("", |shown| shown.text.as_str()))
        .member("like", comment.tally.likes)
        .member("dislike", comment.tally.dislikes)
        .member("date", date(comment.created_at_ms))
        .member("edited", comment.edited_at_ms.map(date))
        .member("state", if shown.is_some() { "shown" } else { "deleted" })
        .member("replies", comment.replies)
        .member("rev", comment.rev.0);
    if let Some(mine) = mine {
        record.member("mine", mine.map(|mine| reaction_name(Some(mine))));
    }
    record.close();
}

/// A moment as the wire writes it: RFC 3339, UTC, milliseconds.
#[must_use]
pub fn date(at_ms: UnixMs) -> String {
    Timestamp::from_millisecond(at_ms).map_or_else(|_| String::new(), |at| format!("{at:.3}"))
}

/// A reaction's name in queries, answers and pushes.
#[must_use]
pub fn reaction_name(reaction: Option<Reaction>) -> &'static str {
    match reaction {
        Some(Reaction::Like) => "like",
        Some(Reaction::Dislike) => "dislike",
        None => "none",
    }
}

/// The picture to show: the chosen one, or the path of the one generated from the name.
#[must_use]
pub fn img_or_generated(img: Option<&str>, username: &str) -> String {
    img.map_or_else(|| format!("/img/{}.svg", path_segment(username)), str::to_owned)
}

/// Percent-encodes all but the unreserved characters of RFC 3986, section 2.3.
fn path_segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            write!(segment, "%{byte:02X}").unwrap_or_default();
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_rfc_3339_with_milliseconds() {
        assert_eq!(date(1_795_426_200_123), "2026-11-23T09:30:00.123Z");
        assert_eq!(date(0), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn generated_pictures_have_safe_paths() {
        assert_eq!(img_or_generated(None, "alice"), "/img/alice.svg");
        assert_eq!(img_or_generated(None, "a b/é"), "/img/a%20b%2F%C3%A9.svg");
        assert_eq!(img_or_generated(Some("https://a.example/x"), "a"), "https://a.example/x");
    }
}
