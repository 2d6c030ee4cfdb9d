//! The servers that are measured: how each is started, on a core of its own, and what the kernel says of it.

mod config;
mod peer;
mod process;
mod usage;

pub use config::Settings;
pub use peer::{ALL, BARE, ISSO, NODE_WS, OTKLIK, PYTHON, Peer, SOCKET_IO, SOCKUDO};
pub use process::Server;
pub use usage::{Usage, kernel_kib};
