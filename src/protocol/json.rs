//! Writing JSON objects member by member into one buffer, so that an answer or a push is built once.

use serde::Serialize;

/// An object under construction at the end of a buffer.
pub(super) struct Object<'a> {
    out: &'a mut String,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Opens an object.
    pub(super) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, empty: true }
    }

    /// Adds a member.
    pub(super) fn member(&mut self, name: &str, value: impl Serialize) -> &mut Self {
        self.name(name);
        write(self.out, &value);
        self
    }

    /// Adds a member whose value is JSON already.
    pub(super) fn raw(&mut self, name: &str, json: &str) -> &mut Self {
        self.name(name);
        self.out.push_str(json);
        self
    }

    /// Adds a member that `fill` writes as JSON.
    pub(super) fn nested(&mut self, name: &str, fill: impl FnOnce(&mut String)) -> &mut Self {
        self.name(name);
        fill(self.out);
        self
    }

    /// Closes the object.
    pub(super) fn close(&mut self) {
        self.out.push('}');
    }

    fn name(&mut self, name: &str) {
        if !self.empty {
            self.out.push(',');
        }
        self.empty = false;
        write(self.out, &name);
        self.out.push(':');
    }
}

/// Appends a value. Numbers, texts, booleans and lists of them are all that is ever written, and those cannot fail;
/// should one, `null` stands in its place and the object stays whole.
pub(super) fn write(out: &mut String, value: &impl Serialize) {
    out.push_str(&serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()));
}

/// Whether the service can be sent to, and if not, why.
#[must_use]
pub fn readiness(reasons: &[&str]) -> String {
    let mut out = String::new();
    let mut object = Object::open(&mut out);
    object.member("ready", reasons.is_empty());
    if !reasons.is_empty() {
        object.member("reasons", reasons);
    }
    object.close();
    out
}

/// A value in a line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// Words.
    Text(String),
    /// A number.
    Number(i64),
}

/// An object of texts and numbers.
#[must_use]
pub fn json_object(members: &[(&str, Field)]) -> String {
    let mut out = String::new();
    let mut object = Object::open(&mut out);
    for (name, value) in members {
        match value {
            Field::Text(text) => object.member(name, text),
            Field::Number(number) => object.member(name, number),
        };
    }
    object.close();
    out
}
