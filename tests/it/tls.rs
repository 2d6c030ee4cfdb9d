//! https and wss: the handshake, whose pages may connect, renewed certificates, faults.

use std::time::Duration;

use otklik::config::Config;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;
use tempfile::TempDir;

use crate::site::{Paper, Process, Raw, Site, output, request, upgrade_headers, within};

/// A new certificate in a folder, and the lines of a config that name it.
fn issued() -> (TempDir, Paper, String) {
    let (folder, paper) = (tempfile::tempdir().unwrap(), Paper::new());
    paper.lie_in(folder.path());
    let path = |name| folder.path().join(name).display().to_string();
    let lines = format!(
        "server.tls_certificate = \"{}\"\nserver.tls_key = \"{}\"",
        path("certificate.pem"),
        path("key.pem")
    );
    (folder, paper, lines)
}

fn speaks_tls(folder: &TempDir) -> impl FnOnce(&mut Config) {
    let files = ["certificate.pem", "key.pem"].map(|name| Some(folder.path().join(name)));
    |config| [config.server.tls_certificate, config.server.tls_key] = files
}

#[actix_web::test]
async fn pages_and_sessions_are_served_by_tls() {
    let (_folder, paper, lines) = issued();
    let mut process = Process::start(&format!("{lines}\nserver.drain_s = 10")).await;
    let told = || process.log().iter().any(|line| line.contains("listening on wss://"));
    within("where it listens", async {
        while !told() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // That nothing else is spoken is held by deny.toml: the client among the tests' crates brings h2 into this build.
    let stream = paper.connect_for(process.address, &["spdy/1", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    process.address = paper.tunnel(process.address).await;
    let mut raw = Raw::connect(process.address).await;
    raw.write(request("/healthz", &[]).as_bytes()).await;
    assert!(raw.head().await.starts_with("HTTP/1.1 200 "));
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    bob.subscribe("/a").await;
    let long = "x".repeat(9_000);
    for _ in 0..20 {
        alice.post("/a", &long).await;
    }
    bob.comes_to("/a", |state| state.total == 20).await;
    assert_eq!(process.terminate().await, Some(0));
    bob.closed_with(Some(1001)).await;
}

#[actix_web::test]
async fn who_speaks_no_tls_is_not_answered() {
    let (folder, ..) = issued();
    let site = Site::real(speaks_tls(&folder)).await;
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/", &upgrade_headers()).as_bytes()).await;
    // A TLS alert may come, and then the end.
    assert!(!raw.rest().await.contains(&b'H'));
}

#[actix_web::test]
async fn the_own_origin_is_https() {
    let (folder, paper, _) = issued();
    let site = Site::real(|config| {
        speaks_tls(&folder)(config);
        config.server.bind = "0.0.0.0:0".parse().unwrap();
    })
    .await;
    let port = site.address.port();
    let tunnel = paper.tunnel(([127, 0, 0, 1], port).into()).await;
    let host = format!("localhost:{port}");
    for (origin, wanted) in [
        (format!("https://{host}"), "101"),
        (format!("http://{host}"), "403"),
        ("https://localhost".to_owned(), "403"),
        ("https://evil.example".to_owned(), "403"),
    ] {
        let mut headers = upgrade_headers();
        headers.extend([format!("Host: {host}"), format!("Origin: {origin}")]);
        let mut raw = Raw::connect(tunnel).await;
        raw.write(request("/", &headers).as_bytes()).await;
        assert_eq!(raw.head().await.split(' ').nth(1), Some(wanted), "{origin}");
    }
}

/// The server's end of a connection, duplicated out of this same process by what the kernel says about it.
fn servers_end(local: std::net::SocketAddr, peer: std::net::SocketAddr) -> Option<std::os::fd::OwnedFd> {
    let me = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let numbers = std::fs::read_dir("/proc/self/fd").unwrap();
    let numbers = numbers.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter_map(|number| pidfd_getfd(&me, number, PidfdGetfdFlags::empty()).ok()).find(|descriptor| {
        let socket = SockRef::from(descriptor);
        let is = |address: std::io::Result<socket2::SockAddr>, wanted| {
            address.ok().and_then(|address| address.as_socket()) == Some(wanted)
        };
        is(socket.local_addr(), local) && is(socket.peer_addr(), peer)
    })
}

#[actix_web::test]
async fn a_socket_under_tls_is_told_its_options() {
    let (folder, paper, _) = issued();
    let site = Site::real(|config| {
        speaks_tls(&folder)(config);
        config.limits.write_stall_s = 30;
    })
    .await;
    let stream = paper.connect(site.address).await.unwrap();
    let peer = stream.get_ref().0.local_addr().unwrap();
    let socket = servers_end(site.address, peer).expect("its other end is in this process");
    let socket = SockRef::from(&socket);
    // The options are set once the server, too, is through with the handshake.
    let told = async {
        while socket.tcp_user_timeout().unwrap() != Some(Duration::from_secs(35)) {
            tokio::task::yield_now().await;
        }
    };
    within("the options are set", told).await;
    assert!(socket.send_buffer_size().unwrap() <= 2 * (48 << 10) && socket.tcp_nodelay().unwrap());
}

#[actix_web::test]
async fn who_begins_many_handshakes_keeps_nobody_out() {
    let (folder, paper, _) = issued();
    // More than actix lets a worker be busy with at once, by itself.
    let site = Site::real(|config| {
        speaks_tls(&folder)(config);
        config.server.workers = 1;
        config.limits.handshake_s = 30;
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(Raw::connect(site.address).await);
    }
    paper.connect(site.address).await.unwrap();
}

#[actix_web::test]
async fn a_renewed_certificate_is_shown_to_newcomers_and_cuts_nobody_off() {
    let (folder, old, lines) = issued();
    let mut process = Process::start(&lines).await;
    let address = process.address;
    process.address = old.tunnel(address).await;
    let mut alice = process.user("alice").await;
    let new = Paper::new();
    new.lie_in(folder.path());
    within("the new certificate", async { while new.connect(address).await.is_err() {} }).await;
    assert!(old.connect(address).await.is_err());
    alice.post("/a", "still here").await;
    // A key of another certificate: told in one line, and the pair before it stays.
    std::fs::write(folder.path().join("key.pem"), &old.key).unwrap();
    let refused =
        || process.log().iter().filter(|line| line.contains("the new certificate is not taken")).count();
    within("a line that tells", async {
        while refused() == 0 {
            new.connect(address).await.unwrap();
        }
    })
    .await;
    new.connect(address).await.unwrap();
    let third = Paper::new();
    third.lie_in(folder.path());
    within("the third certificate", async { while third.connect(address).await.is_err() {} }).await;
    assert_eq!(refused(), 1, "{:#?}", process.log());
    alice.post("/a", "and still").await;
    assert_eq!(process.terminate().await, Some(0));
}

/// Runs `check` on a config whose files lie beside it.
fn check(config: &str, files: &[(&str, &str)]) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files.iter().chain(&[("config.toml", config)]) {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let output = output(Process::command(&["check"]).current_dir(folder.path()), "");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn what_is_wrong_with_a_certificate_is_told_with_its_place() {
    let (good, other, over) = (Paper::new(), Paper::new(), Paper::until(2_020));
    let both = "[server]\ntls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n";
    let good_files = [("c.pem", good.certificate.as_str()), ("k.pem", good.key.as_str())];
    let (code, text) = check(both, &good_files);
    assert_eq!((code, text.contains("warning")), (Some(0), false), "{text}");
    let cut = good.key.replace("-----END", "----");
    for (config, files, told) in [
        (
            "[server]\ntls_key = \"k.pem\"\n",
            &good_files[..],
            "config.toml:2:1: server.tls_certificate is \"\"; ",
        ),
        ("[server]\ntls_certificate = \"c.pem\"\n", &good_files, "config.toml:2:1: server.tls_key is \"\"; "),
        (both, &good_files[..1], "config.toml:3:1: server.tls_key: k.pem: the file cannot be read"),
        (both, &good_files[1..], "config.toml:2:1: server.tls_certificate: c.pem: the file cannot be read"),
        (
            both,
            &[good_files[0], ("k.pem", &other.key)],
            "config.toml:3:1: server.tls_key: k.pem: this is not the key",
        ),
        (
            both,
            &[good_files[0], ("k.pem", &cut)],
            "config.toml:3:1: server.tls_key: k.pem: the file is not well",
        ),
        (
            both,
            &[good_files[0], ("k.pem", "")],
            "config.toml:3:1: server.tls_key: k.pem: there is no private key",
        ),
        (
            both,
            &[("c.pem", ""), good_files[1]],
            "config.toml:2:1: server.tls_certificate: c.pem: there is no cert",
        ),
    ] {
        let (code, text) = check(config, files);
        assert!(code == Some(1) && text.contains(told), "not told: {told}; told: {text}");
        let secret = good.key.lines().nth(1).unwrap();
        assert!(!text.contains(secret), "a key is never printed: {text}");
    }
    let (code, text) = check(both, &[("c.pem", &over.certificate), ("k.pem", &over.key)]);
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("warning: server.tls_certificate: the certificate was good until 2020-01-01"),
        "{text}"
    );
}

#[actix_web::test]
async fn an_expired_certificate_is_served_with_a_warning() {
    let (folder, over) = (tempfile::tempdir().unwrap(), Paper::until(2_020));
    over.lie_in(folder.path());
    let path = |name| folder.path().join(name).display().to_string();
    let lines = format!(
        "server.tls_certificate = \"{}\"\nserver.tls_key = \"{}\"",
        path("certificate.pem"),
        path("key.pem")
    );
    let process = Process::start(&lines).await;
    let warned = || process.log().iter().any(|line| line.contains("WARN") && line.contains("was good until"));
    within("a warning", async {
        while !warned() {
            assert!(over.connect(process.address).await.is_err(), "nobody trusts it");
        }
    })
    .await;
}
