//! Posting, replying, editing, deleting: who may, what is refused, what is done only once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{Client, Site};

/// What a query comes to: `success`, or the code.
async fn outcome(client: &mut Client, query: Value) -> String {
    let answer = client.ask(query).await;
    answer["code"].as_str().unwrap_or("success").to_owned()
}

#[actix_web::test]
async fn everybody_may_do_what_the_table_says() {
    let site = Site::start().await;
    let mut owner = site.user("owner").await;
    let banned = site.user("banned").await;
    let table = [
        // who         own: post, react, edit, delete     others': react, edit, delete
        ("user", ["success"; 4], ["success", "forbidden", "forbidden"]),
        ("moderator", ["success"; 4], ["success", "forbidden", "success"]),
        ("admin", ["success"; 4], ["success", "forbidden", "success"]),
        ("guest", ["sign_in_first"; 4], ["sign_in_first"; 3]),
    ];
    let acts = |id: &Value| {
        [
            json!({"type_query": "react", "comment_id": id, "reaction": "like"}),
            json!({"type_query": "editComment", "comment_id": id, "comment": "edited"}),
            json!({"type_query": "deleteComment", "comment_id": id}),
        ]
    };
    for (role, own, others) in table {
        let mut client = if role == "guest" {
            site.guest().await
        } else {
            site.user_as(&format!("one {role}"), role).await
        };
        let posted = client.ask(json!({"type_query": "postComment", "page": "/a", "comment": "mine"})).await;
        assert_eq!(posted["code"].as_str().unwrap_or("success"), own[0], "{role} posts");
        let theirs = owner.post("/a", "theirs").await;
        let mine = if role == "guest" { &theirs } else { &posted["comment"] };
        for (query, wanted) in acts(&mine["comment_id"]).into_iter().zip(&own[1..]) {
            assert_eq!(outcome(&mut client, query.clone()).await, *wanted, "{role}, own: {query}");
        }
        for (query, wanted) in acts(&theirs["comment_id"]).into_iter().zip(others) {
            assert_eq!(outcome(&mut client, query.clone()).await, wanted, "{role}, others': {query}");
        }
    }
    site.database().execute("update user set state = 'banned' where username = 'banned'", ()).unwrap();
    let mut banned = banned;
    let refused =
        outcome(&mut banned, json!({"type_query": "postComment", "page": "/a", "comment": "x"})).await;
    assert!(["forbidden", "sign_in_first"].contains(&refused.as_str()), "{refused}");
}

fn with_key(page: &str, comment: &str, key: &str) -> Value {
    json!({"type_query": "postComment", "page": page, "comment": comment, "key": key})
}

#[actix_web::test]
async fn a_key_posts_once() {
    let mut site = Site::with(|config| config.limits.posts_per_min = 2).await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    let first = alice.does(with_key("/a", "hi", "k")).await;
    for _ in 0..5 {
        assert_eq!(alice.does(with_key("/a", " hi ", "k")).await["comment"], first["comment"]);
    }
    for other in [with_key("/a", "other", "k"), with_key("/b", "hi", "k")] {
        assert_eq!(alice.refused(other, "bad_query").await["member"], "key");
    }
    let mut reply = with_key("/a", "hi", "k");
    reply["parent"] = first["comment"]["comment_id"].clone();
    alice.refused(reply, "bad_query").await;
    let bobs = bob.does(with_key("/a", "hi", "k")).await;
    assert_ne!(bobs["comment"]["comment_id"], first["comment"]["comment_id"], "a key is its user's own");
    alice.edit(&first["comment"], "edited").await;
    site.restart().await;
    alice.reconnect(site.address).await;
    let again = alice.does(with_key("/a", "hi", "k")).await;
    assert_eq!(
        (&again["comment"]["comment_id"], &again["comment"]["comment"]),
        (&first["comment"]["comment_id"], &json!("edited"))
    );
    alice.delete(&first["comment"]).await;
    let again = alice.does(with_key("/a", "hi", "k")).await;
    assert_eq!((&again["comment"]["state"], &again["comment"]["comment"]), (&json!("deleted"), &json!("")));
}

#[actix_web::test]
async fn a_failure_does_not_spend_its_key() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    alice.refused(with_key("/a", "", "k"), "empty_comment").await;
    alice.does(with_key("/a", "hi", "k")).await;
    alice.refused(with_key("/a", "hi", &"x".repeat(65)), "bad_query").await;
    alice.does(with_key("/a", "hi", &"x".repeat(64))).await;
}

#[actix_web::test]
async fn the_same_key_sent_twice_at_once_posts_once() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut tab = site.again("alice").await;
    for n in 0..20 {
        let query = with_key("/a", "hi", &format!("k {n}"));
        let (here, there) =
            futures_util::future::join(alice.does(query.clone()), tab.does(query.clone())).await;
        assert_eq!(here["comment"]["comment_id"], there["comment"]["comment_id"]);
    }
    assert_eq!(alice.subscribe("/a").await["total"], 20);
}

#[actix_web::test]
async fn editing_has_its_window() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let posted = alice.post("/a", "Teh").await;
    site.clock.advance(Duration::from_mins(15));
    assert_eq!(alice.edit(&posted, "The").await["edited"], "2026-11-23T09:45:00.123Z");
    let empty = json!({"type_query": "editComment", "comment_id": posted["comment_id"], "comment": "\t"});
    alice.refused(empty, "empty_comment").await;
    site.clock.advance(Duration::from_millis(1));
    let late = json!({"type_query": "editComment", "comment_id": posted["comment_id"], "comment": "late"});
    alice.refused(late, "edit_window_closed").await;
    alice.delete(&posted).await;
}

#[actix_web::test]
async fn tombstones_are_listed_only_where_something_is_under_them() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let root = alice.post("/a", "root").await;
    let branch = alice.reply("/a", &root, "branch").await;
    let leaf = alice.reply("/a", &branch, "leaf").await;
    let other = alice.reply("/a", &root, "other").await;
    let ids = |list: &Value| -> Vec<Value> {
        list["comments"].as_array().unwrap().iter().map(|comment| comment["comment_id"].clone()).collect()
    };
    alice.delete(&root).await;
    alice.delete(&branch).await;
    let list = alice.list("/a", json!({})).await;
    assert_eq!(ids(&list), [&root, &branch, &other].map(|comment| comment["comment_id"].clone()));
    assert_eq!(
        (&list["comments"][0]["state"], &list["comments"][0]["replies"]),
        (&json!("deleted"), &json!(1))
    );
    assert_eq!(
        (&list["comments"][0]["username"], &list["comments"][0]["comment"]),
        (&Value::Null, &json!(""))
    );
    alice.delete(&leaf).await;
    assert_eq!(
        ids(&alice.list("/a", json!({})).await),
        [&root, &other].map(|comment| comment["comment_id"].clone())
    );
    alice.delete(&other).await;
    assert_eq!(ids(&alice.list("/a", json!({})).await), Vec::<Value>::new());
    let again = alice.delete(&other).await;
    assert_eq!(again["rev"], 8, "deleting again changes nothing: {again}");
}

#[actix_web::test]
async fn replies_go_so_deep_only() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut above = alice.post("/a", "0").await;
    for depth in 1..=20 {
        above = alice.reply("/a", &above, &depth.to_string()).await;
    }
    let deeper =
        json!({"type_query": "postComment", "page": "/a", "comment": "21", "parent": above["comment_id"]});
    alice.refused(deeper, "too_deep").await;
}

#[actix_web::test]
async fn page_keys_have_bounds() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for page in ["/", "https://a.example/b?c=d#e", "页", &"x".repeat(512), "<script>\"'\\", "__proto__"] {
        alice.post(page, "hi").await;
        assert_eq!(alice.subscribe(page).await["page"], page);
        alice.does(json!({"type_query": "unsubscribe", "page": page})).await;
    }
    for page in ["", &"x".repeat(513), &"页".repeat(171), "a\nb", "a\u{0}", "\u{85}"] {
        let query = json!({"type_query": "postComment", "page": page, "comment": "hi"});
        assert_eq!(alice.refused(query, "bad_query").await["member"], "page");
    }
}

#[actix_web::test]
async fn text_comes_back_as_it_was_written() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let long = "é".repeat(5_000);
    for text in [
        "<img src=x onerror=alert(1)>",
        "a\n\tb",
        "\u{1f468}\u{200d}\u{1f469}",
        "a\u{2028}b",
        "\\u0000",
        &long,
    ] {
        assert_eq!(alice.post("/a", text).await["comment"], text);
    }
    for (text, code) in [
        (" \n\t", "empty_comment"),
        ("a\u{0}", "invalid_comment"),
        ("a\u{7f}", "invalid_comment"),
        (&format!("{long}x"), "comment_too_long"),
    ] {
        alice.refused(json!({"type_query": "postComment", "page": "/a", "comment": text}), code).await;
    }
}

#[actix_web::test]
async fn limits_hold_over_connections() {
    let site =
        Site::with(|config| (config.limits.posts_per_min, config.limits.reactions_per_min) = (1, 1)).await;
    let mut alice = site.user("alice").await;
    let posted = alice.post("/a", "one").await;
    alice.react(&posted, "like").await;
    alice.reconnect(site.address).await;
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "two"});
    let told = alice.refused(post, "rate_limited").await;
    assert_eq!((&told["retry"], &told["retry_after_ms"]), (&json!(true), &json!(60_000)));
    let react = json!({"type_query": "react", "comment_id": posted["comment_id"], "reaction": "none"});
    alice.refused(react, "rate_limited").await;
}

#[actix_web::test]
async fn limits_hold_over_a_restart() {
    let mut site =
        Site::with(|config| (config.limits.posts_per_min, config.limits.reactions_per_min) = (2, 2)).await;
    let mut alice = site.user("alice").await;
    let one = alice.post("/a", "one").await;
    let two = alice.post("/a", "two").await;
    alice.react(&one, "like").await;
    alice.react(&two, "like").await;
    site.restart().await;
    let mut alice = site.again("alice").await;
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "three"});
    alice.refused(post.clone(), "rate_limited").await;
    let react = json!({"type_query": "react", "comment_id": one["comment_id"], "reaction": "none"});
    alice.refused(react.clone(), "rate_limited").await;
    site.user("bob").await.does(post.clone()).await;
    site.clock.advance(Duration::from_secs(30));
    alice.does(post).await;
    alice.does(react).await;
}

#[actix_web::test]
async fn a_session_asks_so_often_only() {
    let site = Site::with(|config| (config.limits.queries_per_s, config.limits.queries_burst) = (1, 3)).await;
    let mut guest = site.guest().await;
    let ping = json!({"type_query": "ping"});
    for _ in 0..3 {
        guest.does(ping.clone()).await;
    }
    assert_eq!(guest.refused(ping.clone(), "rate_limited").await["retry_after_ms"], 1_000);
    site.clock.advance(Duration::from_secs(1));
    guest.does(ping).await;
}
