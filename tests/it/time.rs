//! A service that stood still for a while, and clocks that jump.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::rt::time::sleep;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Process, load_all, skip};

const SILENCE_S: u32 = 2;

fn post(key: &str) -> Value {
    json!({"type_query": "postComment", "page": "/a", "comment": key, "key": key})
}

/// Waits for what was asked before the service stood still; whoever was cut off comes back and asks again.
async fn settle(client: &mut Client, process: &Process, asked: &[(i64, Value)]) {
    let mut lost = Vec::new();
    for (id, query) in asked {
        match client.answer_or_end(*id).await {
            Some(answer) => assert_eq!(answer["status"], "success", "{answer}"),
            None => lost.push(query.clone()),
        }
    }
    if !lost.is_empty() || client.is_closed() {
        client.reconnect(process.address).await;
        client.resume("/a").await;
    }
    for query in lost {
        client.does(query).await;
    }
}

#[actix_web::test]
async fn a_service_that_stood_still_has_lost_nothing() {
    const ROUNDS: usize = 3;
    const POSTS: usize = 6;
    let process = Process::start(&format!("limits.ping_s = 1\nlimits.silence_s = {SILENCE_S}")).await;
    let mut alice = process.user("alice").await;
    let mut bob = process.user("bob").await;
    for client in [&mut alice, &mut bob] {
        client.subscribe("/a").await;
    }
    for round in 0..ROUNDS {
        let mut asked = Vec::new();
        for n in 0..POSTS {
            if n == POSTS / 2 {
                process.signal(Signal::STOP);
            }
            let query = post(&format!("{round} {n}"));
            asked.push((alice.send(query.clone()).await, query));
        }
        if round > 0 {
            // Longer than silence is borne: by the service's own clock everybody was silent.
            sleep(Duration::from_secs(SILENCE_S.into()) + Duration::from_millis(500)).await;
        }
        process.signal(Signal::CONT);
        settle(&mut alice, &process, &asked).await;
        settle(&mut bob, &process, &[]).await;
    }
    let sent = ROUNDS * POSTS;
    for client in [&mut alice, &mut bob] {
        // The heartbeat may still cut off who was silent while the service stood still.
        client.reconnect(process.address).await;
        client.resume("/a").await;
        client.comes_to("/a", |state| state.seen().len() == sent).await;
    }
    // Whoever is not sure asks once more.
    for round in 0..ROUNDS {
        for n in 0..POSTS {
            alice.does(post(&format!("{round} {n}"))).await;
        }
    }
    let truth = load_all(&mut process.guest("carol").await, "/a").await;
    assert_eq!((truth.seen().len(), truth.seen()), (sent, bob.state("/a").seen()));
}

/// A date that a running process is made to believe.
struct Date(PathBuf);

impl Date {
    /// Where the library is that makes a process believe it (Debian's `libfaketime`).
    fn library() -> Result<PathBuf, String> {
        let folders = fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|folder| folder.path());
        let mut found = folders.map(|folder| folder.join("faketime/libfaketime.so.1"));
        found.find(|path| path.exists()).ok_or_else(|| "there is no libfaketime".to_owned())
    }

    /// What the process's environment needs.
    fn environment(&self, library: &Path) -> Vec<(String, String)> {
        let text = |path: &Path| path.to_str().expect("a plain path").to_owned();
        [
            ("LD_PRELOAD", text(library)),
            ("FAKETIME_TIMESTAMP_FILE", text(&self.0)),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            // When an administrator sets a clock, time goes on as it did.
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Sets the clock so far from the machine's own.
    fn set(&self, days: i32) {
        // At once: a file half written would be another date.
        let next = self.0.with_extension("next");
        fs::write(&next, format!("{days:+}d\n")).unwrap();
        fs::rename(&next, &self.0).unwrap();
    }
}

/// A process on a clock that the test sets.
async fn start(more: &str, library: &Path) -> (Process, Date) {
    let mut date = None;
    let process = Process::start_with(more, |folder| {
        let set = Date(folder.join("date"));
        set.set(0);
        date.insert(set).environment(library)
    })
    .await;
    (process, date.unwrap())
}

async fn now(client: &mut Client) -> String {
    client.does(json!({"type_query": "ping"})).await["now"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn a_clock_that_jumps_moves_dates_and_nothing_else() {
    const NAME: &str = "a_clock_that_jumps_moves_dates_and_nothing_else";
    let library = match Date::library() {
        Ok(library) => library,
        Err(reason) => return skip(NAME, &reason),
    };
    let (mut process, date) = start("comments.edit_window_s = 315360000", &library).await;
    let (mut alice, mut bob) = (process.user("alice").await, process.user("bob").await);
    bob.subscribe("/a").await;
    let mut posts = Vec::new();
    let mut before = String::new();
    for days in [0, -3, 2, -400, 0] {
        date.set(days);
        let today = now(&mut alice).await;
        assert_ne!(today.get(..10), before.get(..10), "the clock was set");
        before = today;
        for _ in 0..3 {
            posts.push(alice.post("/a", &format!("in {days} days")).await);
        }
        // What was written at another date can be edited, liked and told of.
        alice.edit(&posts[0], &format!("edited in {days} days")).await;
        bob.react(&posts[0], if days < 0 { "dislike" } else { "like" }).await;
    }
    let number = |post: &Value, member: &str| post[member].as_i64().unwrap();
    for two in posts.windows(2) {
        assert!(number(&two[0], "comment_id") < number(&two[1], "comment_id"), "{two:#?}");
        assert!(number(&two[0], "rev") < number(&two[1], "rev"), "{two:#?}");
    }
    assert!(posts[3]["date"].as_str() < posts[0]["date"].as_str(), "dates go back");
    bob.comes_to("/a", |state| state.seen().len() == posts.len()).await;
    listed_in_order(&mut bob, &posts).await;
    // Whoever stood somewhere goes on from there, in another life and at another date too.
    assert_eq!(process.terminate().await, Some(0));
    date.set(-30);
    process.restart().await;
    for client in [&mut alice, &mut bob] {
        client.reconnect(process.address).await;
    }
    alice.post("/a", "in another life").await;
    assert_eq!(bob.resume("/a").await["resumed"], true);
    assert_eq!(bob.state("/a").seen().len(), posts.len() + 1);
    assert_eq!(process.terminate().await, Some(0));
    let log = process.log();
    assert!(!log.iter().any(|line| line.contains("panicked") || line.contains("ERROR")), "{log:#?}");
}

/// Lists go by the order of writing, through cursors too.
async fn listed_in_order(client: &mut Client, posts: &[Value]) {
    for (sort, ids) in [
        ("oldest", posts.iter().map(|post| post["comment_id"].clone()).collect::<Vec<_>>()),
        ("newest", posts.iter().rev().map(|post| post["comment_id"].clone()).collect()),
    ] {
        let (mut listed, mut cursor) = (Vec::new(), Value::Null);
        loop {
            let list = client.list("/a", json!({"sort": sort, "limit": 2, "cursor": cursor})).await;
            listed.extend(list["comments"].as_array().unwrap().iter().map(|one| one["comment_id"].clone()));
            cursor = list["next"].clone();
            if cursor.is_null() {
                break;
            }
        }
        assert_eq!(listed, ids, "{sort}");
    }
}

#[actix_web::test]
async fn a_clock_that_jumps_lets_nobody_in_and_locks_nobody_out() {
    const NAME: &str = "a_clock_that_jumps_lets_nobody_in_and_locks_nobody_out";
    let library = match Date::library() {
        Ok(library) => library,
        Err(reason) => return skip(NAME, &reason),
    };
    let (process, date) = start("limits.posts_per_min = 3\nauth.token_days = 10", &library).await;
    let mut alice = process.user("alice").await;
    let mut eve = process.guest("eve").await;
    let sign_in = |password: &str| json!({"type_query": "signIn", "username": "alice", "password": password});
    let with = |token: &str| json!({"type_query": "signInWithToken", "token": token});
    // A revoked token stays revoked at every date, a good one stays good where its time is not over.
    let revoked = process.guest("tab").await.sign_in("alice").await["token"].as_str().unwrap().to_owned();
    let mut tab = process.guest("tab").await;
    tab.does(with(&revoked)).await;
    tab.does(json!({"type_query": "signOut"})).await;
    for days in [-3, -400, 4] {
        date.set(days);
        eve.refused(with(&revoked), "bad_token").await;
        let token = alice.token.clone();
        process.guest("phone").await.does(with(&token)).await;
    }
    // A name that rests after wrong passwords is not locked until a wrong date comes round again.
    for days in [0, 5, -5] {
        date.set(days);
        let mut told = Value::Null;
        for _ in 0..9 {
            told = eve.ask(sign_in("guess guess guess")).await;
        }
        assert_eq!(told["code"], "rate_limited", "in {days} days: {told}");
        assert!(told["retry_after_ms"].as_u64().is_some_and(|ms| ms <= 10_000), "in {days} days: {told}");
    }
    date.set(-6);
    eve.does(sign_in(PASSWORD)).await;
    // Whoever is told to wait is told to wait a minute at most, whatever the date was when they wrote.
    for days in [0, 3, -3, 1] {
        date.set(days);
        let mut waits = Vec::new();
        for n in 0..4 {
            let told = alice.ask(post(&format!("in {days} days, {n}"))).await;
            waits.extend(told["retry_after_ms"].as_u64());
            assert!(told["status"] == "success" || told["code"] == "rate_limited", "{told}");
        }
        assert!(!waits.is_empty() && waits.iter().all(|ms| *ms <= 60_000), "in {days} days: {waits:?}");
    }
    let log = process.log();
    assert!(!log.iter().any(|line| line.contains("panicked") || line.contains("ERROR")), "{log:#?}");
}
