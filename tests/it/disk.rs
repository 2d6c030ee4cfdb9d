//! A disk that fails, a process cut down while it writes, and files that are held, foreign, read-only or broken.
//!
//! The faults are real: `strace` makes system calls fail or kills the process in them, and the files lie on disks that
//! cannot be written. Where that takes more than the test has, the test says so and is counted as skipped.

use std::collections::BTreeMap;
use std::fs;
use std::panic::{catch_unwind, resume_unwind};
use std::path::Path;
use std::process::Command;

use futures_util::future::join_all;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::site::{Client, Disk, PASSWORD, Process, Strace, load_all, output, skip};

/// Somebody who posts with keys, and what became of each.
struct Writer {
    client: Client,
    sent: usize,
    /// The key's number by the query's id.
    waiting: BTreeMap<i64, usize>,
    /// The comment's id by the key's number.
    promised: BTreeMap<usize, i64>,
}

impl Writer {
    async fn new(process: &Process, name: &str) -> Self {
        let client = process.user(name).await;
        Self { client, sent: 0, waiting: BTreeMap::new(), promised: BTreeMap::new() }
    }

    fn query(&self, key: usize) -> Value {
        json!({"type_query": "postComment", "page": "/a", "comment": format!("{} {key}", self.client.name),
            "key": format!("key {key}")})
    }

    async fn send(&mut self, posts: usize) {
        for _ in 0..posts {
            self.sent += 1;
            let id = self.client.send(self.query(self.sent)).await;
            self.waiting.insert(id, self.sent);
        }
    }

    /// Takes what is answered until the line ends; gives the failures.
    async fn until_cut(&mut self) -> Vec<Value> {
        let mut failures = Vec::new();
        for (id, answer) in self.client.until_closed().await {
            if answer["status"] == "success" {
                self.promised(self.waiting[&id], &answer);
            } else {
                failures.push(answer);
            }
        }
        self.waiting.clear();
        failures
    }

    /// Posts, and is told of each that it was done; what could not be done for now is sent again.
    async fn all_answered(&mut self) {
        for _ in 0..5 {
            self.send(6).await;
            while let Some((id, key)) = self.waiting.pop_first() {
                let answer = self.client.answer(id).await;
                if answer["code"] == "unavailable" {
                    let id = self.client.send(self.query(key)).await;
                    self.waiting.insert(id, key);
                } else {
                    self.promised(key, &answer);
                }
            }
        }
    }

    fn promised(&mut self, key: usize, answer: &Value) {
        assert_eq!(answer["status"], "success", "{answer}");
        let id = answer["comment"]["comment_id"].as_i64().unwrap();
        let before = self.promised.insert(key, id);
        assert!(before.is_none_or(|before| before == id), "key {key} made {before:?} and then {id}");
    }

    /// Sends every key again: what was promised is what is answered.
    async fn again(&mut self) {
        for key in 1..=self.sent {
            let answer = self.client.ask(self.query(key)).await;
            self.promised(key, &answer);
        }
    }
}

/// A process, two who write and one who listens.
struct Scene {
    process: Process,
    writers: Vec<Writer>,
    listener: Client,
}

impl Scene {
    async fn begin() -> Self {
        let process = Process::start("").await;
        let writers = join_all(["alice", "bob"].map(|name| Writer::new(&process, name))).await;
        let mut listener = process.guest("carol").await;
        listener.subscribe("/a").await;
        Self { process, writers, listener }
    }

    /// Has everybody write while a fault is injected that ends the process; gives its exit code, and how many comments
    /// were answered or pushed.
    async fn suffer(&mut self, fault: &str, posts: usize) -> Result<(Option<i32>, usize), String> {
        let _strace = Strace::attach(&self.process, fault).await?;
        // All is sent before any of it can be written, so that nobody sends to a process that is gone.
        let hold = self.process.hold("immediate");
        join_all(self.writers.iter_mut().map(|writer| writer.send(posts))).await;
        drop(hold);
        let failures = join_all(self.writers.iter_mut().map(Writer::until_cut)).await.concat();
        assert!(failures.is_empty(), "neither done nor not done: {failures:#?}");
        self.listener.until_closed().await;
        let code = self.process.exit_code().await;
        let mut told: Vec<_> =
            self.writers.iter().flat_map(|writer| writer.promised.values()).copied().collect();
        for push in self.listener.heard() {
            told.extend(
                push["comments"].as_array().unwrap().iter().filter_map(|one| one["comment_id"].as_i64()),
            );
        }
        self.recover(&told).await;
        Ok((code, told.len()))
    }

    /// Starts again: what anybody was told is there, and every key sent again makes its comment once.
    async fn recover(&mut self, told: &[i64]) {
        self.process.restart().await;
        self.listener.reconnect(self.process.address).await;
        let state = load_all(&mut self.listener, "/a").await;
        let lost: Vec<_> = told.iter().filter(|id| !state.holds(**id)).collect();
        assert!(lost.is_empty(), "told and lost: {lost:?}");
        for writer in &mut self.writers {
            writer.client.reconnect(self.process.address).await;
            writer.again().await;
        }
        let sent: usize = self.writers.iter().map(|writer| writer.sent).sum();
        assert_eq!(self.listener.subscribe("/a").await["total"], sent, "none is missing, none doubled");
    }
}

/// Which of the two a build of SQLite calls is its own affair.
const SYNC: &str = "fsync,fdatasync";

#[actix_web::test]
async fn a_commit_that_fails_is_told_to_nobody() {
    let mut scene = Scene::begin().await;
    match scene.suffer(&format!("{SYNC}:error=EIO:when=1+"), 8).await {
        Err(reason) => skip("a_commit_that_fails_is_told_to_nobody", &reason),
        Ok(ended) => assert_eq!(ended, (Some(74), 0), "no answer, no push"),
    }
}

#[actix_web::test]
async fn a_disk_that_fails_ends_the_process_and_loses_nothing() {
    let mut scene = Scene::begin().await;
    let mut told = 0;
    for (life, sync) in (1..).zip([2, 5, 8]) {
        // 120 comments, 8 a session at once: eight commits at least.
        let (code, more) = match scene.suffer(&format!("{SYNC}:error=EIO:when={sync}+"), 60).await {
            Err(reason) => return skip("a_disk_that_fails_ends_the_process_and_loses_nothing", &reason),
            Ok(ended) => ended,
        };
        assert_eq!(code, Some(74));
        told += more;
        let log = scene.process.logged("ERROR", life).await;
        let errors: Vec<_> = log.iter().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(errors.len(), life, "one line a life: {errors:#?}");
        assert!(errors[life - 1].contains("the database failed: committing a batch: "), "{errors:#?}");
    }
    assert!(told > 0, "something was answered before the disk failed");
}

#[actix_web::test]
async fn what_was_answered_survives_being_killed_in_a_write() {
    let mut scene = Scene::begin().await;
    for write in [1, 2, 3, 4, 7, 12, 20, 33] {
        match scene.suffer(&format!("pwrite64:signal=KILL:when={write}"), 30).await {
            Err(reason) => return skip("what_was_answered_survives_being_killed_in_a_write", &reason),
            Ok((code, _)) => assert_eq!(code, None, "killed"),
        }
    }
}

#[actix_web::test]
async fn a_file_that_is_held_is_unavailable_and_comes_back() {
    let process = Process::start("").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    alice.post("/a", "before").await;
    let hold = process.hold("exclusive");
    let post = json!({"type_query": "postComment", "page": "/a", "comment": "meanwhile", "key": "k"});
    let asked = alice.send(post.clone()).await;
    assert_eq!(bob.subscribe("/a").await["total"], 1, "reads go on");
    let answer = alice.answer(asked).await;
    assert_eq!((&answer["code"], &answer["retry"]), (&json!("unavailable"), &json!(true)), "{answer}");
    assert!(answer["retry_after_ms"].as_u64().is_some_and(|ms| ms > 0), "{answer}");
    assert_eq!(bob.list("/a", json!({})).await["comments"].as_array().unwrap().len(), 1, "nothing was done");
    drop(hold);
    let posted = alice.does(post).await;
    let told = bob.hears(|push| push["push"] == "update").await;
    assert_eq!(told["comments"][0]["comment_id"], posted["comment"]["comment_id"]);
}

/// A folder with a sound file of ours, closed as it should be.
fn sound() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = "[server]\nbind = \"127.0.0.1:0\"\n[auth]\nbcrypt_cost = 4\n";
    fs::write(folder.path().join("config.toml"), config).unwrap();
    let mut add = Process::command(&["user", "add", "alice"]);
    let added = output(add.current_dir(folder.path()), PASSWORD);
    assert!(added.status.success(), "{added:?}");
    folder
}

/// Starts the service there and checks that it ends with one sentence that has these words, having changed nothing.
fn refused(folder: &Path, words: &str) {
    let before = contents(folder);
    let mut serve = Command::new("timeout");
    serve.args(["--signal=KILL", "8", env!("CARGO_BIN_EXE_otklik"), "serve"]).env_clear();
    let ended = output(serve.current_dir(folder), "");
    let told = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    let sentences: Vec<_> = told.lines().filter(|line| line.starts_with("otklik: ")).collect();
    assert!(
        matches!(sentences[..], [one] if one.contains("otklik.db") && one.contains(words)),
        "{words}: {told}"
    );
    assert!(!told.contains("panicked"), "{told}");
    assert!(contents(folder) == before, "a file was changed, made or removed");
}

fn contents(folder: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.map(|one| (one.file_name().into_string().unwrap(), fs::read(one.path()).ok())).collect()
}

#[test]
fn a_file_of_another_program_is_refused_and_left_as_it_is() {
    let folder = sound();
    let file = folder.path().join("otklik.db");
    for statement in ["pragma application_id = 77", "pragma application_id = 0"] {
        Connection::open(&file).unwrap().execute_batch(statement).unwrap();
        refused(folder.path(), "another program's file: name another file in database.path");
    }
    for short in [&b"x"[..], &b"a text, but precious"[..]] {
        fs::write(&file, short).unwrap();
        refused(folder.path(), "another program's file: name another file in database.path");
    }
    for other in [&[0; 5_000][..], &b"SQLite format 3\0"[..]] {
        fs::write(&file, other).unwrap();
        refused(folder.path(), "restore a backup");
    }
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    refused(folder.path(), "");
}

#[test]
fn a_broken_file_is_refused_and_left_as_it_is() {
    let folder = sound();
    let file = folder.path().join("otklik.db");
    let good = fs::read(&file).unwrap();
    for length in [50, 1_000, PAGE, good.len() / 2, good.len() - PAGE] {
        fs::write(&file, &good[..length]).unwrap();
        refused(folder.path(), "not a sound SQLite file; restore a backup");
    }
    // The name of the format, the size of a page, and the first page's own head, as SQLite's format has them.
    for at in [0, 16, 100] {
        let mut bad = good.clone();
        bad[at..at + 2].copy_from_slice(&[0xFF; 2]);
        fs::write(&file, bad).unwrap();
        refused(folder.path(), "not a sound SQLite file; restore a backup");
    }
}

#[test]
fn a_file_of_another_version_is_refused_and_left_as_it_is() {
    let newer =
        "insert into migration select 9999, 'later', checksum, applied_at_ms from migration where number = 1";
    let other = "update migration set checksum = 'of another text' where number = 1";
    for (statement, words) in
        [(newer, "written by a newer version; run that one"), (other, "run the version that made the file")]
    {
        let folder = sound();
        Connection::open(folder.path().join("otklik.db")).unwrap().execute_batch(statement).unwrap();
        refused(folder.path(), words);
    }
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let folder = sound();
    fs::write(folder.path().join("config.toml"), "[database]\npath = \"nowhere/otklik.db\"\n").unwrap();
    refused(folder.path(), "folder");
}

#[test]
fn a_read_only_file_is_refused() {
    let folder = sound();
    let file = folder.path().join("otklik.db");
    let mut permissions = fs::metadata(&file).unwrap().permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&file, permissions).unwrap();
    // Root may write it all the same, unless the file system itself says no.
    if fs::OpenOptions::new().append(true).open(&file).is_err() {
        return refused(folder.path(), "cannot be written");
    }
    if let Err(reason) = run(Command::new("chattr").arg("+i").arg(&file)) {
        return skip("a_read_only_file_is_refused", &reason);
    }
    let seen = catch_unwind(|| refused(folder.path(), "cannot be written"));
    run(Command::new("chattr").arg("-i").arg(&file)).expect("what was forbidden is allowed again");
    seen.unwrap_or_else(|panic| resume_unwind(panic));
}

#[test]
fn a_read_only_disk_is_refused() {
    let disk = match Disk::mount(3 << 20) {
        Ok(disk) => disk,
        Err(reason) => return skip("a_read_only_disk_is_refused", &reason),
    };
    let sound = sound();
    for name in ["config.toml", "otklik.db"] {
        fs::copy(sound.path().join(name), disk.path().join(name)).unwrap();
    }
    run(Command::new("mount").args(["-o", "remount,ro"]).arg(disk.path())).unwrap();
    refused(disk.path(), "folder");
}

/// Runs a tool; where it fails, gives what it says.
fn run(command: &mut Command) -> Result<(), String> {
    let done = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if done.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&done.stderr).trim().to_owned()) }
}

/// What a page of SQLite holds by default (bytes).
const PAGE: usize = 4_096;

#[actix_web::test]
async fn a_page_that_is_broken_is_a_fault_and_never_a_wrong_answer() {
    let mut process = Process::start("").await;
    let mut alice = process.user("alice").await;
    for n in 0..100 {
        alice.post("/a", &format!("{n} {}", "x".repeat(600))).await;
    }
    let (seen, failure) = read_all(&mut alice).await;
    assert_eq!((seen.len(), failure), (100, None));
    assert_eq!(process.terminate().await, Some(0));
    let good = fs::read(&process.database).unwrap();
    let pages = good.len() / PAGE;
    let (mut met, mut refusals) = (0, 0);
    for page in (1..pages).step_by(pages / 12) {
        let mut bad = good.clone();
        bad[page * PAGE..(page + 1) * PAGE].fill(0xA5);
        fs::write(&process.database, bad).unwrap();
        if process.starts().await {
            let mut reader = process.guest("bob").await;
            let (shown, failure) = read_all(&mut reader).await;
            assert!(
                shown.iter().all(|(id, comment)| seen[id] == *comment),
                "page {page}: what is shown is right"
            );
            match failure {
                None => assert_eq!(shown.len(), seen.len(), "page {page}: all or a fault"),
                Some(failure) => {
                    met += 1;
                    let fault = failure["fault_id"].as_str().expect("a fault's id");
                    assert_eq!(failure["code"], "internal", "{failure}");
                    process.logged(fault, 1).await;
                }
            }
            process.kill();
        } else {
            refusals += 1;
            assert_eq!(process.exit_code().await, Some(1));
        }
        fs::write(&process.database, &good).unwrap();
    }
    let log = process.logged("otklik.db: it is not a sound SQLite file; restore a backup", refusals).await;
    assert!(!log.iter().any(|line| line.contains("panicked")), "{log:#?}");
    assert!(met > 0, "no page was met: {log:#?}");
}

/// Reads a page to its end, or to the first failure.
async fn read_all(client: &mut Client) -> (BTreeMap<i64, Value>, Option<Value>) {
    let (mut seen, mut cursor) = (BTreeMap::new(), Value::Null);
    loop {
        let query = json!({"type_query": "loadComments", "page": "/a", "limit": 20, "cursor": cursor});
        let mut list = client.ask(query).await;
        if list["status"] != "success" {
            return (seen, Some(list));
        }
        for one in list["comments"].as_array_mut().unwrap() {
            seen.insert(one["comment_id"].as_i64().unwrap(), one["comment"].take());
        }
        cursor = list["next"].take();
        if cursor.is_null() {
            return (seen, None);
        }
    }
}

#[actix_web::test]
async fn two_processes_on_one_file_lose_nothing() {
    let mut process = Process::start("").await;
    let mut twin = process.twin().await;
    let mut writers = [Writer::new(&process, "alice").await, Writer::new(&twin, "bob").await];
    let mut carol = process.guest("carol").await;
    carol.subscribe("/a").await;
    join_all(writers.iter_mut().map(Writer::all_answered)).await;
    // Who listens at one hears of the other's with the next change there, and of all of them.
    writers[0].all_answered().await;
    let sent: usize = writers.iter().map(|writer| writer.sent).sum();
    carol.comes_to("/a", |state| state.seen().len() == sent).await;
    process.kill();
    assert_eq!(twin.terminate().await, Some(0));
    process.restart().await;
    carol.reconnect(process.address).await;
    for writer in &mut writers {
        writer.client.reconnect(process.address).await;
        writer.again().await;
    }
    assert_eq!(carol.subscribe("/a").await["total"], sent, "none is missing, none doubled");
}
