//! Clients: thousands of sockets on one thread, what they say, and what they understand.

mod crowd;
mod dialect;
mod frame;
mod http;
mod member;
pub mod payload;
mod pusher;
pub mod query;

pub use crowd::Crowd;
pub use dialect::{Dialect, PLAIN, SOCKET_IO};
pub use frame::{Kind, first as first_frame, write as write_frame};
pub use http::get;
pub use member::{Heard, Message, Replies};
pub use pusher::{KEY, PUSHER, SECRET};
