//! Names, passwords, tokens, and who is signed out when.

use std::time::Duration;

use serde_json::{Value, json};

use crate::site::{PASSWORD, Random, START_MS, Site};

fn sign_up(username: &str, password: &str) -> Value {
    json!({"type_query": "signUp", "username": username, "password": password})
}

fn sign_in(username: &str, password: &str) -> Value {
    json!({"type_query": "signIn", "username": username, "password": password})
}

fn with_token(token: &str) -> Value {
    json!({"type_query": "signInWithToken", "token": token})
}

#[actix_web::test]
async fn names_that_look_alike_are_one() {
    let site = Site::start().await;
    site.user("alice").await;
    let mut eve = site.guest().await;
    for name in ["alice", "ALICE", "Alice", "\u{430}lice", "ａlice"] {
        eve.refused(sign_up(name, PASSWORD), "username_taken").await;
    }
    assert_eq!(eve.does(sign_in("ALICE", PASSWORD)).await["username"], "alice");
}

#[actix_web::test]
async fn names_that_mislead_are_none() {
    let site = Site::start().await;
    let mut eve = site.guest().await;
    for name in ["", " a", "a  b", "...", "a\u{202e}b", "a\u{200b}b", "<b>", "a/b", "😀", &"x".repeat(33)] {
        let answer = eve.refused(sign_up(name, PASSWORD), "invalid_username").await;
        assert_eq!(answer["member"], "username");
    }
    for name in ["__proto__", "constructor", "Анна Каренина", "李小龙", "José", "o.neil_9-x"]
    {
        assert_eq!(eve.does(sign_up(name, PASSWORD)).await["username"], name);
        assert_eq!(eve.post("/a", "hi").await["username"], name);
    }
}

#[actix_web::test]
async fn passwords_that_are_easy_to_guess_are_refused() {
    let site = Site::start().await;
    let mut eve = site.guest().await;
    for weak in ["", "ninechar!", "password2024", "1234567890", "qwertyuiop", "evelyn.1990"] {
        let answer = eve.refused(sign_up("evelyn.", weak), "weak_password").await;
        assert_eq!(answer["member"], "password");
    }
    let long = "ab3-x7yz".repeat(128);
    eve.refused(sign_up("eve", &format!("{long}!")), "password_too_long").await;
    eve.refused(sign_in("eve", &format!("{long}!")), "password_too_long").await;
    eve.does(sign_up("eve", &long)).await;
    eve.refused(sign_in("eve", &long.replacen('a', "", 1)), "bad_credentials").await;
}

#[actix_web::test]
async fn a_token_is_replaced_past_half_its_life_and_lives_a_minute_more() {
    let site = Site::start().await;
    let alice = site.user("alice").await;
    let token = alice.token.clone();
    site.clock.advance(Duration::from_hours(24 * 15));
    let mut tab = site.guest().await;
    assert_eq!(tab.does(with_token(&token)).await["token"], json!(token));
    site.clock.advance(Duration::from_millis(1));
    let fresh = tab.does(with_token(&token)).await["token"].as_str().unwrap().to_owned();
    assert_ne!(fresh, token);
    site.clock.advance(Duration::from_secs(59));
    let other = tab.does(with_token(&token)).await["token"].clone();
    assert_ne!(other, json!(token), "the old one does not come back");
    site.clock.advance(Duration::from_secs(2));
    tab.refused(with_token(&token), "bad_token").await;
    assert_eq!(tab.does(with_token(&fresh)).await["token"], json!(fresh));
    tab.refused(with_token("otk_nonsense"), "bad_token").await;
}

#[actix_web::test]
async fn a_session_ends_with_its_token() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    // A token that lives half a minute: over 30 days alice would be cut for her silence.
    let soon = i64::try_from(START_MS).unwrap() + 30_000;
    site.database().execute("update token set expires_at_ms = ?1", [soon]).unwrap();
    alice.reconnect(site.address).await;
    alice.subscribe("/a").await;
    site.clock.advance(Duration::from_secs(30) + Duration::from_millis(1));
    let refused = json!({"type_query": "postComment", "page": "/a", "comment": "hi"});
    alice.refused(refused, "sign_in_first").await;
    alice.hears(|push| *push == json!({"push": "signedOut", "reason": "expired"})).await;
}

#[actix_web::test]
async fn who_has_expired_is_not_told_what_the_user_does_elsewhere() {
    // Found out by the next query, or by the heartbeat.
    for asks in [true, false] {
        let site = Site::with(|config| config.limits.ping_s = 1).await;
        let mut alice = site.user("alice").await;
        let comment = alice.post("/a", "what do you think?").await;
        let soon = i64::try_from(START_MS).unwrap() + 20_000;
        site.database().execute("update token set expires_at_ms = ?1", [soon]).unwrap();
        alice.reconnect(site.address).await;
        alice.subscribe("/a").await;
        site.clock.advance(Duration::from_secs(20) + Duration::from_millis(1));
        if asks {
            alice.does(json!({"type_query": "ping"})).await;
        }
        alice.hears(|push| *push == json!({"push": "signedOut", "reason": "expired"})).await;
        let mut phone = site.again("alice").await;
        phone.react(&comment, "like").await;
        let last = phone.post("/a", "that is all").await["rev"].as_i64().unwrap();
        alice.comes_to("/a", |state| state.rev >= last).await;
        let heard = alice.heard();
        assert!(heard.iter().all(|push| push["push"] == "update"), "asks: {asks}, heard: {heard:#?}");
    }
}

#[actix_web::test]
async fn sign_ups_that_find_the_queue_full_are_told_and_hold_up_nobody() {
    let site = Site::with(|config| (config.auth.bcrypt_queue_max, config.auth.bcrypt_cost) = (1, 10)).await;
    let mut alice = site.user("alice").await;
    let posted = alice.post("/a", "hi").await;
    let mut guests = Vec::new();
    for _ in 0..8 {
        guests.push((site.guest().await, 0));
    }
    for (number, (guest, id)) in guests.iter_mut().enumerate() {
        let username = format!("guest {number}");
        *id = guest.send(json!({"type_query": "signUp", "username": username, "password": PASSWORD})).await;
    }
    alice.react(&posted, "like").await;
    let mut busy = 0;
    for (guest, id) in &mut guests {
        let answer = guest.answer(*id).await;
        if answer["status"] == "failure" {
            assert_eq!((&answer["code"], &answer["retry"]), (&json!("busy"), &json!(true)), "{answer}");
            assert!(answer["retry_after_ms"].as_u64().unwrap() > 0, "{answer}");
            busy += 1;
        }
    }
    // One at least is taken: the queue has room for it, even if the thread, the least important of all, has not begun.
    assert!((1..=7).contains(&busy), "{busy} of 8 were told to come back");
}

#[actix_web::test]
async fn signing_out_everywhere_signs_the_others_out() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let (mut phone, mut bob) = (site.again("alice").await, site.user("bob").await);
    phone.subscribe("/a").await;
    let here = alice.token.clone();
    alice.does(json!({"type_query": "signOut", "everywhere": true})).await;
    phone.hears(|push| *push == json!({"push": "signedOut", "reason": "everywhere"})).await;
    let (there, hello) = (phone.token.clone(), json!({"type_query": "hello"}));
    for client in [&mut alice, &mut phone] {
        assert_eq!(client.does(hello.clone()).await["user"], Value::Null);
        client.refused(with_token(&here), "bad_token").await;
        client.refused(with_token(&there), "bad_token").await;
    }
    assert_eq!(bob.does(hello).await["user"]["username"], "bob");
    assert_eq!(bob.heard(), Vec::<Value>::new());
    bob.post("/a", "still told").await;
    phone.hears(|push| push["push"] == "update").await;
}

#[actix_web::test]
async fn signing_out_here_leaves_the_other_tokens() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut phone = site.again("alice").await;
    alice.does(json!({"type_query": "signOut"})).await;
    let gone = alice.token.clone();
    alice.refused(with_token(&gone), "bad_token").await;
    alice.refused(json!({"type_query": "signOut"}), "sign_in_first").await;
    phone.post("/a", "still here").await;
}

#[actix_web::test]
async fn who_signs_in_while_all_are_signed_out_is_what_the_token_is() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    let (mut phone, mut checker) = (site.again("alice").await, site.guest().await);
    phone.subscribe("/a").await;
    let everywhere = json!({"type_query": "signOut", "everywhere": true});
    let mut random = Random::seeded(12);
    for round in 0..100 {
        // What bob writes lets the two meet in one batch, and what alice waits for lets them come in any order.
        let mut busy = Vec::new();
        for _ in 0..5 {
            let post = json!({"type_query": "postComment", "page": "/b", "comment": "hi"});
            busy.push(bob.send(post).await);
        }
        let back = phone.send(sign_in("alice", PASSWORD)).await;
        for _ in 0..random.below(12) {
            checker.does(json!({"type_query": "ping"})).await;
        }
        alice.does(everywhere.clone()).await;
        let token = phone.answer(back).await["token"].as_str().unwrap().to_owned();
        for id in busy {
            bob.answer(id).await;
        }
        // A barrier on the way of the pushes.
        let last = bob.post("/a", "that is all").await["rev"].as_i64().unwrap();
        phone.comes_to("/a", |state| state.rev >= last).await;
        let works = checker.ask(with_token(&token)).await["status"] == "success";
        let user = phone.does(json!({"type_query": "hello"})).await["user"]["username"].clone();
        assert_eq!(user, if works { json!("alice") } else { Value::Null }, "in round {round}");
        alice.sign_in("alice").await;
    }
}

#[actix_web::test]
async fn an_old_password_that_is_under_way_opens_nothing() {
    const OLD_COST: u32 = 4;
    const NEW: &str = "amber falcon 12 desk";
    // With the cost at which it was stored, and where a right password is hashed anew.
    for stored_cost in [10, OLD_COST] {
        let mut site = Site::with(|config| {
            (config.database.readers, config.auth.bcrypt_cost) = (1, stored_cost);
        })
        .await;
        let mut alice = site.user("alice").await;
        site.restart_with(|config| config.auth.bcrypt_cost = 10).await;
        alice.reconnect(site.address).await;
        let mut eve = site.guest().await;
        let change = json!({"type_query": "changePassword", "password": PASSWORD, "new_password": NEW});
        let change = alice.send(change).await;
        // What is no query is answered at once: by then the one before it is under way.
        alice.send_text("{").await;
        assert_eq!(alice.answer(0).await["code"], "bad_query");
        let answer = eve.refused(sign_in("alice", PASSWORD), "bad_credentials").await;
        assert!(answer.get("token").is_none(), "{answer}");
        assert_eq!(alice.answer(change).await["status"], "success");
        eve.refused(json!({"type_query": "signOut"}), "sign_in_first").await;
        eve.refused(sign_in("alice", PASSWORD), "bad_credentials").await;
        eve.does(sign_in("alice", NEW)).await;
    }
}

#[actix_web::test]
async fn another_password_signs_the_others_out() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut phone = site.again("alice").await;
    let change = |password: &str, new: &str| json!({"type_query": "changePassword", "password": password, "new_password": new});
    let answer = alice.refused(change(PASSWORD, "short"), "weak_password").await;
    assert_eq!(answer["member"], "new_password");
    alice.refused(change("not the one, sorry", "amber falcon 12 desk"), "bad_credentials").await;
    let token = alice.does(change(PASSWORD, "amber falcon 12 desk")).await["token"].clone();
    phone.hears(|push| *push == json!({"push": "signedOut", "reason": "password_changed"})).await;
    for gone in [alice.token.clone(), phone.token.clone()] {
        phone.refused(with_token(&gone), "bad_token").await;
    }
    phone.does(with_token(token.as_str().unwrap())).await;
    alice.post("/a", "I am still signed in").await;
    phone.refused(sign_in("alice", PASSWORD), "bad_credentials").await;
    phone.does(sign_in("alice", "amber falcon 12 desk")).await;
}

#[actix_web::test]
async fn an_unknown_name_is_answered_as_a_wrong_password() {
    let site = Site::start().await;
    site.user("alice").await;
    site.user("banned").await;
    site.database().execute("update user set state = 'banned' where username = 'banned'", ()).unwrap();
    let mut answers = Vec::new();
    for name in ["alice", "nobody", "banned", "no such / name", ""] {
        let mut eve = site.guest().await;
        let password = if name == "banned" { PASSWORD } else { "guess guess guess" };
        answers.push(eve.refused(sign_in(name, password), "bad_credentials").await);
    }
    assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:#?}");
}

#[actix_web::test]
async fn guessing_is_slowed_down_over_a_restart_too() {
    let mut site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut eve = site.guest().await;
    for name in ["alice", "nobody"] {
        for _ in 0..4 {
            eve.refused(sign_in(name, "guess guess guess"), "bad_credentials").await;
        }
        let told = eve.refused(sign_in(name, "guess guess guess"), "rate_limited").await;
        assert_eq!((&told["retry"], &told["retry_after_ms"]), (&json!(true), &json!(1_000)), "{name}");
    }
    site.restart().await;
    eve.reconnect(site.address).await;
    eve.refused(sign_in("ALICE", PASSWORD), "rate_limited").await;
    // A good token is no guess: nobody can lock an owner out.
    alice.reconnect(site.address).await;
    site.clock.advance(Duration::from_secs(1));
    eve.refused(sign_in("alice", "guess guess guess"), "bad_credentials").await;
    let told = eve.refused(sign_in("alice", PASSWORD), "rate_limited").await;
    assert_eq!(told["retry_after_ms"], 3_000);
    site.clock.advance(Duration::from_secs(3));
    eve.does(sign_in("alice", PASSWORD)).await;
    eve.refused(sign_in("alice", "guess guess guess"), "bad_credentials").await;
    eve.does(sign_in("alice", PASSWORD)).await;
}

#[actix_web::test]
async fn an_address_signs_in_and_up_so_often_only() {
    let site = Site::with(|config| {
        (config.limits.sign_ins_per_min, config.limits.sign_ups_per_hour) = (2, 2);
    })
    .await;
    let mut alice = site.user("alice").await;
    site.user("bob").await;
    let mut eve = site.guest().await;
    let told = eve.refused(sign_up("eve", PASSWORD), "rate_limited").await;
    assert_eq!(told["retry_after_ms"], 30 * 60 * 1_000);
    for _ in 0..2 {
        eve.does(sign_in("alice", PASSWORD)).await;
    }
    let told = eve.refused(sign_in("alice", PASSWORD), "rate_limited").await;
    assert_eq!(told["retry_after_ms"], 30_000);
    alice.reconnect(site.address).await;
    site.clock.advance(Duration::from_secs(30));
    eve.does(sign_in("alice", PASSWORD)).await;
}

#[actix_web::test]
async fn a_password_is_hashed_anew_where_the_cost_changed() {
    let mut site = Site::start().await;
    site.user("alice").await;
    let stored = |site: &Site| -> String {
        site.database().query_row("select password from user", (), |row| row.get(0)).unwrap()
    };
    assert!(stored(&site).contains("$04$"), "{}", stored(&site));
    site.restart_with(|config| config.auth.bcrypt_cost = 5).await;
    let before = stored(&site);
    let mut eve = site.guest().await;
    eve.refused(sign_in("alice", "guess guess guess"), "bad_credentials").await;
    assert_eq!(stored(&site), before);
    site.again("alice").await;
    assert!(stored(&site).contains("$05$"), "{}", stored(&site));
    site.again("alice").await;
}

#[actix_web::test]
async fn the_file_signs_nobody_in() {
    let site = Site::start().await;
    let alice = site.user("alice").await;
    let secret = alice.token.strip_prefix("otk_").unwrap();
    for entry in std::fs::read_dir(site.folder()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [secret.as_bytes(), PASSWORD.as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|window| window == secret));
        }
    }
}

#[actix_web::test]
async fn who_signs_in_holds_back_what_is_sent_after() {
    let site = Site::start().await;
    let mut alice = site.guest().await;
    let up = alice.send(sign_up("alice", PASSWORD)).await;
    let post = alice.send(json!({"type_query": "postComment", "page": "/a", "comment": "hi"})).await;
    let out = alice.send(json!({"type_query": "signOut"})).await;
    let late = alice.send(json!({"type_query": "postComment", "page": "/a", "comment": "late"})).await;
    for (id, status) in [(up, "success"), (post, "success"), (out, "success"), (late, "failure")] {
        let answer = alice.answer(id).await;
        assert_eq!(answer["status"], status, "{answer}");
    }
}

#[actix_web::test]
async fn registration_can_be_closed() {
    let site = Site::with(|config| config.auth.sign_up = otklik::config::SignUp::Closed).await;
    let mut eve = site.guest().await;
    assert_eq!(eve.does(json!({"type_query": "hello"})).await["sign_up"], "closed");
    eve.refused(sign_up("eve", PASSWORD), "sign_up_closed").await;
}
