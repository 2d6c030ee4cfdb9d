//! Text from outside, checked once.

use url::Url;

use crate::error::{Code, Refusal};

/// A comment's text: trimmed, not empty, newlines and tabs its only control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommentText(String);

impl CommentText {
    /// Trims and checks a text of at most `bytes_max` bytes; `\r\n` counts as the newline it is.
    ///
    /// # Errors
    /// [`Code::EmptyComment`], [`Code::CommentTooLong`], [`Code::InvalidComment`].
    pub fn parse(text: &str, bytes_max: usize) -> Result<Self, Refusal> {
        let text = text.replace("\r\n", "\n");
        let text = text.trim();
        if text.is_empty() {
            return Err(Refusal::member(Code::EmptyComment, "comment", Code::EmptyComment.sentence()));
        }
        if text.len() > bytes_max {
            let message = format!("The comment has {} bytes; at most {bytes_max} are taken.", text.len());
            return Err(Refusal::member(Code::CommentTooLong, "comment", message));
        }
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            return Err(Refusal::member(Code::InvalidComment, "comment", Code::InvalidComment.sentence()));
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a client calls one attempt to post, so that trying again is safe: 1 to 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Checks a key.
    ///
    /// # Errors
    /// [`Code::BadQuery`] outside 1 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if (1..=64).contains(&text.len()) {
            return Ok(Self(text.to_owned()));
        }
        Err(Refusal::member(Code::BadQuery, "key", "'key' takes 1 to 64 bytes."))
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A picture that a user chose: an absolute http or https address of at most 2,048 bytes, in the form a browser
/// makes of it. The server never opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Img(String);

impl Img {
    /// The longest address, in bytes.
    pub const BYTES_MAX: usize = 2_048;

    /// Checks an address.
    ///
    /// # Errors
    /// [`Code::InvalidImg`] for anything that is not a plain http or https address.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::member(Code::InvalidImg, "img", Code::InvalidImg.sentence());
        if text.len() > Self::BYTES_MAX || text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refused());
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let url =
            url.filter(|url| url.username().is_empty() && url.password().is_none()).ok_or_else(refused)?;
        let normal = String::from(url);
        if normal.len() > Self::BYTES_MAX { Err(refused()) } else { Ok(Self(normal)) }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_is_trimmed_and_bounded() {
        let text = CommentText::parse(" a\r\nb\tc \n", 10).unwrap();
        assert_eq!(text.as_str(), "a\nb\tc");
        let code = |text: &str| CommentText::parse(text, 10).unwrap_err().code;
        assert_eq!(code(" \n\t "), Code::EmptyComment);
        assert_eq!(code("0123456789a"), Code::CommentTooLong);
        assert_eq!(code("a\u{0}b"), Code::InvalidComment);
        assert_eq!(code("a\u{85}b"), Code::InvalidComment);
        assert!(CommentText::parse("0123456789", 10).is_ok());
    }

    #[test]
    fn only_plain_web_addresses_are_pictures() {
        assert_eq!(Img::parse("https://a.example/b.png").unwrap().as_str(), "https://a.example/b.png");
        for odd in [
            "javascript:alert(1)",
            "data:image/svg+xml,x",
            "//a.example/b",
            "/img/a.svg",
            "",
            "https://u:p@a/",
            "java\nscript:x",
        ] {
            assert_eq!(Img::parse(odd).unwrap_err().code, Code::InvalidImg, "{odd}");
        }
        assert!(Img::parse(&format!("https://a.example/{}", "x".repeat(2_048))).is_err());
    }
}
