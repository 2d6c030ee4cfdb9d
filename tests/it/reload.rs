//! The config, changed while the service runs: by hand and a signal, or by the file alone.

use rustix::process::Signal;
use serde_json::json;

use crate::site::{PASSWORD, Process, Raw, request, upgrade_headers};

/// The status of a handshake from a page of `origin`.
async fn handshake(process: &Process, origin: &str) -> String {
    let mut headers = upgrade_headers();
    headers.push(format!("Origin: {origin}"));
    let mut raw = Raw::connect(process.address).await;
    raw.write(request("/", &headers).as_bytes()).await;
    raw.head().await.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn what_can_change_while_it_runs_does() {
    let process = Process::start("limits.posts_per_min = 1").await;
    let mut alice = process.user("alice").await;
    alice.post("/a", "one").await;
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "two"});
    alice.refused(post.clone(), "rate_limited").await;
    assert_eq!(handshake(&process, "https://blog.example").await, "403");
    process.rewrite(
        "limits.posts_per_min = 5\nlimits.comment_bytes_max = 20\nauth.sign_up = \"closed\"\n\
         server.allowed_origins = [\"https://blog.example\"]\ndatabase.readers = 2\nlog.filter = \"debug\"",
    );
    process.signal(Signal::HUP);
    process.logs("the config was read again, as told by SIGHUP").await;
    for line in [
        "changed limits.posts_per_min: 1 to 5",
        "changed limits.comment_bytes_max: 10000 to 20",
        "changed auth.sign_up: \"open\" to \"closed\"",
        "changed server.allowed_origins: [] to [\"https://blog.example\"]",
        "changed database.readers: 4 to 2, after a restart",
    ] {
        process.logs(line).await;
    }
    alice.does(post).await;
    assert_eq!(alice.does(json!({"type_query": "hello"})).await["limits"]["comment_bytes_max"], 20);
    let long = json!({"type_query": "postComment", "page": "/a", "comment": "x".repeat(21)});
    alice.refused(long, "comment_too_long").await;
    let mut eve = process.guest("eve").await;
    let sign_up = json!({"type_query": "signUp", "username": "eve", "password": PASSWORD});
    eve.refused(sign_up, "sign_up_closed").await;
    assert_eq!(handshake(&process, "https://blog.example").await, "101");
}

#[actix_web::test]
async fn a_changed_file_is_read_and_a_faulty_one_changes_nothing() {
    let process = Process::start("").await;
    process.rewrite("auth.sign_up = \"shut\"\nlimits.ping_s = 0");
    process.logs("2 fault(s), nothing has changed").await;
    process.logs("auth.sign_up is \"shut\"").await;
    process.user("alice").await;
    process.rewrite("auth.sign_up = \"closed\"");
    process.logs("changed auth.sign_up: \"open\" to \"closed\"").await;
    let mut eve = process.guest("eve").await;
    let sign_up = json!({"type_query": "signUp", "username": "eve", "password": PASSWORD});
    eve.refused(sign_up, "sign_up_closed").await;
}
