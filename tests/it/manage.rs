//! What an operator does to users from the command line while the service runs, and who hears of it.

use serde_json::{Value, json};

use crate::site::{PASSWORD, Process};

/// Runs a command; gives what it said, or panics with it.
fn did(process: &Process, arguments: &[&str], input: &str) -> String {
    let output = process.also(arguments, input);
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    said
}

/// Runs a command that must fail; gives what it said.
fn refused(process: &Process, arguments: &[&str], input: &str) -> String {
    let output = process.also(arguments, input);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[actix_web::test]
async fn a_new_role_is_told_at_once() {
    let process = Process::start("").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.user("bob").await);
    let comment = alice.post("/a", "hi").await;
    let delete = json!({"type_query": "deleteComment", "comment_id": comment["comment_id"]});
    bob.refused(delete.clone(), "forbidden").await;
    assert!(did(&process, &["user", "role", "BOB", "moderator"], "").contains("bob is moderator now"));
    bob.hears(|push| *push == json!({"push": "role", "role": "moderator"})).await;
    assert_eq!(bob.does(json!({"type_query": "hello"})).await["user"]["role"], "moderator");
    bob.does(delete).await;
    assert_eq!(alice.heard(), Vec::<Value>::new());
    assert!(did(&process, &["user", "list"], "").contains("2\tbob\tmoderator\tactive\n"));
    assert!(refused(&process, &["user", "role", "eve", "admin"], "").contains("there is none of that name"));
}

#[actix_web::test]
async fn a_banned_user_is_signed_out_and_stays_out() {
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    alice.post("/a", "hi").await;
    let token = alice.token.clone();
    did(&process, &["user", "ban", "alice"], "");
    alice.hears(|push| *push == json!({"push": "signedOut", "reason": "suspended"})).await;
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "again"});
    alice.refused(post, "sign_in_first").await;
    alice.refused(json!({"type_query": "signInWithToken", "token": token}), "bad_token").await;
    let sign_in = json!({"type_query": "signIn", "username": "alice", "password": PASSWORD});
    alice.refused(sign_in.clone(), "bad_credentials").await;
    did(&process, &["user", "unban", "alice"], "");
    alice.does(sign_in).await;
}

#[actix_web::test]
async fn another_password_signs_out_everywhere() {
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    did(&process, &["user", "password", "alice"], "crimson walrus 81 fork\n");
    alice.hears(|push| *push == json!({"push": "signedOut", "reason": "password_changed"})).await;
    let sign_in = |password: &str| json!({"type_query": "signIn", "username": "alice", "password": password});
    alice.refused(sign_in(PASSWORD), "bad_credentials").await;
    alice.does(sign_in("crimson walrus 81 fork")).await;
    assert!(refused(&process, &["user", "password", "alice"], "password2024\n").contains("password"));
}

#[actix_web::test]
async fn a_deleted_user_leaves_nothing_and_everybody_sees_it_live() {
    let process = Process::start("").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.user("bob").await);
    let theirs = alice.post("/a", "written by alice").await;
    let reply = bob.reply("/a", &theirs, "under it").await;
    alice.react(&reply, "like").await;
    let mut guest = process.guest("guest").await;
    let snapshot = guest.subscribe("/a").await;
    assert_eq!(snapshot["total"], 2);
    assert!(refused(&process, &["user", "delete", "alice"], "").contains("--yes"));
    let said = did(&process, &["user", "delete", "alice", "--yes"], "");
    assert!(said.contains("1 comment(s) and 1 reaction(s)"), "{said}");
    alice.hears(|push| *push == json!({"push": "signedOut", "reason": "deleted"})).await;
    guest.comes_to("/a", |state| state.total == 1).await;
    let list = bob.list("/a", json!({})).await;
    assert!(!list.to_string().contains("alice"), "{list}");
    assert_eq!((&list["comments"][0]["state"], &list["comments"][1]["like"]), (&json!("deleted"), &json!(0)));
    // The name is free again, and whoever takes it has nothing of the other's.
    let other = process.user("alice").await;
    drop(other);
    bob.post("/a", "it goes on").await;
    guest.hears(|push| push["push"] == "update" && push["total"] == 2).await;
}
