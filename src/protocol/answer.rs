//! What a query is answered: one variant a shape, written as the protocol's table says.

use super::cursor::Cursor;
use super::json::{Object, write};
use super::members::Id;
use super::record::{date, img_or_generated, reaction_name, write_record};
use super::{PROTOCOL, RecordList};
use crate::clock::UnixMs;
use crate::domain::{Comment, CommentId, PageKey, Reaction, Rev, Tally, User};
use crate::error::Refusal;

/// A success's members.
#[derive(Debug, Clone)]
pub enum Answer {
    /// To `hello`.
    Hello(Box<Hello>),
    /// To `ping`.
    Pong {
        /// The server's time.
        now_ms: UnixMs,
    },
    /// To `signUp`, `signIn` and `signInWithToken`.
    SignedIn {
        /// Who the session is now.
        user: User,
        /// The token to sign in with next time.
        token: String,
        /// When it ends.
        token_expires_ms: UnixMs,
    },
    /// To `changePassword`.
    Token {
        /// The one token that is left.
        token: String,
        /// When it ends.
        token_expires_ms: UnixMs,
    },
    /// To `signOut`, `unsubscribe` and `unwatchStatus`.
    Done,
    /// To `watchStatus`.
    Watching,
    /// To `changeImg`: the picture to show.
    Img(String),
    /// To `subscribe`.
    Subscribed(Box<Snapshot>),
    /// To `loadComments`.
    List {
        /// The records.
        comments: RecordList,
        /// Where the next list begins, if there is more.
        next: Option<Cursor>,
        /// The page's revision that the list was read at.
        rev: Rev,
    },
    /// To `findComment`.
    Found {
        /// Its page.
        page: PageKey,
        /// What it replies to, from the page down, then itself.
        comments: RecordList,
        /// The page's revision that they were read at.
        rev: Rev,
    },
    /// To `GET /api/counts`.
    Counts(Vec<PageCount>),
    /// To `loadReactions`.
    Reactions(Vec<(CommentId, Reaction)>),
    /// To `postComment` and `editComment`.
    Posted(Box<Posted>),
    /// To `deleteComment`.
    Deleted {
        /// The page's revision.
        rev: Rev,
    },
    /// To `react`.
    Reacted {
        /// The comment.
        comment_id: CommentId,
        /// Its tally at `rev`.
        tally: Tally,
        /// What was set.
        reaction: Option<Reaction>,
        /// The page's revision.
        rev: Rev,
    },
}

/// A comment as it stands at its page's revision.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The comment.
    pub comment: Comment,
    /// The author's own reaction to it.
    pub mine: Option<Reaction>,
    /// The page's revision.
    pub rev: Rev,
}

/// What a list of pages shows of one.
#[derive(Debug, Clone)]
pub struct PageCount {
    /// The page.
    pub page: PageKey,
    /// Shown comments at all depths.
    pub total: i64,
    /// What was thought of its comments.
    pub tally: Tally,
}

/// What the service is and who the session is.
#[derive(Debug, Clone)]
pub struct Hello {
    /// The server's time.
    pub now_ms: UnixMs,
    /// The life of the data.
    pub epoch: String,
    /// Whether anybody may sign up.
    pub sign_up_open: bool,
    /// The limits a client should know, by their names on the wire.
    pub limits: [(&'static str, u64); 6],
    /// Who the session is.
    pub user: Option<User>,
}

/// A page at a revision, or what changed since one.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The page.
    pub page: PageKey,
    /// The life of the data.
    pub epoch: String,
    /// The last revision that is complete in it.
    pub rev: Rev,
    /// Whether it goes on from where the client stood.
    pub resumed: bool,
    /// Shown comments at all depths.
    pub total: i64,
    /// Sessions subscribed to the page.
    pub viewers: u32,
    /// The first screen, or what changed in more than its tally.
    pub comments: RecordList,
    /// Comments whose tally alone changed, each with its revision.
    pub tallies: Vec<(CommentId, Tally, Rev)>,
    /// Where the next list begins, if there is more.
    pub next: Option<Cursor>,
}

/// Writes the answer to a query that succeeded.
#[must_use]
pub fn encode_success(id: Option<&Id>, type_query: Option<&str>, answer: &Answer) -> String {
    let mut out = String::with_capacity(256);
    let mut object = envelope(&mut out, id, type_query, "success");
    members(&mut object, answer);
    object.close();
    out
}

/// Writes the answer to a query that was refused.
#[must_use]
pub fn encode_failure(id: Option<&Id>, type_query: Option<&str>, refusal: &Refusal) -> String {
    let mut out = String::with_capacity(256);
    let mut object = envelope(&mut out, id, type_query, "failure");
    object.member("code", refusal.code.as_str()).member("message", &refusal.message);
    object.member("retry", refusal.code.retry());
    if let Some(member) = refusal.member {
        object.member("member", member);
    }
    if let Some(wait_ms) = refusal.retry_after_ms {
        object.member("retry_after_ms", wait_ms);
    }
    if let Some(fault_id) = &refusal.fault_id {
        object.member("fault_id", fault_id);
    }
    object.close();
    out
}

fn envelope<'a>(out: &'a mut String, id: Option<&Id>, type_query: Option<&str>, status: &str) -> Object<'a> {
    let mut object = Object::open(out);
    if let Some(id) = id {
        object.raw("id", id.as_json());
    }
    if let Some(type_query) = type_query {
        object.member("type_query", type_query);
    }
    object.member("status", status);
    object
}

fn members(object: &mut Object<'_>, answer: &Answer) {
    match answer {
        Answer::Hello(hello) => hello_members(object, hello),
        Answer::Pong { now_ms } => {
            object.member("now", date(*now_ms));
        }
        Answer::SignedIn { user, token, token_expires_ms } => {
            user_members(object, user);
            object.member("token", token).member("token_expires", date(*token_expires_ms));
        }
        Answer::Token { token, token_expires_ms } => {
            object.member("token", token).member("token_expires", date(*token_expires_ms));
        }
        Answer::Done | Answer::Watching => {}
        Answer::Img(img) => {
            object.member("img", img);
        }
        Answer::Subscribed(snapshot) => snapshot_members(object, snapshot),
        Answer::List { comments, next, rev } => {
            object
                .raw("comments", &comments.json())
                .member("next", next.map(|next| next.text()))
                .member("rev", rev.0);
        }
        Answer::Found { page, comments, rev } => {
            object.member("page", page.as_str()).raw("comments", &comments.json()).member("rev", rev.0);
        }
        Answer::Counts(counts) => {
            object.nested("counts", |out| count_objects(out, counts));
        }
        Answer::Reactions(reactions) => {
            let pairs: Vec<_> =
                reactions.iter().map(|(id, mine)| (id.0, reaction_name(Some(*mine)))).collect();
            object.member("reactions", pairs);
        }
        Answer::Posted(posted) => {
            object.nested("comment", |out| write_record(out, &posted.comment, Some(posted.mine)));
            object.member("rev", posted.rev.0);
        }
        Answer::Deleted { rev } => {
            object.member("rev", rev.0);
        }
        Answer::Reacted { comment_id, tally, reaction, rev } => {
            object
                .member("comment_id", comment_id.0)
                .member("like", tally.likes)
                .member("dislike", tally.dislikes);
            object.member("reaction", reaction_name(*reaction)).member("rev", rev.0);
        }
    }
}

fn count_objects(out: &mut String, counts: &[PageCount]) {
    out.push('[');
    for (index, count) in counts.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let mut object = Object::open(out);
        object.member("page", count.page.as_str()).member("total", count.total);
        object.member("like", count.tally.likes).member("dislike", count.tally.dislikes);
        object.close();
    }
    out.push(']');
}

fn hello_members(object: &mut Object<'_>, hello: &Hello) {
    object.member("version", env!("CARGO_PKG_VERSION")).member("protocol", PROTOCOL);
    object.member("now", date(hello.now_ms)).member("epoch", &hello.epoch);
    object.member("sign_up", if hello.sign_up_open { "open" } else { "closed" });
    object.nested("limits", |out| {
        let mut limits = Object::open(out);
        for (name, limit) in hello.limits {
            limits.member(name, limit);
        }
        limits.close();
    });
    object.nested("user", |out| match &hello.user {
        None => out.push_str("null"),
        Some(user) => {
            let mut inner = Object::open(out);
            user_members(&mut inner, user);
            inner.close();
        }
    });
}

fn user_members(object: &mut Object<'_>, user: &User) {
    object.member("username", &user.username).member("user_id", user.id.0);
    object
        .member("img", img_or_generated(user.img.as_deref(), &user.username))
        .member("role", user.role.as_str());
}

fn snapshot_members(object: &mut Object<'_>, snapshot: &Snapshot) {
    object
        .member("page", snapshot.page.as_str())
        .member("epoch", &snapshot.epoch)
        .member("rev", snapshot.rev.0);
    object
        .member("resumed", snapshot.resumed)
        .member("total", snapshot.total)
        .member("viewers", snapshot.viewers);
    object.raw("comments", &snapshot.comments.json());
    object.nested("tallies", |out| {
        let rows = snapshot.tallies.iter().map(|(id, tally, rev)| (id.0, tally.likes, tally.dislikes, rev.0));
        write(out, &rows.collect::<Vec<_>>());
    });
    object.member("next", snapshot.next.map(|next| next.text()));
}
