//! Names of users: what one may be, and when two are the same.

use precis_core::profile::Profile;
use precis_profiles::UsernameCasePreserved;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};
use unicode_security::confusable_detection::skeleton;

use crate::error::{Code, Refusal};

/// A user's name: 1 to 32 characters, words of letters, marks, digits, `.`, `_` and `-` with single spaces between,
/// each word as RFC 8265 (`UsernameCasePreserved`) makes it: no control, bidi, invisible or compatibility characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// The longest name, in characters.
    pub const CHARS_MAX: usize = 32;

    /// Checks a name and puts it into its stored form.
    ///
    /// # Errors
    /// [`Code::InvalidUsername`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refused = || Refusal::member(Code::InvalidUsername, "username", Code::InvalidUsername.sentence());
        // A character takes at most four bytes, and normalizing at most trebles their number (UAX 15): what is longer
        // than this cannot come out at 32 characters, and is not worth the work.
        if text.len() > Self::CHARS_MAX * 4 * 3 {
            return Err(refused());
        }
        let profile = UsernameCasePreserved::new();
        let words: Option<Vec<_>> = text.split(' ').map(|word| profile.enforce(word).ok()).collect();
        let name = words.ok_or_else(refused)?.join(" ");
        let fits = (1..=Self::CHARS_MAX).contains(&name.chars().count());
        let starts_well = !name.starts_with(is_mark);
        let plain =
            name.chars().all(|c| is_mark(c) || is_letter_or_digit(c) || matches!(c, '.' | '_' | '-' | ' '));
        let more_than_dots = name.chars().any(|c| c != '.');
        if fits && starts_well && plain && more_than_dots { Ok(Self(name)) } else { Err(refused()) }
    }

    /// The name as it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two names that are one have in common: the UTS 39 skeleton of the case-folded NFKC form.
    #[must_use]
    pub fn skeleton(&self) -> String {
        fold(&self.0)
    }
}

/// The same for any text, whether it could be a name or not: what sign-in failures are counted by.
#[must_use]
pub fn fold(text: &str) -> String {
    // Upper case and back is full case folding but for a few letters that NFKC then unites (ſ, ς, ß).
    let folded: String =
        text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    skeleton(&folded).collect()
}

fn is_mark(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Mark
}

fn is_letter_or_digit(c: char) -> bool {
    c.general_category_group() == GeneralCategoryGroup::Letter
        || c.general_category() == GeneralCategory::DecimalNumber
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_scripts_are_names() {
        for good in [
            "alice",
            "ALICE",
            "Анна Каренина",
            "李小龙",
            "محمد",
            "o.neil_9-x",
            "José",
            "__proto__",
            "constructor",
            "नमस्ते",
            "-",
        ] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_hides_or_misleads_is_no_name() {
        let long = "x".repeat(33);
        for odd in [
            "",
            " ",
            " a",
            "a ",
            "a  b",
            ".",
            "...",
            "a\u{0}",
            "a\u{202e}b",
            "a\u{200b}b",
            "a\u{ad}b",
            "a\tb",
            "a/b",
            "a@b",
            "😀",
            "\u{3164}",
            "\u{301}a",
            "a\u{fe0f}",
            "a\u{200d}b",
            &long,
        ] {
            assert_eq!(Username::parse(odd).unwrap_err().code, Code::InvalidUsername, "{odd:?}");
        }
        assert!(Username::parse(&"ж".repeat(32)).is_ok());
    }

    #[test]
    fn names_that_look_alike_are_one() {
        let skeleton = |name: &str| Username::parse(name).unwrap().skeleton();
        assert_eq!(skeleton("ALICE"), skeleton("alice"));
        assert_eq!(skeleton("alice"), skeleton("\u{430}lic\u{435}"), "Cyrillic а and е");
        assert_eq!(skeleton("straße"), skeleton("STRASSE"));
        assert_eq!(skeleton("ａlice"), skeleton("alice"), "full width");
        assert_ne!(skeleton("alice"), skeleton("alise"));
    }
}
