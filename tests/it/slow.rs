//! Readers who are slow: caught up or told to start afresh, never cut for it, and cheap to hold.

use actix_web::rt::net::TcpStream;
use futures_util::future::join_all;
use serde_json::json;

use crate::site::{Client, Push, Site, is_update, upgrade};

/// A client whose kernel takes little while it does not read.
async fn slow(site: &Site) -> Client {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(8_192).unwrap();
    socket.connect(&site.address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    let stream = TcpStream::from_std(socket.into()).unwrap();
    Client::on("slow", upgrade(stream).await)
}

async fn flood(site: &Site, comments: usize) {
    let mut alice = site.user("alice").await;
    for n in 0..comments {
        alice.post("/a", &format!("{n} {}", "x".repeat(9_000))).await;
    }
}

#[actix_web::test]
async fn a_slow_reader_is_caught_up() {
    let site = Site::real(|_| ()).await;
    let mut slow = slow(&site).await;
    slow.subscribe("/a").await;
    flood(&site, 200).await;
    slow.comes_to("/a", |state| state.rev == 200).await;
    assert_eq!(slow.state("/a").seen().len(), 200);
    let pushes = slow.heard();
    assert!(pushes.iter().all(|push| is_update(push, "/a")), "no reset where the span is small enough");
    let spans = |push: &Push| push["rev"].as_i64().zip(push["from"].as_i64()).map(|(rev, from)| rev - from);
    assert!(pushes.iter().filter_map(spans).max() > Some(1), "pushes span what was missed");
}

#[actix_web::test]
async fn a_reader_who_is_too_slow_is_told_to_start_afresh() {
    let site = Site::real(|config| config.limits.resume_comments_max = 20).await;
    let mut slow = slow(&site).await;
    slow.subscribe("/a").await;
    flood(&site, 200).await;
    slow.hears(|push| *push == json!({"push": "reset", "page": "/a"})).await;
    assert!(!slow.follows("/a"));
    let answer = slow.resume("/a").await;
    assert_eq!((&answer["resumed"], &answer["rev"]), (&json!(false), &json!(200)));
}

#[actix_web::test]
async fn who_starts_afresh_while_being_told_to_is_not_left_deaf() {
    let site = Site::real(|config| {
        (config.limits.resume_comments_max, config.limits.out_queue_bytes) = (2, 16_384);
        (config.database.readers, config.feed.flush_min_ms, config.feed.flush_max_ms) = (1, 0, 0);
    })
    .await;
    let mut alice = site.user("alice").await;
    for _ in 0..100 {
        alice.post("/long", &"x".repeat(1_000)).await;
    }
    let mut crowd = join_all((0..30).map(|_| site.guest())).await;
    for round in 0..4 {
        let page = format!("/a {round}");
        alice.post(&page, "first").await;
        let mut slow = slow(&site).await;
        slow.subscribe(&page).await;
        for _ in 0..60 {
            alice.post(&page, &"y".repeat(9_000)).await;
        }
        // The one reader is busy, so that what is read to tell slow to start afresh is under way for a while.
        let lists = crowd.iter_mut().map(|guest| async {
            (guest.send(json!({"type_query": "loadComments", "page": "/long", "limit": 100})).await, guest)
        });
        let lists = join_all(lists).await;
        for _ in 0..=round {
            slow.hears(|push| is_update(push, &page) || push["push"] == "reset").await;
            if !slow.follows(&page) {
                break;
            }
        }
        slow.subscribe(&page).await;
        let posted = alice.post(&page, "do you hear?").await["rev"].as_i64().unwrap();
        slow.comes_to(&page, |state| state.rev >= posted).await;
        for (id, guest) in lists {
            guest.answer(id).await;
        }
    }
}

#[actix_web::test]
async fn who_asks_for_much_and_does_not_read_is_given_it_as_they_read() {
    const QUERIES: usize = 8;
    let site = Site::real(|config| config.database.readers = 1).await;
    flood(&site, 20).await;
    let mut readers = Vec::new();
    for _ in 0..10 {
        readers.push((slow(&site).await, Vec::new()));
    }
    for (reader, ids) in &mut readers {
        for _ in 0..QUERIES {
            ids.push(reader.send(json!({"type_query": "loadComments", "page": "/a", "limit": 100})).await);
        }
    }
    // Somebody who does read asks after them, and takes their time: what is begun for the others is done by then.
    let mut quick = site.user("bob").await;
    for _ in 0..QUERIES * readers.len() {
        quick.list("/a", json!({"limit": 100})).await;
    }
    let posted = quick.post("/a", "later").await;
    for (reader, ids) in &mut readers {
        let mut revs = Vec::new();
        for id in ids {
            revs.push(reader.answer(*id).await["rev"].as_i64());
        }
        assert_eq!(revs.len(), QUERIES);
        // Two answers fill the queue, and the kernel takes one or two more.
        let late = revs.iter().filter(|rev| **rev == posted["rev"].as_i64()).count();
        assert!(late >= 2, "all was read at once for who reads nothing: {revs:?}");
    }
}
