//! The data: one SQLite file, opened, migrated, and read and written by typed functions, one module a table.
//!
//! The only room that knows SQL; every statement is a file under `sql/`. No type of the SQL library leaves it, and no
//! statement relies on there being one writer in the world. Never here: what a query means, who may do it, the wire.
//! Actions call it inside a transaction that the database's actor opened.

mod comment;
mod failure;
mod migrate;
mod open;
mod outside;
mod page;
mod reaction;
mod size;
mod statement;
mod token;
mod transaction;
mod trouble;
mod user;
mod user_rate;

pub use comment::{ChangedHead, Delta, Listed, NewComment, Place, Window};
pub use open::{Readers, Store};
pub use outside::Outside;
pub use size::file_bytes;
pub use token::TokenRow;
pub use transaction::{Batch, Tx, Writer};
pub use trouble::{Trouble, trouble};
pub use user::{Credentials, NewUser};
