//! Readers who are slow: caught up or told to start afresh, never cut for it, and cheap to hold.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use futures_util::future::join_all;
use serde_json::json;

use crate::site::{
    Client, Process, Push, Raw, Site, fetch, frame, is_update, load_all, request, upgrade, upgrade_headers,
    within,
};

/// A client whose kernel takes little while it does not read.
async fn slow(address: SocketAddr) -> Client {
    Client::on("slow", upgrade(slow_stream(address)).await)
}

fn slow_stream(address: SocketAddr) -> TcpStream {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(8_192).unwrap();
    socket.connect(&address.into()).unwrap();
    socket.set_nonblocking(true).unwrap();
    TcpStream::from_std(socket.into()).unwrap()
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
    let mut slow = slow(site.address).await;
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
    let mut slow = slow(site.address).await;
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
        let mut slow = slow(site.address).await;
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
        readers.push((slow(site.address).await, Vec::new()));
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

#[actix_web::test]
async fn who_takes_nothing_is_cut_with_4008() {
    // Four, and each session's pulse is felt every second.
    let site = Site::real(|config| config.limits.ping_s = 4).await;
    let (mut slow, mut quick) = (Raw::open_on(slow_stream(site.address)).await, site.guest().await);
    slow.ask(&json!({"type_query": "subscribe", "page": "/a"})).await;
    slow.hears(|answer| answer["status"] == "success").await;
    quick.subscribe("/a").await;
    flood(&site, 100).await;
    within("the one who takes nothing is gone", async {
        while quick.subscribe("/a").await["viewers"] != 1 {
            // Its time passes while this machine's does not, so that the socket's own time-out is far away.
            site.clock.advance(Duration::from_secs(1));
        }
    })
    .await;
    assert_eq!(slow.close_code().await, Some(4008));
    quick.comes_to("/a", |state| state.rev == 100).await;
}

/// Waits until there are so many sessions; gives how many bytes all that there were have taken.
async fn sent(process: &Process, sessions: usize) -> usize {
    let wanted = format!("otklik_sessions {sessions}");
    within(&wanted, async {
        loop {
            let metrics = fetch(process.address, "/metrics", &[]).await.body;
            if metrics.lines().any(|line| line == wanted) {
                let sent = metrics.lines().find_map(|line| line.strip_prefix("otklik_sent_bytes_total "));
                return sent.and_then(|sent| sent.parse().ok()).expect("a number");
            }
        }
    })
    .await
}

#[actix_web::test]
async fn who_closes_and_takes_nothing_keeps_their_place_until_their_socket_is_closed() {
    let process = Process::start("limits.connections_per_address_max = 2\ndatabase.readers = 1").await;
    let mut alice = process.user("alice").await;
    for _ in 0..60 {
        alice.post("/a", &"x".repeat(2_500)).await;
    }
    alice.close().await;
    let before = sent(&process, 0).await;
    let mut watcher = process.guest("watcher").await;
    let mut gone = Raw::open_on(slow_stream(process.address)).await;
    for id in 0..3 {
        gone.ask(&json!({"type_query": "loadComments", "page": "/a", "limit": 100, "id": id})).await;
    }
    // One of three answers is taken; what is read by then of the others is more than the kernels take.
    gone.hears(|answer| answer["status"] == "success").await;
    for _ in 0..2 {
        watcher.list("/b", json!({})).await;
    }
    gone.write(&frame(0x88, b"")).await;
    let taken = sent(&process, 1).await - before;
    assert!(taken >= 64 << 10, "what they took is counted: {taken}");
    let knock = async || {
        let mut raw = Raw::connect(process.address).await;
        raw.write(request("/", &upgrade_headers()).as_bytes()).await;
        raw.head().await
    };
    assert!(knock().await.starts_with("HTTP/1.1 503 "), "their socket is there, and so is their place");
    // They read on after all, and see how it ended.
    assert_eq!(gone.close_code().await, Some(1005));
    within("there is room again", async { while !knock().await.starts_with("HTTP/1.1 101 ") {} }).await;
}

/// What a slow reader may cost at most, all told (bytes): its out-queue of 256 KiB, an answer of 128 KiB on top that
/// was begun while there was room, and the session.
const READER_BYTES_MAX: usize = 416 << 10;

#[actix_web::test]
async fn forty_slow_readers_cost_little_and_harm_nobody() {
    const READERS: usize = 40;
    const POSTS: i64 = 60;
    const LISTS: usize = 8;
    // They are read in the end, however long a busy machine takes.
    let process = Process::start("limits.write_stall_s = 600").await;
    let mut alice = process.user("alice").await;
    let mut quick = join_all((0..5).map(|_| process.guest("quick"))).await;
    for reader in &mut quick {
        reader.subscribe("/a").await;
    }
    let post = async |alice: &mut Client| {
        for n in 0..POSTS {
            alice.post("/a", &format!("{n} {}", "x".repeat(2_500))).await;
        }
    };
    post(&mut alice).await;
    for reader in &mut quick {
        reader.comes_to("/a", |state| state.rev == POSTS).await;
        reader.list("/a", json!({"limit": 100})).await;
    }
    let before = process.memory_bytes();
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut reader = slow(process.address).await;
        reader.subscribe("/a").await;
        let mut lists = Vec::new();
        for _ in 0..LISTS {
            // Of 128 KiB each, for everybody their own.
            lists.push(reader.send(json!({"type_query": "loadComments", "page": "/a", "limit": 100})).await);
        }
        readers.push((reader, lists));
    }
    post(&mut alice).await;
    for reader in &mut quick {
        reader.comes_to("/a", |state| state.rev == 2 * POSTS).await;
    }
    let each = process.memory_bytes().saturating_sub(before) / READERS;
    assert!(each <= READER_BYTES_MAX, "each slow reader costs {each} bytes");
    let truth = load_all(&mut quick[0], "/a").await;
    for (reader, lists) in &mut readers {
        for id in lists {
            reader.answer(*id).await;
        }
        reader.comes_to("/a", |state| state.rev == 2 * POSTS).await;
        load_all(reader, "/a").await;
        assert_eq!(reader.state("/a").seen(), truth.seen());
    }
}
