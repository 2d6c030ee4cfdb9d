//! WebSocket frames made by hand, good and bad (RFC 6455, section 5).

use std::time::Duration;

use actix_web::rt::time::sleep;
use serde_json::json;

use crate::site::{Process, Raw, Site, frame, request, upgrade_headers, within};

const FIN: u8 = 0x80;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xA;
const HELLO: &[u8] = br#"{"type_query":"ping","id":1}"#;

/// Sends bytes on a new socket; gives the code that it is closed with.
async fn closed_after(site: &Site, bytes: &[u8]) -> Option<u16> {
    let mut raw = Raw::open(site.address).await;
    raw.write(bytes).await;
    raw.close_code().await
}

#[actix_web::test]
async fn broken_frames_close_with_1002() {
    let site = Site::start().await;
    let broken: &[(&str, Vec<u8>)] = &[
        ("not masked", [&[FIN | TEXT, 2], &b"{}"[..]].concat()),
        ("a reserved bit", frame(FIN | 0x40 | TEXT, HELLO)),
        ("an unknown opcode", frame(FIN | 0x3, HELLO)),
        ("an unknown control opcode", frame(FIN | 0xB, b"")),
        ("a fragmented ping", frame(PING, b"")),
        ("a long ping", frame(FIN | PING, &[b'x'; 126])),
        ("a continuation of nothing", frame(FIN, HELLO)),
        ("a message within a message", [frame(TEXT, HELLO), frame(FIN | TEXT, HELLO)].concat()),
        ("a length that is not minimal", [&[FIN | TEXT, 0xFE, 0, 2, 0, 0, 0, 0], &b"{}"[..]].concat()),
        ("a close of one byte", frame(FIN | CLOSE, &[3])),
        ("a close with a code that must not be sent", frame(FIN | CLOSE, &1005_u16.to_be_bytes())),
    ];
    for (what, bytes) in broken {
        assert_eq!(closed_after(&site, bytes).await, Some(1002), "{what}");
    }
}

#[actix_web::test]
async fn what_is_too_big_closes_with_1009_at_its_header() {
    let site = Site::start().await;
    let claims = |length: u64| [&[FIN | TEXT, 0xFF][..], &length.to_be_bytes(), &[1, 2, 3, 4]].concat();
    assert_eq!(closed_after(&site, &claims(400 << 20)).await, Some(1009), "a claim alone");
    assert_eq!(closed_after(&site, &frame(FIN | TEXT, &vec![b' '; 65_537])).await, Some(1009));
    let fragments = [frame(TEXT, &vec![b' '; 40_000]), frame(FIN, &vec![b' '; 40_000])].concat();
    assert_eq!(closed_after(&site, &fragments).await, Some(1009), "fragments count together");
    let many: Vec<u8> = (0..100).flat_map(|n| frame(if n == 0 { TEXT } else { 0 }, b" ")).collect();
    let code = closed_after(&site, &many).await;
    assert!(matches!(code, Some(1009 | 1002)), "too many fragments: {code:?}");
}

#[actix_web::test]
async fn a_message_of_the_greatest_size_is_taken() {
    let site = Site::start().await;
    let mut raw = Raw::open(site.address).await;
    let mut message = HELLO.to_vec();
    message.resize(65_536, b' ');
    raw.write(&frame(FIN | TEXT, &message)).await;
    let answer = raw.frame().await.unwrap();
    assert!(answer.payload.starts_with(br#"{"id":1,"type_query":"ping","status":"success""#), "{answer:?}");
}

#[actix_web::test]
async fn binary_closes_with_1003_and_bad_utf_8_with_1007() {
    let site = Site::start().await;
    assert_eq!(closed_after(&site, &frame(FIN | BINARY, b"\0\x01")).await, Some(1003));
    assert_eq!(closed_after(&site, &frame(FIN | TEXT, b"{\"\xff\"")).await, Some(1007));
    let split = [frame(TEXT, b"{\"\xc3"), frame(FIN, b"\"}")].concat();
    assert_eq!(closed_after(&site, &split).await, Some(1007), "over fragments");
}

#[actix_web::test]
async fn nothing_follows_the_close() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for _ in 0..20 {
        alice.post("/a", "hi").await;
    }
    // Each is answered by way of the database, after the frame behind it was refused.
    for query in [
        &br#"{"type_query":"loadComments","page":"/a","id":1}"#[..],
        br#"{"type_query":"subscribe","page":"/a","id":1}"#,
        br#"{"type_query":"signIn","username":"alice","password":"guess guess guess","id":1}"#,
    ] {
        for (refused, code) in [(frame(FIN | BINARY, b"x"), 1003), (frame(FIN | TEXT, b"\xff"), 1007)] {
            let bytes = [frame(FIN | TEXT, query), refused].concat();
            assert_eq!(closed_after(&site, &bytes).await, Some(code), "{query:?}");
        }
    }
}

#[actix_web::test]
async fn fragments_are_put_together_whatever_comes_between() {
    let site = Site::start().await;
    let mut raw = Raw::open(site.address).await;
    let text = r#"{"type_query":"dance é","id":1}"#.as_bytes();
    let cut = text.iter().position(|byte| *byte == 0xc3).unwrap() + 1;
    let (start, end) = text.split_at(cut);
    raw.write(&frame(TEXT, start)).await;
    raw.write(&frame(FIN | PING, b"still there?")).await;
    raw.write(&frame(0, b"")).await;
    raw.write(&frame(FIN, end)).await;
    let pong = raw.frame().await.unwrap();
    assert_eq!((pong.head, &pong.payload[..]), (FIN | PONG, &b"still there?"[..]));
    let answer = String::from_utf8(raw.frame().await.unwrap().payload).unwrap();
    assert!(
        answer.contains(r#""type_query":"dance é","status":"failure","code":"unknown_query""#),
        "{answer}"
    );
}

#[actix_web::test]
async fn bytes_may_come_one_by_one() {
    let site = Site::start().await;
    let mut raw = Raw::open(site.address).await;
    for byte in frame(FIN | TEXT, HELLO) {
        raw.write(&[byte]).await;
    }
    assert_eq!(raw.frame().await.unwrap().head, FIN | TEXT);
}

#[actix_web::test]
async fn a_close_is_answered() {
    let site = Site::start().await;
    assert_eq!(closed_after(&site, &frame(FIN | CLOSE, &1000_u16.to_be_bytes())).await, Some(1000));
    let code = closed_after(&site, &frame(FIN | CLOSE, b"")).await;
    assert!(matches!(code, Some(1000 | 1005)), "{code:?}");
}

#[actix_web::test]
async fn the_server_pings() {
    let site = Site::real(|config| (config.limits.ping_s, config.limits.silence_s) = (1, 3)).await;
    let mut raw = Raw::open(site.address).await;
    site.clock.advance(Duration::from_secs(1));
    assert_eq!(raw.frame().await.unwrap().head, FIN | PING);
}

#[actix_web::test]
async fn who_is_silent_is_cut() {
    let site = Site::real(|config| config.limits.silence_s = 60).await;
    let mut raw = Raw::open(site.address).await;
    site.clock.advance(Duration::from_secs(60));
    // Perhaps a close, but surely the end.
    raw.close_code().await;
}

#[actix_web::test]
async fn compression_is_not_taken_up_and_the_key_must_be_one() {
    let site = Site::start().await;
    let mut headers = upgrade_headers();
    headers.push("Sec-WebSocket-Extensions: permessage-deflate".to_owned());
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/ws", &headers).as_bytes()).await;
    let head = raw.head().await.to_lowercase();
    assert!(head.starts_with("http/1.1 101 ") && !head.contains("sec-websocket-extensions"), "{head}");
    let mut headers = upgrade_headers();
    headers.retain(|header| !header.starts_with("Sec-WebSocket-Key"));
    headers.push("Sec-WebSocket-Key: short".to_owned());
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/", &headers).as_bytes()).await;
    let head = raw.head().await;
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
}

/// What breaks a rule, in each of the ways that close a connection.
fn violations() -> Vec<Vec<u8>> {
    let claim = [&[FIN | TEXT, 0xFF][..], &(400_u64 << 20).to_be_bytes(), &[1, 2, 3, 4]].concat();
    let many = (0..100).flat_map(|n| frame(if n == 0 { TEXT } else { 0 }, b" ")).collect();
    vec![
        claim,
        many,
        frame(FIN | 0x40 | TEXT, HELLO),
        frame(FIN | BINARY, b"x"),
        frame(FIN | TEXT, b"\xff"),
        frame(FIN, HELLO),
        [&[FIN | TEXT, 2], &b"{}"[..]].concat(),
        frame(FIN | CLOSE, &[3]),
        frame(FIN | CLOSE, &1000_u16.to_be_bytes()),
    ]
}

#[actix_web::test]
async fn nothing_spins_after_an_error() {
    const WATCHED: Duration = Duration::from_secs(3);
    const STEPS: u32 = 60;
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    let files = process.open_files();
    let (mut silent, mut chatty) = (Vec::new(), Vec::new());
    for bytes in violations() {
        for clients in [&mut silent, &mut chatty] {
            let mut raw = Raw::open(process.address).await;
            raw.write(&bytes).await;
            clients.push(raw);
        }
    }
    let before = process.cpu();
    for _ in 0..STEPS {
        sleep(WATCHED / STEPS).await;
        for raw in &mut chatty {
            // What a server may do with it is not to listen, or to cut the line.
            raw.try_write(&frame(FIN | TEXT, HELLO)).await;
        }
    }
    // It takes a hundredth of that. One thread that spins would take all of it, or its share of a busy machine.
    let spent = process.cpu().saturating_sub(before);
    assert!(spent < WATCHED / 10, "{spent:?} of CPU time in {WATCHED:?}");
    // Nobody has closed a socket here, and yet the service has let go of all of them.
    within("every socket is given back", async {
        while process.open_files() > files {
            alice.does(json!({"type_query": "ping"})).await;
        }
    })
    .await;
    drop((silent, chatty));
}
