//! The wire, whole: what a client may say, what it is answered, what it is told unasked, and how that looks as bytes.
//!
//! The one place where the wire's vocabulary (`type_query`, `img`, `like`) meets the house's. JSON is read and
//! written here alone. Never here: I/O, actors, the database. Sessions decode and encode with it; actions and the
//! feed fill its answers and pushes. The contract is `docs/protocol.md`.

mod answer;
mod cursor;
mod frame;
mod json;
mod list;
mod members;
mod name;
mod push;
mod query;
mod record;
mod status;

pub use answer::{Answer, Hello, PageCount, Posted, Snapshot, encode_failure, encode_success};
pub use cursor::Cursor;
pub use frame::{CloseCode, binary_frame, close_echo, close_frame, ping_frame, pong_frame, text_frame};
pub use json::{Field, json_object, readiness};
pub use list::RecordList;
pub use members::Id;
pub use name::QueryName;
pub use push::{
    Change, Part, SignedOutReason, Update, complete_before, drain, reacted, reset, role, signed_out, viewers,
};
pub use query::{Decoded, ListQuery, Query, Resume, decode};
pub use record::{date, img_or_generated, reaction_name, write_record};
pub use status::{Status, status};

/// The version of the contract that `hello` tells.
pub const PROTOCOL: u32 = 1;
