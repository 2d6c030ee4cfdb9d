//! What is wrong with a config, and where.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// One thing that is wrong with the config; as text it is one line for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigFault {
    /// Where it stands.
    pub place: Place,
    /// The key as `section.key`, or the section alone; empty where the text is no TOML or no file could be read.
    pub key: String,
    /// What is wrong, with the offending text and what would be right.
    pub message: String,
}

impl fmt::Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.place, self.message)
    }
}

impl Error for ConfigFault {}

/// Where a fault stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Nowhere: it is about no single place.
    None,
    /// In a file.
    File {
        /// The file's name as it was given.
        name: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
    },
    /// In an environment variable of this name.
    Variable(String),
}

impl Place {
    /// The place of the byte `offset` in `text`, the content of the file `name`.
    pub(super) fn in_file(name: &str, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line = before.matches('\n').count().saturating_add(1);
        let column = before.rsplit('\n').next().unwrap_or("").chars().count().saturating_add(1);
        Self::File { name: name.to_owned(), line, column }
    }

    /// Whether both stand in the same line of the same file.
    pub(super) fn shares_line(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File { name, line, .. }, Self::File { name: other_name, line: other_line, .. }) => {
                name == other_name && line == other_line
            }
            (Self::None | Self::Variable(_) | Self::File { .. }, _) => false,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::File { name, line, column } => write!(f, "{name}:{line}:{column}: "),
            Self::Variable(name) => write!(f, "{name}: "),
        }
    }
}

/// The text at `span`, in one line of at most 60 characters.
pub(super) fn excerpt(text: &str, span: &Range<usize>) -> String {
    const CHARS_MAX: usize = 60;
    let whole = text.get(span.clone()).unwrap_or("").trim();
    let mut short: String =
        whole.chars().map(|c| if c.is_control() { ' ' } else { c }).take(CHARS_MAX).collect();
    if whole.chars().nth(CHARS_MAX).is_some() {
        short.push('…');
    }
    short
}

/// The known name that `unknown` was probably meant to be: at most two slips away, and at least half of it right.
pub(super) fn nearest<'n>(unknown: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = known.map(|name| (slips(unknown, name), name)).min()?;
    (near.0 <= 2 && near.0.saturating_mul(2) <= unknown.chars().count()).then_some(near.1)
}

/// How many characters must be put in, left out or replaced to make `a` into `b`.
fn slips(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (index, from) in a.chars().enumerate() {
        let mut left = index.saturating_add(1);
        let mut next = vec![left];
        for ((&corner, &above), to) in row.iter().zip(row.iter().skip(1)).zip(b.chars()) {
            let replaced = corner.saturating_add(usize::from(from != to));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_from_one_and_in_characters() {
        let place = |offset| Place::in_file("c", "ä=1\nbü=2", offset).to_string();
        assert_eq!(place(0), "c:1:1: ");
        assert_eq!(place(3), "c:1:3: ");
        assert_eq!(place(5), "c:2:1: ");
        assert_eq!(place(9), "c:2:4: ");
    }

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        assert_eq!((slips("", "abc"), slips("kitten", "sitting"), slips("ab", "ab")), (3, 3, 0));
        let known = || ["ping_s", "silence_s", "bind"].into_iter();
        assert_eq!(nearest("pign_s", known()), Some("ping_s"));
        assert_eq!(nearest("silence", known()), Some("silence_s"));
        assert_eq!(nearest("port", known()), None);
        assert_eq!(nearest("xx", known()), None);
    }
}
