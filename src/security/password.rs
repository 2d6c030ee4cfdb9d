//! Passwords: how one is kept, checked, and when a new one is too easy to guess.
//!
//! Kept is `otklik-v1` and then bcrypt's own text over a keyed pre-hash of the password: base64 of its HMAC-SHA-384,
//! 64 ASCII bytes. Bare bcrypt cuts at 72 bytes and takes `"a"` for `"a\0a"`; and with the key, a hash that leaked
//! elsewhere cannot be tried here. The scheme and the cost stand in the text, so that both can change.

use std::sync::{Arc, OnceLock};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha384;
use unicode_normalization::UnicodeNormalization as _;

use super::token::Token;
use crate::domain::fold;
use crate::error::{Code, Fault, Refusal};

/// The longest password, in bytes.
pub const PASSWORD_BYTES_MAX: usize = 1_024;

/// What a stored password starts with.
const SCHEME: &str = "otklik-v1";

/// Keeps apart this use of the password from every other one; it is no secret.
const PRE_HASH_KEY: &[u8] = b"otklik password v1";

/// Words that many passwords are made of, one a line, in lower case.
const COMMON: &str = include_str!("common_passwords.txt");

/// A password in the form to be kept, at bcrypt's `cost` (4 to 31; each step doubles the time: 12 takes about 0.2 s).
///
/// # Errors
/// A cost out of bounds; the machine has no randomness to give.
pub fn hash(password: &str, cost: u32) -> Result<String, Fault> {
    let failed = |error| Fault::new("hashing a password", error);
    let text = bcrypt::non_truncating_hash(pre_hash(password)?, cost).map_err(failed)?;
    Ok(format!("{SCHEME}{text}"))
}

/// Whether `password` is the one that was kept as `stored`; it takes as long as the hashing did.
///
/// # Errors
/// `stored` is not of a known form. It is found out in no time, so what is not to be told needs a [`Dummy`].
pub fn verify(password: &str, stored: &str) -> Result<bool, Fault> {
    const DOING: &str = "reading a stored password";
    let text = stored.strip_prefix(SCHEME).ok_or_else(|| Fault::new(DOING, "its scheme is not known"))?;
    bcrypt::non_truncating_verify(pre_hash(password)?, text).map_err(|error| Fault::new(DOING, error))
}

/// The cost at which `stored` was made; `None` where its form is not known. A password whose cost is not the
/// configured one is best hashed again when it is next verified: its time tells it from the others.
#[must_use]
pub fn cost(stored: &str) -> Option<u32> {
    let parts: bcrypt::HashParts = stored.strip_prefix(SCHEME)?.parse().ok()?;
    Some(parts.get_cost())
}

/// 64 ASCII bytes: what bcrypt works on.
fn pre_hash(password: &str) -> Result<String, Fault> {
    let keyed = Hmac::<Sha384>::new_from_slice(PRE_HASH_KEY);
    let mut hmac = keyed.map_err(|error| Fault::new("hashing a password", error))?;
    hmac.update(password.nfc().collect::<String>().as_bytes());
    Ok(STANDARD.encode(hmac.finalize().into_bytes()))
}

/// What is verified for a name that nobody has, so that it takes as long as for a name that somebody has.
#[derive(Debug, Clone)]
pub struct Dummy(Arc<OnceLock<Result<String, String>>>, u32);

impl Dummy {
    /// Begins to hash a password that nobody knows, at the cost that real ones have; the service need not wait for it
    /// to start.
    #[must_use]
    pub fn start(cost: u32) -> Self {
        let dummy = Self(Arc::new(OnceLock::new()), cost);
        let begun = dummy.clone();
        // A machine that has no thread to give hashes it when it is first asked for.
        drop(thread::Builder::new().name("dummy".to_owned()).spawn(move || drop(begun.stored())));
        dummy
    }

    /// To be verified in place of a stored password; it never fits. Waits until it is there.
    ///
    /// # Errors
    /// As for [`hash`].
    pub fn stored(&self) -> Result<String, Fault> {
        let make = || {
            Token::generate()
                .and_then(|token| hash(token.expose(), self.1))
                .map_err(|fault| fault.to_string())
        };
        self.0.get_or_init(make).clone().map_err(|cause| Fault::new("hashing the dummy password", cause))
    }
}

/// Checks that a password is not too long to work on; `member` is the query's member that a refusal names.
///
/// # Errors
/// [`Code::PasswordTooLong`] over [`PASSWORD_BYTES_MAX`].
pub fn check_length(password: &str, member: &'static str) -> Result<(), Refusal> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(Refusal::member(Code::PasswordTooLong, member, Code::PasswordTooLong.sentence()));
    }
    Ok(())
}

/// Checks a password that somebody wants to have from now on. `username_folded` is their name as
/// [`fold`] makes it, `chars_min` the shortest password, and `member` the query's member that a refusal names.
///
/// # Errors
/// [`Code::PasswordTooLong`] over [`PASSWORD_BYTES_MAX`]; [`Code::WeakPassword`] for one that is too short, that is
/// a common word, a run or a repetition, also with a few digits or signs after it, or the user's own name.
pub fn check_new(
    password: &str,
    username_folded: &str,
    chars_min: usize,
    member: &'static str,
) -> Result<(), Refusal> {
    check_length(password, member)?;
    let weak = |message: String| Err(Refusal::member(Code::WeakPassword, member, message));
    let password: String = password.nfc().collect();
    if password.chars().count() < chars_min {
        return weak(format!("A password has at least {chars_min} characters."));
    }
    if stems(&password).any(|stem| is_name(stem, username_folded)) {
        return weak("A password must not be made of the user's name.".to_owned());
    }
    // 1234567890 has 10 digits; more than that was not added to get past a rule.
    let lower = password.to_lowercase();
    if stems(&lower).take(11).any(|stem| is_common(stem) || is_pattern(stem)) {
        return weak(
            "This password is among the first that are tried; please choose another one.".to_owned(),
        );
    }
    Ok(())
}

/// The password, and what is left of it without its last, last two, … digits and signs.
fn stems(password: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(password), |stem| {
        stem.strip_suffix(|last: char| last.is_numeric() || last.is_ascii_punctuation())
    })
}

fn is_name(stem: &str, username_folded: &str) -> bool {
    // A name has 32 characters; a skeleton of it can be longer, but nothing this long is one.
    const BYTES_MAX: usize = 512;
    stem.len() <= BYTES_MAX && fold(stem) == username_folded
}

fn is_common(stem: &str) -> bool {
    COMMON.lines().any(|word| word == stem)
}

/// A unit of at most four characters over and over, or characters that follow each other up or down.
fn is_pattern(stem: &str) -> bool {
    const CHARS_MIN: usize = 6;
    let chars: Vec<char> = stem.chars().collect();
    let repeats = |unit: usize| chars.iter().zip(chars.iter().skip(unit)).all(|(a, b)| a == b);
    let runs = |follows: fn(char, char) -> bool| {
        chars.iter().zip(chars.iter().skip(1)).all(|(a, b)| follows(*a, *b))
    };
    chars.len() >= CHARS_MIN
        && ((1..=4_usize).any(|unit| chars.len() >= unit.saturating_mul(2) && repeats(unit))
            || runs(comes_after)
            || runs(|a, b| comes_after(b, a)))
}

/// Whether `next` comes right after `c`: in the alphabet, or among the digits, where 0 follows 9.
fn comes_after(c: char, next: char) -> bool {
    u32::from(c).checked_add(1) == Some(u32::from(next)) || (c, next) == ('9', '0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_taken_for_it() {
        let stored = hash("Grüße aus Łódź", 4).unwrap();
        assert!(stored.starts_with("otklik-v1$2b$04$"), "{stored}");
        assert_eq!(cost(&stored), Some(4));
        assert!(verify("Grüße aus Łódź", &stored).unwrap());
        assert!(verify("Gru\u{308}ße aus Łódź", &stored).unwrap(), "decomposed");
        assert!(!verify("grüße aus Łódź", &stored).unwrap());
        assert_ne!(hash("Grüße aus Łódź", 4).unwrap(), stored, "salted");
    }

    #[test]
    fn none_of_bcrypts_traps_is_left() {
        let long = "x".repeat(100);
        let stored = hash(&long, 4).unwrap();
        assert!(verify(&long, &stored).unwrap());
        assert!(!verify(&"x".repeat(99), &stored).unwrap(), "not cut at 72 bytes");
        assert!(!verify("a\0a", &hash("a", 4).unwrap()).unwrap(), "not read over and over");
    }

    /// Kept passwords outlive every version: the pre-hash must never change.
    #[test]
    fn the_kept_form_is_fixed() {
        assert_eq!(
            pre_hash("correct horse").unwrap(),
            "FLadwv+rLPfslcry6y41oh71hzaBA5vCceawYEFQ8SBjOR/McLUCdaDNIo27tgmY"
        );
    }

    #[test]
    fn what_was_not_kept_here_is_a_fault() {
        let stored = hash("a", 4).unwrap();
        let cut = stored.strip_suffix(|_: char| true).unwrap();
        let dear = stored.replace("$04$", "$99$");
        for odd in
            ["", "a", "otklik-v1", "otklik-v2$2b$04$", stored.strip_prefix(SCHEME).unwrap(), cut, &dear]
        {
            assert!(verify("a", odd).is_err(), "{odd}");
        }
        assert_eq!((cost(""), cost(cut)), (None, None));
        assert!(hash("a", 3).is_err());
    }

    #[test]
    fn the_dummy_costs_what_a_password_costs() {
        let dummy = Dummy::start(5);
        assert_eq!(cost(&dummy.stored().unwrap()), Some(5));
        assert!(!verify("", &dummy.stored().unwrap()).unwrap());
    }

    fn code(password: &str) -> Option<Code> {
        check_new(password, &fold("Alice.7"), 10, "new_password").err().map(|refusal| {
            assert_eq!(refusal.member, Some("new_password"));
            refusal.code
        })
    }

    #[test]
    fn good_passwords_are_taken() {
        for good in [
            "correct horse battery",
            "Tr0ub4dor&3x",
            "пароль-из-слов-и-ветра",
            "abcdefgh-and-on",
            "alice.7 likes tea",
            "qwertyuiop 8231 lamp",
            "abababzabab",
            "1029384756x",
        ] {
            assert_eq!(code(good), None, "{good}");
        }
    }

    #[test]
    fn short_and_long_are_told_apart() {
        assert_eq!(code("ninechar!"), Some(Code::WeakPassword));
        assert_eq!(code("äöüäöüxyz"), Some(Code::WeakPassword), "nine characters in 15 bytes");
        assert_eq!(code("äöüßäöüxyz"), None);
        let most = "ab3-x7yz".repeat(1_024 / 8);
        assert_eq!(code(&most), None);
        assert_eq!(code(&format!("{most}y")), Some(Code::PasswordTooLong));
    }

    #[test]
    fn what_is_tried_first_is_refused() {
        for weak in [
            "password2024",
            "password1234567890",
            "Password12!",
            "QwertyUiop",
            "1q2w3e4r5t",
            "1qaz2wsx3edc",
            "aaaaaaaaaa",
            "AaAaAaAaAa",
            "ababababab",
            "abcabcabcab",
            "1234123412",
            "1234567890",
            "0987654321",
            "0123456789012",
            "abcdefghij",
            "abcdefghij!1",
            "zyxwvutsrqp",
            "абвгдежзий",
        ] {
            assert_eq!(code(weak), Some(Code::WeakPassword), "{weak}");
        }
    }

    #[test]
    fn the_own_name_is_refused() {
        for weak in ["alice.7777", "ALICE.7890!", "\u{430}lice.7123", "Alice.7-2024-01-01"] {
            assert_eq!(code(weak), Some(Code::WeakPassword), "{weak}");
        }
        let of = |password, name: &str| check_new(password, &fold(name), 10, "password").is_err();
        assert!(of("Anna Karenina", "anna karenina"));
        assert!(of("maria_lopez99", "maria_lopez"));
        assert!(!of("maria_lopez99", "maria"));
    }

    #[test]
    fn the_list_is_fit_to_be_compared_with() {
        let words: Vec<&str> = COMMON.lines().collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(words, sorted, "sorted, each word once");
        for word in words {
            assert!(word.len() >= 5 && *word == word.to_lowercase() && word.trim() == word, "{word:?}");
            assert!(!is_pattern(word), "{word} is refused by a rule");
        }
    }
}
