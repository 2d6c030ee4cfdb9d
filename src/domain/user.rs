//! Who may do what is decided by who they are.

use super::UserId;

/// Somebody who signed up, as others see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their number.
    pub id: UserId,
    /// Their name as they wrote it.
    pub username: String,
    /// The picture they chose; `None` for the generated one.
    pub img: Option<String>,
    /// What they may do.
    pub role: Role,
    /// Whether they may do anything.
    pub state: UserState,
}

/// What a user may do beyond their own things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Their own things only.
    User,
    /// May delete anybody's comment.
    Moderator,
    /// The same, and what only an operator's deputy may.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: &[Self] = &[Self::User, Self::Moderator, Self::Admin];

    /// Its name, on the wire and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.as_str() == name)
    }
}

/// Whether a user may do anything at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserState {
    /// Signs in and acts.
    Active,
    /// Cannot sign in; what they wrote stays.
    Banned,
}
