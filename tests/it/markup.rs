//! Text that would be markup or code, wherever people can put text: it is refused, or stays the text that it is, and no
//! answer that a browser takes for a page has any of it.

use std::fs;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap, ORIGIN, REFERER, USER_AGENT};
use awc::Client as Http;
use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Site, State, within};

/// Ways to have a browser run something, one a line as JSON; the browser's tests show the same to a browser.
fn corpus() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/xss.txt");
    let corpus = fs::read_to_string(path).unwrap();
    let corpus: Vec<String> = corpus.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(corpus.len() >= 100, "{} are few", corpus.len());
    corpus
}

/// Whether a text has control characters that no text may have here.
fn is_controlled(text: &str, allowed: &[char]) -> bool {
    text.chars().any(|c| c.is_control() && !allowed.contains(&c))
}

/// What was sent as it stands in a query of an address.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat()
}

/// What a path answers to a request whose headers say the same.
async fn get(site: &Site, path: &str, claim: &str) -> (HeaderMap, String) {
    let mut request = Http::default().get(site.url(path));
    if !is_controlled(claim, &[]) && claim.is_ascii() {
        for name in [REFERER, USER_AGENT, ORIGIN] {
            request = request.insert_header((name, claim));
        }
    }
    let mut response = within(path, request.send()).await.expect("an answer");
    let body = within(path, response.body().limit(1 << 20)).await.expect("a body");
    (response.headers().clone(), String::from_utf8(body.to_vec()).expect("text"))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
}

/// The comment over HTTP, as JSON and nothing else.
async fn over_http(site: &Site, page: &str) -> Value {
    let (headers, body) = get(site, &format!("/api/comments?page={}&limit=1", escaped(page)), "").await;
    assert_eq!(header(&headers, CONTENT_TYPE.as_str()), "application/json");
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    serde_json::from_str(&body).unwrap()
}

#[actix_web::test]
async fn a_comment_comes_back_byte_for_byte() {
    let site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    bob.subscribe("/a").await;
    let mut posted = alice.post("/a", "to be edited").await;
    let mut refused = 0;
    for vector in corpus() {
        let post = json!({"type_query": "postComment", "page": "/a", "comment": vector});
        if is_controlled(&vector, &['\n', '\t']) {
            alice.refused(post, "invalid_comment").await;
            refused += 1;
            continue;
        }
        let made = alice.does(post).await["comment"].take();
        let edited = alice.edit(&posted, &vector).await;
        for shown in [&made, &edited, &over_http(&site, "/a").await["comments"][0]] {
            assert_eq!(shown["comment"], json!(vector), "{shown}");
        }
        for id in [&made, &edited].map(|one| one["comment_id"].as_i64().unwrap()) {
            let told =
                |state: &State| state.seen().get(&id).is_some_and(|one| one["comment"] == json!(vector));
            bob.comes_to("/a", told).await;
        }
        posted = made;
    }
    assert!(refused < 10, "{refused} of the corpus are no test of comments");
}

#[actix_web::test]
async fn a_page_key_comes_back_byte_for_byte() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for page in corpus() {
        let post = json!({"type_query": "postComment", "page": page, "comment": "hi"});
        if is_controlled(&page, &[]) {
            assert_eq!(alice.refused(post, "bad_query").await["member"], "page");
            continue;
        }
        alice.does(post).await;
        let answer = alice.subscribe(&page).await;
        assert_eq!((&answer["page"], &answer["total"]), (&json!(page), &json!(1)), "{answer}");
        let shown = over_http(&site, &page).await;
        assert_eq!((&shown["page"], &shown["total"]), (&json!(page), &json!(1)), "{shown}");
        alice.does(json!({"type_query": "unsubscribe", "page": page})).await;
    }
}

#[actix_web::test]
async fn a_name_is_refused_or_has_letters_alone() {
    let site = Site::start().await;
    let mut eve = site.guest().await;
    let mut taken = Vec::new();
    for name in corpus() {
        let sign_up = json!({"type_query": "signUp", "username": name, "password": PASSWORD});
        let answer = eve.ask(sign_up).await;
        if answer["status"] == "success" {
            assert_eq!(answer["username"], json!(name));
            let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' '));
            assert!(plain, "{name} is a name");
            assert_eq!(eve.post("/a", "hi").await["username"], json!(name));
            taken.push(name);
        } else {
            assert_eq!(answer["code"], "invalid_username", "{name:?}: {answer}");
        }
    }
    assert_eq!(taken, ["__proto__", "constructor", "toString"]);
}

/// Pictures that are none, or that would tell or do something.
fn pictures() -> Vec<String> {
    let more = [
        "javascript:otk(1)//https://x.example/a.png",
        "\u{1}javascript:otk(1)",
        " javascript:otk(1)",
        "https:\n//x.example/a.png",
        "https://x.example/a\tb.png",
        "https://x.example/a b.png",
        "https://user@x.example/a.png",
        "https://:secret@x.example/a.png",
        "https://",
        "https:///",
        "https://x.example:99999/",
        "https://[::1/a.png",
        "ftp://x.example/a.png",
        "file:///etc/passwd",
        "about:blank",
        "/img/alice.svg",
        "a.png",
        "",
    ];
    let huge = format!("https://x.example/{}", "x".repeat(2_048));
    let grows = format!("https://x.example/{}", "\u{e9}".repeat(1_000));
    let more = more.into_iter().map(str::to_owned).chain([huge, grows]);
    corpus().into_iter().chain(more).collect()
}

#[actix_web::test]
async fn a_picture_is_refused_or_an_address_that_cannot_break_out() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let mut taken = 0;
    for (n, img) in pictures().into_iter().enumerate() {
        let answer = alice.ask(json!({"type_query": "changeImg", "img": img})).await;
        let sign_up = json!({"type_query": "signUp", "username": format!("user {n}"), "password": PASSWORD, "img": img});
        let other = site.guest().await.ask(sign_up).await;
        if answer["status"] == "success" {
            let kept = answer["img"].as_str().unwrap();
            assert!(kept.starts_with("https://x.example/") && img.starts_with("https://x.example/"), "{img}");
            let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`');
            assert!(kept.chars().all(safe), "{img} became {kept}");
            assert_eq!(other["img"], answer["img"], "{other}");
            assert_eq!(alice.post("/a", "hi").await["img"], answer["img"]);
            taken += 1;
        } else {
            assert_eq!(answer["code"], "invalid_img", "{img:?}: {answer}");
            assert_eq!(other["code"], "invalid_img", "{img:?}: {other}");
        }
    }
    assert!((1..10).contains(&taken), "{taken} were taken for pictures");
}

#[actix_web::test]
async fn no_answer_reflects_what_was_asked() {
    let site = Site::start().await;
    let (_, page) = get(&site, "/", "").await;
    for vector in corpus() {
        let text = escaped(&vector);
        for path in [
            format!("/{text}"),
            format!("/?page={text}"),
            format!("/?{text}"),
            format!("/ws?{text}"),
            format!("/img/{text}.svg"),
            format!("/api/{text}"),
            format!("/api/comments?page={text}"),
            format!("/api/comments?page=/a&sort={text}"),
            format!("/api/comments?page=/a&limit={text}"),
            format!("/api/comments?page=/a&cursor={text}"),
            format!("/api/comments?page=/a&{text}={text}"),
            format!("/api/hello?{text}"),
        ] {
            let (headers, body) = get(&site, &path, &vector).await;
            let kind = header(&headers, CONTENT_TYPE.as_str());
            if kind.starts_with("text/html") {
                assert_eq!(body, page, "{path} is the demo page, as it always is");
            }
            // Words that stand in every picture or address are no sign.
            let told = vector.len() > 12 && body.contains(&vector);
            if told || body.contains("otk(") {
                assert!(kind == "application/json", "{path}: {kind}: {body}");
                assert_eq!(header(&headers, "x-content-type-options"), "nosniff", "{path}");
            }
            let in_headers =
                headers.iter().any(|(_, value)| value.as_bytes().windows(4).any(|four| four == b"otk("));
            assert!(!in_headers, "{path}: {headers:?}");
        }
    }
}

#[actix_web::test]
async fn what_is_no_query_is_told_without_harm() {
    let site = Site::start().await;
    let mut eve = site.user("eve").await;
    for vector in corpus() {
        let known = ["subscribe", "react", "signIn", "loadComments"];
        for type_query in known.into_iter().chain([vector.as_str()]) {
            let mut query =
                json!({"type_query": type_query, "page": "/a", "sort": vector, "reaction": vector});
            query["comment_id"] = json!(vector);
            query["username"] = json!([vector]);
            answered(&mut eve, query).await;
        }
    }
}

/// A query that is refused is told so by a code, in JSON that says again what it was.
async fn answered(client: &mut Client, query: Value) {
    let answer = client.ask(query.clone()).await;
    let code = answer["code"].as_str().unwrap_or_default();
    assert!(["bad_query", "unknown_query"].contains(&code), "{query}: {answer}");
    assert!(answer["message"].is_string(), "{query}: {answer}");
    let echo = query["type_query"].as_str().filter(|named| named.len() <= 64);
    assert_eq!(answer["type_query"].as_str(), echo, "{answer}");
}
