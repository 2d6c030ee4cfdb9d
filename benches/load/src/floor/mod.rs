//! The floors: the least that the machine needs for the same work, without what makes it a service.

mod fanout;
mod write;

pub use fanout::serve;
pub use write::reactions_per_s;
