//! Who may connect: pages by their origin, and everybody by the address that they come from, whatever they claim.

use serde_json::{Value, json};

use crate::site::{Raw, Site, request, test_config, upgrade_headers};

/// A site with other values for some keys of `[server]`, as the environment has them; listening where tests do.
async fn site_of(server: &[(&str, &str)], change: impl FnOnce(&mut otklik::config::Config)) -> Site {
    Site::with(|config| {
        let chosen: Vec<_> =
            server.iter().map(|(key, value)| (format!("OTKLIK_SERVER_{key}"), (*value).to_owned())).collect();
        config.server = test_config(&chosen).server;
        change(config);
    })
    .await
}

/// The head of the answer to a handshake with these headers besides.
async fn knock(site: &Site, path: &str, more: &[String]) -> (Raw, String) {
    let mut headers = upgrade_headers();
    headers.extend_from_slice(more);
    let mut raw = Raw::connect(site.address).await;
    raw.write(request(path, &headers).as_bytes()).await;
    let head = raw.head().await.to_lowercase();
    (raw, head)
}

/// Origins that are none of ours, however much they look like it; each is one or more headers.
fn hostile(own: &str) -> Vec<Vec<String>> {
    let (scheme, host) = own.split_once("://").unwrap();
    let other = if scheme == "https" { "http" } else { "https" };
    let one = [
        "null".to_owned(),
        "NULL".to_owned(),
        String::new(),
        "*".to_owned(),
        "undefined".to_owned(),
        "https://evil.example".to_owned(),
        format!("{other}://{host}"),
        format!("{own}:444"),
        format!("{own}:0"),
        format!("{own}:99999"),
        format!("{own}."),
        format!("{own}.evil.example"),
        format!("{own}@evil.example"),
        format!("{own}:443@evil.example"),
        format!("{scheme}://evil.example@{host}"),
        format!("{scheme}://user:password@{host}"),
        format!("{scheme}://evil.example#{host}"),
        format!("{scheme}://evil.example/{host}"),
        format!("{scheme}://evil.example\\@{host}"),
        format!("{scheme}://evil-{host}"),
        format!("{scheme}://evil{host}"),
        format!("{scheme}://www.{host}"),
        format!("{scheme}:{host}"),
        format!("{scheme}:///{host}"),
        format!("{scheme}://{host}/path"),
        format!("{scheme}://{host}?query"),
        format!("{scheme}://{host} evil.example"),
        format!("{own}, https://evil.example"),
        format!("https://evil.example, {own}"),
        format!("{own} {own}"),
        format!("ws{}", own.strip_prefix("http").unwrap()),
        format!("file://{host}"),
        format!("blob:{own}/0"),
        format!("chrome-extension://{host}"),
        host.to_owned(),
        format!("//{host}"),
        own.replacen('o', "%6f", 1),
        own.replacen('o', "\u{43e}", 1),
        own.replacen('o', "\u{ff4f}", 1),
        own.replacen('.', "\u{3002}", 1),
        own.replacen(scheme, &format!("{scheme}s"), 1),
    ];
    let mut all: Vec<_> = one.into_iter().map(|origin| vec![origin]).collect();
    all.push(vec![own.to_owned(), "https://evil.example".to_owned()]);
    all.push(vec!["https://evil.example".to_owned(), own.to_owned()]);
    all.push(vec![own.to_owned(), own.to_owned()]);
    all.push(vec![own.to_owned(), "null".to_owned()]);
    all
}

#[actix_web::test]
async fn a_hostile_page_is_refused_before_the_upgrade() {
    let own = "https://comments.example";
    let site = site_of(&[("BIND", "192.0.2.1:5678"), ("PUBLIC_URL", own)], |_| ()).await;
    for path in ["/", "/ws"] {
        for good in [own, "https://comments.example:443", "HTTPS://Comments.Example"] {
            let (_, head) = knock(&site, path, &[format!("Origin: {good}")]).await;
            assert!(head.starts_with("http/1.1 101 "), "{path} for {good}: {head}");
        }
        for origins in hostile(own) {
            let headers: Vec<_> = origins.iter().map(|origin| format!("Origin: {origin}")).collect();
            let (mut raw, head) = knock(&site, path, &headers).await;
            assert!(head.starts_with("http/1.1 403 "), "{path} for {origins:?}: {head}");
            assert!(!head.contains("sec-websocket-accept") && !head.contains("allow-origin"), "{head}");
            // It is a plain answer on a plain connection: frames are not listened to.
            raw.try_write(&crate::site::frame(0x81, br#"{"type_query":"ping"}"#)).await;
            let rest = String::from_utf8_lossy(&raw.rest().await).into_owned();
            assert!(!rest.contains("success"), "{path} for {origins:?}: {rest}");
        }
    }
}

#[actix_web::test]
async fn a_page_is_no_better_for_what_it_calls_the_host() {
    let site =
        site_of(&[("BIND", "192.0.2.1:5678"), ("PUBLIC_URL", "https://comments.example")], |_| ()).await;
    for host in ["evil.example", "comments.example", "192.0.2.1:5678"] {
        for more in ["X-Forwarded-Host", "Forwarded", "X-Original-Host"] {
            let named = if more == "Forwarded" { format!("host={host}") } else { host.to_owned() };
            let claims = [
                format!("Host: {host}"),
                "Origin: https://evil.example".to_owned(),
                format!("{more}: {named}"),
                "X-Forwarded-Proto: https".to_owned(),
            ];
            let (_, head) = knock(&site, "/ws", &claims).await;
            assert!(head.starts_with("http/1.1 403 "), "{claims:?}: {head}");
        }
    }
}

/// Whether a handshake with these `X-Forwarded-For` headers is let in; it stays until what is given is dropped.
async fn comes(site: &Site, forwarded: &[&str]) -> Option<Raw> {
    let headers: Vec<_> = forwarded.iter().map(|value| format!("X-Forwarded-For: {value}")).collect();
    let (raw, head) = knock(site, "/", &headers).await;
    if head.starts_with("http/1.1 101 ") {
        return Some(raw);
    }
    assert!(head.starts_with("http/1.1 503 ") && head.contains("\r\nretry-after: "), "{head}");
    None
}

#[actix_web::test]
async fn what_a_stranger_claims_of_its_address_is_not_believed() {
    // Nobody is trusted, or somebody else is.
    for trusted in ["", "10.0.0.0/8"] {
        let site = site_of(&[("TRUSTED_PROXIES", trusted)], |config| {
            config.limits.connections_per_address_max = 2;
        })
        .await;
        let _first = comes(&site, &["198.51.100.1"]).await.expect("there is room");
        let _second = comes(&site, &["198.51.100.2"]).await.expect("there is room");
        for spoofed in [&["198.51.100.3"][..], &["10.0.0.1, 198.51.100.4"], &["127.0.0.1"], &[], &["::1"]] {
            assert!(comes(&site, spoofed).await.is_none(), "{spoofed:?} is the same neighbour");
        }
    }
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_last_hop_that_is_not_trusted_counts() {
    let site = site_of(&[("TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8")], |config| {
        config.limits.connections_per_address_max = 1;
    })
    .await;
    let _first = comes(&site, &["198.51.100.1"]).await.expect("there is room");
    for same in [
        &["198.51.100.1"][..],
        // Whatever the client wrote itself stands to the left of what the proxy saw.
        &["203.0.113.7, 198.51.100.1"],
        &["203.0.113.8", "198.51.100.1"],
        &["127.0.0.1, 198.51.100.1"],
        &["198.51.100.1, 10.1.2.3"],
        &["203.0.113.9, 198.51.100.1, 10.1.2.3, 10.0.0.1"],
        &["::ffff:198.51.100.1"],
        &["198.51.100.1:4711"],
    ] {
        assert!(comes(&site, same).await.is_none(), "{same:?} is the same client");
    }
    let _second = comes(&site, &["198.51.100.1, 198.51.100.2"]).await.expect("another client");
    // One who is named in no way that can be read counts as the proxy that named them.
    let _odd = comes(&site, &["198.51.100.3, unknown"]).await.expect("the proxy's own");
    assert!(comes(&site, &["198.51.100.4, <script>"]).await.is_none(), "the proxy's own again");
}

async fn guess(raw: &mut Raw) -> Value {
    let sign_in = json!({"type_query": "signIn", "username": "nobody", "password": "guess guess guess"});
    raw.ask(&sign_in).await;
    raw.hears(|answer| answer["status"].is_string()).await
}

#[actix_web::test]
async fn rotating_within_a_64_gives_nothing() {
    let site = site_of(&[("TRUSTED_PROXIES", "127.0.0.1")], |config| {
        (config.limits.sign_ins_per_min, config.limits.sign_in_failures_per_day) = (2, 0);
        config.limits.connections_per_address_max = 4;
    })
    .await;
    let mut sessions = Vec::new();
    for host in ["1", "dead:beef:0:1", "ffff:ffff:ffff:ffff", "2"] {
        let address =
            format!("2001:db8:1:2:{}", if host.contains(':') { host.to_owned() } else { format!(":{host}") });
        sessions.push(comes(&site, &[&address]).await.expect("there is room"));
    }
    let mut codes = Vec::new();
    for session in &mut sessions {
        codes.push(guess(session).await["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes, ["bad_credentials", "bad_credentials", "rate_limited", "rate_limited"]);
    assert!(comes(&site, &["2001:db8:1:2:3:4:5:6"]).await.is_none(), "four connections of one /64");
    let mut neighbour = comes(&site, &["2001:db8:1:3::1"]).await.expect("another /64");
    assert_eq!(guess(&mut neighbour).await["code"], "bad_credentials");
}
