//! Users.

use rusqlite::Row;

use super::statement::{execute, find, get, list};
use super::transaction::Tx;
use crate::clock::UnixMs;
use crate::domain::{Img, Role, User, UserId, UserState, Username};
use crate::error::Fault;

/// A user with the stored password.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who.
    pub user: User,
    /// The password as stored: scheme, cost, salt and hash.
    pub password: String,
}

/// A user to be.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// The name.
    pub username: &'a Username,
    /// The password as it is to be stored.
    pub password: &'a str,
    /// The picture.
    pub img: Option<&'a Img>,
    /// What they may do.
    pub role: Role,
    /// When they signed up.
    pub created_at_ms: UnixMs,
}

impl Tx<'_> {
    /// The user of that number.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_get(&self, id: UserId) -> Result<Option<User>, Fault> {
        find!(self, "user_get", { ":user_id": id.0 }, user)
    }

    /// The user whose name looks like that, as [`Username::skeleton`] or [`fold`](crate::domain::fold) gives it.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_find(&self, skeleton: &str) -> Result<Option<Credentials>, Fault> {
        find!(self, "user_find", { ":skeleton": skeleton }, |row| {
            Ok(Credentials { user: user(row)?, password: row.get(5)? })
        })
    }

    /// A user's password as stored.
    ///
    /// # Errors
    /// A fault of the file, also where there is no such user.
    pub fn user_password(&self, id: UserId) -> Result<String, Fault> {
        get!(self, "user_password", { ":user_id": id.0 }, |row| row.get(0))
    }

    /// Writes a new user, whose name must not be taken.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_insert(&self, new: &NewUser<'_>) -> Result<User, Fault> {
        let id = get!(self, "user_insert", {
            ":username": new.username.as_str(),
            ":skeleton": new.username.skeleton(),
            ":password": new.password,
            ":img": new.img.map(Img::as_str),
            ":role": new.role.as_str(),
            ":created_at_ms": new.created_at_ms,
        }, |row| row.get(0))?;
        Ok(User {
            id: UserId(id),
            username: new.username.as_str().to_owned(),
            img: new.img.map(|img| img.as_str().to_owned()),
            role: new.role,
            state: UserState::Active,
        })
    }

    /// Stores another password, or the same at another cost.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_set_password(&self, id: UserId, password: &str) -> Result<(), Fault> {
        execute!(self, "user_set_password", { ":user_id": id.0, ":password": password }).map(drop)
    }

    /// Sets what a user may do.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_set_role(&self, id: UserId, role: Role) -> Result<(), Fault> {
        execute!(self, "user_set_role", { ":user_id": id.0, ":role": role.as_str() }).map(drop)
    }

    /// Sets whether a user may do anything.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_set_state(&self, id: UserId, state: UserState) -> Result<(), Fault> {
        let state = if state == UserState::Active { "active" } else { "banned" };
        execute!(self, "user_set_state", { ":user_id": id.0, ":state": state }).map(drop)
    }

    /// Takes everything of the person out of a user's row.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_forget(&self, id: UserId) -> Result<(), Fault> {
        execute!(self, "user_forget", { ":user_id": id.0 }).map(drop)
    }

    /// Every user, in the order of signing up.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_list(&self) -> Result<Vec<User>, Fault> {
        list!(self, "user_list", {}, user)
    }

    /// Sets a user's picture; `None` for the generated one.
    ///
    /// # Errors
    /// A fault of the file.
    pub fn user_set_img(&self, id: UserId, img: Option<&Img>) -> Result<(), Fault> {
        execute!(self, "user_set_img", { ":user_id": id.0, ":img": img.map(Img::as_str) }).map(drop)
    }
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let (role, state): (String, String) = (row.get(3)?, row.get(4)?);
    Ok(User {
        id: UserId(row.get(0)?),
        username: row.get(1)?,
        img: row.get(2)?,
        // The table's own checks allow no other word; should one stand there, it gives no rights.
        role: Role::named(&role).unwrap_or(Role::User),
        state: if state == "active" { UserState::Active } else { UserState::Banned },
    })
}
