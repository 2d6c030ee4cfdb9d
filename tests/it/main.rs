//! The integration tests: one binary, a file a capability, on the harness in `site`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers too"
)]

/// Names, passwords, tokens, and who is signed out when.
mod accounts;
/// What a browser loads.
mod assets;
/// Copies of the data, taken while it is in use, and the way back.
mod backup;
/// The command line: what it prints and how it ends.
mod command;
/// Posting, replying, editing, deleting: who may, what is refused, what is done only once.
mod comments;
/// What survives kill -9 and a full disk, and how a planned stop goes.
mod crash;
/// A disk that fails, a process cut down while it writes, and files that are held, foreign, read-only or broken.
mod disk;
/// Who may connect, by origin and by address.
mod door;
/// Faults of the program itself.
mod faults;
/// What subscribers are told: nothing lost, nothing twice, in order.
mod feed;
/// More than the service can do.
mod flood;
/// WebSocket frames made by hand, good and bad.
mod frames;
/// Old rows go, and the write-ahead log stays short.
mod housekeeping;
/// The page, the read-only API, pictures, health, and who may connect from where.
mod http;
/// Lists and their cursors while the page changes.
mod lists;
/// litestream beside the service.
mod litestream;
/// What the log tells, and what it never tells.
mod logs;
/// What an operator does to users while the service runs.
mod manage;
/// Text that would be markup or code.
mod markup;
/// What is counted, who may read it, and that the documents say the same.
mod metrics;
/// Random lives of several clients against a small model.
mod model;
/// What packages ship beside the program.
mod packaging;
/// Who may do what.
mod policy;
/// Behind nginx and Caddy.
mod proxy;
/// The config, changed while the service runs.
mod reload;
/// Requests that no good client sends.
mod requests;
/// Backups that are taken by themselves.
mod schedule;
/// The harness.
mod site;
/// Readers who are slow: caught up or told to start afresh, never cut for it, and cheap to hold.
mod slow;
/// Watching the service: who may, what is told, and when it ends.
mod status;
/// Very many at once.
mod storm;
/// What systemd is told, what it hands over, and its unit files.
mod systemd;
/// Conversations as text.
mod talk;
/// The house rules, as programs.
mod tidy;
/// A service that stood still, and clocks that jump.
mod time;
/// https and wss: the handshake, renewed certificates, faults in them.
mod tls;
/// Files of every released schema, brought to today's.
mod upgrade;
/// Peers that vanish without a word.
mod vanished;
