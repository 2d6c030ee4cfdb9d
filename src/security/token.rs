//! What a session signs in with instead of a password.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::error::Fault;

/// What a token starts with, so that one in the wrong place (a paste, a repository) is recognised.
const PREFIX: &str = "otk_";

/// A secret of 256 random bits, as text: `otk_` and 43 characters of base64url. It never shows itself in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// All that is kept of a token: the SHA-256 of its text. Who steals it cannot sign in with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl Token {
    /// A fresh one.
    ///
    /// # Errors
    /// The machine has no randomness to give.
    pub fn generate() -> Result<Self, Fault> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Fault::new("drawing a token", error))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// The token that `text` is, if it could be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|encoded| encoded.len() == 43)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(&self.0).into())
    }

    /// Its text, for its owner alone.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_from_anything_else() {
        let token = Token::generate().unwrap();
        let text = token.expose();
        assert_eq!(Token::parse(text), Some(token.clone()));
        assert_ne!(Token::generate().unwrap(), token);
        let short = text.strip_suffix(|_: char| true).unwrap();
        let other = text.replace("otk_", "otk-");
        // The last character holds 4 bits; what sets the other two is another spelling of the same bytes.
        let respelt = format!("{}B", "otk_".to_owned() + &"A".repeat(42));
        for odd in [
            "",
            "otk_",
            short,
            &other,
            &format!("{text}A"),
            &format!("{short}="),
            &format!("{short}é"),
            &respelt,
        ] {
            assert_eq!(Token::parse(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_token_hides_itself_but_for_its_digest() {
        let token = Token::parse(&format!("otk_{}", "A".repeat(43))).unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert_eq!(URL_SAFE_NO_PAD.encode(token.digest().0), "06Bpky4LyGWwBZ-3qVPNL6SaQV6GRFvC3i8FigxaDJo");
    }
}
