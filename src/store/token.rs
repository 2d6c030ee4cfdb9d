//! Tokens, by their digests.

use super::statement::{execute, find};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::UserId;
use crate::error::Fault;

/// A token that lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenRow {
    /// Whose it is.
    pub user: UserId,
    /// When it was made.
    pub created_at_ms: UnixMs,
    /// When it ends.
    pub expires_at_ms: UnixMs,
}

impl Tx<'_> {
    /// Keeps a fresh token, and forgets the user's expired ones.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_insert(&self, digest: [u8; 32], token: TokenRow) -> Result<(), Fault> {
        execute!(self, "token_delete_expired", { ":user_id": token.user.0, ":now_ms": token.created_at_ms })?;
        execute!(self, "token_insert", {
            ":digest": digest,
            ":user_id": token.user.0,
            ":created_at_ms": token.created_at_ms,
            ":expires_at_ms": token.expires_at_ms,
        })
        .map(drop)
    }

    /// The token of that digest, if it lives.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_find(&self, digest: [u8; 32], now_ms: UnixMs) -> Result<Option<TokenRow>, Fault> {
        find!(self, "token_find", { ":digest": digest, ":now_ms": now_ms }, |row| {
            Ok(TokenRow { user: UserId(row.get(0)?), created_at_ms: row.get(1)?, expires_at_ms: row.get(2)? })
        })
    }

    /// Lets a token end at `expires_at_ms`, if it does not end sooner.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_shorten(&self, digest: [u8; 32], expires_at_ms: UnixMs) -> Result<(), Fault> {
        execute!(self, "token_shorten", { ":digest": digest, ":expires_at_ms": expires_at_ms }).map(drop)
    }

    /// Forgets up to `limit` expired ones; gives how many.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_sweep(&self, now_ms: UnixMs, limit: u32) -> Result<usize, Fault> {
        execute!(self, "token_sweep", { ":now_ms": now_ms, ":limit": limit })
    }

    /// Revokes one token.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_delete(&self, digest: [u8; 32]) -> Result<(), Fault> {
        execute!(self, "token_delete", { ":digest": digest }).map(drop)
    }

    /// Revokes all of a user's tokens.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn token_delete_of_user(&self, user: UserId) -> Result<(), Fault> {
        execute!(self, "token_delete_of_user", { ":user_id": user.0 }).map(drop)
    }
}
