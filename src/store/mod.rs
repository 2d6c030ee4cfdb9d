//! The data: one SQLite file, opened, migrated, and read and written by typed functions, one module a table.
//!
//! The only room that knows SQL; every statement is a file under `sql/`. No type of the SQL library leaves it, and no
//! statement relies on there being one writer in the world. Never here: what a query means, who may do it, the wire.
//! Actions call it inside a transaction that the database's actor opened.

mod backup;
mod comment;
mod failure;
mod files;
mod migrate;
mod open;
mod outside;
mod page;
mod reaction;
mod restore;
mod schedule;
mod size;
mod statement;
mod token;
mod tombstone;
mod transaction;
mod trouble;
mod user;
mod user_rate;
mod verify;

pub use backup::{Stage, Watch, back_up};
pub use comment::{ChangedHead, Delta, Listed, NewComment, Place, Window};
pub use open::{Checkpoints, Readers, Store, look_at};
pub use outside::Outside;
pub use restore::{Restored, restore};
pub use schedule::{Scheduled, back_up_by_date, last_backup_ms};
pub use size::{file_bytes, in_mib};
pub use token::TokenRow;
pub use tombstone::Tombstone;
pub use transaction::{Aside, Batch, Tx, Writer};
pub use trouble::{Trouble, trouble};
pub use user::{Credentials, NewUser};
pub use verify::Holdings;
