//! Who may come in and how often: passwords, tokens, rates, origins, addresses.
//!
//! What lives here are rules and the threads that passwords are worked on; each works on values that are handed in,
//! and time comes from a [`Clock`](crate::clock::Clock). Never here: SQL, the wire, actors, or what a user may do
//! with a comment (`domain` says that). This is the only room that names bcrypt. `action` calls it for passwords and
//! tokens, `actor` for rates and the threads, `web` for origins and addresses.

mod address;
mod connections;
mod origin;
mod pace;
pub mod password;
mod rate;
pub mod throttle;
mod token;
mod user_rate;
mod workers;

pub use address::{client_address, is_from, rate_key};
pub use connections::{ConnectionPlace, Connections, Full};
pub use origin::Origins;
pub use pace::Pace;
pub use rate::{Rates, SessionRate};
pub use token::{Token, TokenDigest};
pub use workers::{Workers, yield_to_others};
