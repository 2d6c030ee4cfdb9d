//! What survives kill -9 and a full disk, and how a planned stop goes.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{
    Client, Disk, PASSWORD, Process, Random, Raw, State, frame, is_long, load_all, request, skip, within,
};

/// Somebody who writes with keys and likes what they wrote, and remembers what was promised.
struct Writer {
    client: Client,
    sent: usize,
    /// The comment's number by the key's.
    promised: BTreeMap<usize, i64>,
    liked: Vec<i64>,
}

impl Writer {
    async fn new(process: &Process, name: &str) -> Self {
        let client = process.user(name).await;
        Self { client, sent: 0, promised: BTreeMap::new(), liked: Vec::new() }
    }

    fn query(&self, key: usize) -> Value {
        json!({"type_query": "postComment", "page": "/a", "comment": format!("{} {key}", self.client.name),
            "key": format!("key {key}")})
    }

    /// Sends without waiting, reads what is answered, until enough was promised; leaves some under way.
    async fn write(&mut self, answered: usize) {
        let (mut waiting, mut likes) = (BTreeMap::new(), BTreeMap::new());
        for _ in 0..answered {
            while waiting.len() < 4 {
                self.sent += 1;
                let id = self.client.send(self.query(self.sent)).await;
                waiting.insert(id, self.sent);
            }
            let (id, key) = waiting.pop_first().unwrap();
            let answer = self.client.answer(id).await;
            self.promised(key, &answer);
            let comment = self.promised[&key];
            let like = json!({"type_query": "react", "comment_id": comment, "reaction": "like"});
            likes.insert(self.client.send(like).await, comment);
            if likes.len() > 2 {
                let (id, comment) = likes.pop_first().unwrap();
                assert_eq!(self.client.answer(id).await["status"], "success");
                self.liked.push(comment);
            }
        }
    }

    fn promised(&mut self, key: usize, answer: &Value) {
        assert_eq!(answer["status"], "success", "{answer}");
        let id = answer["comment"]["comment_id"].as_i64().unwrap();
        let before = self.promised.insert(key, id);
        assert!(before.is_none_or(|before| before == id), "key {key} made {before:?} and then {id}");
    }

    /// Sends keys again, from one on: what was promised is what is answered. What was liked is.
    async fn again(&mut self, from: usize) {
        for key in from..=self.sent {
            let answer = self.client.ask(self.query(key)).await;
            self.promised(key, &answer);
        }
        for liked in self.liked.chunks(500) {
            let query = json!({"type_query": "loadReactions", "comment_ids": liked});
            let answer = self.client.does(query).await;
            assert_eq!(answer["reactions"].as_array().map(Vec::len), Some(liked.len()), "{answer}");
        }
    }
}

/// Kills under load, each at another moment: ten, and a hundred in the long run.
fn kills() -> usize {
    if is_long() { 100 } else { 10 }
}

#[actix_web::test]
async fn what_was_answered_survives_kill_9() {
    let mut process = Process::start("").await;
    let mut writers = join_all(["alice", "bob", "carol"].map(|name| Writer::new(&process, name))).await;
    let mut listener = process.guest("dave").await;
    listener.subscribe("/a").await;
    let mut random = Random::seeded(9);
    for kill in 0..kills() {
        let before: Vec<_> = writers.iter().map(|writer| writer.sent).collect();
        let answered = 4 + random.below(30);
        join_all(writers.iter_mut().map(|writer| writer.write(answered))).await;
        // A dozen queries are under way; how far they come is another matter each time.
        for _ in 0..random.below(12) {
            listener.does(json!({"type_query": "ping"})).await;
        }
        process.kill();
        process.check();
        process.restart().await;
        listener.reconnect(process.address).await;
        assert_eq!(listener.resume("/a").await["resumed"], true, "after kill {kill}");
        for (writer, before) in writers.iter_mut().zip(before) {
            // What was still answered before the end was promised as well: the keys tell.
            writer.client.reconnect(process.address).await;
            writer.again(before + 1).await;
        }
        let sent: usize = writers.iter().map(|writer| writer.sent).sum();
        let all = |state: &State| state.seen().len() == sent && state.total == i64::try_from(sent).unwrap();
        listener.comes_to("/a", all).await;
    }
    for writer in &mut writers {
        writer.again(1).await;
    }
    let mut fresh = process.guest("erin").await;
    assert_eq!(listener.state("/a").seen(), load_all(&mut fresh, "/a").await.seen());
    assert_eq!(process.terminate().await, Some(0));
}

#[actix_web::test]
async fn answers_on_the_way_when_it_was_killed_were_promises_too() {
    let mut process = Process::start("").await;
    let mut alice = process.user("alice").await;
    let mut texts = BTreeMap::new();
    for n in 0..200 {
        let query = json!({"type_query": "postComment", "page": "/a", "comment": format!("comment {n}")});
        texts.insert(alice.send(query).await, format!("comment {n}"));
        if n == 100 {
            process.kill();
            break;
        }
    }
    let answers = alice.until_closed().await;
    process.restart().await;
    alice.reconnect(process.address).await;
    for (id, answer) in answers {
        let posted = &answer["comment"];
        assert_eq!(posted["comment"], json!(texts[&id]));
        let key = json!({"type_query": "react", "comment_id": posted["comment_id"], "reaction": "like"});
        alice.does(key).await;
    }
}

#[actix_web::test]
async fn sigterm_drains() {
    let mut process = Process::start("server.drain_s = 10").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    bob.subscribe("/a").await;
    alice.post("/a", "before the stop").await;
    process.ask_to_stop();
    for client in [&mut alice, &mut bob] {
        let drain = client.hears(|push| push["push"] == "drain").await;
        assert!(drain["reconnect_in_ms"].as_u64().is_some_and(|ms| ms > 0), "{drain}");
        client.closed_with(Some(1001)).await;
    }
    assert_eq!(process.exit_code().await, Some(0));
    process.restart().await;
    let mut carol = process.guest("carol").await;
    assert_eq!(carol.subscribe("/a").await["total"], 1);
}

#[actix_web::test]
async fn a_stop_with_nobody_there_is_quick_and_clean() {
    let mut process = Process::start("").await;
    assert_eq!(process.terminate().await, Some(0));
    let log = process.log();
    assert!(!log.iter().any(|line| line.contains("ERROR")), "{log:#?}");
}

#[actix_web::test]
async fn a_drain_answers_what_runs_and_begins_nothing_more() {
    let mut process = Process::start("server.drain_s = 30\nauth.bcrypt_cost = 6").await;
    process.user("alice").await.close().await;
    let mut raw = Raw::open(process.address).await;
    let sign_in = json!({"type_query": "signIn", "username": "alice", "password": PASSWORD, "id": 1});
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "late", "id": 2});
    for text in [&sign_in.to_string(), &post.to_string(), "{"] {
        raw.write(&frame(0x81, text.as_bytes())).await;
    }
    // What is no query is answered at once: by then the first runs, and the second waits for it.
    let answer: Value = serde_json::from_slice(&raw.frame().await.unwrap().payload).unwrap();
    assert_eq!(answer["code"], "bad_query");
    process.ask_to_stop();
    let (mut answers, mut code) = (BTreeMap::new(), None);
    while let Some(frame) = raw.frame().await {
        assert_eq!(code, None, "{frame:?} came after the close");
        if frame.head == 0x88 {
            code = Some(u16::from_be_bytes([frame.payload[0], frame.payload[1]]));
            continue;
        }
        let message: Value = serde_json::from_slice(&frame.payload).unwrap();
        answers.insert(message["id"].as_i64(), message);
    }
    assert_eq!(code, Some(1001));
    assert_eq!(
        answers.get(&Some(1)).map(|answer| &answer["status"]),
        Some(&json!("success")),
        "{answers:#?}"
    );
    assert_eq!(process.exit_code().await, Some(0));
    process.restart().await;
    // Nothing was done that was not answered.
    let done = usize::from(answers.contains_key(&Some(2)));
    assert_eq!(process.guest("carol").await.subscribe("/a").await["total"], done);
}

async fn is_ready(process: &Process) -> bool {
    let mut raw = Raw::connect(process.address).await;
    raw.write(request("/readyz", &[]).as_bytes()).await;
    raw.head().await.starts_with("HTTP/1.1 200 ")
}

#[actix_web::test]
async fn a_full_disk_passes_by_itself() {
    let disk = match Disk::mount(3 << 20) {
        Ok(disk) => disk,
        Err(reason) => return skip("a_full_disk_passes_by_itself", &reason),
    };
    let other = disk.path().join("somebody else's");
    std::fs::write(&other, vec![b'x'; 1 << 20]).unwrap();
    let mut process = Process::start_in(disk.path(), "").await;
    let mut alice = process.user("alice").await;
    let long = json!({"type_query": "postComment", "page": "/a", "comment": "x".repeat(9_000)});
    let mut promised = Vec::new();
    let refused = loop {
        let mut answer = alice.ask(long.clone()).await;
        if answer["status"] != "success" {
            break answer;
        }
        promised.push(answer["comment"].take());
    };
    assert_eq!((&refused["code"], &refused["retry"]), (&json!("unavailable"), &json!(true)), "{refused}");
    assert!(!promised.is_empty() && !is_ready(&process).await);
    alice.refused(long.clone(), "unavailable").await;
    let newest = alice.list("/a", json!({"limit": 1})).await["comments"][0].take();
    assert_eq!(newest["comment_id"], promised.last().unwrap()["comment_id"], "reads go on");
    std::fs::remove_file(&other).unwrap();
    within("ready again", async { while !is_ready(&process).await {} }).await;
    alice.post("/a", "there is room again").await;
    process.kill();
    process.restart().await;
    let mut bob = process.guest("bob").await;
    assert_eq!(bob.subscribe("/a").await["total"], promised.len() + 1);
    let state = load_all(&mut bob, "/a").await;
    assert!(promised.iter().all(|comment| state.holds(comment["comment_id"].as_i64().unwrap())));
}
