//! More than the service can do: it says so at once, keeps within its memory, and has done what it answered.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use actix_web::rt::{spawn, task::JoinHandle, time::sleep};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::site::{Client, PASSWORD, Process, Raw, Strace, frame, is_long, skip, within};

/// Queries that may wait, of each kind.
const QUEUE: usize = 20;

/// What each session of the flood sends before it reads anything.
const QUERIES: usize = 200;

const LIMITS: &str = "
    database.write_queue_max = 20
    database.read_queue_max = 20
    database.readers = 1
    auth.bcrypt_queue_max = 8
    auth.bcrypt_cost = 8
    limits.in_flight_max = 4
    limits.message_bytes_max = 16384
    limits.answer_bytes_max = 32768
    limits.out_queue_bytes = 32768
    limits.write_stall_s = 600
";

/// Sessions of the flood: with four queries each in flight, twenty times what a queue takes.
fn sessions() -> usize {
    if is_long() { 400 } else { 100 }
}

/// What the service may hold under a flood (bytes): 32 MiB of program, threads and SQLite's caches; in each of three
/// queues, and in a batch, `QUEUE` queries of 16 KiB; and for each session 128 KiB: the four queries of 16 KiB that it may
/// have in flight, twice what was read at once and is being taken apart, and the session. Each session of the flood sends
/// more than ten times that; what is not read waits in its own kernel.
fn ceiling_bytes() -> usize {
    (32 << 20) + 4 * QUEUE * (16 << 10) + sessions() * (128 << 10)
}

fn holds_its_ceiling(process: &Process) {
    let (peak, ceiling) = (process.memory_peak_bytes(), ceiling_bytes());
    assert!(peak <= ceiling, "it took {} MiB, and {} are its ceiling", peak >> 20, ceiling >> 20);
}

/// One session of a flood.
struct Flooder {
    raw: Raw,
    /// What was answered, by the number of the query.
    answers: BTreeMap<usize, Value>,
}

impl Flooder {
    async fn new(process: &Process, token: Option<&str>) -> Self {
        let mut raw = Raw::open(process.address).await;
        if let Some(token) = token {
            raw.ask(&json!({"type_query": "signInWithToken", "token": token})).await;
            assert_eq!(raw.hears(|_| true).await["status"], "success");
        }
        Self { raw, answers: BTreeMap::new() }
    }

    async fn send(&mut self, frames: &[Vec<u8>]) {
        for frame in frames {
            self.raw.write(frame).await;
        }
    }

    /// Reads every answer, and counts each as it comes.
    async fn read(&mut self, told: &Cell<usize>) {
        while self.answers.len() < QUERIES {
            let answer = self.raw.hears(|message| message["status"].is_string()).await;
            told.set(told.get() + 1);
            let id = usize::try_from(answer["id"].as_u64().unwrap()).unwrap();
            let before = self.answers.insert(id, answer);
            assert_eq!(before, None, "answered twice");
        }
    }

    /// How many were done; what was not was told to come again, and when.
    fn done(&self) -> usize {
        let (done, shed): (Vec<_>, Vec<_>) =
            self.answers.values().partition(|answer| answer["status"] == "success");
        for answer in shed {
            // What waits while another process holds the file is told that after a while.
            assert!(["busy", "unavailable"].map(|code| json!(code)).contains(&answer["code"]), "{answer}");
            assert_eq!(answer["retry"], true, "{answer}");
            assert!(answer["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{answer}");
        }
        done.len()
    }
}

/// What each session sends: the query so many times, numbered.
fn frames(query: &Value) -> Vec<Vec<u8>> {
    let numbered = |id: usize| {
        let mut query = query.clone();
        query["id"] = json!(id);
        frame(0x81, query.to_string().as_bytes())
    };
    (0..QUERIES).map(numbered).collect()
}

/// Opens the flood's sessions, ten at a time.
async fn flood(process: &Process, token: Option<&str>) -> Vec<Flooder> {
    let mut all = Vec::new();
    while all.len() < sessions() {
        all.extend(join_all((0..10).map(|_| Flooder::new(process, token))).await);
    }
    all
}

fn total(flood: &[Flooder]) -> usize {
    flood.iter().map(Flooder::done).sum()
}

async fn begin(more: &str) -> (Process, Client) {
    let process = Process::start(&format!("{LIMITS}{more}")).await;
    let alice = process.user("alice").await;
    (process, alice)
}

#[actix_web::test]
async fn writes_are_shed_at_once_and_reads_go_on() {
    let (process, mut alice) = begin("").await;
    alice.post("/a", "before").await;
    let mut flood = flood(&process, Some(&alice.token)).await;
    let posts = frames(&json!({"type_query": "postComment", "page": "/a", "comment": "x".repeat(9_000)}));
    // Nothing can be written while this is held: whatever is answered meanwhile is answered without waiting.
    let hold = process.hold("immediate");
    join_all(flood.iter_mut().map(|one| one.send(&posts))).await;
    let told = Cell::new(0);
    // What waits is a batch and a queue; sessions of which nothing but such is in flight are not read further.
    let waiting = 2 * QUEUE + 2;
    let enough = sessions() * QUERIES - waiting - waiting / 4 * QUERIES;
    let shed = async {
        within("whoever finds no room is told so", async {
            while told.get() < enough {
                assert_eq!(alice.list("/a", json!({})).await["comments"].as_array().unwrap().len(), 1);
            }
        })
        .await;
        drop(hold);
    };
    join(join_all(flood.iter_mut().map(|one| one.read(&told))), shed).await;
    let done = total(&flood);
    assert!(done > 0, "what had room was done");
    alice.post("/a", "after").await;
    assert_eq!(
        alice.subscribe("/a").await["total"],
        done + 2,
        "what was answered is there, and nothing else"
    );
    holds_its_ceiling(&process);
}

#[actix_web::test]
async fn reads_are_shed_and_writes_go_on() {
    let (process, mut alice) = begin("").await;
    for n in 0..10 {
        alice.post("/a", &format!("{n} {}", "x".repeat(9_000))).await;
    }
    let mut flood = flood(&process, None).await;
    let lists = frames(&json!({"type_query": "loadComments", "page": "/a", "limit": 100}));
    let write = async {
        for _ in 0..20 {
            alice.post("/b", "meanwhile").await;
        }
    };
    join(join_all(flood.iter_mut().map(|one| one.send(&lists))), write).await;
    holds_its_ceiling(&process);
    let told = Cell::new(0);
    join_all(flood.iter_mut().map(|one| one.read(&told))).await;
    let done = total(&flood);
    assert!((1..sessions() * QUERIES).contains(&done), "{done} of {} were read", told.get());
    alice.list("/a", json!({})).await;
    holds_its_ceiling(&process);
}

#[actix_web::test]
async fn sign_ins_are_shed_and_everything_else_goes_on() {
    // Room to look every name up: what is full is the passwords' own queue.
    let (process, mut alice) = begin("database.read_queue_max = 1000").await;
    let posted = alice.post("/a", "what do you think?").await;
    let mut flood = flood(&process, None).await;
    let query = json!({"type_query": "signIn", "username": "alice", "password": PASSWORD, "id": 0});
    for one in &mut flood {
        one.raw.ask(&query).await;
    }
    let told = Cell::new(0);
    // One is worked on, eight wait, one may be on its way between. On a busy machine these take long: their thread has
    // the lowest priority. Nobody else has to wait for them.
    let go_on = async {
        while told.get() < sessions() - 10 {
            alice.react(&posted, "like").await;
            alice.list("/a", json!({})).await;
        }
    };
    let answers = join_all(flood.iter_mut().map(async |one| {
        let answer = one.raw.hears(|message| message["status"].is_string()).await;
        told.set(told.get() + 1);
        one.answers.insert(0, answer);
    }));
    let shed = async {
        tokio::select! { _ = answers => {}, () = go_on => {} }
    };
    within("whoever finds no room is told so", shed).await;
    let done = total(&flood);
    assert!(done < sessions() / 2, "{done} of {} signed in", sessions());
    holds_its_ceiling(&process);
}

#[actix_web::test]
async fn between_two_turns_of_a_flood_its_worker_looks_at_every_socket() {
    const READS: usize = 1_000;
    let process = Process::start("server.workers = 1").await;
    // The smallest frames there are, which nobody answers.
    let pongs = frame(0x8A, b"").repeat(10_000);
    let flood = join_all((0..2).map(|_| Raw::open(process.address))).await.into_iter().map(|mut raw| {
        let pongs = pongs.clone();
        spawn(async move { while raw.try_write(&pongs).await {} })
    });
    let flood: Vec<_> = flood.collect();
    // The feed's thread begins first, the database's second.
    let (worker, folder) = (process.threads("actix-rt|system")[2], tempfile::tempdir().unwrap());
    let file = folder.path().join("calls");
    let strace = match Strace::watch_thread(worker, "recvfrom,epoll_wait,epoll_pwait", &file).await {
        Ok(strace) => strace,
        Err(reason) => {
            return skip("between_two_turns_of_a_flood_its_worker_looks_at_every_socket", &reason);
        }
    };
    let calls = within("some of the flood is read", async {
        loop {
            let calls = fs::read_to_string(&file).unwrap_or_default();
            if calls.lines().filter(|call| call.starts_with("recvfrom")).count() >= READS {
                return calls;
            }
            sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    drop(strace);
    flood.iter().for_each(JoinHandle::abort);
    let calls: Vec<_> = calls.lines().collect();
    let turns = calls.split(|call| call.starts_with("epoll"));
    // What is left of a buffer, and more that has come since, for each of the two.
    let most = turns.map(<[&str]>::len).max();
    assert!(most <= Some(8), "{most:?} reads in turn");
}
