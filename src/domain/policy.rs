//! The one table that says who may do what. Nothing else in the program compares roles.

use super::Role;

/// What somebody wants to do to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Write a comment or a reply.
    Post,
    /// Like or dislike.
    React,
    /// Change a comment's text.
    EditComment,
    /// Make a tombstone of a comment.
    DeleteComment,
    /// Be told how the service is.
    WatchStatus,
}

impl Act {
    /// Its name in the file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::React => "react",
            Self::EditComment => "edit_comment",
            Self::DeleteComment => "delete_comment",
            Self::WatchStatus => "watch_status",
        }
    }

    /// The act of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().map(|(act, ..)| *act).find(|act| act.as_str() == name)
    }
}

/// How somebody stands to the thing acted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is theirs.
    Own,
    /// It is somebody else's, or nobody's in particular.
    Others,
}

/// Each act with the least role that may do it to one's own things and to others'; `None`: nobody.
const TABLE: &[(Act, Option<Role>, Option<Role>)] = &[
    // act               own                 others'
    (Act::Post, Some(Role::User), Some(Role::User)),
    (Act::React, Some(Role::User), Some(Role::User)),
    (Act::EditComment, Some(Role::User), None),
    (Act::DeleteComment, Some(Role::User), Some(Role::Moderator)),
    (Act::WatchStatus, None, Some(Role::Admin)),
];

/// Whether `role` may do `act` to a thing it so stands to.
#[must_use]
pub fn allows(role: Role, act: Act, standing: Standing) -> bool {
    let row = TABLE.iter().find(|(named, ..)| *named == act);
    let least = row.and_then(|(_, own, others)| match standing {
        Standing::Own => *own,
        Standing::Others => *others,
    });
    least.is_some_and(|least| role >= least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authors_edit_and_moderators_delete() {
        assert!(allows(Role::User, Act::EditComment, Standing::Own));
        assert!(!allows(Role::Admin, Act::EditComment, Standing::Others));
        assert!(allows(Role::User, Act::DeleteComment, Standing::Own));
        assert!(!allows(Role::User, Act::DeleteComment, Standing::Others));
        assert!(allows(Role::Moderator, Act::DeleteComment, Standing::Others));
        assert!(allows(Role::Admin, Act::DeleteComment, Standing::Others));
    }

    #[test]
    fn every_act_has_its_row() {
        for act in [Act::Post, Act::React, Act::EditComment, Act::DeleteComment] {
            assert!(allows(Role::Admin, act, Standing::Own), "{act:?}");
        }
        assert!(allows(Role::Admin, Act::WatchStatus, Standing::Others));
        assert!(!allows(Role::Moderator, Act::WatchStatus, Standing::Others));
    }
}
