//! The actors: a session for each connection, the one `DbActor`, the one `FeedActor`; and nothing else.
//!
//! They pass messages and keep order; what a query means is `action`'s to say, how it looks on the wire
//! `protocol`'s. `web` starts sessions, `server` the other two.

mod db;
mod feed;
mod message;
mod relay;
mod session;
mod socket;

pub use db::{DbActor, DbStarted, Fatal};
pub use feed::FeedActor;
pub use message::{Answered, Beat, CountViewers, Drain, PageLine, ReplyTo, Run, Shared, StopWriting};
pub use relay::Relay;
pub use session::{Admitted, Peer, Said, Socket, hello, open};
#[cfg(feature = "conformance")]
pub use session::{echo, hear, walk};
pub use socket::handshake;
