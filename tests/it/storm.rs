//! Very many at once: connections that come in a storm, sessions that all come back, and too few files for them.

use std::time::Duration;

use actix_web::rt::time::sleep;
use futures_util::future::join;
use futures_util::stream::{self, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::site::{Client, Process, Raw, is_long, request, sockets_up_to, upgrade_headers, within};

/// One storm at a time: together they would take more sockets than a process may have.
static STORM: Mutex<()> = Mutex::const_new(());

/// How many of a storm are on their way at a time.
const AT_ONCE: usize = 2_000;

/// A busy machine may be slow to send what it should: that is no newcomer's fault here.
const PATIENCE: &str = "limits.handshake_s = 60";

fn size() -> usize {
    sockets_up_to(if is_long() { 10_000 } else { 2_000 })
}

/// What a newcomer is told: the session, or the head of the answer.
async fn knock(process: &Process) -> Result<Raw, String> {
    let mut raw = Raw::connect(process.address).await;
    raw.write(request("/", &upgrade_headers()).as_bytes()).await;
    let head = raw.head().await;
    if head.starts_with("HTTP/1.1 101 ") { Ok(raw) } else { Err(head.to_lowercase()) }
}

async fn come(process: &Process, newcomers: usize) -> Vec<Result<Raw, String>> {
    let knocks = (0..newcomers).map(|_| knock(process));
    stream::iter(knocks).buffer_unordered(AT_ONCE).collect().await
}

#[actix_web::test]
async fn a_storm_of_newcomers_holds_up_nobody() {
    let _one = STORM.lock().await;
    let newcomers = size();
    let room = newcomers - 200;
    let process = Process::start(&format!("{PATIENCE}\nlimits.connections_max = {room}")).await;
    let mut alice = process.user("alice").await;
    let storm = come(&process, newcomers);
    let go_on = async {
        for n in 0..100 {
            alice.post("/a", &format!("amid the storm, {n}")).await;
        }
    };
    let (told, ()) = join(storm, go_on).await;
    let (come, refused): (Vec<_>, Vec<_>) = told.into_iter().partition(Result::is_ok);
    let mut sessions: Vec<Raw> = come.into_iter().flatten().collect();
    assert_eq!(sessions.len(), room - 1, "all that there is room for beside alice");
    for head in refused.into_iter().filter_map(Result::err) {
        assert!(head.starts_with("http/1.1 503 ") && head.contains("\r\nretry-after: "), "{head}");
    }
    let ask = sessions.iter_mut().map(async |session| {
        session.ask(&json!({"type_query": "ping"})).await;
        session.hears(|answer| answer["status"] == "success").await
    });
    let answered = stream::iter(ask).buffer_unordered(AT_ONCE).count().await;
    assert_eq!(answered, room - 1, "everybody who came in is served");
    sessions.truncate(room / 2);
    within("who leaves makes room", async { while knock(&process).await.is_err() {} }).await;
    alice.does(json!({"type_query": "ping"})).await;
}

#[actix_web::test]
async fn all_come_back_after_a_restart_and_go_on_from_where_they_stood() {
    let _one = STORM.lock().await;
    let mut process = Process::start(&format!("{PATIENCE}\nserver.drain_s = 60")).await;
    let mut alice = process.user("alice").await;
    let before = alice.post("/a", "before").await["rev"].clone();
    let mut sessions = Vec::new();
    for come in come(&process, size()).await {
        sessions.push(come.expect("there is room"));
    }
    let subscribe = json!({"type_query": "subscribe", "page": "/a"});
    let told = all(&mut sessions, &subscribe).await;
    let epoch = told[0]["epoch"].clone();
    assert!(told.iter().all(|answer| answer["rev"] == before), "{}", told[0]);
    process.ask_to_stop();
    let closes = sessions.into_iter().map(async |mut session| session.close_code().await);
    let codes: Vec<_> = stream::iter(closes).buffer_unordered(usize::MAX).collect().await;
    assert!(codes.iter().all(|code| *code == Some(1001)), "everybody is told that it goes away");
    assert_eq!(process.exit_code().await, Some(0));
    process.restart().await;
    alice.reconnect(process.address).await;
    for n in 0..3 {
        alice.post("/a", &format!("meanwhile, {n}")).await;
    }
    let resume = json!({"type_query": "subscribe", "page": "/a", "since": before, "epoch": epoch});
    let back = (0..size()).map(async |_| {
        let mut session = knock(&process).await.expect("there is room");
        session.ask(&resume).await;
        let answer = session.hears(|answer| answer["status"].is_string()).await;
        let missed = answer["comments"].as_array().map(Vec::len);
        assert_eq!((&answer["resumed"], missed), (&json!(true), Some(3)), "{answer}");
        session
    });
    let sessions: Vec<_> = stream::iter(back).buffer_unordered(AT_ONCE).collect().await;
    let posted = alice.post("/a", "to all of you").await;
    let hear = sessions.into_iter().map(async |mut session| {
        let push = session.hears(|push| push["push"] == "update").await;
        assert_eq!((&push["from"], &push["rev"]), (&json!(4), &posted["rev"]), "{push}");
    });
    let heard = stream::iter(hear).buffer_unordered(AT_ONCE).count().await;
    assert_eq!(heard, size(), "nobody is lost");
}

/// Has every session ask; gives the answers.
async fn all(sessions: &mut [Raw], query: &Value) -> Vec<Value> {
    let ask = sessions.iter_mut().map(async |session| {
        session.ask(query).await;
        session.hears(|answer| answer["status"] == "success").await
    });
    stream::iter(ask).buffer_unordered(AT_ONCE).collect().await
}

/// Asks a few things of a session that is there.
async fn goes_on(client: &mut Client) {
    client.post("/a", "still here").await;
    client.list("/a", json!({})).await;
}

#[actix_web::test]
async fn without_files_newcomers_wait_and_everybody_else_goes_on() {
    const SPARE: usize = 20;
    const NEWCOMERS: usize = 100;
    const WATCHED: Duration = Duration::from_secs(3);
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    goes_on(&mut alice).await;
    let files = process.open_files() + SPARE;
    process.allow_open_files(files);
    let mut waiting = Vec::new();
    for _ in 0..NEWCOMERS {
        // The kernel takes them; the service has files for some.
        let mut raw = Raw::connect(process.address).await;
        raw.write(request("/", &upgrade_headers()).as_bytes()).await;
        waiting.push(raw);
    }
    within("it has no file to spare", async {
        while process.open_files() < files {
            goes_on(&mut alice).await;
        }
    })
    .await;
    let before = process.cpu();
    for _ in 0..30 {
        sleep(WATCHED / 30).await;
        alice.does(json!({"type_query": "ping"})).await;
    }
    // It takes a hundredth of that. One thread that spins would take all of it, or its share of a busy machine.
    let spent = process.cpu().saturating_sub(before);
    assert!(spent < WATCHED / 10, "{spent:?} of CPU time in {WATCHED:?} of waiting");
    // Those who came last are let in as others leave.
    let mut last = waiting.split_off(NEWCOMERS - SPARE / 2);
    drop(waiting);
    for raw in &mut last {
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    }
    goes_on(&mut alice).await;
    process.guest("bob").await.subscribe("/a").await;
}
