//! What can go wrong, in two kinds: a [`Refusal`] is an expected no, told to the caller by its [`Code`];
//! a [`Fault`] is an unexpected failure, told to the operator under an id that the caller sees.

use std::borrow::Cow;
use std::error::Error;
use std::fmt;

/// Declares the closed list of codes with their names on the wire, whether waiting helps, and a sentence to read.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident $name:literal $retry:literal $sentence:literal;)+) => {
        /// Why a query was refused: the closed list that programs act on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)+ }

        impl Code {
            /// Every code, in the order of the protocol's table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The code's name on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Whether the same query may succeed later, unchanged.
            #[must_use]
            pub fn retry(self) -> bool {
                match self { $(Self::$variant => $retry,)+ }
            }

            /// What a person reads, unless the refusal knows better.
            #[must_use]
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }
        }
    };
}

codes! {
    /// Not JSON, not an object, or a member missing, ill-typed or out of bounds.
    BadQuery "bad_query" false "The query is not well formed.";
    /// `type_query` is not in the table.
    UnknownQuery "unknown_query" false "There is no such query.";
    /// Wrong name or wrong password, told alike.
    BadCredentials "bad_credentials" false "The name or the password is wrong.";
    /// Unknown, expired or revoked token.
    BadToken "bad_token" false "The token is not valid any more; please sign in again.";
    /// The query needs a signed-in user.
    SignInFirst "sign_in_first" false "Please sign in first.";
    /// Signed in, not allowed.
    Forbidden "forbidden" false "You may not do that.";
    /// The name is too long, empty or has characters that names cannot have.
    InvalidUsername "invalid_username" false "A name has 1 to 32 letters, digits, '.', '_', '-' or single spaces inside.";
    /// The name, or one that looks like it, is somebody's.
    UsernameTaken "username_taken" false "This name is taken, or looks too much like one that is.";
    /// Too short, too common, or the user's own name.
    WeakPassword "weak_password" false "This password is too easy to guess.";
    /// Over 1,024 bytes.
    PasswordTooLong "password_too_long" false "A password has at most 1,024 bytes.";
    /// Not an http or https address of at most 2,048 bytes.
    InvalidImg "invalid_img" false "A picture is an http or https address of at most 2,048 bytes.";
    /// The operator closed registration.
    SignUpClosed "sign_up_closed" false "Registration is closed here.";
    /// No such comment or parent.
    NotFound "not_found" false "There is no such comment.";
    /// Nothing but white space.
    EmptyComment "empty_comment" false "The comment is empty.";
    /// Over `limits.comment_bytes_max`.
    CommentTooLong "comment_too_long" false "The comment is too long.";
    /// A control character other than newline and tab.
    InvalidComment "invalid_comment" false "The comment has characters that cannot be shown.";
    /// Deeper than `limits.reply_depth_max`.
    TooDeep "too_deep" false "Replies cannot go deeper here.";
    /// Later than `comments.edit_window_s` after posting.
    EditWindowClosed "edit_window_closed" false "It is too late to edit this comment.";
    /// A moderator locked the page.
    PageLocked "page_locked" false "This page takes no more comments.";
    /// Over `limits.subscriptions_max`.
    TooManySubscriptions "too_many_subscriptions" false "This session follows too many pages.";
    /// Too many of that act from the user, the address or the session.
    RateLimited "rate_limited" true "That was too much at once; please wait a little.";
    /// A queue is full; nothing was done.
    Busy "busy" true "The service is busy; nothing was done. Please try again.";
    /// The database cannot write now; nothing was done; reads go on.
    Unavailable "unavailable" true "The service cannot write just now; nothing was done. Please try again later.";
    /// A fault; the operator's log has it under the answer's `fault_id`.
    Internal "internal" true "Something went wrong on the server.";
}

/// An expected no: what the caller did cannot be done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// The query's member that is at fault, where one is.
    pub member: Option<&'static str>,
    /// Milliseconds after which the same query has a chance, where waiting helps.
    pub retry_after_ms: Option<u64>,
    /// Where the operator's log tells more, for [`Code::Internal`].
    pub fault_id: Option<String>,
}

impl Refusal {
    /// A refusal that says about `member` what is wrong with it.
    #[must_use]
    pub fn member(code: Code, member: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into(), member: Some(member), ..Self::from(code) }
    }

    /// A refusal that passes after `wait_ms` milliseconds.
    #[must_use]
    pub fn wait(code: Code, wait_ms: u64) -> Self {
        Self { retry_after_ms: Some(wait_ms), ..Self::from(code) }
    }

    /// The caller's side of a fault.
    #[must_use]
    pub fn fault(fault_id: String) -> Self {
        Self { fault_id: Some(fault_id), ..Self::from(Code::Internal) }
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        let message = Cow::Borrowed(code.sentence());
        Self { code, message, member: None, retry_after_ms: None, fault_id: None }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl Error for Refusal {}

/// An unexpected failure: what was being done, and the cause.
#[derive(Debug)]
pub struct Fault {
    /// What was being done, in words that an operator knows.
    pub doing: Cow<'static, str>,
    /// What went wrong underneath.
    pub cause: Box<dyn Error + Send + Sync>,
}

impl Fault {
    /// A fault met while `doing`.
    pub fn new(doing: impl Into<Cow<'static, str>>, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { doing: doing.into(), cause: cause.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doing, self.cause)
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.cause)
    }
}

/// What an action may come back with instead of an outcome.
#[derive(Debug)]
pub enum Stop {
    /// The caller is told no; what the action did so far is undone.
    Refused(Refusal),
    /// Something broke; the caller is told `internal`, the operator why.
    Failed(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Self::Refused(code.into())
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault)
    }
}
