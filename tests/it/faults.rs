//! Faults of the program itself: one meets its own caller under an id, and none leaves the service half alive.

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::site::{Client, Process, Strace, skip};

/// What the kernel tells an actor's thread by that there is something to do.
const WAITS: &str = "epoll_wait,epoll_pwait,epoll_pwait2:error=EBADF";

/// Puts something into the file that no version of the program writes.
fn spoil(process: &Process, statement: &str) {
    let connection = Connection::open(&process.database).unwrap();
    connection.pragma_update(None, "ignore_check_constraints", true).unwrap();
    assert_eq!(connection.execute(statement, ()).unwrap(), 1);
}

/// Asks what meets the fault; gives the id under which it is told.
async fn fault_of(client: &mut Client, query: Value) -> String {
    let answer = client.refused(query, "internal").await;
    assert_eq!(answer["retry"], true, "{answer}");
    answer["fault_id"].as_str().expect("a fault's id").to_owned()
}

#[actix_web::test]
async fn a_fault_meets_its_caller_alone_and_the_log_has_its_id() {
    let process = Process::start("").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.user("bob").await);
    let bad = alice.post("/bad", "to be spoilt").await["comment_id"].clone();
    let good = alice.post("/good", "sound").await["comment_id"].clone();
    spoil(&process, "update comment set depth = -1 where comment_id = 1");
    let mut ids = Vec::new();
    let react = |id: &Value| json!({"type_query": "react", "comment_id": id, "reaction": "like"});
    for query in [
        json!({"type_query": "loadComments", "page": "/bad", "parent": bad}),
        json!({"type_query": "editComment", "comment_id": bad, "comment": "edited"}),
        json!({"type_query": "deleteComment", "comment_id": bad}),
        json!({"type_query": "postComment", "page": "/bad", "comment": "under it", "parent": bad}),
        react(&bad),
    ] {
        ids.push(fault_of(&mut alice, query).await);
        bob.post("/good", "meanwhile").await;
    }
    // What waits goes into one batch, and reactions into one list: each is met by its own fault.
    for _ in 0..5 {
        let hold = process.hold("immediate");
        let queries = [react(&good), react(&bad), react(&good)];
        let asked = [alice.send(queries[0].clone()).await, alice.send(queries[1].clone()).await];
        let beside = bob.send(queries[2].clone()).await;
        drop(hold);
        assert_eq!(alice.answer(asked[0]).await["status"], "success");
        ids.push(alice.answer(asked[1]).await["fault_id"].as_str().expect("a fault's id").to_owned());
        assert_eq!(bob.answer(beside).await["status"], "success");
    }
    for id in &ids {
        let log = process.logged(&format!("fault {id}: "), 1).await;
        let lines = log.iter().filter(|line| line.contains(&format!("fault {id}: "))).count();
        assert_eq!(lines, 1, "{log:#?}");
    }
    spoil(&process, "update comment set depth = 0 where comment_id = 1");
    assert_eq!(alice.subscribe("/bad").await["total"], 1);
}

#[actix_web::test]
async fn an_actor_that_dies_ends_the_process_with_one_line() {
    let mut process = Process::start("").await;
    let mut alice = process.user("alice").await;
    // The feed's thread begins first, the database's second.
    for life in 0..2 {
        alice.subscribe("/a").await;
        let posted = alice.post("/a", "before").await;
        let thread = process.threads("actix-rt|system")[life];
        let _strace = match Strace::attach_to_thread(thread, WAITS).await {
            Ok(strace) => strace,
            Err(reason) => return skip("an_actor_that_dies_ends_the_process_with_one_line", &reason),
        };
        // Whatever wakes the thread; nobody is there to answer.
        alice.send(json!({"type_query": "postComment", "page": "/a", "comment": "after"})).await;
        alice.until_closed().await;
        assert_eq!(process.exit_code().await, Some(1));
        let log = process.logged("ERROR an actor has died", life + 1).await;
        // Beside it stands what the actor died of.
        let errors = log.iter().filter(|line| line.contains("ERROR") && !line.contains("ERROR panicked at"));
        assert_eq!(errors.count(), life + 1, "{log:#?}");
        process.restart().await;
        alice.reconnect(process.address).await;
        assert!(alice.list("/a", json!({})).await["rev"].as_i64() >= posted["rev"].as_i64());
    }
    let clients = join_all((0..5).map(|_| process.guest("guest"))).await;
    assert_eq!(clients.len(), 5, "all is well again");
}
