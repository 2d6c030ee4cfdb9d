//! How many reactions a second are answered, each durable before it is: 256 sessions on real sockets, each setting the
//! next reaction as soon as the last is answered; beside it, in the same run, the floor: a bare rusqlite loop with the
//! same statements and batches of the same size, `synchronous=FULL`, nothing else.
//!
//! `cargo bench --bench write`, with `-- --quick` for a run of some seconds. Server, clients and floor share the
//! machine's cores; what says something is the ratio.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a bench measures time, prints what it found, and has nobody to answer to"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_rt::System;
use actix_rt::net::TcpStream;
use otklik::clock::Clock;
use otklik::config::Config;
use otklik::server;
use rusqlite::{Connection, named_params};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SESSIONS: usize = 256;
const COMMENTS: usize = 64;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let (warm_up, measured) = if quick { (1, 3) } else { (3, 15) };
    let folder = tempfile::tempdir().unwrap();
    let ours = ours(folder.path(), Duration::from_secs(warm_up), Duration::from_secs(measured));
    let floor = floor(folder.path(), ours.batch, Duration::from_secs(measured));
    println!("\nreactions, {SESSIONS} sessions, {COMMENTS} comments of one page, {measured} s");
    println!("{:<28}{:>12}{:>12}{:>10}{:>10}", "", "durable/s", "a commit", "p50 ms", "p99 ms");
    let (p50, p99) = (ours.p50.as_secs_f64() * 1e3, ours.p99.as_secs_f64() * 1e3);
    println!("{:<28}{:>12.0}{:>12.1}{:>10.2}{:>10.2}", "otklik", ours.per_s, ours.batch, p50, p99);
    println!("{:<28}{:>12.0}{:>12.1}{:>10}{:>10}", "floor (bare rusqlite loop)", floor, ours.batch, "", "");
    println!("{:<28}{:>12.2}", "ratio", ours.per_s / floor);
}

struct Ours {
    per_s: f64,
    /// Reactions a commit, on average.
    batch: f64,
    p50: Duration,
    p99: Duration,
}

/// Runs the service and its clients, each side on threads of its own.
fn ours(folder: &Path, warm_up: Duration, measured: Duration) -> Ours {
    let mut config = Config::default();
    config.server.bind.set_port(0);
    config.database.path = folder.join("otklik.db");
    config.auth.bcrypt_cost = 4;
    let limits = &mut config.limits;
    (limits.queries_per_s, limits.queries_burst, limits.posts_per_min, limits.reactions_per_min) =
        (0, 0, 0, 0);
    (limits.sign_ins_per_min, limits.sign_ups_per_hour, limits.connections_per_address_max) = (0, 0, 0);
    System::new().block_on(async move {
        let running = server::start(config, Clock::system()).await.unwrap();
        let address = running.address();
        let clients = std::thread::spawn(move || System::new().block_on(load(address, warm_up, measured)));
        while !clients.is_finished() {
            actix_rt::time::sleep(Duration::from_millis(50)).await;
        }
        running.stop().await;
        clients.join().unwrap()
    })
}

async fn load(address: std::net::SocketAddr, warm_up: Duration, measured: Duration) -> Ours {
    let mut first = Client::open(address, 0).await;
    for number in 0..COMMENTS {
        first.ask(&format!(r#"{{"type_query":"postComment","page":"/bench","comment":"{number}"}}"#)).await;
    }
    let (counting, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let done = Arc::new(AtomicU64::new(0));
    let mut sessions = Vec::new();
    for number in 1..=SESSIONS {
        let mut client = Client::open(address, number).await;
        let (counting, ended, done) = (Arc::clone(&counting), Arc::clone(&ended), Arc::clone(&done));
        sessions.push(actix_rt::spawn(async move {
            let mut latencies = Vec::new();
            let mut turn = number;
            while !ended.load(Ordering::Relaxed) {
                turn += 1;
                let (comment, reaction) = (turn % COMMENTS + 1, ["like", "dislike"][turn / COMMENTS % 2]);
                let query =
                    format!(r#"{{"type_query":"react","comment_id":{comment},"reaction":"{reaction}"}}"#);
                let asked = Instant::now();
                client.ask(&query).await;
                if counting.load(Ordering::Relaxed) {
                    latencies.push(asked.elapsed());
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
            latencies
        }));
    }
    actix_rt::time::sleep(warm_up).await;
    let (rev_before, begun) = (first.rev().await, Instant::now());
    counting.store(true, Ordering::Relaxed);
    actix_rt::time::sleep(measured).await;
    let (count, took) = (done.load(Ordering::Relaxed), begun.elapsed());
    // Each commit puts the page one revision further.
    let commits = first.rev().await - rev_before;
    ended.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    for session in sessions {
        latencies.extend(session.await.unwrap());
    }
    latencies.sort_unstable();
    let per_s = count as f64 / took.as_secs_f64();
    let at = |share: usize| latencies[latencies.len() * share / 100];
    Ours { per_s, batch: count as f64 / commits as f64, p50: at(50), p99: at(99) }
}

/// The least that a WebSocket client can be, so that it takes little of the machine.
struct Client {
    socket: TcpStream,
    bytes: Vec<u8>,
}

impl Client {
    async fn open(address: std::net::SocketAddr, number: usize) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let handshake = format!(
            "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        socket.write_all(handshake.as_bytes()).await.unwrap();
        let mut client = Self { socket, bytes: Vec::new() };
        while !client.bytes.windows(4).any(|window| window == b"\r\n\r\n") {
            client.socket.read_buf(&mut client.bytes).await.unwrap();
        }
        client.bytes.clear();
        let password = "correct horse battery staple";
        let query =
            format!(r#"{{"type_query":"signUp","username":"bench-{number}","password":"{password}"}}"#);
        let answer = client.ask(&query).await;
        assert!(answer.contains(r#""status":"success""#), "{answer}");
        client
    }

    /// Sends a query, masked with zeros, and reads its answer: the only frame that comes.
    async fn ask(&mut self, query: &str) -> String {
        let mut frame = vec![0x81, 0xFE];
        frame.extend(u16::try_from(query.len()).unwrap().to_be_bytes());
        if query.len() < 126 {
            frame = vec![0x81, 0x80 | u8::try_from(query.len()).unwrap()];
        }
        frame.extend([0; 4]);
        frame.extend(query.as_bytes());
        self.socket.write_all(&frame).await.unwrap();
        loop {
            if let Some((begin, end)) = frame_in(&self.bytes) {
                let text = String::from_utf8(self.bytes[begin..end].to_vec()).unwrap();
                self.bytes.drain(..end);
                // A ping takes no answer in so short a run.
                if text.contains("type_query") {
                    return text;
                }
                continue;
            }
            assert_ne!(self.socket.read_buf(&mut self.bytes).await.unwrap(), 0, "the server closed");
        }
    }

    async fn rev(&mut self) -> u64 {
        let answer = self.ask(r#"{"type_query":"loadComments","page":"/bench","limit":1}"#).await;
        let digits = answer.rsplit(r#""rev":"#).next().unwrap();
        digits.trim_end_matches('}').parse().unwrap()
    }
}

/// Where the payload of the first whole frame begins and ends.
fn frame_in(bytes: &[u8]) -> Option<(usize, usize)> {
    let (begin, length) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        127 => return None,
        short => (2, usize::from(short)),
    };
    (bytes.len() >= begin + length).then_some((begin, begin + length))
}

/// The same rows by the same statements, with nothing around them.
fn floor(folder: &Path, batch: f64, measured: Duration) -> f64 {
    let mut connection = Connection::open(folder.join("floor.db")).unwrap();
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    connection.pragma_update(None, "synchronous", "full").unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    for name in ["top_rank", "controversial_rank"] {
        let flags = rusqlite::functions::FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name, 2, flags, |call| call.get::<i64>(0)).unwrap();
    }
    for migration in [
        include_str!("../sql/migration/0001_first.sql"),
        include_str!("../sql/migration/0002_page_tally_and_user_rates.sql"),
    ] {
        connection.execute_batch(migration).unwrap();
    }
    connection.execute("insert into page (site_id, key) values (1, '/bench')", []).unwrap();
    for number in 0..=SESSIONS {
        let sql = "insert into user (username, skeleton, password, role, state, created_at_ms) \
                   values (?1, ?1, '', 'user', 'active', 0)";
        connection.execute(sql, [number.to_string()]).unwrap();
    }
    for number in 0..COMMENTS {
        let sql = "insert into comment (page_id, depth, user_id, created_at_ms, state, listed, text) \
                   values (1, 0, 1, 0, 'shown', 1, ?1)";
        connection.execute(sql, [number.to_string()]).unwrap();
    }
    let (begun, mut done, mut turn) = (Instant::now(), 0_u64, 0);
    let batch = batch.round().max(1.0) as usize;
    while begun.elapsed() < measured {
        let transaction = connection.transaction().unwrap();
        floor_batch(&transaction, turn, batch);
        transaction.commit().unwrap();
        turn += batch;
        done += batch as u64;
    }
    done as f64 / begun.elapsed().as_secs_f64()
}

fn floor_batch(connection: &Connection, turn: usize, batch: usize) {
    let mut touched = std::collections::BTreeMap::new();
    for reaction in turn..turn + batch {
        let user = (reaction % SESSIONS + 2) as i64;
        let comment = ((reaction / SESSIONS + reaction) % COMMENTS + 1) as i64;
        let is_like = (reaction / SESSIONS / COMMENTS).is_multiple_of(2);
        let find = include_str!("../sql/statement/reaction_find.sql");
        let before: Option<bool> = connection
            .prepare_cached(find)
            .unwrap()
            .query_row(named_params! { ":comment_id": comment, ":user_id": user }, |row| row.get(0))
            .ok();
        let set = include_str!("../sql/statement/reaction_set.sql");
        let params = named_params! { ":comment_id": comment, ":user_id": user, ":liked": is_like, ":created_at_ms": 0 };
        connection.prepare_cached(set).unwrap().execute(params).unwrap();
        let one = |of: bool| i64::from(is_like == of) - i64::from(before == Some(of));
        let (likes, dislikes) = touched.entry(comment).or_insert((0, 0));
        (*likes, *dislikes) = (*likes + one(true), *dislikes + one(false));
    }
    let stamp = include_str!("../sql/statement/page_stamp.sql");
    let (likes, dislikes) =
        touched.values().fold((0, 0), |(likes, dislikes), more| (likes + more.0, dislikes + more.1));
    let params = named_params! { ":page_id": 1, ":shown": 0, ":likes": likes, ":dislikes": dislikes };
    let rev: i64 = connection.prepare_cached(stamp).unwrap().query_row(params, |row| row.get(0)).unwrap();
    for (comment, (likes, dislikes)) in touched {
        let stamp = include_str!("../sql/statement/comment_stamp_tally.sql");
        let params =
            named_params! { ":comment_id": comment, ":likes": likes, ":dislikes": dislikes, ":rev": rev };
        let mut statement = connection.prepare_cached(stamp).unwrap();
        statement.query_row(params, |row| row.get::<_, i64>(0)).unwrap();
    }
}
