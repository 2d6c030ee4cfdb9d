//! Watching the service: who may, what is told, and when it ends.

use actix_web::http::StatusCode;
use otklik::config::{AllowedOrigin, Network};
use serde_json::{Value, json};

use crate::site::{Client, Process, Raw, Site, fetch, frame, request, upgrade_headers, within};

fn watch() -> Value {
    json!({"type_query": "watchStatus"})
}

fn is_status(push: &Value) -> bool {
    push["push"] == "status"
}

/// A service that is nobody's to watch without signing in.
async fn closed() -> Site {
    Site::with(|config| config.metrics.allowed = vec![Network::parse("192.0.2.1").unwrap()]).await
}

#[actix_web::test]
async fn who_watches_is_told_each_second() {
    let site = Site::start().await;
    let (mut alice, mut bob, mut root) = (site.user("alice").await, site.guest().await, site.guest().await);
    for client in [&mut alice, &mut bob] {
        client.subscribe("/a").await;
    }
    bob.subscribe("/b").await;
    let comment = alice.post("/a", "hi").await;
    root.does(watch()).await;
    alice.react(&comment, "like").await;
    bob.refused(json!({"type_query": "dance"}), "unknown_query").await;
    let (mut reactions, mut refusals, mut deliveries) = (0, 0, 0);
    let last = within("both deliveries", async {
        loop {
            let status = root.hears(is_status).await;
            reactions += status["reactions"].as_u64().unwrap();
            refusals += status["refusals"].as_u64().unwrap();
            deliveries += status["deliveries"].as_u64().unwrap();
            if deliveries >= 2 && reactions > 0 && refusals > 0 {
                break status;
            }
        }
    })
    .await;
    assert_eq!((reactions, refusals), (1, 1));
    assert_eq!(
        (&last["sessions"], &last["viewers"], &last["pages_followed"]),
        (&json!(3), &json!(3), &json!(2))
    );
    assert_eq!(last["pages"], json!([["/a", 2], ["/b", 1]]));
    assert_eq!(last["queues"]["bcrypt"], json!([0, 1000]));
    assert!(last["commit_to_push_us"][1].is_u64(), "{last}");
}

#[actix_web::test]
async fn ten_pages_are_told_and_they_are_the_most_viewed() {
    let site = Site::start().await;
    let (mut one, mut other) = (site.guest().await, site.guest().await);
    for number in 10..25 {
        one.subscribe(&format!("/{number}")).await;
    }
    for page in ["/24", "/20"] {
        other.subscribe(page).await;
    }
    one.does(watch()).await;
    let told = one.hears(is_status).await["pages"].take();
    let told: Vec<_> =
        told.as_array().unwrap().iter().map(|page| (page[0].as_str().unwrap(), page[1].as_u64())).collect();
    assert_eq!(told.len(), 10);
    assert_eq!(told[..3], [("/20", Some(2)), ("/24", Some(2)), ("/10", Some(1))]);
}

/// Checks that somebody is told nothing for as long as another is told twice: all are told in one go.
async fn is_told_no_more(client: &mut Client, other: &mut Client) {
    client.does(json!({"type_query": "ping"})).await;
    client.heard();
    for _ in 0..2 {
        other.hears(is_status).await;
    }
    client.does(json!({"type_query": "ping"})).await;
    let heard = client.heard();
    assert!(!heard.iter().any(is_status), "{} is still told: {heard:#?}", client.name);
}

#[actix_web::test]
async fn it_ends_when_it_is_asked_to() {
    let site = Site::start().await;
    let (mut one, mut other) = (site.guest().await, site.guest().await);
    for client in [&mut one, &mut other] {
        // Asking twice is asking once.
        client.does(watch()).await;
        client.does(watch()).await;
        client.hears(is_status).await;
    }
    one.does(json!({"type_query": "unwatchStatus"})).await;
    is_told_no_more(&mut one, &mut other).await;
    one.does(watch()).await;
    one.hears(is_status).await;
}

/// Gives somebody another role, and waits until their session knows.
async fn becomes(process: &Process, client: &mut Client, role: &str) {
    let done = process.also(&["user", "role", &client.name, role], "");
    assert!(done.status.success(), "{done:?}");
    client.hears(|push| push["push"] == "role" && push["role"] == role).await;
}

#[actix_web::test]
async fn it_is_for_admins_for_as_long_as_they_are() {
    let process = Process::start("metrics.allowed = []").await;
    let (mut root, mut other) = (process.user("root").await, process.user("other").await);
    process.guest("guest").await.refused(watch(), "sign_in_first").await;
    root.refused(watch(), "forbidden").await;
    becomes(&process, &mut root, "moderator").await;
    root.refused(watch(), "forbidden").await;
    for client in [&mut root, &mut other] {
        becomes(&process, client, "admin").await;
        client.does(watch()).await;
        client.hears(is_status).await;
    }
    becomes(&process, &mut root, "user").await;
    is_told_no_more(&mut root, &mut other).await;
    root.refused(watch(), "forbidden").await;
    becomes(&process, &mut root, "admin").await;
    root.does(watch()).await;
    root.hears(is_status).await;
    root.does(json!({"type_query": "signOut"})).await;
    is_told_no_more(&mut root, &mut other).await;
    root.refused(watch(), "sign_in_first").await;
}

/// What a session that begins with these headers is answered.
async fn asked_with(site: &Site, headers: &[String]) -> Value {
    asked_as(site, &site.address.to_string(), headers).await
}

/// The same where the service is called by another name.
async fn asked_as(site: &Site, host: &str, headers: &[String]) -> Value {
    let mut raw = Raw::connect(site.address).await;
    let host = vec![format!("Host: {host}")];
    raw.write(request("/ws", &[upgrade_headers(), host, headers.to_vec()].concat()).as_bytes()).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    raw.write(&frame(0x81, watch().to_string().as_bytes())).await;
    let answer = within("an answer", raw.frame()).await.expect("an answer");
    serde_json::from_slice(&answer.payload).unwrap()
}

#[actix_web::test]
async fn what_comes_through_others_does_not_come_from_here() {
    let site = Site::start().await;
    let own = format!("Origin: http://{}", site.address);
    for good in [vec![], vec![own.clone()]] {
        assert_eq!(asked_with(&site, &good).await["status"], "success", "{good:?}");
    }
    for foreign in [
        vec!["Origin: http://localhost:3000".to_owned()],
        vec!["X-Forwarded-For: 203.0.113.9".to_owned()],
        vec![own, "X-Forwarded-For: 127.0.0.1".to_owned()],
    ] {
        assert_eq!(asked_with(&site, &foreign).await["code"], "sign_in_first", "{foreign:?}");
    }
}

#[actix_web::test]
async fn a_name_that_was_turned_to_this_machine_opens_nothing() {
    // Without this, a page of evil.example could not connect at all.
    let site = Site::with(|config| config.server.allowed_origins = vec![AllowedOrigin::Any]).await;
    let port = site.address.port();
    for (host, wanted) in [
        ("localhost", json!("success")),
        ("evil.example", json!("sign_in_first")),
        ("localhost.evil.example", json!("sign_in_first")),
    ] {
        let name = format!("{host}:{port}");
        let told = asked_as(&site, &name, &[format!("Origin: http://{name}")]).await;
        let outcome = told.get("code").unwrap_or(&told["status"]);
        assert_eq!(*outcome, wanted, "{name}");
    }
}

#[actix_web::test]
async fn the_page_is_served_and_holds_nothing_inline() {
    let site = closed().await;
    let page = fetch(site.address, "/status", &[]).await;
    assert_eq!(page.status, StatusCode::OK, "the page itself is no secret; what it shows is");
    for part in ["/status.js", "/status.css"] {
        assert!(page.body.contains(&format!("\"{part}\"")), "{part}");
        assert_eq!(fetch(site.address, part, &[]).await.status, StatusCode::OK, "{part}");
    }
    let inline = ["<style", "style=", "onclick", "onload", "<script>"];
    assert!(inline.iter().all(|word| !page.body.contains(word)), "{}", page.body);
    assert_eq!(page.body.matches("<script").count(), 1);
}
