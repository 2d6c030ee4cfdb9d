//! The floors: the least that the machine needs for the same work, without what makes it a service.

mod fanout;

pub use fanout::serve;
