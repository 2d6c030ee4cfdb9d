//! Where a list ended, as text that means something to the server alone.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::domain::{CommentId, Sort};
use crate::error::{Code, Refusal};

/// The last comment of a list: the next one begins behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// The order it is of.
    pub sort: Sort,
    /// The last comment's rank in that order; 0 where the order is by number.
    pub rank: i64,
    /// The last comment.
    pub comment_id: CommentId,
}

impl Cursor {
    /// Reads a cursor that an earlier list of the same order ended with.
    ///
    /// # Errors
    /// [`Code::BadQuery`] for anything else.
    pub fn parse(text: &str, sort: Sort) -> Result<Self, Refusal> {
        let fault =
            || Refusal::member(Code::BadQuery, "cursor", "'cursor' is not one that this list ended with.");
        // Two numbers of 20 characters at most, a letter and two dots, by four thirds.
        if text.len() > 64 {
            return Err(fault());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().ok_or_else(fault)?;
        let text = std::str::from_utf8(&bytes).ok().ok_or_else(fault)?;
        let mut fields = text.split('.');
        let (letter, rank, id) = (fields.next(), fields.next(), fields.next());
        let number = |field: Option<&str>| field.and_then(|digits| digits.parse().ok()).ok_or_else(fault);
        if letter != Some(letter_of(sort)) || fields.next().is_some() {
            return Err(fault());
        }
        Ok(Self { sort, rank: number(rank)?, comment_id: CommentId(number(id)?) })
    }

    /// The text to hand out.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}.{}", letter_of(self.sort), self.rank, self.comment_id.0))
    }
}

fn letter_of(sort: Sort) -> &'static str {
    match sort {
        Sort::Newest => "n",
        Sort::Oldest => "o",
        Sort::Top => "t",
        Sort::Controversial => "c",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor { sort: Sort::Top, rank: i64::MAX, comment_id: CommentId(i64::MAX) };
        assert_eq!(Cursor::parse(&cursor.text(), Sort::Top), Ok(cursor));
        for odd in ["", "x", "bi4x", &cursor.text().repeat(2)] {
            assert_eq!(Cursor::parse(odd, Sort::Top).unwrap_err().member, Some("cursor"), "{odd}");
        }
        assert!(Cursor::parse(&cursor.text(), Sort::Newest).is_err());
    }
}
