//! TLS: a certificate and its key as PEM files, read, checked, shown to newcomers, and read again once they are renewed.
//!
//! Never here: sockets, and who may connect. This is the only room that names rustls. `config` checks the files by it,
//! `server` serves with it.

mod certificate;
mod pair;
mod validity;

pub use certificate::Certificate;
pub use pair::{Pair, PairFault, PairFile, PairFiles};
pub use validity::Validity;
