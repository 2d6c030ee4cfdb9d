//! What a client may ask: one variant a query, decoded from one text message.

use std::ops::RangeInclusive;

use super::cursor::Cursor;
use super::members::{Id, Members, fault};
use crate::domain::{CommentId, IdempotencyKey, PageKey, Reaction, Rev, Sort};
use crate::error::{Code, Refusal};

/// A message as far as it could be understood: what to echo, and the query or why it is none.
#[derive(Debug)]
pub struct Decoded {
    /// The query's `id`, where it has one.
    pub id: Option<Id>,
    /// Its `type_query`, where that could be read.
    pub type_query: Option<String>,
    /// The query.
    pub query: Result<Query, Refusal>,
}

/// A query, its members checked for type and bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// Who are you, who am I, what are the limits?
    Hello,
    /// Are you there?
    Ping,
    /// Make a user and be them.
    SignUp {
        /// The wished name, as submitted.
        username: String,
        /// The wished password, as submitted.
        password: String,
        /// The wished picture, as submitted.
        img: Option<String>,
    },
    /// Be a user, by password.
    SignIn {
        /// The name, as submitted.
        username: String,
        /// The password, as submitted.
        password: String,
    },
    /// Be a user, by token.
    SignInWithToken {
        /// The token, as submitted.
        token: String,
    },
    /// Be a guest again.
    SignOut {
        /// Whether all of the user's tokens are revoked.
        everywhere: bool,
    },
    /// Change the password; every other token is revoked.
    ChangePassword {
        /// The present one.
        password: String,
        /// The wished one.
        new_password: String,
    },
    /// Change the picture.
    ChangeImg {
        /// Its address, as submitted; `None` for the generated one.
        img: Option<String>,
    },
    /// Follow a page.
    Subscribe {
        /// What the first screen is to hold.
        list: ListQuery,
        /// Where to go on, after a break.
        resume: Option<Resume>,
    },
    /// Follow a page no more.
    Unsubscribe {
        /// The page.
        page: PageKey,
    },
    /// List a page's comments, or one comment's replies.
    LoadComments {
        /// What to list.
        list: ListQuery,
    },
    /// One comment, with those above it.
    FindComment {
        /// The comment.
        comment_id: CommentId,
    },
    /// One's own reactions to some comments.
    LoadReactions {
        /// The comments, at most 500.
        comment_ids: Vec<CommentId>,
    },
    /// Write a comment or a reply.
    PostComment {
        /// The page.
        page: PageKey,
        /// The text, as submitted.
        comment: String,
        /// The comment replied to.
        parent: Option<CommentId>,
        /// What makes trying again safe.
        key: Option<IdempotencyKey>,
    },
    /// Change a comment's text.
    EditComment {
        /// The comment.
        comment_id: CommentId,
        /// The new text, as submitted.
        comment: String,
    },
    /// Make a tombstone of a comment.
    DeleteComment {
        /// The comment.
        comment_id: CommentId,
    },
    /// Like, dislike, or neither.
    React {
        /// The comment.
        comment_id: CommentId,
        /// What to set; `None` takes the reaction back.
        reaction: Option<Reaction>,
    },
    /// Be told each second how the service is.
    WatchStatus,
    /// Be told no more.
    UnwatchStatus,
}

/// What of a page to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// The page.
    pub page: PageKey,
    /// List the direct replies of this comment; `None`: the top-level comments.
    pub parent: Option<CommentId>,
    /// The order.
    pub sort: Sort,
    /// How many to list, 1 to 100, replies not counted.
    pub limit: u32,
    /// Where the last list ended.
    pub cursor: Option<Cursor>,
    /// How many direct replies follow each listed comment, 0 to 10.
    pub replies: u32,
}

impl ListQuery {
    /// Reads the same members from the pairs of an address's query string.
    ///
    /// # Errors
    /// [`Code::BadQuery`], naming the member.
    pub fn from_pairs(pairs: &[(String, String)]) -> Result<Self, Refusal> {
        let find =
            |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let number =
            |name: &'static str, bounds: RangeInclusive<u32>, default| match find(name).map(str::parse) {
                None => Ok(default),
                Some(Ok(number)) if bounds.contains(&number) => Ok(number),
                Some(_) => {
                    let (least, most) = bounds.into_inner();
                    Err(fault(name, format!("'{name}' takes a whole number from {least} to {most}.")))
                }
            };
        let page = find("page")
            .ok_or_else(|| fault("page", "'page' is missing; it takes a page's key.".to_owned()))?;
        let sort = sort_named(find("sort"))?;
        Ok(Self {
            page: PageKey::parse(page)?,
            parent: None,
            sort,
            limit: number("limit", 1..=100, 50)?,
            cursor: find("cursor").map(|cursor| Cursor::parse(cursor, sort)).transpose()?,
            replies: number("replies", 0..=10, 3)?,
        })
    }
}

/// Where a client stood when it was cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resume {
    /// The revision it holds.
    pub since: Rev,
    /// The life of the data it was of.
    pub epoch: String,
}

/// Decodes one message.
#[must_use]
pub fn decode(text: &str) -> Decoded {
    let members = match Members::read(text) {
        Ok(members) => members,
        Err(refusal) => return Decoded { id: None, type_query: None, query: Err(refusal) },
    };
    let (id, id_fault) = match members.id() {
        Ok(id) => (id, None),
        Err(refusal) => (None, Some(refusal)),
    };
    let type_query: Result<String, Refusal> = members.required("type_query", "a string");
    match type_query {
        Err(refusal) => Decoded { id, type_query: None, query: Err(id_fault.unwrap_or(refusal)) },
        Ok(name) => {
            let query = id_fault.map_or_else(|| query(&name, &members), Err);
            // An unknown name is echoed, but not at any length.
            let type_query = Some(name).filter(|name| name.len() <= 64);
            Decoded { id, type_query, query }
        }
    }
}

fn query(name: &str, members: &Members<'_>) -> Result<Query, Refusal> {
    match name {
        "hello" => Ok(Query::Hello),
        "ping" => Ok(Query::Ping),
        "signUp" => Ok(Query::SignUp {
            username: text(members, "username")?,
            password: text(members, "password")?,
            img: members.optional("img", "a string")?,
        }),
        "signIn" => {
            Ok(Query::SignIn { username: text(members, "username")?, password: text(members, "password")? })
        }
        "signInWithToken" => Ok(Query::SignInWithToken { token: text(members, "token")? }),
        "signOut" => Ok(Query::SignOut {
            everywhere: members.optional("everywhere", "true or false")?.unwrap_or(false),
        }),
        "changePassword" => Ok(Query::ChangePassword {
            password: text(members, "password")?,
            new_password: text(members, "new_password")?,
        }),
        "changeImg" => Ok(Query::ChangeImg { img: members.nullable("img", "a string or null")? }),
        _ => page_query(name, members),
    }
}

/// The queries about pages and comments.
fn page_query(name: &str, members: &Members<'_>) -> Result<Query, Refusal> {
    match name {
        "subscribe" => {
            let mut list = list_query(members)?;
            (list.parent, list.cursor) = (None, None);
            Ok(Query::Subscribe { list, resume: resume(members)? })
        }
        "unsubscribe" => Ok(Query::Unsubscribe { page: page(members)? }),
        "loadComments" => {
            let mut list = list_query(members)?;
            list.parent = members.optional("parent", "a comment's number")?.map(CommentId);
            let cursor: Option<String> = members.optional("cursor", "a string")?;
            list.cursor = cursor.map(|cursor| Cursor::parse(&cursor, list.sort)).transpose()?;
            Ok(Query::LoadComments { list })
        }
        "findComment" => Ok(Query::FindComment { comment_id: comment_id(members)? }),
        "loadReactions" => {
            let ids: Vec<i64> = members.required("comment_ids", "a list of comments' numbers")?;
            if ids.len() > 500 {
                return Err(fault("comment_ids", "'comment_ids' takes at most 500 numbers.".to_owned()));
            }
            Ok(Query::LoadReactions { comment_ids: ids.into_iter().map(CommentId).collect() })
        }
        "postComment" => {
            let key: Option<String> = members.optional("key", "a string")?;
            Ok(Query::PostComment {
                page: page(members)?,
                comment: text(members, "comment")?,
                parent: members.optional("parent", "a comment's number")?.map(CommentId),
                key: key.map(|key| IdempotencyKey::parse(&key)).transpose()?,
            })
        }
        "editComment" => {
            Ok(Query::EditComment { comment_id: comment_id(members)?, comment: text(members, "comment")? })
        }
        "deleteComment" => Ok(Query::DeleteComment { comment_id: comment_id(members)? }),
        "react" => Ok(Query::React { comment_id: comment_id(members)?, reaction: reaction(members)? }),
        "watchStatus" => Ok(Query::WatchStatus),
        "unwatchStatus" => Ok(Query::UnwatchStatus),
        unknown => {
            let shown: String = unknown.chars().take(64).collect();
            let message = format!("There is no query '{}'.", shown.escape_debug());
            Err(Refusal::member(Code::UnknownQuery, "type_query", message))
        }
    }
}

fn text(members: &Members<'_>, name: &'static str) -> Result<String, Refusal> {
    members.required(name, "a string")
}

fn page(members: &Members<'_>) -> Result<PageKey, Refusal> {
    PageKey::parse(&text(members, "page")?)
}

fn comment_id(members: &Members<'_>) -> Result<CommentId, Refusal> {
    members.required("comment_id", "a comment's number").map(CommentId)
}

fn reaction(members: &Members<'_>) -> Result<Option<Reaction>, Refusal> {
    let what = "\"like\", \"dislike\" or \"none\"";
    let name: String = members.required("reaction", what)?;
    match name.as_str() {
        "like" => Ok(Some(Reaction::Like)),
        "dislike" => Ok(Some(Reaction::Dislike)),
        "none" => Ok(None),
        _ => Err(fault("reaction", format!("'reaction' takes {what}."))),
    }
}

/// What `subscribe` and `loadComments` have in common.
fn list_query(members: &Members<'_>) -> Result<ListQuery, Refusal> {
    Ok(ListQuery {
        page: page(members)?,
        parent: None,
        sort: sort(members)?,
        limit: members.bounded("limit", 1, 100)?.unwrap_or(50),
        cursor: None,
        replies: members.bounded("replies", 0, 10)?.unwrap_or(3),
    })
}

const SORTS: &str = "\"newest\", \"oldest\", \"top\" or \"controversial\"";

fn sort(members: &Members<'_>) -> Result<Sort, Refusal> {
    let name: Option<String> = members.optional("sort", SORTS)?;
    sort_named(name.as_deref())
}

fn sort_named(name: Option<&str>) -> Result<Sort, Refusal> {
    match name {
        None | Some("newest") => Ok(Sort::Newest),
        Some("oldest") => Ok(Sort::Oldest),
        Some("top") => Ok(Sort::Top),
        Some("controversial") => Ok(Sort::Controversial),
        Some(_) => Err(fault("sort", format!("'sort' takes {SORTS}."))),
    }
}

/// `since` and `epoch` go together: a revision says nothing without the life it belongs to.
fn resume(members: &Members<'_>) -> Result<Option<Resume>, Refusal> {
    let since: Option<i64> = members.optional("since", "a revision")?;
    let epoch: Option<String> = members.optional("epoch", "a string")?;
    match (since, epoch) {
        (Some(..0), _) => Err(fault("since", "'since' takes a revision, 0 or more.".to_owned())),
        (Some(since), Some(epoch)) => Ok(Some(Resume { since: Rev(since), epoch })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(fault("epoch", "'epoch' is missing; 'since' needs it.".to_owned())),
        (None, Some(_)) => Err(fault("since", "'since' is missing; 'epoch' needs it.".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> (Code, Option<&'static str>) {
        let refusal = decode(text).query.unwrap_err();
        (refusal.code, refusal.member)
    }

    #[test]
    fn the_first_dialect_needs_no_id() {
        let decoded = decode(r#"{"type_query":"signIn","username":"alice","password":"x"}"#);
        assert_eq!(decoded.id, None);
        assert_eq!(decoded.query.unwrap(), Query::SignIn { username: "alice".into(), password: "x".into() });
    }

    #[test]
    fn ids_are_echoed_as_they_came() {
        for id in ["7", "-1", "18446744073709551615", "\"a\\u0062\"", "\"\""] {
            let decoded = decode(&format!(r#"{{"id":{id},"type_query":"ping"}}"#));
            assert_eq!(decoded.id.unwrap().as_json(), id);
            assert_eq!(decoded.query.unwrap(), Query::Ping);
        }
        let long = format!("\"{}\"", "x".repeat(65));
        for id in ["1.5", "1e3", "true", "[]", "{}", "-", &long, "123456789012345678901"] {
            assert_eq!(code(&format!(r#"{{"id":{id},"type_query":"ping"}}"#)).0, Code::BadQuery, "{id}");
        }
    }

    #[test]
    fn what_is_not_one_object_with_each_member_once_is_a_bad_query() {
        let deep = format!(r#"{{"type_query":"ping","x":{}{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
        assert!(decode(&deep).query.is_ok(), "an unknown member may be deep");
        for text in
            ["", "[]", "7", "null", "{", r#"{"type_query":"ping"}x"#, r#"{"a":1,"a":1,"type_query":"ping"}"#]
        {
            let decoded = decode(text);
            assert_eq!(decoded.query.unwrap_err().code, Code::BadQuery, "{text}");
            assert_eq!((decoded.id, decoded.type_query), (None, None), "{text}");
        }
        assert_eq!(code(r#"{"type_query":"ping","\u0069d":1,"id":1}"#).0, Code::BadQuery, "an escaped twin");
    }

    #[test]
    fn a_fault_names_its_member() {
        assert_eq!(code(r#"{"id":1}"#), (Code::BadQuery, Some("type_query")));
        assert_eq!(code(r#"{"type_query":"react","reaction":"like"}"#), (Code::BadQuery, Some("comment_id")));
        assert_eq!(
            code(r#"{"type_query":"react","comment_id":"1","reaction":"like"}"#).1,
            Some("comment_id")
        );
        assert_eq!(code(r#"{"type_query":"react","comment_id":1,"reaction":"love"}"#).1, Some("reaction"));
        assert_eq!(code(r#"{"type_query":"loadComments","page":"a","limit":101}"#).1, Some("limit"));
        assert_eq!(code(r#"{"type_query":"loadComments","page":"a","limit":-1}"#).1, Some("limit"));
        assert_eq!(code(r#"{"type_query":"subscribe","page":"a","since":1}"#).1, Some("epoch"));
        assert_eq!(code(r#"{"type_query":"subscribe","page":""}"#).1, Some("page"));
        assert_eq!(code(r#"{"type_query":"changeImg"}"#).1, Some("img"));
        assert_eq!(code(r#"{"type_query":"dance"}"#).0, Code::UnknownQuery);
    }

    #[test]
    fn the_corpus_is_decoded_or_refused() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/query");
        let (mut good, mut bad) = (0, 0);
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            *(if decode(&text).query.is_ok() { &mut good } else { &mut bad }) += 1;
        }
        assert!(good >= 14 && bad >= 4, "{good} good, {bad} bad");
    }

    proptest! {
        #[test]
        fn any_text_is_refused_without_an_echo(text in "[^{]{0,200}") {
            let decoded = decode(&text);
            prop_assert_eq!(decoded.query.unwrap_err().code, Code::BadQuery);
            prop_assert!(decoded.id.is_none() && decoded.type_query.is_none());
        }

        #[test]
        fn what_is_cut_or_changed_is_refused_not_misread(at in 0_usize..80, byte in any::<char>()) {
            let whole = r#"{"type_query":"react","id":7,"comment_id":12,"reaction":"like"}"#;
            let changed: String = whole.chars().enumerate().map(|(i, c)| if i == at { byte } else { c }).collect();
            let decoded = decode(&changed);
            if let Ok(Query::React { comment_id, .. }) = decoded.query {
                // Only a digit in a digit's place, or what does not matter, leaves a reaction.
                prop_assert!((0..=99).contains(&comment_id.0) || comment_id.0 < 0);
            }
            let cut: String = whole.chars().take(at.min(whole.len() - 1)).collect();
            prop_assert_eq!(decode(&cut).query.unwrap_err().code, Code::BadQuery);
        }
    }
}
