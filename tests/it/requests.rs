//! Requests that no good client sends: paths that climb, sizes without end, heads that say two things, and bytes that
//! drip.

use std::time::Duration;

use actix_web::rt::time::sleep;
use serde_json::json;

use crate::site::{Process, Raw, Site, within};

/// A line of a file that must never be sent to anybody.
const SECRETS: [&str; 3] = ["root:", "bcrypt_cost", "SQLite format 3"];

/// Sends bytes on a connection of their own; gives all that comes back until the line ends.
async fn answer(site: &Site, bytes: &[u8]) -> String {
    let mut raw = Raw::connect(site.address).await;
    // The service may cut the line before it has heard all of it.
    raw.try_write(bytes).await;
    String::from_utf8_lossy(&raw.rest().await).into_owned()
}

/// The statuses in what came back: how many requests were answered, and how.
fn statuses(answer: &str) -> Vec<u16> {
    let heads = answer.split("HTTP/1.1 ").skip(1).chain(answer.split("HTTP/1.0 ").skip(1));
    heads.filter_map(|head| head.get(..3)?.parse().ok()).collect()
}

fn refused(what: &str, answer: &str) {
    let statuses = statuses(answer);
    assert!(statuses.iter().all(|status| (400..500).contains(status)), "{what}: {statuses:?}: {answer}");
    tells_no_file(what, answer);
}

fn tells_no_file(what: &str, answer: &str) {
    assert!(!SECRETS.iter().any(|secret| answer.contains(secret)), "{what}: {answer}");
}

async fn lives(site: &Site) {
    site.guest().await.does(json!({"type_query": "ping"})).await;
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").into_bytes()
}

#[actix_web::test]
async fn no_path_leads_to_a_file() {
    let site = Site::start().await;
    let ups = ["..", "%2e%2e", "%2E.", "..;", "%252e%252e", "..%00", "%c0%ae%c0%ae", "..%5c..", "..\\.."];
    let files = ["etc/passwd", "config.toml", "otklik.db", "otklik.db-wal", "Cargo.toml"];
    let from = ["/", "//", "/otklik/", "/img/", "/api/", "/embed.js/", "/static/", "/ws/", "/./", "/%2f"];
    for file in files {
        for start in from {
            for up in ups {
                let path = format!("{start}{}/{file}", [up; 6].join("/"));
                refused(&path, &answer(&site, &get(&path)).await);
            }
            refused(start, &answer(&site, &get(&format!("{start}{file}"))).await);
        }
    }
    for odd in [
        "/..",
        "/../",
        "/img/../../config.toml.svg",
        "/%2e%2e%2fconfig.toml",
        "/file:///etc/passwd",
        "/config.toml%00.svg",
        "/img/%2e%2e%2fconfig.toml.svg",
        "/otklik/../config.toml",
        "/embed.js/..%2f",
        "/api/comments/../../config.toml?page=/a",
        "/.git/config",
        "/.env",
        "/server-status",
        "/C:/boot.ini",
    ] {
        refused(odd, &answer(&site, &get(odd)).await);
    }
    lives(&site).await;
}

#[actix_web::test]
async fn what_is_too_long_is_refused() {
    let site = Site::start().await;
    let head = |more: &str| {
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n").into_bytes()
    };
    let many = (0..1_000).map(|n| format!("X-{n}: {n}\r\n")).collect::<Vec<_>>().concat();
    let long = "x".repeat(100_000);
    let huge = "x".repeat(1 << 20);
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a path of 100 KB", get(&format!("/{long}"))),
        ("a query of 100 KB", get(&format!("/api/comments?page={long}"))),
        ("a path of 1 MB", get(&format!("/{huge}"))),
        ("a name of 100 KB", get(&format!("/img/{long}.svg"))),
        ("a header of 1 MB", head(&format!("X-Long: {huge}\r\n"))),
        ("a header's name of 1 MB", head(&format!("{huge}: x\r\n"))),
        ("a thousand headers", head(&many)),
        ("an origin of 1 MB", head(&format!("Origin: https://{huge}\r\n"))),
        ("a method of 1 MB", format!("{huge} / HTTP/1.1\r\nHost: localhost\r\n\r\n").into_bytes()),
        ("a line without an end", huge.clone().into_bytes()),
        ("nothing but line ends", "\r\n".repeat(1 << 19).into_bytes()),
    ];
    for (what, bytes) in cases {
        refused(what, &answer(&site, &bytes).await);
    }
    lives(&site).await;
}

/// A request within a request: whoever answers it was deceived.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: hidden\r\n\r\n";

#[actix_web::test]
async fn heads_that_say_two_things_are_refused() {
    let site = Site::start().await;
    let request = |head: &str, body: &str| {
        format!("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{head}\r\n{body}").into_bytes()
    };
    let chunked = format!("0\r\n\r\n{HIDDEN}");
    let length = HIDDEN.len();
    let cases = [
        ("two lengths", request(&format!("Content-Length: 0\r\nContent-Length: {length}\r\n"), HIDDEN)),
        ("two lengths in one", request(&format!("Content-Length: 0, {length}\r\n"), HIDDEN)),
        ("a length and chunks", request("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", &chunked)),
        ("chunks and a length", request("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", &chunked)),
        ("chunks, twice", request("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", &chunked)),
        ("chunks that are none", request("Transfer-Encoding: xchunked\r\n", &chunked)),
        ("chunks before the last coding", request("Transfer-Encoding: chunked, gzip\r\n", &chunked)),
        ("a space before the colon", request("Transfer-Encoding : chunked\r\n", &chunked)),
        ("a folded line", request("X-A: b\r\n Transfer-Encoding: chunked\r\n", &chunked)),
        ("a length below zero", request("Content-Length: -1\r\n", HIDDEN)),
        ("a length with a sign", request("Content-Length: +5\r\n", HIDDEN)),
        ("a length in hex", request("Content-Length: 0x10\r\n", HIDDEN)),
        ("a length without bounds", request("Content-Length: 99999999999999999999\r\n", HIDDEN)),
        ("a NUL in a header", request("X-A: a\0b\r\n", "")),
        ("a NUL in the path", b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec()),
        ("a bare CR", b"GET / HTTP/1.1\rHost: localhost\r\r".to_vec()),
        ("a space in a name", request("X A: b\r\n", "")),
        ("no name", request(": b\r\n", "")),
        ("no version", b"GET /\r\n\r\n".to_vec()),
        ("a version that is none", b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n".to_vec()),
        ("HTTP/2 without being asked", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec()),
        ("TLS", b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03".repeat(20)),
        ("another method", b"BREW / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".to_vec()),
        ("a proxy's method", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_vec()),
        (
            "a body to a page",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx".to_vec(),
        ),
    ];
    let mut wrong = Vec::new();
    for (what, bytes) in cases {
        let told = answer(&site, &bytes).await;
        if told.contains("alive") || statuses(&told).iter().any(|status| !(400..500).contains(status)) {
            wrong.push((what, statuses(&told)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    lives(&site).await;
}

#[actix_web::test]
async fn what_is_odd_but_allowed_is_answered_as_what_it_is() {
    let site = Site::start().await;
    let page = answer(&site, &get("/")).await;
    let (_, page) = page.split_once("\r\n\r\n").expect("a page");
    for (what, bytes) in [
        ("HTTP/1.0", &b"GET / HTTP/1.0\r\n\r\n"[..]),
        ("the whole address", b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        (
            "a body in chunks",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        ),
    ] {
        let told = answer(&site, bytes).await;
        assert_eq!(statuses(&told), [200], "{what}: {told}");
        assert!(told.ends_with(page) && !told.contains("evil.example"), "{what}: {told}");
    }
    lives(&site).await;
}

#[actix_web::test]
async fn who_drips_or_says_nothing_is_cut() {
    let process = Process::start("limits.handshake_s = 1").await;
    let mut alice = process.user("alice").await;
    let files = process.open_files();
    let starts: [&[u8]; 5] =
        [b"", b"G", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"GET / HTTP/1.1\r\nX-A: ", b"\r\n"];
    let mut silent = Vec::new();
    for start in starts {
        let mut raw = Raw::connect(process.address).await;
        raw.write(start).await;
        silent.push(raw);
    }
    for raw in &mut silent {
        let told = String::from_utf8_lossy(&raw.rest().await).into_owned();
        assert!(statuses(&told).iter().all(|status| *status == 408), "{told}");
    }
    let mut dripping = Raw::connect(process.address).await;
    dripping.write(b"GET / HTTP/1.1\r\nX-A: ").await;
    within("who drips is cut", async {
        while dripping.try_write(b"x").await {
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    // Who has what they asked for and asks no more does not keep the line either.
    let mut idle = Raw::connect(process.address).await;
    idle.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    idle.rest().await;
    within("every socket is given back", async {
        while process.open_files() > files {
            alice.does(json!({"type_query": "ping"})).await;
        }
    })
    .await;
}
