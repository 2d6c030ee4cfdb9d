//! Who may do what: every query by every role, on one's own and on others' things, shown and deleted.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Site};

const OK: &str = "success";
const SIGN_IN: &str = "sign_in_first";
const NO: &str = "forbidden";
const GONE: &str = "not_found";

/// The roles, from the least.
const ROLES: [&str; 4] = ["guest", "user", "moderator", "admin"];

/// What a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thing {
    /// Nothing that is anybody's.
    Nothing,
    /// A comment of the one who asks; for a guest there is none, so it is somebody else's.
    Own,
    /// Somebody else's.
    Others,
    /// One's own that is deleted.
    OwnDeleted,
    /// Somebody else's that is deleted.
    OthersDeleted,
    /// A number that is no comment's.
    Missing,
}

use Thing::{Missing, Nothing, Others, OthersDeleted, Own, OwnDeleted};

/// Each query on each thing, and what it comes to for each of [`ROLES`].
const TABLE: &[(&str, Thing, [&str; 4])] = &[
    // query            thing          guest    user  moderator  admin
    ("hello", Nothing, [OK; 4]),
    ("ping", Nothing, [OK; 4]),
    ("signUp", Nothing, [OK; 4]),
    ("signIn", Nothing, [OK; 4]),
    ("signInWithToken", Nothing, [OK; 4]),
    ("signOut", Nothing, [SIGN_IN, OK, OK, OK]),
    ("changePassword", Nothing, [SIGN_IN, OK, OK, OK]),
    ("changeImg", Nothing, [SIGN_IN, OK, OK, OK]),
    ("subscribe", Nothing, [OK; 4]),
    ("unsubscribe", Nothing, [OK; 4]),
    ("loadComments", Nothing, [OK; 4]),
    ("loadComments", Own, [OK; 4]),
    ("loadComments", Others, [OK; 4]),
    // A tombstone's replies are still to be read.
    ("loadComments", OwnDeleted, [OK; 4]),
    ("loadComments", OthersDeleted, [OK; 4]),
    ("loadComments", Missing, [GONE; 4]),
    ("findComment", Own, [OK; 4]),
    ("findComment", Others, [OK; 4]),
    ("findComment", OwnDeleted, [GONE; 4]),
    ("findComment", OthersDeleted, [GONE; 4]),
    ("findComment", Missing, [GONE; 4]),
    ("loadReactions", Own, [SIGN_IN, OK, OK, OK]),
    ("loadReactions", Others, [SIGN_IN, OK, OK, OK]),
    ("loadReactions", OthersDeleted, [SIGN_IN, OK, OK, OK]),
    ("loadReactions", Missing, [SIGN_IN, OK, OK, OK]),
    ("postComment", Nothing, [SIGN_IN, OK, OK, OK]),
    ("postComment", Own, [SIGN_IN, OK, OK, OK]),
    ("postComment", Others, [SIGN_IN, OK, OK, OK]),
    ("postComment", OwnDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("postComment", OthersDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("postComment", Missing, [SIGN_IN, GONE, GONE, GONE]),
    ("editComment", Own, [SIGN_IN, OK, OK, OK]),
    ("editComment", Others, [SIGN_IN, NO, NO, NO]),
    ("editComment", OwnDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("editComment", OthersDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("editComment", Missing, [SIGN_IN, GONE, GONE, GONE]),
    ("deleteComment", Own, [SIGN_IN, OK, OK, OK]),
    ("deleteComment", Others, [SIGN_IN, NO, OK, OK]),
    // Deleting again what is deleted succeeds, for those who may delete it.
    ("deleteComment", OwnDeleted, [SIGN_IN, OK, OK, OK]),
    ("deleteComment", OthersDeleted, [SIGN_IN, NO, OK, OK]),
    ("deleteComment", Missing, [SIGN_IN, GONE, GONE, GONE]),
    ("react", Own, [SIGN_IN, OK, OK, OK]),
    ("react", Others, [SIGN_IN, OK, OK, OK]),
    ("react", OwnDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("react", OthersDeleted, [SIGN_IN, GONE, GONE, GONE]),
    ("react", Missing, [SIGN_IN, GONE, GONE, GONE]),
    ("watchStatus", Nothing, [SIGN_IN, NO, NO, OK]),
    ("unwatchStatus", Nothing, [OK; 4]),
];

/// The query, about the comment of this number.
fn query(named: &str, id: &Value, (name, token): (&str, &str)) -> Value {
    let mut query = json!({"type_query": named, "page": "/a", "comment": "a text"});
    let more = match named {
        "signUp" => json!({"username": format!("new {name}"), "password": PASSWORD}),
        "signIn" => json!({"username": "owner", "password": PASSWORD}),
        "signInWithToken" => json!({"token": token}),
        "changePassword" => json!({"password": PASSWORD, "new_password": "amber falcon 12 desk"}),
        "changeImg" => json!({"img": "https://pictures.example/a.png"}),
        "loadComments" | "postComment" => json!({"parent": id}),
        "loadReactions" => json!({"comment_ids": [id]}),
        "react" => json!({"comment_id": id, "reaction": "like"}),
        _ => json!({"comment_id": id}),
    };
    query.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    query
}

/// Somebody of that role, fresh for every row: some queries change who one is.
async fn somebody(site: &Site, role: &str, name: &str) -> Client {
    if role == "guest" { site.guest().await } else { site.user_as(name, role).await }
}

/// The number of what the query is about.
async fn thing(thing: Thing, client: &mut Client, owner: &mut Client, guest: bool) -> Value {
    let author = if matches!(thing, Own | OwnDeleted) && !guest { client } else { owner };
    match thing {
        Nothing => Value::Null,
        Missing => json!(1_000_000),
        Own | Others => author.post("/a", "shown").await["comment_id"].clone(),
        OwnDeleted | OthersDeleted => {
            let comment = author.post("/a", "deleted").await;
            author.delete(&comment).await;
            comment["comment_id"].clone()
        }
    }
}

#[actix_web::test]
async fn every_role_may_do_what_the_table_says_and_no_more() {
    // Nobody watches the service for coming from this machine.
    let site = Site::with(|config| config.metrics.allowed = Vec::new()).await;
    let mut owner = site.user("owner").await;
    let token = owner.token.clone();
    let mut wrong = Vec::new();
    for (row, (named, about, wanted)) in TABLE.iter().enumerate() {
        for (role, wanted) in ROLES.iter().zip(wanted) {
            let name = format!("{role} {row}");
            let mut client = somebody(&site, role, &name).await;
            let id = thing(*about, &mut client, &mut owner, *role == "guest").await;
            let answer = client.ask(query(named, &id, (&name, &token))).await;
            let told = answer["code"].as_str().unwrap_or(OK);
            if told != *wanted {
                wrong.push(format!("{role}: {named} on {about:?}: {told}, not {wanted}"));
            }
            if told == NO || told == SIGN_IN {
                unharmed(&mut owner, &id).await;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What was refused has changed nothing of the comment.
async fn unharmed(owner: &mut Client, id: &Value) {
    let list = owner.list("/a", json!({"sort": "newest", "limit": 1, "replies": 0})).await;
    let newest = &list["comments"][0];
    if !id.is_null() && newest["comment_id"] == *id {
        assert_eq!((&newest["comment"], &newest["like"]), (&json!("shown"), &json!(0)), "{newest}");
    }
}

#[test]
fn the_table_has_every_query_of_the_contract() {
    let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/protocol.md");
    let contract = std::fs::read_to_string(contract).unwrap();
    let (_, rows) = contract.split_once("| type_query | members |").expect("the table of queries");
    let rows = rows.lines().skip(2).take_while(|line| line.starts_with('|'));
    let named: BTreeSet<_> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    let ours: BTreeSet<_> = TABLE.iter().map(|(named, ..)| *named).collect();
    assert_eq!(ours, named);
}

#[actix_web::test]
async fn who_is_banned_may_do_what_a_guest_may() {
    // Nobody watches the service for coming from this machine.
    let site = Site::with(|config| config.metrics.allowed = Vec::new()).await;
    let mut owner = site.user("owner").await;
    let token = owner.token.clone();
    for (row, (named, about, wanted)) in TABLE.iter().enumerate() {
        if named.starts_with("sign") || matches!(about, Own | OwnDeleted) {
            continue;
        }
        let name = format!("banned {row}");
        let mut client = site.user(&name).await;
        site.database().execute("update user set state = 'banned' where username = ?1", [&name]).unwrap();
        let id = thing(*about, &mut client, &mut owner, true).await;
        let told = client.ask(query(named, &id, (&name, &token))).await;
        let told = told["code"].as_str().unwrap_or(OK);
        // Their own reactions they may still read, until they are signed out.
        let wanted = if *named == "loadReactions" { OK } else { wanted[0] };
        let same = told == wanted || (wanted == SIGN_IN && told == NO);
        assert!(same, "{named} on {about:?}: {told}, where a guest has {wanted}");
        let mut again = site.guest().await;
        again.refused(json!({"type_query": "signInWithToken", "token": client.token}), "bad_token").await;
    }
}
