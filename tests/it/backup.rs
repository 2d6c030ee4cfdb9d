//! Copies of the data, taken while it is in use, and the way back.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use otklik::store::{Stage, Watch, back_up};
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use crate::site::{Disk, PASSWORD, Process, Site, check_file, output, skip, within};

/// The exit code, and what was said.
fn told(output: &Output) -> (Option<i32>, String) {
    let text = [output.stdout.clone(), output.stderr.clone()].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

/// Runs a command in a folder; gives the exit code, and what was said.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    told(&output(Process::command(arguments).current_dir(folder), ""))
}

/// Fails unless the command ends with 1 and one sentence that has these words, and leaves the folder as it was.
#[track_caller]
fn refused(folder: &Path, arguments: &[&str], words: &str) {
    let before = contents(folder);
    let (code, text) = run(folder, arguments);
    assert_eq!(code, Some(1), "{text}");
    let sentences: Vec<_> = text.lines().filter(|line| line.starts_with("otklik: ")).collect();
    assert!(matches!(sentences[..], [one] if one.contains(words)), "{words:?} is not told: {text}");
    assert!(contents(folder) == before, "a file was changed, made or removed");
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|one| one.path().is_file());
    files.map(|one| (one.file_name().into_string().unwrap(), fs::read(one.path()).unwrap())).collect()
}

fn names(folder: &Path) -> Vec<String> {
    contents(folder).into_keys().collect()
}

/// A folder with a config and a closed file of ours, in which one comment is liked.
fn sound_in(parent: &Path) -> TempDir {
    let folder = tempfile::tempdir_in(parent).unwrap();
    let config = "[server]\nbind = \"127.0.0.1:0\"\n[auth]\nbcrypt_cost = 4\n";
    fs::write(folder.path().join("config.toml"), config).unwrap();
    let mut add = Process::command(&["user", "add", "alice"]);
    let added = output(add.current_dir(folder.path()), PASSWORD);
    assert!(added.status.success(), "{added:?}");
    alter(
        folder.path(),
        "insert into page (page_id, site_id, key, rev, total, likes) values (1, 1, '/a', 1, 1, 1);
         insert into comment (slot, comment_id, page_id, depth, user_id, created_at_ms, state, likes, listed, rev, text_rev, text)
             values ((1 << 32) + 1, 1, 1, 0, 1, 0, 'shown', 1, 1, 1, 1, 'hi');
         insert into reaction values ((1 << 32) + 1, 1, 1, 0)",
    );
    folder
}

fn sound() -> TempDir {
    sound_in(&std::env::temp_dir())
}

fn alter(folder: &Path, statement: &str) {
    alter_file(&folder.join("otklik.db"), statement);
}

fn alter_file(file: &Path, statement: &str) {
    Connection::open(file).unwrap().execute_batch(statement).unwrap();
}

fn count(file: &Path, what: &str) -> i64 {
    let statement = format!("select count(*) from {what}");
    Connection::open(file).unwrap().query_row(&statement, (), |row| row.get(0)).unwrap()
}

#[actix_web::test]
async fn a_backup_is_taken_while_everybody_writes() {
    let process = Process::start("").await;
    let mut alice = process.user("alice").await;
    for n in 0..100 {
        alice.post("/a", &format!("{n} {}", "x".repeat(9_000))).await;
    }
    let folder = process.database.parent().unwrap().to_owned();
    let backup = std::thread::spawn({
        let folder = folder.clone();
        move || run(&folder, &["backup", "copy.db"])
    });
    let mut posted = 100;
    while !backup.is_finished() {
        alice.post("/a", "meanwhile").await;
        posted += 1;
    }
    let (code, text) = backup.join().unwrap();
    assert_eq!(code, Some(0), "{text}");
    let copy = folder.join("copy.db");
    let beside: Vec<_> = names(&folder).into_iter().filter(|name| name.starts_with("copy.db")).collect();
    assert_eq!(beside, ["copy.db"], "one file, and nothing left beside it");
    assert_eq!(
        fs::metadata(&copy).unwrap().permissions().mode() & 0o777,
        0o600,
        "the passwords' hashes are in it"
    );
    check_file(&copy);
    let copied = count(&copy, "comment");
    assert!((100..=posted).contains(&copied), "{copied} of {posted}");
    assert_eq!(count(&copy, &format!("comment where comment_id <= {copied}")), copied, "one state of it");
    assert!(text.contains(&format!("copy.db holds {copied} comments on 1 pages, 1 users")), "{text}");
    for stage in ["copying ", "checking"] {
        assert_eq!(text.lines().filter(|line| line.starts_with(stage)).count(), 1, "{text}");
    }
}

#[actix_web::test]
async fn who_only_reads_leaves_the_log_where_it_is() {
    let mut process = Process::start("").await;
    process.user("alice").await.post("/a", "hi").await;
    // Killed, so that whoever looks at the file is the last to close it.
    process.kill();
    let folder = process.database.parent().unwrap().to_owned();
    let files = || ["otklik.db", "otklik.db-wal"].map(|name| fs::read(folder.join(name)).unwrap());
    let before = files();
    assert!(before[1].len() > 4_096, "something lies in the log alone");
    for arguments in [&["user", "list"][..], &["backup", "copy.db"]] {
        let (code, text) = run(&folder, arguments);
        assert_eq!(code, Some(0), "{text}");
        assert!(files() == before, "{arguments:?} moved the log");
    }
    assert_eq!(count(&folder.join("copy.db"), "comment"), 1);
}

#[actix_web::test]
async fn writes_by_others_do_not_begin_it_anew() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    for n in 0..400 {
        alice.post("/a", &format!("{n} {}", "x".repeat(9_000))).await;
    }
    let beside = site.database();
    let pieces = Cell::new(0);
    let given_up = Arc::new(AtomicBool::new(false));
    let after_piece = |stage, _, _| {
        if stage == Stage::Copying {
            beside.execute("update life set epoch = epoch", ()).unwrap();
            pieces.set(pieces.get() + 1);
            given_up.store(pieces.get() > 100, Ordering::Relaxed);
        }
    };
    let copy = site.folder().join("copy.db");
    let holdings = back_up(
        &site.folder().join("otklik.db"),
        &copy,
        Watch { after_piece: &after_piece, given_up: &given_up },
    );
    assert_eq!(holdings.unwrap().comments, 400);
    assert!(pieces.get() > 3, "it was written to in between");
    check_file(&copy);
}

#[actix_web::test]
async fn what_is_given_up_leaves_nothing() {
    let site = Site::start().await;
    site.user("alice").await.post("/a", "hi").await;
    let before = names(site.folder());
    for stage in [Stage::Copying, Stage::Checking] {
        let given_up = Arc::new(AtomicBool::new(false));
        let after_piece = |now, _, _| given_up.store(now == stage, Ordering::Relaxed);
        let watch = Watch { after_piece: &after_piece, given_up: &given_up };
        let done = back_up(&site.folder().join("otklik.db"), &site.folder().join("copy.db"), watch);
        let fault = done.unwrap_err().to_string();
        assert!(fault.contains("given up"), "{fault}");
        assert_eq!(names(site.folder()), before);
    }
}

#[test]
fn a_backup_never_overwrites() {
    let folder = sound();
    fs::write(folder.path().join("precious"), "mine").unwrap();
    refused(
        folder.path(),
        &["backup", "precious"],
        "precious: it is there already, and nothing is overwritten",
    );
    refused(folder.path(), &["backup", "otklik.db"], "nothing is overwritten");
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    refused(folder.path(), &["backup", "link"], "nothing is overwritten");
    refused(folder.path(), &["backup", "nowhere/copy.db"], "copy.db");
}

#[test]
fn what_does_not_hold_together_is_no_backup() {
    for (statement, words) in [
        ("update comment set likes = 2", "a comment's tally is not the sum of its reactions (1 rows)"),
        ("update page set likes = 2", "a page's tally"),
        ("update page set total = 2", "a page's total"),
        ("update page set rev = 2", "a page's revision"),
        ("update comment set rev = 2", "a comment's revision"),
        ("update comment set replies = 1", "replies are miscounted"),
        ("update comment set listed = 0", "replies are miscounted"),
        (
            "update comment set state = 'deleted', listed = 0; update page set total = 0",
            "a deleted comment has a text",
        ),
        ("pragma foreign_keys = off; delete from user", "foreign_key_check"),
        ("update comment set unlisted_at_ms = 5", "since when it is in no list"),
        ("pragma application_id = 7", "another program's file"),
        ("update migration set number = 9999 where number = 1", "newer version"),
    ] {
        let folder = sound();
        fs::copy(folder.path().join("otklik.db"), folder.path().join("bad.db")).unwrap();
        alter_file(&folder.path().join("bad.db"), statement);
        refused(folder.path(), &["restore", "bad.db"], words);
        fs::rename(folder.path().join("bad.db"), folder.path().join("otklik.db")).unwrap();
        refused(folder.path(), &["backup", "copy.db"], words);
    }
    let folder = sound();
    for bytes in [&b""[..], b"x", b"SQLite format 3\0 and no more"] {
        fs::write(folder.path().join("bad.db"), bytes).unwrap();
        refused(folder.path(), &["restore", "bad.db"], "bad.db");
    }
    refused(folder.path(), &["restore", "nowhere.db"], "nowhere.db");
    refused(folder.path(), &["restore", "otklik.db"], "is the database itself");
}

#[test]
fn a_disk_that_is_too_small_is_told_before_anything_is_written() {
    let disk = match Disk::mount(18 << 20) {
        Ok(disk) => disk,
        Err(reason) => return skip("a_disk_that_is_too_small_is_told_before_anything_is_written", &reason),
    };
    let folder = sound();
    let copy = disk.path().join("copy.db");
    assert_eq!(run(folder.path(), &["backup", copy.to_str().unwrap()]).0, Some(0), "there is room");
    fs::remove_file(&copy).unwrap();
    alter(folder.path(), &format!("update user set img = '{}'", "x".repeat(2 << 20)));
    let words =
        format!("there is no room for a copy in {}; make some, or choose another", disk.path().display());
    refused(folder.path(), &["backup", copy.to_str().unwrap()], &words);
    refused(
        folder.path(),
        &["backup", copy.to_str().unwrap()],
        "16.0 MiB are to be left over, and 18.0 MiB are free",
    );
    assert_eq!(names(disk.path()), Vec::<String>::new());
}

#[test]
fn a_full_disk_leaves_nothing() {
    let disk = match Disk::mount(24 << 20) {
        Ok(disk) => disk,
        Err(reason) => return skip("a_full_disk_leaves_nothing", &reason),
    };
    let folder = sound();
    alter(folder.path(), &format!("update user set img = '{}'", "x".repeat(4 << 20)));
    // There is room at first, and somebody else takes it.
    let after_piece = |stage, _, _| {
        let taken = fs::write(disk.path().join("somebody else's"), vec![b'x'; 25 << 20]);
        assert!(stage == Stage::Copying && taken.is_err(), "it is full from the first piece on");
    };
    let watch = Watch { after_piece: &after_piece, given_up: &Arc::default() };
    let done = back_up(&folder.path().join("otklik.db"), &disk.path().join("copy.db"), watch);
    let fault = done.unwrap_err().to_string();
    assert!(fault.contains("copy.db") && fault.contains("full"), "{fault}");
    assert_eq!(names(disk.path()), ["somebody else's"]);
}

#[actix_web::test]
async fn a_restore_begins_a_new_life() {
    let mut process = Process::start("").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.guest("bob").await);
    alice.post("/a", "before").await;
    assert_eq!(told(&process.also(&["backup", "copy.db"], "")).0, Some(0));
    alice.post("/a", "after").await;
    bob.subscribe("/a").await;
    let old = bob.state("/a").epoch.clone();
    let folder = process.database.parent().unwrap().to_owned();
    let (code, text) = told(&process.also(&["restore", "copy.db"], ""));
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains(&format!("stop it first (process {})", process.pid())), "{text}");
    alice.post("/a", "it goes on").await;
    // Killed, so that something lies in the write-ahead log alone.
    process.kill();
    assert!(names(&folder).contains(&"otklik.db-wal".to_owned()));
    let (code, text) = told(&process.also(&["restore", "copy.db"], ""));
    assert_eq!(code, Some(0), "{text}");
    let aside: Vec<_> = names(&folder).into_iter().filter(|name| name.starts_with("otklik.db.")).collect();
    assert!(matches!(&aside[..], [one] if one.starts_with("otklik.db.replaced-2")), "{aside:?}");
    assert!(text.contains(&aside[0]), "{text}");
    assert_eq!(count(&folder.join(&aside[0]), "comment"), 3, "nothing is lost of what stood there");
    check_file(&folder.join(&aside[0]));

    process.restart().await;
    bob.reconnect(process.address).await;
    let resumed = bob.resume("/a").await;
    assert_eq!((&resumed["resumed"], &resumed["total"]), (&json!(false), &json!(1)), "{resumed:#}");
    assert_ne!(bob.state("/a").epoch, old);
    alice.reconnect(process.address).await;
    alice.post("/a", "a new life").await;
    bob.comes_to("/a", |state| state.seen().len() == 2).await;
}

#[test]
fn a_restore_works_where_there_is_none_or_a_broken_one() {
    let folder = sound();
    let database = folder.path().join("otklik.db");
    assert_eq!(run(folder.path(), &["backup", "copy.db"]).0, Some(0));
    fs::remove_file(&database).unwrap();
    let (code, text) = run(folder.path(), &["restore", "copy.db"]);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(names(folder.path()), ["config.toml", "copy.db", "otklik.db"]);
    check_file(&database);
    fs::write(&database, "SQLite format 3\0, or what was left of it").unwrap();
    fs::write(folder.path().join("otklik.db-wal"), "and of its log").unwrap();
    fs::set_permissions(&database, fs::Permissions::from_mode(0o640)).unwrap();
    let (code, text) = run(folder.path(), &["restore", "copy.db"]);
    assert_eq!(code, Some(0), "{text}");
    check_file(&database);
    assert_eq!(fs::metadata(&database).unwrap().permissions().mode() & 0o777, 0o640, "as the old one's");
    let kept: Vec<_> =
        contents(folder.path()).into_iter().filter(|(name, _)| name.contains("replaced")).collect();
    let told = format!("{kept:?}");
    assert!(
        matches!(&kept[..], [(_, file), (wal, log)]
            if file.ends_with(b"left of it") && wal.ends_with("Z-wal") && log == b"and of its log"),
        "{told}"
    );
}

#[test]
fn a_restore_minds_whoever_has_the_file_open() {
    let folder = sound();
    assert_eq!(run(folder.path(), &["backup", "copy.db"]).0, Some(0));
    let somebody = Connection::open(folder.path().join("otklik.db")).unwrap();
    let mode: String = somebody.query_row("pragma journal_mode = wal", (), |row| row.get(0)).unwrap();
    assert_eq!((mode.as_str(), count(&folder.path().join("otklik.db"), "comment")), ("wal", 1));
    // Nothing here may read the file itself: closing it would give up this process's locks on it.
    let (code, text) = run(folder.path(), &["restore", "copy.db"]);
    assert!(code == Some(1) && text.contains("open in another process"), "{text}");
    drop(somebody);
    assert_eq!(names(folder.path()), ["config.toml", "copy.db", "otklik.db"]);
    alter(folder.path(), "pragma journal_mode = wal; pragma application_id = 7");
    refused(folder.path(), &["restore", "copy.db"], "name another file in database.path");
}

/// Whether a service has the file open. One that is just being forked has this process's files.
fn is_served(file: &Path) -> bool {
    let serves = |one: &fs::DirEntry| {
        fs::read_to_string(one.path().join("cmdline")).is_ok_and(|line| line.contains("\0serve\0"))
    };
    let services = fs::read_dir("/proc").unwrap().flatten().filter(serves);
    let open = services.flat_map(|one| fs::read_dir(one.path().join("fd")).into_iter().flatten().flatten());
    open.filter_map(|one| fs::read_link(one.path()).ok()).any(|one| one == file)
}

#[actix_web::test]
async fn a_start_in_the_middle_of_a_restore_is_told() {
    let mut process = Process::start("").await;
    assert_eq!(process.terminate().await, Some(0));
    let database = process.database.canonicalize().unwrap();
    let other = database.with_extension("new");
    fs::copy(&database, &other).unwrap();
    let held = Connection::open(&database).unwrap();
    held.execute_batch("pragma locking_mode = exclusive; pragma journal_mode = delete; begin exclusive")
        .unwrap();
    let replacer = std::thread::spawn(move || {
        while !is_served(&database) {
            std::thread::yield_now();
        }
        fs::rename(other, database).unwrap();
        drop(held);
    });
    assert!(!process.starts().await, "it must not serve a file that was put aside: {:#?}", process.log());
    replacer.join().unwrap();
    assert_eq!(process.exit_code().await, Some(1));
    within("the reason", async {
        while !process.log().iter().any(|line| line.contains("it was replaced by another file just now")) {
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
