//! A list of records under construction, within the bytes that one answer may have.

use super::record::write_record;
use crate::domain::{Comment, Reaction};

/// Records as a JSON array, encoded once as they are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordList {
    json: String,
    bytes_max: usize,
    /// Bytes that something else in the same answer takes.
    reserved: usize,
    len: usize,
}

impl RecordList {
    /// Room for everything in an answer that is not a record: the envelope, a page's key (512 bytes, each at most
    /// doubled by escapes), an epoch, a cursor, an id.
    pub const ENVELOPE_BYTES: usize = 2_048;

    /// An empty list that leaves room for the envelope in an answer of `answer_bytes_max` bytes.
    #[must_use]
    pub fn new(answer_bytes_max: usize) -> Self {
        let bytes_max = answer_bytes_max.saturating_sub(Self::ENVELOPE_BYTES);
        Self { json: "[".to_owned(), bytes_max, reserved: 0, len: 0 }
    }

    /// Keeps bytes free for something else in the same answer, if they are there; says whether they were.
    pub fn reserve(&mut self, bytes: usize) -> bool {
        let fits = self.json.len() + self.reserved + bytes <= self.bytes_max;
        if fits {
            self.reserved += bytes;
        }
        fits
    }

    /// Adds a record if it fits, and says whether it did. A first record always does where nothing is reserved: the
    /// config's bounds see to it that one fits into any answer.
    pub fn push(&mut self, comment: &Comment, mine: Option<Option<Reaction>>) -> bool {
        let before = self.json.len();
        if self.len > 0 {
            self.json.push(',');
        }
        write_record(&mut self.json, comment, mine);
        if self.json.len() + self.reserved > self.bytes_max && (self.len > 0 || self.reserved > 0) {
            self.json.truncate(before);
            return false;
        }
        self.len += 1;
        true
    }

    /// A place to come back to: how long the list is now.
    #[must_use]
    pub fn mark(&self) -> (usize, usize) {
        (self.json.len(), self.len)
    }

    /// Takes back everything added since `mark`.
    pub fn back_to(&mut self, mark: (usize, usize)) {
        self.json.truncate(mark.0);
        self.len = mark.1;
    }

    /// How many records it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The array as JSON.
    #[must_use]
    pub fn json(&self) -> String {
        format!("{}]", self.json)
    }
}
