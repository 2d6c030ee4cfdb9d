//! What subscribers are told: nothing lost, nothing twice, in order, however slow they are.

use actix_web::rt::net::TcpStream;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{Client, Push, Site, State, is_update, load_all, upgrade};

#[actix_web::test]
async fn everybody_who_follows_is_told_at_once_and_nobody_else() {
    let site = Site::start().await;
    let (mut alice, mut bob, mut carol) = (site.user("alice").await, site.guest().await, site.guest().await);
    for client in [&mut alice, &mut bob, &mut carol] {
        client.subscribe("/a").await;
    }
    carol.does(json!({"type_query": "unsubscribe", "page": "/a"})).await;
    carol.subscribe("/b").await;
    let posted = alice.post("/a", "hi").await;
    let push = bob.hears(|push| is_update(push, "/a")).await;
    assert_eq!((&push["from"], &push["rev"], &push["total"]), (&json!(0), &json!(1), &json!(1)));
    assert_eq!(push["comments"][0]["comment_id"], posted["comment_id"]);
    assert!(push["comments"][0].get("mine").is_none(), "a push is the same for everybody");
    assert_eq!(alice.hears(|push| is_update(push, "/a")).await, push);
    alice.subscribe("/b").await;
    carol.hears_nothing(&mut alice, "/b").await;
}

#[actix_web::test]
async fn who_writes_is_answered_before_they_are_told() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    alice.subscribe("/a").await;
    for n in 0..50 {
        let posted = alice.post("/a", &format!("comment {n}")).await;
        assert!(alice.heard().is_empty(), "the push of {posted} overtook its answer");
        alice.hears(|push| push["rev"] == posted["rev"]).await;
    }
}

#[actix_web::test]
async fn what_is_refused_is_told_to_nobody() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    alice.subscribe("/a").await;
    bob.subscribe("/a").await;
    alice.refused(json!({"type_query": "postComment", "page": "/a", "comment": " "}), "empty_comment").await;
    bob.hears_nothing(&mut alice, "/a").await;
}

#[actix_web::test]
async fn many_reactions_make_few_frames_and_exact_counts() {
    const SESSIONS: usize = 60;
    const REACTIONS: usize = 40;
    let site = Site::with(|config| {
        (config.feed.flush_min_ms, config.feed.flush_max_ms) = (50, 200);
    })
    .await;
    let mut alice = site.user("alice").await;
    let comment = alice.post("/a", "what do you think?").await;
    let id = comment["comment_id"].as_i64().unwrap();
    let mut watcher = site.guest().await;
    watcher.subscribe("/a").await;
    let mut fans = Vec::new();
    for n in 0..SESSIONS {
        fans.push(site.user(&format!("fan {n}")).await);
    }
    let race = fans.iter_mut().enumerate().map(|(n, fan)| {
        let comment = &comment;
        async move {
            for turn in 0..REACTIONS {
                fan.react(comment, ["like", "dislike", "none"][(n + turn) % 3]).await;
            }
            fan.react(comment, if n % 3 == 0 { "dislike" } else { "like" }).await
        }
    });
    let answers = join_all(race).await;
    let last = answers.iter().filter_map(|answer| answer["rev"].as_i64()).max().unwrap();
    watcher.comes_to("/a", |state| state.rev >= last).await;
    assert_eq!(watcher.state("/a").counts(id), Some((40, 20)));
    let frames = watcher.heard().len();
    assert!((1..SESSIONS * REACTIONS / 10).contains(&frames), "{frames} frames for 2,460 reactions");
    let list = alice.list("/a", json!({})).await;
    let counts = (list["comments"][0]["like"].as_i64(), list["comments"][0]["dislike"].as_i64());
    assert_eq!(counts, (Some(40), Some(20)));
}

#[actix_web::test]
async fn who_comes_back_goes_on_from_where_they_stood() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    let first = alice.post("/a", "first").await;
    let second = alice.post("/a", "second").await;
    bob.subscribe("/a").await;
    bob.reconnect(site.address).await;
    alice.react(&first, "like").await;
    alice.edit(&second, "second, edited").await;
    let third = alice.reply("/a", &first, "third").await;
    alice.delete(&third).await;
    let answer = bob.resume("/a").await;
    assert_eq!(answer["resumed"], true, "{answer}");
    assert_eq!(answer["comments"].as_array().map(Vec::len), Some(3), "{answer}");
    let mut fresh = site.guest().await;
    assert_eq!(bob.state("/a").seen(), load_all(&mut fresh, "/a").await.seen());
    alice.post("/a", "fourth").await;
    bob.hears(|push| is_update(push, "/a")).await;
}

#[actix_web::test]
async fn where_one_cannot_go_on_one_starts_afresh() {
    let site = Site::with(|config| config.limits.resume_comments_max = 3).await;
    let mut alice = site.user("alice").await;
    for n in 0..5 {
        alice.post("/a", &format!("comment {n}")).await;
    }
    let epoch = alice.subscribe("/a").await["epoch"].clone();
    let from = |since: i64, epoch: Value| json!({"type_query": "subscribe", "page": "/a", "since": since, "epoch": epoch});
    for (since, epoch, resumed) in [
        (5, epoch.clone(), true),
        (2, epoch.clone(), true),
        (1, epoch.clone(), false),
        (6, epoch.clone(), false),
        (5, json!("another"), false),
    ] {
        let answer = alice.does(from(since, epoch)).await;
        assert_eq!(answer["resumed"], resumed, "since {since}: {answer}");
        assert_eq!(answer["rev"], 5, "{answer}");
    }
    // A page without comments has revision 0 in every life.
    let query = json!({"type_query": "subscribe", "page": "/new", "since": 0, "epoch": epoch});
    assert_eq!(alice.does(query).await["rev"], 0);
}

#[actix_web::test]
async fn a_resume_that_does_not_fit_follows_in_pushes() {
    let site = Site::with(|config| {
        (config.limits.answer_bytes_max, config.limits.comment_bytes_max) = (16_384, 6_000);
    })
    .await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    bob.subscribe("/a").await;
    bob.reconnect(site.address).await;
    for n in 0..30 {
        alice.post("/a", &format!("{n} {}", "x".repeat(3_000))).await;
    }
    let answer = bob.resume("/a").await;
    assert_eq!(answer["resumed"], true);
    assert!(answer.to_string().len() <= 16_384 && answer["rev"].as_i64().unwrap() < 30, "{}", answer["rev"]);
    bob.comes_to("/a", |state| state.rev == 30).await;
    assert_eq!(bob.state("/a").seen().len(), 30);
    let long = bob.heard().into_iter().map(|push| push.to_string().len()).max();
    assert!(long.is_some_and(|bytes| bytes <= 16_384), "{long:?}");
}

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
async fn a_list_read_while_all_changes_leaves_no_hole() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    let mut comments = Vec::new();
    for n in 0..30 {
        comments.push(alice.post("/a", &format!("comment {n}")).await);
    }
    bob.does(json!({"type_query": "subscribe", "page": "/a", "limit": 1, "replies": 0})).await;
    let race = async {
        for turn in 0..10 {
            for comment in &comments {
                alice.react(comment, ["like", "dislike"][turn % 2]).await;
            }
        }
    };
    let lists = async {
        for _ in 0..60 {
            bob.list("/a", json!({"sort": "oldest", "limit": 100, "replies": 0})).await;
        }
    };
    futures_util::future::join(race, lists).await;
    let mut fresh = site.guest().await;
    let truth: State = load_all(&mut fresh, "/a").await;
    bob.comes_to("/a", |state| state.rev >= truth.rev).await;
    assert_eq!(bob.state("/a").seen(), truth.seen());
}

#[actix_web::test]
async fn viewers_are_counted() {
    let site = Site::start().await;
    let mut alice = site.guest().await;
    assert_eq!(alice.subscribe("/a").await["viewers"], 1);
    let mut bob = site.guest().await;
    assert_eq!(bob.subscribe("/a").await["viewers"], 2);
    alice.hears(|push| *push == json!({"push": "viewers", "page": "/a", "viewers": 2})).await;
    bob.close().await;
    alice.hears(|push| *push == json!({"push": "viewers", "page": "/a", "viewers": 1})).await;
    assert_eq!(alice.subscribe("/a").await["viewers"], 1, "the same session again is no other viewer");
}

#[actix_web::test]
async fn subscribing_again_is_a_fresh_start() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for n in 0..40 {
        alice.subscribe("/a").await;
        let posted = alice.post("/a", &format!("comment {n}")).await;
        let again = alice.subscribe("/a").await;
        assert_eq!(again["rev"], posted["rev"], "one's own write is in what is read after it");
    }
    alice.post("/a", "the last").await;
    alice.comes_to("/a", |state| state.rev == 41).await;
}
