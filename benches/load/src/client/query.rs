//! The queries that benches ask, as JSON. Every one has an `id`: where it matters when it was sent, that is its id, in
//! microseconds, so that its answer tells how long it took.

/// Everybody's password.
const PASSWORD: &str = "violet otter 47 lamp";

/// Makes a user.
pub fn sign_up(name: &str) -> String {
    format!(r#"{{"type_query":"signUp","id":1,"username":"{name}","password":"{PASSWORD}"}}"#)
}

/// Signs in as one that was made.
pub fn sign_in(id: u64, name: &str) -> String {
    format!(r#"{{"type_query":"signIn","id":{id},"username":"{name}","password":"{PASSWORD}"}}"#)
}

/// Follows a page.
pub fn subscribe(id: u64, page: &str) -> String {
    format!(r#"{{"type_query":"subscribe","id":{id},"page":"{page}"}}"#)
}

/// Follows a page from where the client stands.
pub fn resume(page: &str, since: u64, epoch: &str) -> String {
    format!(r#"{{"type_query":"subscribe","id":3,"page":"{page}","since":{since},"epoch":"{epoch}"}}"#)
}

/// Posts a comment.
pub fn post(id: u64, page: &str, text: &str) -> String {
    format!(r#"{{"type_query":"postComment","id":{id},"page":"{page}","comment":"{text}"}}"#)
}

/// Sets a reaction: `like`, `dislike` or `none`.
pub fn react(id: u64, comment: u64, reaction: &str) -> String {
    format!(r#"{{"type_query":"react","id":{id},"comment_id":{comment},"reaction":"{reaction}"}}"#)
}

/// Follows a page no more.
pub fn unsubscribe(page: &str) -> String {
    format!(r#"{{"type_query":"unsubscribe","id":4,"page":"{page}"}}"#)
}

/// Reads a page's first screen.
pub fn load(id: u64, page: &str) -> String {
    format!(r#"{{"type_query":"loadComments","id":{id},"page":"{page}"}}"#)
}
