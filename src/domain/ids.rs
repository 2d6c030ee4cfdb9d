//! Numbers that name things, one type each, so that none is taken for another.

/// Declares a number type with its meaning.
macro_rules! number {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub i64);
    )+};
}

number! {
    /// A comment, unique in the database, growing with the order of posting.
    CommentId;
    /// A page's row; the embedder's own name for it is its key.
    PageId;
    /// A user.
    UserId;
    /// A place in a page's life: it grows by one with each committed batch that changed the page.
    Rev;
}

/// A live connection, unique while the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);
