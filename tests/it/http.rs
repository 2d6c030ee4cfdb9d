//! The page, the read-only API, pictures, health, and who may connect from where.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, HeaderMap, IF_NONE_MATCH, ORIGIN};
use awc::Client as Http;
use serde_json::{Value, json};

use crate::site::{Raw, Site, request, test_config, upgrade_headers, within};

/// What a path answers.
async fn get(site: &Site, path: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let mut request = Http::default().get(site.url(path));
    for (name, value) in headers {
        request = request.insert_header((*name, *value));
    }
    let mut response = within(path, request.send()).await.expect("an answer");
    let body = within(path, response.body()).await.expect("a body");
    (response.status(), response.headers().clone(), String::from_utf8(body.to_vec()).expect("text"))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

#[actix_web::test]
async fn the_page_and_its_parts_are_served_safely() {
    let site = Site::start().await;
    for (path, kind) in [
        ("/", "text/html"),
        ("/embed.js", "text/javascript"),
        ("/status", "text/html"),
        ("/status.js", "text/javascript"),
        ("/img/alice.svg", "image/svg+xml"),
        ("/api/comments?page=/a", "application/json"),
        ("/api/hello", "application/json"),
    ] {
        let (status, headers, body) = get(&site, path, &[]).await;
        assert_eq!(status, StatusCode::OK, "{path}");
        assert!(header(&headers, "content-type").starts_with(kind), "{path}: {headers:?}");
        assert_eq!(header(&headers, "x-content-type-options"), "nosniff", "{path}");
        let policy = header(&headers, "content-security-policy");
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert!(!body.is_empty(), "{path}");
    }
    let (status, ..) = get(&site, "/nothing", &[]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

/// The first lines of what a request by hand is answered.
async fn head(site: &Site, path: &str, headers: &[String]) -> String {
    let mut raw = Raw::connect(site.address).await;
    raw.write(request(path, headers).as_bytes()).await;
    raw.head().await.to_lowercase()
}

#[actix_web::test]
async fn what_is_refused_is_text_and_nothing_else() {
    let site = Site::with(|config| {
        config.metrics.allowed = Vec::new();
        config.limits.connections_per_address_max = 1;
    })
    .await;
    let foreign = [upgrade_headers(), vec!["Origin: https://evil.example".to_owned()]].concat();
    let no_key: Vec<_> = upgrade_headers().into_iter().filter(|line| !line.contains("-Key")).collect();
    let mut told = vec![
        (403, head(&site, "/metrics", &[]).await),
        (403, head(&site, "/", &foreign).await),
        (403, head(&site, "/ws", &foreign).await),
        (400, head(&site, "/ws", &no_key).await),
        (426, head(&site, "/ws", &[]).await),
        (404, head(&site, "/nothing", &[]).await),
        (404, head(&site, "/nothing", &upgrade_headers()).await),
        (404, head(&site, "/img/%00.svg", &[]).await),
        (404, head(&site, "/otklik/nothing.js", &[]).await),
    ];
    let _first = site.guest().await;
    told.push((503, head(&site, "/ws", &upgrade_headers()).await));
    for (status, head) in told {
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{status}: {head}");
        assert_eq!(head.matches("x-content-type-options: nosniff\r\n").count(), 1, "{status}: {head}");
    }
}

#[actix_web::test]
async fn another_upgrade_is_not_taken_up() {
    let site = Site::start().await;
    for (connection, upgrade) in [("Upgrade, HTTP2-Settings", "h2c"), ("keep-alive, Upgrade", "TLS/1.2, h2c")]
    {
        let headers = [
            format!("Connection: {connection}"),
            format!("Upgrade: {upgrade}"),
            "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA".to_owned(),
        ];
        let mut raw = Raw::connect(site.address).await;
        raw.write(request("/", &headers).as_bytes()).await;
        let head = raw.head().await;
        assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("text/html"), "{upgrade}: {head}");
    }
    // No browser offers others beside it; the bytes behind such a request could be of any of them.
    let headers = upgrade_headers();
    let headers: Vec<_> =
        headers.iter().map(|header| header.replace("websocket", "h2c, WebSocket")).collect();
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/ws", &headers).as_bytes()).await;
    let head = raw.head().await.to_lowercase();
    assert!(head.starts_with("http/1.1 426 ") && head.contains("upgrade: websocket"), "among others: {head}");
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/healthz", &upgrade_headers()).as_bytes()).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 404 "), "no session there: {head}");
    assert!(raw.rest().await.ends_with(b"/ws."), "a plain answer, and the end");
}

#[actix_web::test]
async fn a_snapshot_over_http_is_the_one_of_subscribe() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let comment = alice.post("/a b/é", "hi").await;
    alice.reply("/a b/é", &comment, "ho").await;
    let path = "/api/comments?page=%2Fa+b%2F%C3%A9&sort=oldest&limit=10&replies=1";
    let (status, headers, body) = get(&site, path, &[]).await;
    let told: Value = serde_json::from_str(&body).unwrap();
    let mut guest = site.guest().await;
    let query =
        json!({"type_query": "subscribe", "page": "/a b/é", "sort": "oldest", "limit": 10, "replies": 1});
    let snapshot = guest.does(query).await;
    assert_eq!(status, StatusCode::OK);
    for member in ["page", "epoch", "rev", "total", "comments", "next"] {
        assert_eq!(told[member], snapshot[member], "{member}");
    }
    let tag = header(&headers, ETAG.as_str()).to_owned();
    let (status, _, body) = get(&site, path, &[(IF_NONE_MATCH.as_str(), &tag)]).await;
    assert_eq!((status, body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    alice.react(&comment, "like").await;
    let (status, ..) = get(&site, path, &[(IF_NONE_MATCH.as_str(), &tag)]).await;
    assert_eq!(status, StatusCode::OK, "it changed");
}

#[actix_web::test]
async fn the_api_has_cursors_and_tells_what_is_wrong() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for _ in 0..3 {
        alice.post("/a", "hi").await;
    }
    let (_, _, body) = get(&site, "/api/comments?page=/a&limit=2", &[]).await;
    let list: Value = serde_json::from_str(&body).unwrap();
    let next = list["next"].as_str().unwrap();
    let (_, _, body) = get(&site, &format!("/api/comments?page=/a&limit=2&cursor={next}"), &[]).await;
    let list: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&list["comments"][0]["comment_id"], &list["next"]), (&json!(1), &Value::Null));
    for (path, member) in [
        ("/api/comments", "page"),
        ("/api/comments?page=", "page"),
        ("/api/comments?page=/a&limit=0", "limit"),
        ("/api/comments?page=/a&limit=x", "limit"),
        ("/api/comments?page=/a&sort=best", "sort"),
        ("/api/comments?page=/a&cursor=x", "cursor"),
    ] {
        let (status, _, body) = get(&site, path, &[]).await;
        let told: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &told["code"]), (StatusCode::BAD_REQUEST, &json!("bad_query")), "{path}");
        assert_eq!(told["member"], member, "{path}");
    }
}

#[actix_web::test]
async fn lists_of_pages_are_counted() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let comment = alice.post("/a", "hi").await;
    let reply = alice.reply("/a", &comment, "ho").await;
    alice.react(&comment, "like").await;
    alice.react(&reply, "dislike").await;
    let bob = &mut site.user("bob").await;
    bob.react(&comment, "like").await;
    bob.react(&reply, "like").await;
    bob.react(&reply, "none").await;
    let (status, headers, body) = get(&site, "/api/counts?page=/nothing&page=%2Fa", &[]).await;
    assert_eq!(status, StatusCode::OK);
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        told,
        json!({"status": "success", "counts": [
            {"page": "/nothing", "total": 0, "like": 0, "dislike": 0},
            {"page": "/a", "total": 2, "like": 2, "dislike": 1},
        ]})
    );
    let tag = header(&headers, ETAG.as_str()).to_owned();
    let again = get(&site, "/api/counts?page=/nothing&page=/a", &[(IF_NONE_MATCH.as_str(), &tag)]).await;
    assert_eq!(again.0, StatusCode::NOT_MODIFIED);
    for path in ["/api/counts".to_owned(), format!("/api/counts?{}", "page=a&".repeat(101))] {
        let (status, _, body) = get(&site, &path, &[]).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(body.contains("bad_query"), "{body}");
    }
    let (status, ..) = get(&site, &format!("/api/counts?{}", "page=a&".repeat(100)), &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[actix_web::test]
async fn reads_from_one_address_have_a_rate() {
    let site = Site::with(|config| config.limits.http_reads_per_min = 2).await;
    for _ in 0..2 {
        assert_eq!(get(&site, "/api/comments?page=/a", &[]).await.0, StatusCode::OK);
    }
    let (status, headers, body) = get(&site, "/api/counts?page=/a", &[]).await;
    assert_eq!((status, header(&headers, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "30"), "{body}");
    assert!(body.contains("rate_limited"), "{body}");
    site.guest().await.subscribe("/a").await;
}

#[actix_web::test]
async fn the_sign_in_window_can_ask_about_the_page_that_opened_it() {
    let site = Site::start().await;
    for (origin, wanted) in [
        ("http%3A%2F%2Flocalhost%3A3000", StatusCode::OK),
        ("https://evil.example", StatusCode::FORBIDDEN),
        ("null", StatusCode::FORBIDDEN),
        ("", StatusCode::FORBIDDEN),
    ] {
        assert_eq!(get(&site, &format!("/api/hello?origin={origin}"), &[]).await.0, wanted, "{origin}");
    }
}

#[actix_web::test]
async fn pictures_are_of_names_only() {
    let site = Site::start().await;
    let (_, _, alice) = get(&site, "/img/alice.svg", &[]).await;
    let (_, _, anna) = get(&site, "/img/%D0%90%D0%BD%D0%BD%D0%B0.svg", &[]).await;
    assert!(alice.starts_with("<svg") && anna.starts_with("<svg") && alice != anna);
    for path in ["/img/%3Cscript%3E.svg", "/img/..%2F..%2Fx.svg", "/img/%00.svg"] {
        let (status, ..) = get(&site, path, &[]).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[actix_web::test]
async fn health_is_told() {
    let site = Site::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(get(&site, path, &[]).await.0, StatusCode::OK, "{path}");
    }
}

/// The status of a handshake with this Origin.
async fn handshake(site: &Site, origins: &[&str]) -> String {
    let mut headers = upgrade_headers();
    headers.push(format!("Host: {}", site.address));
    headers.extend(origins.iter().map(|origin| format!("Origin: {origin}")));
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/", &headers).as_bytes()).await;
    raw.head().await.split(' ').nth(1).unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn foreign_pages_are_refused_before_the_upgrade() {
    let site = Site::with(|config| {
        let chosen = [
            ("OTKLIK_SERVER_BIND", "192.0.2.1:5678"),
            ("OTKLIK_SERVER_PUBLIC_URL", "https://comments.example"),
            ("OTKLIK_SERVER_ALLOWED_ORIGINS", "https://blog.example"),
        ];
        config.server = test_config(&chosen.map(|(key, value)| (key.to_owned(), value.to_owned()))).server;
    })
    .await;
    for good in ["https://comments.example", "https://blog.example"] {
        assert_eq!(handshake(&site, &[good]).await, "101", "{good}");
    }
    assert_eq!(handshake(&site, &[]).await, "101", "a program, not a page");
    for bad in [
        "null",
        "http://blog.example",
        "https://blog.example:444",
        "https://blog.example.evil.example",
        "https://evilblog.example",
        "https://blog.example@evil.example",
        "http://localhost:3000",
        "",
        "*",
    ] {
        assert_eq!(handshake(&site, &[bad]).await, "403", "{bad}");
    }
    assert_eq!(handshake(&site, &["https://blog.example", "https://evil.example"]).await, "403");
}

#[actix_web::test]
async fn a_loopback_bind_allows_loopback_pages() {
    let site = Site::start().await;
    for good in ["http://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:1"] {
        assert_eq!(handshake(&site, &[good]).await, "101", "{good}");
    }
    for bad in ["null", "https://evil.example", "http://localhost.evil.example", "file://"] {
        assert_eq!(handshake(&site, &[bad]).await, "403", "{bad}");
    }
    let (status, headers, body) =
        get(&site, "/api/hello", &[(ORIGIN.as_str(), "https://evil.example")]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(body.contains("allowed_origins") && !header(&headers, "access-control-allow-origin").is_empty());
    let allowed = "http://localhost:3000";
    let (_, headers, _) = get(&site, "/api/comments?page=/a", &[(ORIGIN.as_str(), allowed)]).await;
    assert_eq!(header(&headers, "access-control-allow-origin"), allowed);
}

#[actix_web::test]
async fn connections_are_counted() {
    let site = Site::with(|config| config.limits.connections_per_address_max = 2).await;
    let first = site.guest().await;
    let _second = site.guest().await;
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/", &upgrade_headers()).as_bytes()).await;
    let head = raw.head().await.to_lowercase();
    assert!(head.starts_with("http/1.1 503 ") && head.contains("retry-after: "), "{head}");
    first.close().await;
    // The place is free once the server has seen the end of the first, which is not told: ask until it is.
    within("a free place", async { while handshake(&site, &[]).await == "503" {} }).await;
}
