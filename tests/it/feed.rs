//! What subscribers are told: nothing lost, nothing twice, in order.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::site::{Site, State, is_update, load_all};

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

#[actix_web::test]
async fn who_subscribes_amid_the_span_of_a_split_push_is_told_all_of_it() {
    let site = Site::with(|config| {
        (config.limits.answer_bytes_max, config.limits.comment_bytes_max) = (16_384, 6_000);
        (config.feed.flush_min_ms, config.feed.flush_max_ms) = (2_000, 2_000);
    })
    .await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    alice.subscribe("/a").await;
    alice.post("/a", "told at once, and the rest after the interval").await;
    let mut long = Vec::new();
    for _ in 0..4 {
        long.push(alice.post("/a", &"x".repeat(5_900)).await);
    }
    bob.does(json!({"type_query": "subscribe", "page": "/a", "limit": 1})).await;
    load_all(&mut bob, "/a").await;
    let last = alice.react(&long[0], "like").await["rev"].as_i64().unwrap();
    // The first part of the push holds the tally beside the text that bob has.
    bob.comes_to("/a", |state| state.rev >= last).await;
    assert_eq!(bob.state("/a").counts(long[0]["comment_id"].as_i64().unwrap()), Some((1, 0)));
}

#[actix_web::test]
async fn two_sessions_of_a_user_agree_on_their_reaction() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    let mut tab = site.again("alice").await;
    let comment = alice.post("/a", "what do you think?").await;
    let id = comment["comment_id"].as_i64().unwrap();
    let query = |reaction: &str| json!({"type_query": "react", "comment_id": id, "reaction": reaction});
    for client in [&mut alice, &mut tab] {
        client.subscribe("/b").await;
    }
    for round in 0..100 {
        // What bob writes lets the two meet in one batch.
        let mut busy = Vec::new();
        for _ in 0..5 {
            let post = json!({"type_query": "postComment", "page": "/b", "comment": "hi"});
            busy.push(bob.send(post).await);
        }
        let (here, there) = (alice.send(query("like")).await, tab.send(query("none")).await);
        alice.answer(here).await;
        tab.answer(there).await;
        for id in busy {
            bob.answer(id).await;
        }
        // A barrier on the way of the pushes.
        let last = bob.post("/b", "that is all").await["rev"].as_i64().unwrap();
        for client in [&mut alice, &mut tab] {
            client.comes_to("/b", |state| state.rev >= last).await;
        }
        let list = alice.list("/a", json!({})).await;
        let truth = list["comments"][0]["mine"].as_str().unwrap_or("none");
        let views = (alice.reaction(id), tab.reaction(id));
        assert_eq!(views, (Some(truth), Some(truth)), "in round {round}");
    }
}

#[actix_web::test]
async fn no_resumed_answer_is_too_long() {
    const LIKED: i64 = 171;
    let site = Site::with(|config| {
        (config.limits.answer_bytes_max, config.limits.comment_bytes_max) = (16_384, 6_144);
    })
    .await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    alice.post("/a", "first").await;
    // Ids and revisions of an old page, whose digits take room.
    let old = "update last_number set comment_id = 9000000;
        update page set rev = 9000000; update comment set rev = 9000000";
    site.database().execute_batch(old).unwrap();
    let mut comments = Vec::new();
    for _ in 0..LIKED {
        comments.push(alice.post("/a", "c").await);
    }
    let epoch = bob.subscribe("/a").await["epoch"].clone();
    load_all(&mut bob, "/a").await;
    let since = bob.state("/a").rev;
    bob.reconnect(site.address).await;
    for comment in &comments {
        alice.react(comment, "like").await;
    }
    for _ in 0..2 {
        alice.post("/a", &"\"".repeat(6_144)).await;
    }
    // Whatever the number of the tallies that come first.
    for since in since..since + LIKED {
        let query = json!({"type_query": "subscribe", "page": "/a", "since": since, "epoch": epoch});
        let answer = site.guest().await.does(query).await;
        let bytes = answer.to_string().len();
        assert!(answer["resumed"] == true && bytes <= 16_384, "since {since}: {bytes} bytes");
    }
    assert_eq!(bob.resume("/a").await["resumed"], true);
    bob.comes_to("/a", |state| state.rev == since + LIKED + 2).await;
    let mut fresh = site.guest().await;
    assert_eq!(bob.state("/a").seen(), load_all(&mut fresh, "/a").await.seen());
    let long = bob.heard().into_iter().map(|push| push.to_string().len()).max();
    assert!(long.is_some_and(|bytes| bytes <= 16_384), "{long:?}");
}

#[actix_web::test]
async fn without_a_limit_every_resume_goes_on() {
    let site = Site::with(|config| config.limits.resume_comments_max = 0).await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    let first = alice.post("/a", "first").await;
    bob.subscribe("/a").await;
    bob.reconnect(site.address).await;
    for n in 0..600 {
        alice.post("/a", &format!("comment {n}")).await;
    }
    alice.react(&first, "like").await;
    let answer = bob.resume("/a").await;
    assert_eq!(answer["resumed"], true, "{}", answer["rev"]);
    bob.comes_to("/a", |state| state.rev == 602).await;
    let mut fresh = site.guest().await;
    assert_eq!(bob.state("/a").seen(), load_all(&mut fresh, "/a").await.seen());
}
