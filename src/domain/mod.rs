//! What the service is about: pages, comments, reactions, users, and the rules among them.
//!
//! Everything here is a value or a pure rule. Never here: I/O, SQL, JSON, actors, the time of day. Every room above
//! calls it; text from outside becomes one of these types once, and cannot be wrong afterwards.

mod comment;
mod ids;
mod page;
mod policy;
mod rank;
mod text;
mod user;
mod username;

pub use comment::{Comment, CommentState, Reaction, Sort, Tally};
pub use ids::{CommentId, PageId, Rev, SessionId, UserId};
pub use page::{Page, PageKey};
pub use policy::{Act, Standing, allows};
pub use rank::{controversial_rank, top_rank};
pub use text::{CommentText, IdempotencyKey, Img};
pub use user::{Role, User, UserState};
pub use username::{Username, fold};
