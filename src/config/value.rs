//! How a value is read from the file or from the environment, and what is said of one that does not fit.

use std::net::SocketAddr;
use std::ops::{Range, RangeInclusive};
use std::path::PathBuf;

use toml::Spanned;
use toml::de::DeValue;

use super::choice::{Checkpoint, LogFormat, SignUp};
use super::network::Network;
use super::origin::{AllowedOrigin, Origin};

/// A value as it was given.
pub(super) enum Given<'v> {
    /// In the file.
    File(&'v Spanned<DeValue<'v>>),
    /// In the environment.
    Variable(&'v str),
}

/// The parts of a list that do not fit, as bytes of the file; empty where the value as a whole does not.
#[derive(Debug, Default)]
pub(super) struct Misfit(pub(super) Vec<Range<usize>>);

/// A type that a key may have.
pub(super) trait Setting: Sized {
    /// What restricts the values of one key.
    type Bounds;

    /// What a key with these bounds takes, to follow "it takes".
    fn takes(bounds: &Self::Bounds) -> String;

    /// The value, where it fits.
    fn read(given: &Given<'_>, bounds: &Self::Bounds) -> Result<Self, Misfit>;

    /// The value as it would be written in the file.
    fn show(&self) -> String;
}

/// One key of the section `S`.
pub(super) struct Key<S> {
    pub(super) name: &'static str,
    pub(super) takes: fn() -> String,
    pub(super) set: fn(&mut S, &Given<'_>) -> Result<(), Misfit>,
    pub(super) show: fn(&S) -> String,
    /// Takes the other one's value over.
    pub(super) copy: fn(&mut S, &S),
}

/// A closed or checked form of text.
pub(super) trait Word: Sized {
    /// What it takes.
    const TAKES: &'static str;

    /// The value of that text.
    fn parse(text: &str) -> Option<Self>;

    /// The text of that value.
    fn text(&self) -> String;
}

impl Given<'_> {
    fn text(&self) -> Option<&str> {
        match self {
            Self::File(value) => value.get_ref().as_str(),
            Self::Variable(text) => Some(text),
        }
    }

    fn integer(&self) -> Option<u64> {
        match self {
            Self::File(value) => {
                let integer = value.get_ref().as_integer()?;
                u64::from_str_radix(integer.as_str(), integer.radix()).ok()
            }
            Self::Variable(text) => text.trim().parse().ok(),
        }
    }
}

/// Integers within a range.
macro_rules! integers {
    ($($integer:ty),+) => {$(
        impl Setting for $integer {
            type Bounds = RangeInclusive<$integer>;

            fn takes(bounds: &Self::Bounds) -> String {
                format!("{} to {}", bounds.start(), bounds.end())
            }

            fn read(given: &Given<'_>, bounds: &Self::Bounds) -> Result<Self, Misfit> {
                let integer = given.integer().and_then(|integer| Self::try_from(integer).ok());
                integer.filter(|integer| bounds.contains(integer)).ok_or_else(Misfit::default)
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+};
}

integers!(u32, usize);

/// What is read as a word.
macro_rules! words {
    ($($word:ty),+) => {$(
        impl Setting for $word {
            type Bounds = ();

            fn takes((): &Self::Bounds) -> String {
                Self::TAKES.to_owned()
            }

            fn read(given: &Given<'_>, (): &Self::Bounds) -> Result<Self, Misfit> {
                given.text().and_then(Word::parse).ok_or_else(Misfit::default)
            }

            fn show(&self) -> String {
                quoted(self)
            }
        }
    )+};
}

words!(SocketAddr, PathBuf, Option<PathBuf>, String, Option<Origin>, SignUp, Checkpoint, LogFormat);

/// A list of words, in the environment with commas between them or as in the file.
impl<W: Word> Setting for Vec<W> {
    type Bounds = ();

    fn takes((): &Self::Bounds) -> String {
        format!("a list, each of it {}", W::TAKES)
    }

    fn read(given: &Given<'_>, (): &Self::Bounds) -> Result<Self, Misfit> {
        match given {
            Given::File(value) => read_array(value.get_ref()),
            Given::Variable(text) if text.trim_start().starts_with('[') => {
                // Its parts have no place in a file.
                let array = DeValue::parse(text.trim()).ok();
                array.and_then(|array| read_array(array.get_ref()).ok()).ok_or_else(Misfit::default)
            }
            Given::Variable(text) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                items.map(W::parse).collect::<Option<_>>().ok_or_else(Misfit::default)
            }
        }
    }

    fn show(&self) -> String {
        format!("[{}]", self.iter().map(quoted).collect::<Vec<_>>().join(", "))
    }
}

fn quoted(word: &impl Word) -> String {
    format!("\"{}\"", word.text())
}

fn read_array<W: Word>(value: &DeValue<'_>) -> Result<Vec<W>, Misfit> {
    let (mut words, mut misfits) = (Vec::new(), Vec::new());
    for item in value.as_array().ok_or_else(Misfit::default)? {
        match item.get_ref().as_str().and_then(W::parse) {
            Some(word) => words.push(word),
            None => misfits.push(item.span()),
        }
    }
    if misfits.is_empty() { Ok(words) } else { Err(Misfit(misfits)) }
}

impl Word for SocketAddr {
    const TAKES: &'static str = "an IP address and a port, as in \"127.0.0.1:5678\" or \"[::]:80\"";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

impl Word for PathBuf {
    const TAKES: &'static str = "the path of a file";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('\0')).then(|| text.into())
    }

    fn text(&self) -> String {
        self.display().to_string()
    }
}

impl Word for Option<PathBuf> {
    const TAKES: &'static str = "\"\" or the path of a file";

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { <PathBuf as Word>::parse(text).map(Some) }
    }

    fn text(&self) -> String {
        self.as_ref().map_or_else(String::new, Word::text)
    }
}

/// The one key of free text is the log's filter, as `env_logger` reads it. It would take a misspelt level for a
/// module's name and fall silent, so a name needs its `=level` here.
impl Word for String {
    const TAKES: &'static str = "a level (off, error, warn, info, debug, trace) and after commas module=level, as in \"info,otklik=debug\"";

    fn parse(text: &str) -> Option<Self> {
        let is_level = |level: &str| level.trim().parse::<log::LevelFilter>().is_ok();
        let fits = |directive: &str| match directive.split_once('=') {
            Some((module, level)) => !module.trim().is_empty() && is_level(level),
            None => is_level(directive),
        };
        text.split(',').all(fits).then(|| text.to_owned())
    }

    fn text(&self) -> String {
        self.clone()
    }
}

impl Word for Option<Origin> {
    const TAKES: &'static str =
        "\"\" or an http or https URL without a path, as in \"https://comments.example\"";

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { Origin::parse(text).map(Some) }
    }

    fn text(&self) -> String {
        self.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

impl Word for AllowedOrigin {
    const TAKES: &'static str =
        "\"*\" or an http or https URL without a path, as in \"https://blog.example\"";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn text(&self) -> String {
        match self {
            Self::Any => "*".to_owned(),
            Self::One(origin) => origin.to_string(),
        }
    }
}

impl Word for Network {
    const TAKES: &'static str = "an IP address or a network, as in \"10.0.0.0/8\"";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }

    fn text(&self) -> String {
        self.to_string()
    }
}

/// Enums that are written as one of a few words.
macro_rules! choices {
    ($($choice:ty { $takes:literal $($variant:ident $name:literal),+ })+) => {$(
        impl Word for $choice {
            const TAKES: &'static str = $takes;

            fn parse(text: &str) -> Option<Self> {
                match text { $($name => Some(Self::$variant),)+ _ => None }
            }

            fn text(&self) -> String {
                match self { $(Self::$variant => $name,)+ }.to_owned()
            }
        }
    )+};
}

choices! {
    Checkpoint { "\"own\" or \"outside\"" Own "own", Outside "outside" }
    SignUp { "\"open\" or \"closed\"" Open "open", Closed "closed" }
    LogFormat { "\"text\" or \"json\"" Text "text", Json "json" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_with_a_slip_is_refused() {
        for good in ["info", "off", "info,otklik=debug", "warn, actix_server=error", "otklik::actor=trace"] {
            assert!(<String as Word>::parse(good).is_some(), "{good}");
        }
        for odd in ["", "inof", "info,", "otklik", "otklik=loud", "=info"] {
            assert!(<String as Word>::parse(odd).is_none(), "{odd}");
        }
    }
}
