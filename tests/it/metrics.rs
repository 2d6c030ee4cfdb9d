//! What is counted, who may read it, and that the documents say the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::http::StatusCode;
use otklik::config::{Network, Origin};
use serde_json::{Value, json};

use crate::site::{Process, Raw, Site, expect_fault, fetch, frame, request, upgrade_headers, within};

/// Every series with its value, as it is written.
type Told = BTreeMap<String, String>;

async fn read(address: SocketAddr) -> Told {
    let fetched = fetch(address, "/metrics", &[]).await;
    assert_eq!(fetched.status, StatusCode::OK, "{}", fetched.body);
    assert!(fetched.body.ends_with("# EOF\n"));
    let series = fetched.body.lines().filter(|line| !line.starts_with('#'));
    series
        .map(|line| line.rsplit_once(' ').expect("a value"))
        .map(|(name, value)| (name.into(), value.into()))
        .collect()
}

fn number(told: &Told, series: &str) -> f64 {
    let value = told.get(series).unwrap_or_else(|| panic!("there is no {series}"));
    value.parse().unwrap()
}

/// Reads until what is counted is what is wanted: some of it is counted a moment after it was answered.
async fn comes_to(address: SocketAddr, what: &str, wanted: impl Fn(&Told) -> bool) -> Told {
    within(what, async {
        loop {
            let told = read(address).await;
            if wanted(&told) {
                return told;
            }
        }
    })
    .await
}

/// The same for series with their exact values.
async fn comes_to_be(address: SocketAddr, wanted: &[(&str, &str)]) -> Told {
    let is = |told: &Told, (series, value): &(&str, &str)| told.get(*series).is_some_and(|is| is == value);
    let mut last = Told::new();
    for one in wanted {
        last = comes_to(address, &format!("{one:?}"), |told| is(told, one)).await;
    }
    let wrong: Vec<_> = wanted.iter().filter(|one| !is(&last, one)).collect();
    assert!(wrong.is_empty(), "{wrong:?} did not stay: {last:#?}");
    last
}

#[actix_web::test]
async fn what_happens_is_counted() {
    // Bytes are counted with the pulse, whose rate the shortest term sets.
    let site = Site::with(|config| config.limits.ping_s = 4).await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    alice.subscribe("/a").await;
    bob.subscribe("/a").await;
    bob.subscribe("/b").await;
    let comment = alice.post("/a", "hi").await;
    // Whoever heard of it is ready for the next push.
    for client in [&mut alice, &mut bob] {
        client.comes_to("/a", |state| state.rev == 1).await;
    }
    alice.react(&comment, "like").await;
    let react = json!({"type_query": "react", "comment_id": comment["comment_id"], "reaction": "like"});
    bob.refused(react, "sign_in_first").await;
    bob.refused(json!({"type_query": "dance{type=\"react\"}"}), "unknown_query").await;
    bob.send_text("hello?").await;
    bob.comes_to("/a", |state| state.rev == 2).await;
    let told = comes_to_be(
        site.address,
        &[
            ("otklik_sessions", "2"),
            ("otklik_subscriptions", "3"),
            ("otklik_pages_followed", "2"),
            ("otklik_queries_total{type=\"signUp\",code=\"success\"}", "1"),
            ("otklik_queries_total{type=\"subscribe\",code=\"success\"}", "3"),
            ("otklik_queries_total{type=\"react\",code=\"success\"}", "1"),
            ("otklik_queries_total{type=\"react\",code=\"sign_in_first\"}", "1"),
            ("otklik_queries_total{type=\"unknown\",code=\"unknown_query\"}", "1"),
            ("otklik_queries_total{type=\"unknown\",code=\"bad_query\"}", "1"),
            ("otklik_query_duration_seconds_count{type=\"react\"}", "2"),
            ("otklik_query_duration_seconds_count{type=\"unknown\"}", "2"),
            ("otklik_bcrypt_duration_seconds_count", "1"),
            ("otklik_batch_size_sum", "4.0"),
            ("otklik_flushes_total", "2"),
            ("otklik_deliveries_total", "4"),
            ("otklik_deliveries_skipped_total", "0"),
            ("otklik_commit_to_push_seconds_count", "2"),
            ("otklik_listeners_behind", "0"),
            ("otklik_queue_depth{queue=\"writes\"}", "0"),
            ("otklik_queue_depth{queue=\"reads\"}", "0"),
            ("otklik_queue_depth{queue=\"bcrypt\"}", "0"),
            ("otklik_queue_limit{queue=\"bcrypt\"}", "1000"),
            ("otklik_readers", "4"),
            ("otklik_readers_in_use", "0"),
            ("otklik_writable", "1"),
            ("otklik_ready", "1"),
            ("otklik_start_time_seconds", "1795426200.123"),
            (concat!("otklik_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"}"), "1"),
        ],
    )
    .await;
    for file in ["otklik_database_bytes", "otklik_wal_bytes"] {
        assert!(number(&told, file) > 0.0, "{file}");
    }
    assert!(number(&told, "otklik_read_duration_seconds_count") >= 4.0, "three pages and a name");
    for histogram in ["batch_duration_seconds", "commit_duration_seconds"] {
        assert_eq!(told[&format!("otklik_{histogram}_count")], told["otklik_batch_size_count"]);
    }
    comes_to(site.address, "bytes", |told| number(told, "otklik_sent_bytes_total") > 1_000.0).await;
    bob.close().await;
    let ended = [
        ("otklik_sessions", "1"),
        ("otklik_subscriptions", "1"),
        ("otklik_pages_followed", "1"),
        ("otklik_closes_total{code=\"peer\"}", "1"),
    ];
    comes_to_be(site.address, &ended).await;
}

#[actix_web::test]
async fn who_is_not_let_in_is_counted_by_reason() {
    let site = Site::with(|config| config.limits.connections_per_address_max = 1).await;
    let _first = site.guest().await;
    let origin = "Origin: https://evil.example".to_owned();
    let no_key: Vec<_> = upgrade_headers().into_iter().filter(|line| !line.contains("-Key")).collect();
    for headers in [upgrade_headers(), [upgrade_headers(), vec![origin]].concat()] {
        let mut raw = Raw::connect(site.address).await;
        raw.write(request("/", &headers).as_bytes()).await;
        raw.head().await;
    }
    let told = [
        ("otklik_connections_refused_total{reason=\"address\"}", "1"),
        ("otklik_connections_refused_total{reason=\"origin\"}", "1"),
        ("otklik_connections_refused_total{reason=\"all\"}", "0"),
    ];
    comes_to_be(site.address, &told).await;
    let site = Site::with(|config| config.limits.connections_max = 1).await;
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/ws", &no_key).as_bytes()).await;
    raw.head().await;
    comes_to_be(site.address, &[("otklik_connections_refused_total{reason=\"handshake\"}", "1")]).await;
    let _first = site.guest().await;
    let mut raw = Raw::connect(site.address).await;
    raw.write(request("/", &upgrade_headers()).as_bytes()).await;
    raw.head().await;
    comes_to_be(site.address, &[("otklik_connections_refused_total{reason=\"all\"}", "1")]).await;
}

#[actix_web::test]
async fn ends_are_counted_by_code() {
    let site = Site::with(|config| config.limits.bad_queries_per_min = 1).await;
    for (bytes, code) in [(frame(0x82, b"x"), 1003), (frame(0x81, b"\xff"), 1007), (vec![0x83, 0x80], 1002)] {
        let mut raw = Raw::open(site.address).await;
        raw.write(&bytes).await;
        assert_eq!(raw.close_code().await, Some(code));
    }
    let mut guest = site.guest().await;
    for _ in 0..2 {
        guest.send_text("?").await;
    }
    guest.closed_with(Some(4429)).await;
    drop(Raw::open(site.address).await);
    let told =
        ["1002", "1003", "1007", "4429", "cut"].map(|code| format!("otklik_closes_total{{code=\"{code}\"}}"));
    let told: Vec<_> = told.iter().map(|series| (series.as_str(), "1")).collect();
    comes_to_be(site.address, &told).await;
    comes_to_be(site.address, &[("otklik_sessions", "0"), ("otklik_sessions_opened_total", "5")]).await;
}

#[actix_web::test]
async fn who_comes_back_is_brought_on_by_portions() {
    let site = Site::with(|config| {
        (config.limits.answer_bytes_max, config.limits.comment_bytes_max) = (16_384, 6_000);
    })
    .await;
    let mut alice = site.user("alice").await;
    for _ in 0..8 {
        alice.post("/a", &"x".repeat(5_000)).await;
    }
    let mut bob = site.guest().await;
    let epoch = bob.does(json!({"type_query": "hello"})).await["epoch"].take();
    bob.does(json!({"type_query": "subscribe", "page": "/a", "since": 0, "epoch": epoch})).await;
    bob.comes_to("/a", |state| state.rev == 8).await;
    comes_to(site.address, "portions", |told| number(told, "otklik_catch_ups_total") >= 2.0).await;
    comes_to_be(site.address, &[("otklik_listeners_behind", "0"), ("otklik_resets_total", "0")]).await;
}

#[actix_web::test]
async fn backups_and_housekeeping_are_counted() {
    expect_fault("no backup was taken, and it is tried again in 10 minutes: making the folder ");
    let mut folder = PathBuf::new();
    let site = Site::with(|config| {
        folder = config.database.path.with_file_name("copies");
        fs::write(&folder, "in the way").unwrap();
        (config.backup.every_h, config.backup.folder) = (24, folder.clone());
    })
    .await;
    let failed = [
        ("otklik_backups_failed_total", "1"),
        ("otklik_backup_interval_seconds", "86400"),
        ("otklik_last_backup_time_seconds", "0.0"),
    ];
    comes_to_be(site.address, &failed).await;
    fs::remove_file(&folder).unwrap();
    site.clock.advance(Duration::from_secs(600));
    let taken = [("otklik_last_backup_time_seconds", "1795426800.123"), ("otklik_backups_failed_total", "1")];
    comes_to_be(site.address, &taken).await;
    let _alice = site.user("alice").await;
    let ended = "insert into token values (randomblob(32), 1, 0, 1), (randomblob(32), 1, 0, 1)";
    site.database().execute(ended, ()).unwrap();
    site.clock.advance(Duration::from_secs(600));
    let swept = ["tokens", "sign_in_failures", "deleted_texts", "tombstones"]
        .map(|kind| format!("otklik_housekeeping_rows_total{{kind=\"{kind}\"}}"));
    let swept: Vec<_> = swept.iter().map(String::as_str).zip(["2", "0", "0", "0"]).collect();
    comes_to_be(site.address, &swept).await;
}

#[actix_web::test]
async fn metrics_are_for_those_who_may_look() {
    let network = |text: &str| Network::parse(text).unwrap();
    let site = Site::start().await;
    let status = |site: &Site, headers: &'static [(&'static str, &'static str)]| {
        let address = site.address;
        async move { fetch(address, "/metrics", headers).await.status }
    };
    assert_eq!(status(&site, &[]).await, StatusCode::OK);
    for forwarded in [
        &[("X-Forwarded-For", "203.0.113.9")][..],
        &[("X-Forwarded-For", "127.0.0.1")],
        &[("X-Real-IP", "127.0.0.1")],
        &[("Forwarded", "for=127.0.0.1")],
        &[("Via", "1.1 proxy")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-origin")],
        &[("Host", "evil.example:5678")],
        &[("Host", "comments.example")],
    ] {
        assert_eq!(status(&site, forwarded).await, StatusCode::FORBIDDEN, "{forwarded:?}");
    }
    assert_eq!(status(&site, &[("Host", "localhost:9")]).await, StatusCode::OK);
    let named =
        Site::with(|config| config.server.public_url = Origin::parse("https://comments.example")).await;
    assert_eq!(status(&named, &[("Host", "comments.example")]).await, StatusCode::OK);
    let trusting = Site::with(|config| {
        config.server.trusted_proxies = vec![network("127.0.0.1")];
        config.metrics.allowed = vec![network("10.0.0.0/8"), network("127.0.0.0/8")];
    })
    .await;
    assert_eq!(status(&trusting, &[("X-Forwarded-For", "10.0.0.5")]).await, StatusCode::OK);
    let through = &[("X-Forwarded-For", "10.0.0.5"), ("Host", "metrics.example")];
    assert_eq!(
        status(&trusting, through).await,
        StatusCode::OK,
        "what is forwarded comes from no browser here"
    );
    for other in [&[("X-Forwarded-For", "203.0.113.9")][..], &[("X-Forwarded-For", "10.0.0.5, 203.0.113.9")]]
    {
        assert_eq!(status(&trusting, other).await, StatusCode::FORBIDDEN, "{other:?}");
    }
    let closed = Site::with(|config| config.metrics.allowed = Vec::new()).await;
    assert_eq!(status(&closed, &[]).await, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn readyz_tells_why_not() {
    let mut process = Process::start("server.drain_s = 10").await;
    let mut alice = process.user("alice").await;
    let ready = async |address| {
        let told = fetch(address, "/readyz", &[]).await;
        let body: Value = serde_json::from_str(&told.body).expect("JSON");
        (told.status, body)
    };
    let good = (StatusCode::OK, json!({"ready": true}));
    assert_eq!(ready(process.address).await, good);
    let hold = process.hold("exclusive");
    alice.refused(json!({"type_query": "postComment", "page": "/a", "comment": "x"}), "unavailable").await;
    let why = json!({"ready": false, "reasons": ["the database cannot be written"]});
    assert_eq!(ready(process.address).await, (StatusCode::SERVICE_UNAVAILABLE, why));
    assert_eq!(read(process.address).await["otklik_writable"], "0");
    drop(hold);
    within("a writable database", async { while ready(process.address).await != good {} }).await;
    // One that does not answer its Close keeps the service from ending at once.
    let _mute = Raw::open(process.address).await;
    process.ask_to_stop();
    let why = json!({"ready": false, "reasons": ["draining"]});
    within("the end's beginning", async {
        while ready(process.address).await != (StatusCode::SERVICE_UNAVAILABLE, why.clone()) {}
    })
    .await;
    assert_eq!(process.exit_code().await, Some(0));
}

const DOCUMENT: &str = include_str!("../../docs/monitoring.md");
const ALERTS: &str = include_str!("../../docs/monitoring/alerts.yml");
const DASHBOARD: &str = include_str!("../../docs/monitoring/grafana.json");

/// The metrics that there are: name, type and unit.
fn declared(text: &str) -> BTreeSet<(String, String)> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect()
}

/// Every word in a text that names a metric.
fn named(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("otklik_"))
        .collect()
}

/// What expressions ask of a sample's labels, each with one value that it is to have.
fn asked(text: &str) -> impl Iterator<Item = (&str, &str)> {
    ["code", "type", "queue", "reason", "kind"].into_iter().flat_map(move |label| {
        let after = text.split(label).skip(1).filter_map(|rest| {
            let value = ["=\"", "!=\"", "=~\""].iter().find_map(|sign| rest.strip_prefix(sign))?;
            value.split('"').next()
        });
        after.flat_map(|values| values.split('|')).map(move |value| (label, value))
    })
}

#[actix_web::test]
async fn the_documents_name_the_metrics_that_there_are() {
    let site = Site::start().await;
    let text = fetch(site.address, "/metrics", &[]).await.body;
    let rows = DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `otklik_"));
    let documented: BTreeSet<_> = rows
        .map(|row| {
            let cells: Vec<_> = row.split('|').map(|cell| cell.trim_matches([' ', '`'])).collect();
            assert!(cells.len() == 5 && !cells[3].is_empty(), "{row}: name, type, unit, meaning");
            if let Some(unit) = ["seconds", "bytes"].iter().find(|unit| cells[0].ends_with(*unit)) {
                assert_eq!(cells[2], *unit, "{row}");
            }
            (format!("otklik_{}", cells[0]), cells[1].to_owned())
        })
        .collect();
    assert_eq!(documented, declared(&text), "docs/monitoring.md lists exactly the metrics that there are");
    for line in text.lines().filter_map(|line| line.strip_prefix("# UNIT ")) {
        let (name, unit) = line.split_once(' ').unwrap();
        assert!(
            ["seconds", "bytes"].contains(&unit) && name.ends_with(unit),
            "a base unit, and last: {line}"
        );
    }
    let samples: BTreeSet<_> = named(&text);
    for (what, text) in [("alerts.yml", ALERTS), ("grafana.json", DASHBOARD)] {
        let unknown: Vec<_> = named(text).into_iter().filter(|name| !samples.contains(name)).collect();
        assert!(unknown.is_empty(), "{what} names what is no sample: {unknown:?}");
        assert!(!named(text).is_empty(), "{what}");
    }
    for (label, value) in asked(ALERTS).chain(asked(&DASHBOARD.replace("\\\"", "\""))) {
        assert!(text.contains(&format!("{label}=\"{value}\"")), "no sample has {label}=\"{value}\"");
    }
    let used: BTreeSet<_> = named(DASHBOARD).into_iter().chain(named(ALERTS)).collect();
    let unused: Vec<_> = declared(&text)
        .into_iter()
        .filter(|(name, kind)| kind != "info" && !used.iter().any(|used| used.starts_with(name.as_str())))
        .collect();
    assert!(unused.iter().all(|(name, _)| name == "otklik_build"), "nobody looks at {unused:?}");
}

#[test]
fn the_dashboard_and_the_alerts_are_well_formed() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let mut places = BTreeSet::new();
    for panel in panels {
        let place = &panel["gridPos"];
        assert!(
            places.insert((place["x"].as_u64(), place["y"].as_u64())),
            "two panels in one place: {panel}"
        );
        let targets = panel["targets"].as_array().expect("targets");
        assert!(!targets.is_empty() && panel["title"].is_string(), "{panel}");
        for target in targets {
            let expression = target["expr"].as_str().expect("an expression");
            assert_eq!(expression.matches('(').count(), expression.matches(')').count(), "{expression}");
            assert!(expression.contains("otklik_"), "{expression}");
        }
    }
    let rules: Vec<_> = ALERTS.split("- alert: ").skip(1).collect();
    assert!(rules.len() >= 10, "{}", rules.len());
    for rule in rules {
        for part in ["expr: ", "labels: { severity: ", "summary: ", "action: "] {
            assert!(rule.contains(part), "{part} is missing: {rule}");
        }
    }
}
