//! The config file and the environment's overrides, as one value that cannot be out of bounds.
//!
//! Every key is declared once, in `sections.rs`: its meaning, type, default and bounds. The shipped `config.toml`
//! holds the same list for operators, and a test compares the two. Never here: what is done with a value. This is
//! the only room that reads the environment. `main` and a reload call [`Config::load`]; the rooms above take the
//! section that is theirs.

mod choice;
mod fault;
mod network;
mod origin;
mod read;
mod reload;
mod sections;
mod tls;
mod value;

pub use choice::{Checkpoint, LogFormat, SignUp};
pub use fault::{ConfigFault, Place};
pub use network::Network;
pub use origin::{AllowedOrigin, Origin, Scheme};
pub use read::Loaded;
pub use reload::{KeyChange, LiveConfig};
pub use sections::{Auth, Backup, Comments, Config, Database, Feed, Limits, Log, Metrics, Server};
