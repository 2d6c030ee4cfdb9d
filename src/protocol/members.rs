//! One message as an object's members, each with its own text, so that a fault can name its member.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::error::{Code, Refusal};

/// A query's `id` as the JSON it came in: an integer, or a string of at most 64 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Id(Box<str>);

impl Id {
    /// The JSON to echo.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

/// The members of one JSON object, none twice.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// Reads an object. Values are only skimmed for well-formedness, without recursion: depth costs nothing.
    pub(super) fn read(text: &'a str) -> Result<Self, Refusal> {
        serde_json::from_str(text).map_err(|cause| {
            let message = format!("The query is not one JSON object with each member once: {cause}.");
            Refusal { message: message.into(), ..Code::BadQuery.into() }
        })
    }

    /// A member that must be there.
    pub(super) fn required<T: Deserialize<'a>>(&self, name: &'static str, what: &str) -> Result<T, Refusal> {
        let raw =
            self.find(name).ok_or_else(|| fault(name, format!("'{name}' is missing; it takes {what}.")))?;
        serde_json::from_str(raw).ok().ok_or_else(|| fault(name, format!("'{name}' takes {what}.")))
    }

    /// A member that may be left out, or `null`.
    pub(super) fn optional<T: Deserialize<'a>>(
        &self,
        name: &'static str,
        what: &str,
    ) -> Result<Option<T>, Refusal> {
        match self.find(name) {
            None | Some("null") => Ok(None),
            Some(_) => self.required(name, what).map(Some),
        }
    }

    /// A member that may be left out, or `null`, and is a whole number within bounds.
    pub(super) fn bounded(&self, name: &'static str, least: u32, most: u32) -> Result<Option<u32>, Refusal> {
        let what = format!("a whole number from {least} to {most}");
        let number: Option<u32> = self.optional(name, &what)?;
        match number {
            Some(outside) if outside < least || outside > most => {
                Err(fault(name, format!("'{name}' takes {what}.")))
            }
            good => Ok(good),
        }
    }

    /// A member that must be there, though it may be `null`.
    pub(super) fn nullable<T: Deserialize<'a>>(
        &self,
        name: &'static str,
        what: &str,
    ) -> Result<Option<T>, Refusal> {
        match self.find(name) {
            None => Err(fault(name, format!("'{name}' is missing; it takes {what}."))),
            Some(_) => self.optional(name, what),
        }
    }

    /// The `id` to echo.
    pub(super) fn id(&self) -> Result<Option<Id>, Refusal> {
        let what = "an integer, or a string of at most 64 bytes";
        let Some(raw) = self.find("id") else { return Ok(None) };
        let digits = raw.strip_prefix('-').unwrap_or(raw);
        let integer = digits.len() <= 20 && digits.bytes().all(|digit| digit.is_ascii_digit());
        let short = serde_json::from_str::<Cow<'_, str>>(raw).is_ok_and(|text| text.len() <= 64);
        match raw {
            "null" => Ok(None),
            _ if integer || short => Ok(Some(Id(raw.into()))),
            _ => Err(fault("id", format!("'id' takes {what}."))),
        }
    }

    fn find(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, raw)| raw.get())
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Each)
    }
}

struct Each;

impl<'de> Visitor<'de> for Each {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        // More members than any query has, and few enough that looking for twins stays cheap.
        const MEMBERS_MAX: usize = 64;
        let mut members: Vec<(Cow<'de, str>, &'de RawValue)> = Vec::with_capacity(8);
        while let Some(name) = map.next_key::<Name<'de>>()? {
            if members.iter().any(|(known, _)| *known == name.0) {
                return Err(A::Error::custom(format!("member '{}' stands twice", name.0.escape_debug())));
            }
            if members.len() == MEMBERS_MAX {
                return Err(A::Error::custom("more than 64 members"));
            }
            members.push((name.0, map.next_value()?));
        }
        Ok(Members(members))
    }
}

/// A member's name, borrowed from the message where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// A member that is not as it must be.
pub(super) fn fault(member: &'static str, message: String) -> Refusal {
    Refusal::member(Code::BadQuery, member, message)
}
