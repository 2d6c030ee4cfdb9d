//! What survives kill -9, and how a planned stop goes.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{Client, Process};

/// Somebody who writes with keys, and remembers what was promised.
struct Writer {
    client: Client,
    name: String,
    sent: usize,
    /// The comment's number by the key's.
    promised: BTreeMap<usize, i64>,
}

impl Writer {
    fn query(&self, key: usize) -> Value {
        json!({"type_query": "postComment", "page": "/a", "comment": format!("{} {key}", self.name),
            "key": format!("key {key}")})
    }

    /// Sends without waiting, reads what is answered, until enough was promised; leaves some under way.
    async fn write(&mut self, answered: usize) {
        let mut waiting = BTreeMap::new();
        for _ in 0..answered {
            while waiting.len() < 6 {
                self.sent += 1;
                let id = self.client.send(self.query(self.sent)).await;
                waiting.insert(id, self.sent);
            }
            let (id, key) = waiting.pop_first().unwrap();
            let answer = self.client.answer(id).await;
            self.promised(key, &answer);
        }
    }

    fn promised(&mut self, key: usize, answer: &Value) {
        assert_eq!(answer["status"], "success", "{answer}");
        let id = answer["comment"]["comment_id"].as_i64().unwrap();
        let before = self.promised.insert(key, id);
        assert!(before.is_none_or(|before| before == id), "key {key} made {before:?} and then {id}");
    }

    /// Sends every key again: what was promised is what is answered.
    async fn again(&mut self) {
        for key in 1..=self.sent {
            let answer = self.client.ask(self.query(key)).await;
            self.promised(key, &answer);
        }
    }
}

#[actix_web::test]
async fn what_was_answered_survives_kill_9() {
    let mut process = Process::start("").await;
    let mut writers = Vec::new();
    for name in ["alice", "bob", "carol"] {
        let client = process.user(name).await;
        writers.push(Writer { client, name: name.to_owned(), sent: 0, promised: BTreeMap::new() });
    }
    for life in 0..10 {
        join_all(writers.iter_mut().map(|writer| writer.write(5 + life * 3))).await;
        process.kill();
        process.restart().await;
        for writer in &mut writers {
            // What was still answered before the end was promised as well: the keys tell.
            writer.client.reconnect(process.address).await;
            writer.again().await;
        }
        let total = writers[0].client.subscribe("/a").await["total"].as_u64();
        let sent: usize = writers.iter().map(|writer| writer.sent).sum();
        assert_eq!(total, u64::try_from(sent).ok(), "none is missing, none doubled, in life {life}");
    }
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
