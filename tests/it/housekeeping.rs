//! What nobody asks for: old rows go, and the write-ahead log stays short.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::rt::time::sleep;
use otklik::action::{Chore, Context, sweep};
use otklik::clock::Clock;
use otklik::config::Config;
use otklik::store::{Aside, Store};
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::site::{Client, Process, START_MS, Site, check_file, within};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How often housekeeping is done.
const ROUND: Duration = Duration::from_secs(10 * 60);

/// So many days, less three rounds of housekeeping.
fn three_rounds_before(days: u64) -> Duration {
    Duration::from_secs(days * DAY.as_secs() - 3 * ROUND.as_secs())
}

fn count(site: &Site, what: &str) -> i64 {
    site.database().query_row(&format!("select count(*) from {what}"), (), |row| row.get(0)).unwrap()
}

/// Waits until there are so many rows.
async fn comes_to(site: &Site, what: &str, wanted: i64) {
    within(what, async {
        while count(site, what) != wanted {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Waits until a round of housekeeping is over that began after this: it takes the kinds in turn, and the rows of a
/// kind by their age, so what goes last is a token that ended just now and, in the next round, another.
async fn after_a_round(site: &Site) {
    let ended = "insert into token values (randomblob(32), (select min(user_id) from user), 0, 1)";
    for _ in 0..2 {
        site.database().execute(ended, ()).unwrap();
        site.clock.advance(ROUND);
        comes_to(site, "token where expires_at_ms = 1", 0).await;
    }
}

#[actix_web::test]
async fn tokens_and_failures_go_when_their_time_is_over() {
    let site = Site::start().await;
    let mut alice = site.user("alice").await;
    let wrong = json!({"type_query": "signIn", "username": "nobody", "password": "not this one"});
    alice.refused(wrong, "bad_credentials").await;
    site.clock.advance(three_rounds_before(1));
    after_a_round(&site).await;
    assert_eq!((count(&site, "token"), count(&site, "sign_in_failure")), (1, 1), "nothing before its time");
    site.clock.advance(3 * ROUND);
    comes_to(&site, "sign_in_failure", 0).await;
    assert_eq!(count(&site, "token"), 1);
    site.clock.advance(29 * DAY);
    comes_to(&site, "token", 0).await;
}

/// Posts a comment, or a reply; gives its record.
async fn post(client: &mut Client, parent: Option<&Value>, key: &str) -> Value {
    let parent = parent.map(|parent| &parent["comment_id"]);
    let query =
        json!({"type_query": "postComment", "page": "/a", "comment": key, "key": key, "parent": parent});
    client.does(query).await["comment"].take()
}

#[actix_web::test]
async fn tombstones_go_long_after_their_last_reply() {
    let mut site = Site::start().await;
    let (mut alice, mut bob) = (site.user("alice").await, site.user("bob").await);
    post(&mut alice, None, "stays").await;
    let top = post(&mut alice, None, "top").await;
    let below = post(&mut alice, Some(&top), "below").await;
    let deep = post(&mut alice, Some(&below), "deep").await;
    bob.react(&top, "like").await;
    bob.react(&deep, "dislike").await;
    bob.subscribe("/a").await;
    alice.delete(&top).await;
    alice.delete(&below).await;
    site.clock.advance(20 * DAY);
    alice.reconnect(site.address).await;
    alice.delete(&deep).await;
    let mut carol = site.guest().await;
    let seen = carol.subscribe("/a").await["rev"].clone();
    site.clock.advance(three_rounds_before(30));
    after_a_round(&site).await;
    assert_eq!(count(&site, "comment"), 4, "thirty days from when the last reply went");
    site.clock.advance(3 * ROUND);
    comes_to(&site, "comment", 1).await;
    assert_eq!(count(&site, "reaction"), 0);
    let (rev, tally): (i64, i64) = site
        .database()
        .query_row("select rev, likes + dislikes from page", (), |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert_eq!((json!(rev), tally), (seen, 0), "no revision for what nobody sees");
    // Who has seen them deleted goes on; who has not begins afresh, and is shown none of them.
    site.restart().await;
    carol.reconnect(site.address).await;
    assert_eq!(carol.resume("/a").await["resumed"], true);
    bob.token.clear();
    bob.reconnect(site.address).await;
    let resumed = bob.resume("/a").await;
    assert_eq!((&resumed["resumed"], &resumed["total"]), (&json!(false), &json!(1)), "{resumed}");
    assert_eq!(bob.state("/a").seen().len(), 1);
    // With a comment goes its key.
    let mut alice = site.again("alice").await;
    let anew = post(&mut alice, None, "top").await;
    assert_eq!(anew["comment_id"], 5, "no number is used twice");
    carol.comes_to("/a", |state| state.seen().len() == 2).await;
}

/// A store with what actions know, on a clock that stands.
fn store(file: &Path, change: impl FnOnce(&mut Config)) -> (Store, Context) {
    let clock = Clock::manual(START_MS);
    let mut config = Config::default();
    config.auth.bcrypt_cost = 4;
    change(&mut config);
    let store = Store::open(file, 1, &clock).unwrap();
    let context = Context::new(config, clock, store.epoch.clone());
    (store, context)
}

#[test]
fn each_step_is_small_and_leaves_the_file_whole() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("otklik.db");
    let (mut store, context) = store(&file, |_| ());
    // A thread of deleted comments, one under another; the deepest was liked by many. The clock was set back between.
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 450)
             insert into user (username, skeleton, password, role, state, created_at_ms)
                 select i, i, '', 'user', 'active', 0 from n;
             insert into page (page_id, site_id, key, rev, total, likes, dislikes) values (1, 1, '/a', 9, 0, 225, 225);
             with recursive n (i) as (select 1 union all select i + 1 from n where i < 250)
             insert into comment (slot, comment_id, page_id, parent_id, depth, user_id, created_at_ms, state, listed, rev,
                     text_rev, text, unlisted_at_ms, likes, dislikes)
                 select (1 << 32) + i, i, 1, nullif(i - 1, 0), i - 1, 1, 0, 'deleted', 0, 9, 9, '', 1000 + i % 7,
                     iif(i = 250, 225, 0), iif(i = 250, 225, 0)
                 from n;
             insert into reaction select (1 << 32) + 250, user_id, user_id % 2, 0 from user",
        )
        .unwrap();
    check_file(&file);
    let (mut rows, mut steps) = (0, 0);
    loop {
        let swept = sweep(&mut store.writer, &context, Chore::Tombstones).unwrap();
        let Aside::Done(swept) = swept else { panic!("{swept:?}") };
        check_file(&file);
        assert!(swept.rows <= 200, "{swept:?}");
        rows += swept.rows;
        steps += 1;
        if !swept.more {
            break;
        }
    }
    assert_eq!(rows, 700, "in {steps} steps");
    let left: i64 = Connection::open(&file)
        .unwrap()
        .query_row("select count(*) from comment", (), |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[actix_web::test]
async fn a_write_waits_for_a_step_not_for_a_round() {
    let mut site = Site::start().await;
    let mut alice = site.user("alice").await;
    site.database()
        .execute_batch(
            "with recursive n (i) as (select 1 union all select i + 1 from n where i < 60000)
             insert into token select randomblob(32), 1, 0, 1 from n",
        )
        .unwrap();
    site.clock.advance(ROUND);
    for n in 0..10 {
        alice.post("/a", &format!("{n}")).await;
    }
    let left = count(&site, "token where expires_at_ms = 1");
    assert!(left > 0, "writes came in between");
    site.stop().await;
    assert!(count(&site, "token where expires_at_ms = 1") > 0, "nor does a stop wait for it");
}

/// Whether the words stand anywhere in the files of the database.
fn stands(site: &Site, words: &str) -> bool {
    let files =
        ["otklik.db", "otklik.db-wal"].map(|name| fs::read(site.folder().join(name)).unwrap_or_default());
    files.iter().any(|bytes| bytes.windows(words.len()).any(|window| window == words.as_bytes()))
}

#[actix_web::test]
async fn a_deleted_text_is_gone_from_the_disk() {
    let mut site = Site::start().await;
    let mut alice = site.user("alice").await;
    let words = format!("a long confession of {} pages", "many ".repeat(1_500));
    let comment = alice.post("/a", &words).await;
    let short = alice.post("/a", "a short confession").await;
    site.stop().await;
    assert!(
        stands(&site, "a short confession") && stands(&site, "a long confession"),
        "it is looked for in the right place"
    );
    site.restart_from_stop().await;
    alice.reconnect(site.address).await;
    alice.delete(&comment).await;
    alice.delete(&short).await;
    site.stop().await;
    assert!(
        !stands(&site, "a short confession")
            && !stands(&site, "a long confession")
            && !stands(&site, &"many ".repeat(100))
    );
}

#[actix_web::test]
async fn an_operator_may_keep_deleted_texts_for_a_while() {
    let mut site = Site::with(|config| config.comments.erase_after_days = 7).await;
    let (mut alice, mut bob) = (site.user("alice").await, site.guest().await);
    bob.subscribe("/a").await;
    let comment = alice.post("/a", "regretted").await;
    alice.reply("/a", &comment, "so that it is listed").await;
    alice.delete(&comment).await;
    let kept = |site: &Site| {
        let row = site.database().query_row("select comment_id, text from deleted_text", (), |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        });
        row.ok()
    };
    assert_eq!(kept(&site), Some((1, "regretted".to_owned())));
    bob.comes_to("/a", |state| state.seen().len() == 2).await;
    let listed = bob.list("/a", json!({})).await;
    let pushed = bob.heard();
    assert_eq!(
        (&listed["comments"][0]["comment"], &listed["comments"][0]["state"]),
        (&json!(""), &json!("deleted"))
    );
    let deleted = pushed.iter().flat_map(|push| push["comments"].as_array().unwrap());
    assert!(deleted.filter(|one| one["state"] == "deleted").all(|one| one["comment"] == ""), "{pushed:#?}");
    site.clock.advance(three_rounds_before(7));
    after_a_round(&site).await;
    assert!(kept(&site).is_some(), "nothing before its time");
    site.clock.advance(3 * ROUND);
    comes_to(&site, "deleted_text", 0).await;
    // Who keeps them no longer, keeps none.
    let mut alice = site.again("alice").await;
    let other = alice.post("/a", "regretted, too").await;
    alice.delete(&other).await;
    assert!(kept(&site).is_some());
    site.restart_with(|config| config.comments.erase_after_days = 0).await;
    comes_to(&site, "deleted_text", 0).await;
}

/// Posts so many comments of 10,000 bytes, some at a time.
async fn post_much(client: &mut Client, posts: usize, mut between: impl FnMut()) {
    let text = "x".repeat(9_990);
    for _ in 0..posts / 50 {
        let mut asked = Vec::new();
        for _ in 0..50 {
            asked.push(
                client.send(json!({"type_query": "postComment", "page": "/a", "comment": &text})).await,
            );
        }
        for id in asked {
            assert_eq!(client.answer(id).await["status"], "success");
        }
        between();
    }
}

fn length(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |file| file.len())
}

#[actix_web::test]
async fn the_log_stays_short_under_steady_load_with_readers() {
    let site = Site::with(|config| config.limits.in_flight_max = 50).await;
    let mut alice = site.user("alice").await;
    let log = site.folder().join("otklik.db-wal");
    // At no moment is there no reader, and each reads the newest state when it begins.
    let over = Arc::new(AtomicBool::new(false));
    let readers = [site.database(), site.database()];
    let reading = std::thread::spawn({
        let over = Arc::clone(&over);
        move || {
            let begin = |reader: &Connection| {
                reader.execute_batch("begin; select count(*) from life").unwrap();
            };
            begin(&readers[0]);
            let mut turns = 0;
            while !over.load(Ordering::Relaxed) {
                begin(&readers[(turns + 1) % 2]);
                readers[turns % 2].execute_batch("commit").unwrap();
                turns += 1;
            }
            turns
        }
    });
    let mut longest = 0;
    // Each takes three pages of the log at least: 48 MiB and more in all.
    post_much(&mut alice, 4_200, || longest = longest.max(length(&log))).await;
    over.store(true, Ordering::Relaxed);
    assert!(reading.join().unwrap() > 100, "somebody read all the while");
    // Where the machine is so busy that a reader lasts too long, it is waited for again at twice the length.
    assert!((4 << 20..40 << 20).contains(&longest), "the log grew to {longest} bytes");
}

#[actix_web::test]
async fn a_long_read_is_not_waited_for_again_and_again() {
    let site = Site::with(|config| config.limits.in_flight_max = 50).await;
    let mut alice = site.user("alice").await;
    let log = site.folder().join("otklik.db-wal");
    let reader = site.database();
    reader.execute_batch("begin; select count(*) from life").unwrap();
    // It cannot be made shorter while that goes on, and the writes go on as well.
    post_much(&mut alice, 1_600, || ()).await;
    assert!(length(&log) > 18 << 20, "{}", length(&log));
    reader.execute_batch("commit").unwrap();
    post_much(&mut alice, 100, || ()).await;
    assert!(length(&log) <= 16 << 20, "it is made shorter afterwards: {}", length(&log));
}

#[actix_web::test]
async fn the_log_is_left_to_who_copies_it_away() {
    for (checkpoint, left) in [("own", false), ("outside", true)] {
        let mut process =
            Process::start(&format!("database.checkpoint = \"{checkpoint}\"\nlimits.in_flight_max = 50"))
                .await;
        let mut alice = process.user("alice").await;
        post_much(&mut alice, 400, || ()).await;
        let log = process.database.with_extension("db-wal");
        assert_eq!(length(&process.database) < 1 << 20, left, "{checkpoint}: what is in the main file");
        assert_eq!(process.terminate().await, Some(0));
        assert_eq!(length(&log) > 4 << 20, left, "{checkpoint}: what is left in the log");
        process.restart().await;
        assert_eq!(process.guest("bob").await.subscribe("/a").await["total"], 400);
    }
}

#[actix_web::test]
async fn nothing_is_kept_of_who_is_deleted() {
    let process = Process::start("comments.erase_after_days = 7").await;
    let (mut alice, mut bob) = (process.user("alice").await, process.user("bob").await);
    for client in [&mut alice, &mut bob] {
        for _ in 0..2 {
            let comment = client.post("/a", "regretted").await;
            client.delete(&comment).await;
        }
        client.post("/a", "shown").await;
    }
    let kept = || {
        let file = Connection::open(&process.database).unwrap();
        file.query_row("select count(*) from deleted_text", (), |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(kept(), 4);
    let deleted = process.also(&["user", "delete", "alice", "--yes"], "");
    assert!(deleted.status.success(), "{deleted:?}");
    assert_eq!(kept(), 2, "another's stay");
}
