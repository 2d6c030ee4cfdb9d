//! What queries are called, as a closed list: what counts and logs them must not repeat whatever a client sends.

/// The name of a query that there is, or that there is none of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryName(usize);

/// Every query's name, in the order of the protocol's table; the last stands for all that are none.
const NAMES: &[&str] = &[
    "hello",
    "ping",
    "signUp",
    "signIn",
    "signInWithToken",
    "signOut",
    "changePassword",
    "changeImg",
    "subscribe",
    "unsubscribe",
    "loadComments",
    "findComment",
    "loadReactions",
    "postComment",
    "editComment",
    "deleteComment",
    "react",
    "watchStatus",
    "unwatchStatus",
    UNKNOWN,
];

/// What is no query, or could not be read.
const UNKNOWN: &str = "unknown";

impl QueryName {
    /// Every name there is.
    pub const ALL: &'static [&'static str] = NAMES;

    /// The name that a client sent as `type_query`, if it did.
    #[must_use]
    pub fn of(type_query: Option<&str>) -> Self {
        let known = NAMES.iter().position(|name| Some(*name) == type_query);
        Self(known.unwrap_or(NAMES.len() - 1))
    }

    /// Its place in the list.
    #[must_use]
    pub fn number(self) -> usize {
        self.0
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        NAMES.get(self.0).copied().unwrap_or(UNKNOWN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;
    use crate::protocol::decode;

    #[test]
    fn the_names_are_those_that_are_decoded() {
        for name in NAMES {
            let decoded = decode(&format!("{{\"type_query\":\"{name}\"}}"));
            let unknown = decoded.query.is_err_and(|refusal| refusal.code == Code::UnknownQuery);
            assert_eq!(unknown, *name == UNKNOWN, "{name}");
            assert_eq!(QueryName::of(Some(name)).as_str(), *name);
        }
        let source = include_str!("query.rs");
        let matched: Vec<_> = source
            .lines()
            .filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" => ").map(|(name, _)| name))
            .filter(|name| !["like", "dislike", "none"].contains(name))
            .collect();
        assert_eq!(matched, NAMES[..NAMES.len() - 1], "every query has its name in the list");
        assert_eq!(QueryName::of(None), QueryName::of(Some("dance")));
        assert_eq!(QueryName::of(None).as_str(), UNKNOWN);
    }
}
