//! What the log tells an operator, and what it never tells.

use std::time::Duration;

use otklik::clock::Clock;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Process, Raw, request, upgrade_headers, within};

/// The lines as objects.
fn objects(process: &Process) -> Vec<Value> {
    process
        .log()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|no| panic!("{line}: {no}")))
        .collect()
}

#[actix_web::test]
async fn a_session_and_its_queries_can_be_followed() {
    let process = Process::start("log.filter = \"debug\"\nlog.format = \"json\"").await;
    let (alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    bob.subscribe("/a").await;
    bob.refused(json!({"type_query": "<b>dance</b>"}), "unknown_query").await;
    bob.close().await;
    alice.close().await;
    let ours = within("both ends", async {
        loop {
            let lines = objects(&process);
            if lines.iter().filter(|line| line["message"] == "session ends").count() == 2 {
                return lines;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let of = |session: u64| ours.iter().filter(move |line| line["session"] == session);
    let told: Vec<_> = of(2).map(|line| [&line["message"], &line["type_query"], &line["code"]]).collect();
    assert_eq!(
        told,
        [
            [&json!("session begins"), &Value::Null, &Value::Null],
            [&json!("answered"), &json!("subscribe"), &json!("success")],
            [&json!("answered"), &json!("unknown"), &json!("unknown_query")],
            [&json!("session ends"), &Value::Null, &json!("peer")],
        ]
    );
    let queries: Vec<_> = of(2).filter_map(|line| line["query"].as_u64()).collect();
    assert_eq!(queries, [1, 2]);
    let signed_up = of(1).find(|line| line["type_query"] == "signUp").expect("alice's line");
    assert!(signed_up["duration_us"].as_u64().is_some_and(|us| us > 0), "{signed_up}");
    assert!(signed_up["level"] == "debug" && signed_up["time"].is_string(), "{signed_up}");
}

#[actix_web::test]
async fn a_peer_that_has_gone_before_its_turn_is_no_error() {
    // Turns of one second are had at once, two more: whoever comes then waits.
    let process = Process::start("limits.handshakes_per_s = 1\nlog.filter = \"debug\"").await;
    let _inside = [Raw::open(process.address).await, Raw::open(process.address).await];
    let waiting = Raw::connect(process.address).await;
    waiting.resets_after(request("/", &upgrade_headers()).as_bytes()).await;
    process.logs("session ends").await;
    assert!(!process.log().iter().any(|line| line.contains("ERROR")), "{:#?}", process.log());
}

#[actix_web::test]
async fn a_fault_names_its_session_and_query() {
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    let comment = alice.post("/a", "to be spoilt").await;
    break_comment(&process, -1);
    let edit = json!({"type_query": "editComment", "comment_id": comment["comment_id"], "comment": "edited"});
    let list = json!({"type_query": "loadComments", "page": "/a", "parent": comment["comment_id"]});
    for (query, number) in [(edit, 3), (list, 4)] {
        let told = alice.refused(query, "internal").await;
        let words = format!("fault {}: ", told["fault_id"].as_str().expect("an id"));
        let log = process.logged(&words, 1).await;
        let line = log.iter().find(|line| line.contains(&words)).expect("its line");
        assert!(line.ends_with(&format!(" session=1 query={number}")), "{line}");
    }
    break_comment(&process, 0);
}

/// Gives the first comment a depth that none can have, or its own again.
fn break_comment(process: &Process, depth: i64) {
    let connection = Connection::open(&process.database).expect("the file opens");
    connection.pragma_update(None, "ignore_check_constraints", true).expect("a pragma");
    connection.busy_timeout(Duration::from_secs(10)).expect("a busy timeout");
    let changed = connection.execute("update comment set depth = ?1 where comment_id = 1", [depth]);
    assert_eq!(changed.expect("the comment is changed"), 1);
}

/// Posts while the file is held for some milliseconds.
async fn slow_write(process: &Process, alice: &mut Client, bob: &mut Client) {
    let hold = process.hold("immediate");
    let clock = Clock::system();
    let begun = clock.monotonic();
    let asked = alice.send(json!({"type_query": "postComment", "page": "/a", "comment": "hi"})).await;
    while clock.monotonic().saturating_sub(begun) < Duration::from_millis(20) {
        bob.does(json!({"type_query": "ping"})).await;
    }
    drop(hold);
    assert_eq!(alice.answer(asked).await["status"], "success");
}

#[actix_web::test]
async fn what_is_slow_is_told_with_its_name_and_duration() {
    let process = Process::start("log.slow_query_ms = 10\nlog.format = \"json\"").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    within("a slow batch", async {
        // On a busy machine the writer may come to it when the file is free again.
        while !process.log().iter().any(|line| line.contains("postComment 1")) {
            slow_write(&process, &mut alice, &mut bob).await;
        }
    })
    .await;
    let slow = objects(&process);
    let slow = slow.iter().find(|line| line["types"] == "postComment 1").expect("the post's batch");
    assert_eq!((&slow["level"], &slow["writes"]), (&json!("warn"), &json!(1)), "{slow}");
    for field in ["duration_ms", "commit_ms", "waited_ms"] {
        assert!(slow[field].is_u64(), "{field}: {slow}");
    }
    assert!(slow["duration_ms"].as_u64().is_some_and(|ms| ms >= 10), "{slow}");
}

#[actix_web::test]
async fn a_slow_read_is_told() {
    let process = Process::start("log.slow_query_ms = 1\nlimits.comment_bytes_max = 60000").await;
    let mut alice = process.user("alice").await;
    for _ in 0..4 {
        alice.post("/a", &"x".repeat(30_000)).await;
    }
    let mut guest = process.guest("guest").await;
    let line = within("a slow read", async {
        loop {
            // Sooner or later one takes a millisecond.
            guest.list("/a", json!({})).await;
            let told = process.log().into_iter().find(|line| line.contains("slow read session=2"));
            if let Some(line) = told {
                return line;
            }
        }
    })
    .await;
    assert!(line.contains(" WARN ") && line.contains(" type_query=loadComments duration_ms="), "{line}");
}

#[actix_web::test]
async fn nothing_is_slow_where_nobody_asked() {
    let mut process = Process::start("log.slow_query_ms = 0").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    for _ in 0..3 {
        slow_write(&process, &mut alice, &mut bob).await;
    }
    assert_eq!(process.terminate().await, Some(0));
    let log = process.log();
    assert!(!log.iter().any(|line| line.contains("slow")), "{log:#?}");
}

/// What must not be in any line, whatever happens: each is said once or more in this life.
const SECRETS: [&str; 7] = [
    PASSWORD,
    "not the right one 93",
    "amber falcon 12 desk",
    "lantern orbit 55 moss",
    "a text for readers only",
    "another text for them alone",
    "a draft that was cut off",
];

#[actix_web::test]
async fn the_log_has_no_secrets() {
    let [right, wrong, new, admins, text, edited, cut] = SECRETS;
    let mut process = Process::start("log.filter = \"trace\"\nlog.slow_query_ms = 1").await;
    let added = process.also(&["user", "add", "root", "--role", "admin"], admins);
    assert!(added.status.success(), "{added:?}");
    let mut alice = process.user("alice").await;
    let first = alice.token.clone();
    let mut other = process.guest("other").await;
    other
        .refused(json!({"type_query": "signIn", "username": "alice", "password": wrong}), "bad_credentials")
        .await;
    other.refused(json!({"type_query": "signInWithToken", "token": format!("{first}x")}), "bad_token").await;
    other.does(json!({"type_query": "signInWithToken", "token": first})).await;
    let comment = alice.post("/a", text).await;
    alice.edit(&comment, edited).await;
    alice.reply("/a", &comment, text).await;
    alice.react(&comment, "like").await;
    // What is no query, or one that nobody knows, holds secrets as well.
    other
        .send_text(&format!("{{\"type_query\":\"signIn\",\"password\":\"{right}\",\"comment\":\"{cut}"))
        .await;
    other.refused(json!({"type_query": right, "comment": cut}), "unknown_query").await;
    other.refused(json!({"type_query": "postComment", "page": 7, "comment": cut}), "bad_query").await;
    break_comment(&process, -1);
    for query in [
        json!({"type_query": "editComment", "comment_id": comment["comment_id"], "comment": edited}),
        json!({"type_query": "postComment", "page": "/a", "parent": comment["comment_id"], "comment": text}),
    ] {
        alice.refused(query, "internal").await;
    }
    break_comment(&process, 0);
    let hold = process.hold("exclusive");
    alice.refused(json!({"type_query": "postComment", "page": "/a", "comment": text}), "unavailable").await;
    drop(hold);
    let changed = json!({"type_query": "changePassword", "password": right, "new_password": new});
    let second = alice.does(changed).await["token"].as_str().expect("a token").to_owned();
    alice.delete(&comment).await;
    alice.does(json!({"type_query": "signOut", "everywhere": true})).await;
    assert_eq!(process.terminate().await, Some(0));
    let log = process.log();
    assert!(
        log.len() > 50 && log.iter().any(|line| line.contains(" TRACE ")),
        "a log at trace: {}",
        log.len()
    );
    assert!(log.iter().any(|line| line.contains("fault ")), "there were faults");
    for secret in SECRETS.into_iter().chain([first.as_str(), second.as_str()]) {
        let told: Vec<_> = log.iter().filter(|line| line.contains(secret)).collect();
        assert!(told.is_empty(), "{secret} is in the log: {told:#?}");
    }
}
