//! Otklik: live comments and like/dislike counts that a web site runs for itself.
//!
//! Each WebSocket session is an actor that parses queries and forwards them to one `DbActor`, which owns the SQLite
//! pools, and to one `FeedActor`, which tells every subscribed session what changed once it is durable.
//!
//! The rooms, lowest first; each imports only rooms below it (`tests/it/tidy/` holds this):
//!
//! | room | what lives there |
//! |---|---|
//! | [`clock`], [`error`], [`metrics`] | time, handed in; refusals for callers and faults for operators; what is counted |
//! | [`domain`] | what the service is about: checked text, comments, reactions, who may do what |
//! | [`tls`] | the certificate and its key: read, checked, renewed |
//! | [`config`] | the config file, every key with its bounds |
//! | [`protocol`] | the wire, whole: queries, answers, pushes, frames |
//! | [`security`] | passwords, tokens, rates, origins, addresses |
//! | [`sockets`] | what is listened on, and what a connection's socket is told |
//! | [`store`] | the only room that knows SQL |
//! | [`action`] | one file a query: what it does to the store and what comes of it |
//! | [`actor`] | the session, the database's actor and the feed |
//! | [`web`] | HTTP: the upgrade, the page, the read-only API, health |
//! | [`server`] | wiring: open, start, bind, stop |
//! | [`command`] | the command line |

pub mod action;
pub mod actor;
pub mod clock;
pub mod command;
pub mod config;
pub mod domain;
pub mod error;
pub mod metrics;
pub mod protocol;
pub mod security;
pub mod server;
pub mod sockets;
pub mod store;
pub mod tls;
pub mod web;
