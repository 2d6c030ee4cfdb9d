//! Lists and their cursors while the page changes.

use serde_json::{Value, json};

use crate::site::{Client, Site};

fn ids(list: &Value) -> Vec<i64> {
    let comments = list["comments"].as_array().unwrap().iter();
    comments.map(|comment| comment["comment_id"].as_i64().unwrap()).collect()
}

/// Loads a whole list through its cursors, with something happening after each part.
async fn through(client: &mut Client, query: &Value, mut between: impl AsyncFnMut(usize)) -> Vec<i64> {
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    for part in 0.. {
        let mut query = query.clone();
        query["cursor"] = cursor;
        let list = client.list("/a", query).await;
        all.extend(ids(&list));
        cursor = list["next"].clone();
        if cursor.is_null() {
            break;
        }
        between(part).await;
    }
    all
}

#[actix_web::test]
async fn nothing_is_left_out_and_nothing_comes_twice_while_comments_arrive() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    let mut posted = Vec::new();
    for n in 0..25 {
        posted.push(alice.post("/a", &format!("comment {n}")).await["comment_id"].as_i64().unwrap());
    }
    for sort in ["newest", "oldest"] {
        let query = json!({"sort": sort, "limit": 4, "replies": 0});
        let mut all = through(&mut bob, &query, async |part| {
            if part < 4 {
                alice.post("/a", "meanwhile").await;
            }
        })
        .await;
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count, "{sort}: twice");
        assert!(posted.iter().all(|id| all.contains(id)), "{sort}: {all:?}");
    }
}

#[actix_web::test]
async fn every_order_is_an_order() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut fans = Vec::new();
    for n in 0..4 {
        fans.push(site.user(&format!("fan {n}")).await);
    }
    // likes and dislikes of comments 1, 2, …
    let tallies = [(0, 0), (4, 0), (1, 1), (2, 2), (0, 3), (1, 0), (3, 1)];
    for (likes, dislikes) in tallies {
        let comment = alice.post("/a", "hi").await;
        for (n, fan) in fans.iter_mut().take(likes + dislikes).enumerate() {
            fan.react(&comment, if n < likes { "like" } else { "dislike" }).await;
        }
    }
    for (sort, wanted) in [
        ("newest", [7, 6, 5, 4, 3, 2, 1]),
        ("oldest", [1, 2, 3, 4, 5, 6, 7]),
        ("top", [2, 7, 6, 4, 3, 5, 1]),
        ("controversial", [4, 3, 7, 6, 5, 2, 1]),
    ] {
        for limit in [1, 2, 3, 7, 100] {
            let query = json!({"sort": sort, "limit": limit, "replies": 0});
            assert_eq!(through(&mut alice, &query, async |_| ()).await, wanted, "{sort} by {limit}");
        }
    }
}

#[actix_web::test]
async fn replies_follow_their_comment_and_do_not_count() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let (one, two) = (alice.post("/a", "one").await, alice.post("/a", "two").await);
    for n in 0..12 {
        alice.reply("/a", &one, &format!("reply {n}")).await;
    }
    alice.reply("/a", &two, "a reply").await;
    let list = alice.list("/a", json!({"sort": "oldest", "limit": 2})).await;
    assert_eq!((ids(&list), &list["next"]), (vec![1, 3, 4, 5, 2, 15], &Value::Null), "three by default");
    let list = alice.list("/a", json!({"sort": "oldest", "limit": 1, "replies": 10})).await;
    assert_eq!(ids(&list), [1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    assert_eq!(list["comments"][0]["replies"], 12);
    let replies = json!({"parent": 1, "sort": "newest", "limit": 5});
    assert_eq!(through(&mut alice, &replies, async |_| ()).await, (3..=14).rev().collect::<Vec<_>>());
    let query = json!({"type_query": "loadComments", "page": "/b", "parent": 1});
    alice.refused(query, "not_found").await;
}

#[actix_web::test]
async fn an_answer_is_never_too_long() {
    let site = Site::with(|config| {
        (config.limits.answer_bytes_max, config.limits.comment_bytes_max) = (16_384, 6_000);
    })
    .await;
    let mut alice = site.user("alice").await;
    // A byte that takes two in JSON.
    let text = "\"".repeat(3_000);
    for n in 0..8 {
        let comment = alice.post("/a", &text).await;
        for _ in 0..n {
            alice.reply("/a", &comment, &text).await;
        }
    }
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let list = alice.list("/a", json!({"cursor": cursor, "limit": 100, "replies": 10})).await;
        assert!(list.to_string().len() <= 16_384, "{}", list.to_string().len());
        let top = list["comments"].as_array().unwrap().iter().filter(|comment| comment["parent"].is_null());
        let top: Vec<_> = top.map(|comment| comment["comment_id"].as_i64().unwrap()).collect();
        assert!(!top.is_empty());
        all.extend(top);
        cursor = list["next"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(all.len(), 8, "{all:?}");
    let snapshot = alice.subscribe("/a").await;
    assert!(snapshot.to_string().len() <= 16_384 && snapshot["next"].is_string(), "{}", snapshot["next"]);
}

#[actix_web::test]
async fn cursors_are_their_lists_own() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for _ in 0..3 {
        alice.post("/a", "hi").await;
    }
    let next = alice.list("/a", json!({"limit": 1})).await["next"].clone();
    for (cursor, sort) in
        [(next.clone(), "top"), (json!(""), "newest"), (json!("é"), "newest"), (json!(7), "newest")]
    {
        let query = json!({"type_query": "loadComments", "page": "/a", "cursor": cursor, "sort": sort});
        assert_eq!(alice.refused(query, "bad_query").await["member"], "cursor");
    }
    let list = alice.list("/a", json!({"limit": 1, "cursor": next})).await;
    assert_eq!(ids(&list), [2]);
}

#[actix_web::test]
async fn ones_own_reactions_are_told_in_lists() {
    let site = Site::start().await;
    let (mut alice, mut bob, mut guest) =
        (site.user("alice").await, site.user("bob").await, site.guest().await);
    let comment = alice.post("/a", "hi").await;
    bob.react(&comment, "dislike").await;
    assert_eq!(bob.list("/a", json!({})).await["comments"][0]["mine"], "dislike");
    assert_eq!(alice.list("/a", json!({})).await["comments"][0]["mine"], Value::Null);
    assert!(guest.list("/a", json!({})).await["comments"][0].get("mine").is_none());
    let ids: Vec<_> = (1..=500).collect();
    let found = bob.does(json!({"type_query": "findComment", "comment_id": ids[0]})).await;
    assert_eq!(found["comments"][0]["mine"], "dislike");
    let loaded = bob.does(json!({"type_query": "loadReactions", "comment_ids": ids})).await;
    assert_eq!(loaded["reactions"], json!([[1, "dislike"]]));
    let ids: Vec<_> = (1..=501).collect();
    bob.refused(json!({"type_query": "loadReactions", "comment_ids": ids}), "bad_query").await;
}
