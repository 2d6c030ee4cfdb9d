//! Files of every released schema, brought to today's: rows of every kind are there, read through the service.
//!
//! `sql/test/NNNN.sql` is a file as the version left it whose newest migration was NNNN. A new migration needs one more:
//! `every_schema_has_its_file` makes it and says where.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::site::{Client, PASSWORD, Process, Site, check_file, output};

const TEXT: &str = "first, with 'quotes', \"marks\" & <tags>\nand a second line\twith a tab, Ünïcödé and 🦦";

/// Makes rows of every kind that there is.
async fn make(site: &Site) {
    let mut alice = site.user("alice").await;
    let mut bob = site.user_as("bob", "moderator").await;
    let mut root = site.user_as("root", "admin").await;
    let mut eve = site.user("eve").await;
    alice.does(json!({"type_query": "changeImg", "img": "https://img.example/a.png"})).await;
    make_comments([&mut alice, &mut bob, &mut root, &mut eve]).await;
    let kept = site.database();
    kept.execute("update page set locked = 1 where key = '/locked'", ()).unwrap();
    kept.execute("update user set state = 'banned' where username = 'eve'", ()).unwrap();
    let notice = "insert into outside_notice (what, user_id, created_at_ms) values ('suspended', 4, 0)";
    kept.execute(notice, ()).unwrap();
    let wrong = json!({"type_query": "signIn", "username": "alice", "password": "not this one"});
    root.refused(wrong, "bad_credentials").await;
}

async fn make_comments([alice, bob, root, eve]: [&mut Client; 4]) {
    let first = json!({"type_query": "postComment", "page": "/a", "comment": TEXT, "key": "k 1"});
    let first = alice.does(first).await["comment"].take();
    let reply = bob.reply("/a", &first, "a reply").await;
    let deep = eve.reply("/a", &reply, "a reply to it").await;
    alice.edit(&first, &format!("{TEXT}, edited")).await;
    for (client, comment, reaction) in
        [(&mut *bob, &first, "like"), (root, &first, "like"), (eve, &first, "dislike")]
    {
        client.react(comment, reaction).await;
    }
    bob.react(&deep, "dislike").await;
    let gone = alice.post("/a", "deleted, and gone from the lists").await;
    bob.react(&gone, "like").await;
    alice.delete(&gone).await;
    bob.delete(&reply).await;
    bob.post("/locked", "the last word").await;
}

/// Reads them back, and goes on from there.
async fn reads_back(site: &Site) {
    let mut guest = site.guest().await;
    comments_read_back(&mut guest).await;
    people_read_back(site, &mut guest).await;
    goes_on(site, &mut guest).await;
}

async fn comments_read_back(guest: &mut Client) {
    let opened = guest.subscribe("/a").await;
    assert_eq!(opened["total"], 2, "{opened:#}");
    let listed = opened["comments"].as_array().unwrap();
    let states: Vec<_> =
        listed.iter().map(|one| (&one["comment_id"], &one["state"], &one["parent"])).collect();
    assert_eq!(
        states,
        [(&json!(1), &json!("shown"), &Value::Null), (&json!(2), &json!("deleted"), &json!(1))],
        "{opened:#}"
    );
    let first = &listed[0];
    assert_eq!(first["comment"], format!("{TEXT}, edited"));
    assert_eq!((&first["like"], &first["dislike"], &first["replies"]), (&json!(2), &json!(1), &json!(0)));
    assert_eq!((&first["username"], &first["img"]), (&json!("alice"), &json!("https://img.example/a.png")));
    let below = guest.list("/a", json!({"parent": 2})).await["comments"][0].take();
    assert_eq!((&below["comment"], &below["dislike"]), (&json!("a reply to it"), &json!(1)));
}

async fn people_read_back(site: &Site, guest: &mut Client) {
    let mut bob = site.again("bob").await;
    let mine = bob.does(json!({"type_query": "loadReactions", "comment_ids": [1, 3, 4]})).await;
    assert_eq!(mine["reactions"], json!([[1, "like"], [3, "dislike"], [4, "like"]]));
    let mut root = Client::connect("root", site.address).await;
    assert_eq!(root.sign_in("root").await["role"], "admin");
    let eve = json!({"type_query": "signIn", "username": "eve", "password": PASSWORD});
    guest.refused(eve, "bad_credentials").await;
}

async fn goes_on(site: &Site, guest: &mut Client) {
    let (mut alice, mut bob) = (site.again("alice").await, site.again("bob").await);
    let again = json!({"type_query": "postComment", "page": "/a", "comment": TEXT, "key": "k 1"});
    assert_eq!(alice.does(again).await["comment"]["comment_id"], 1, "the key is spent");
    let late = json!({"type_query": "postComment", "page": "/locked", "comment": "one more"});
    alice.refused(late, "page_locked").await;
    let new = alice.post("/a", "after the upgrade").await;
    assert_eq!(new["comment_id"], 6, "no number is used twice");
    assert_eq!(bob.react(&json!({"comment_id": 1}), "none").await["like"], 1);
    bob.delete(&json!({"comment_id": 3})).await;
    guest.comes_to("/a", |state| state.seen().len() == 2).await;
}

/// Rates and deleted texts that are kept, so that there is something to keep.
async fn site_on(file: &Path) -> Site {
    Site::with(|config| {
        file.clone_into(&mut config.database.path);
        config.limits.posts_per_min = 1_000;
        config.limits.reactions_per_min = 1_000;
        config.comments.erase_after_days = 7;
    })
    .await
}

/// The dumps, oldest first.
fn dumps() -> Vec<PathBuf> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sql/test");
    let mut dumps: Vec<_> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    dumps.sort();
    dumps
}

/// The file that a dump tells of.
fn load(dump: &Path) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("otklik.db");
    let connection = Connection::open(&file).unwrap();
    connection.execute_batch(&fs::read_to_string(dump).unwrap()).unwrap();
    (folder, file)
}

fn number(dump: &Path) -> i64 {
    dump.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn every_released_schema_is_brought_to_todays() {
    assert!(!dumps().is_empty());
    for path in dumps() {
        let (folder, file) = load(&path);
        let site = site_on(&file).await;
        reads_back(&site).await;
        drop(site);
        // As it was before, it is kept; there is nothing to keep of a file that is today's.
        let kept = format!("otklik.db.before-{:04}", number(&path) + 1);
        let is_old = number(&path) < newest();
        assert_eq!(names(&folder), if is_old { vec![kept.as_str()] } else { vec![] });
        if is_old {
            let kept = Connection::open(folder.path().join(kept)).unwrap();
            assert_eq!(dump(&kept), fs::read_to_string(&path).unwrap());
        }
    }
}

/// A client may remember the number of a comment that is gone.
#[actix_web::test]
async fn a_number_that_is_gone_is_not_used_again_after_an_upgrade() {
    let (_folder, file) = load(&dump_of(4));
    let seq = "update sqlite_sequence set seq = 9 where name = 'comment'";
    assert_eq!(Connection::open(&file).unwrap().execute(seq, ()).unwrap(), 1);
    let site = site_on(&file).await;
    assert_eq!(site.again("alice").await.post("/a", "new").await["comment_id"], 10);
}

/// What was kept before a migration is checked as what it is.
#[test]
fn an_older_file_whose_tally_is_wrong_is_not_taken_over() {
    let (folder, file) = load(&dump_of(4));
    Connection::open(&file)
        .unwrap()
        .execute("update comment set likes = 9 where comment_id = 3", ())
        .unwrap();
    let served = output(Process::command(&["serve"]).current_dir(folder.path()), "");
    let told = String::from_utf8(served.stderr).unwrap();
    assert_eq!(served.status.code(), Some(1), "{told}");
    assert!(told.contains("a comment's tally is not the sum of its reactions (1 rows)"), "{told}");
}

fn dump_of(schema: i64) -> PathBuf {
    dumps().into_iter().find(|dump| number(dump) == schema).unwrap()
}

fn newest() -> i64 {
    dumps().iter().map(|dump| number(dump)).max().unwrap()
}

/// What lies beside the database, but for SQLite's own.
fn names(folder: &TempDir) -> Vec<String> {
    let names =
        fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names
        .filter(|name| !["otklik.db", "otklik.db-wal", "otklik.db-shm"].contains(&name.as_str()))
        .collect();
    names.sort();
    names
}

#[actix_web::test]
async fn what_was_kept_before_is_not_overwritten() {
    let (folder, file) = load(&dumps()[0]);
    fs::write(folder.path().join("otklik.db.before-0002"), "of an earlier time").unwrap();
    // A start that was killed amid its migrations leaves this, and the next one takes the name again.
    fs::write(folder.path().join("otklik.db.before-0002-unfinished"), "of a start that was killed").unwrap();
    let site = site_on(&file).await;
    drop(site);
    let kept = names(&folder);
    assert_eq!(kept, ["otklik.db.before-0002", "otklik.db.before-0002-20261123T093000Z"]);
    assert_eq!(fs::read(folder.path().join(&kept[0])).unwrap(), b"of an earlier time");
}

#[test]
fn a_migration_that_fails_leaves_the_file_as_it_was() {
    let (folder, file) = load(&dumps()[0]);
    Connection::open(&file).unwrap().execute_batch("create table user_rate (a); vacuum").unwrap();
    let before = dump(&Connection::open(&file).unwrap());
    let served = output(Process::command(&["serve"]).current_dir(folder.path()), "");
    let told = String::from_utf8(served.stderr).unwrap();
    assert_eq!(served.status.code(), Some(1), "{told}");
    assert!(
        told.contains("migration 2 (page_tally_and_user_rates): table user_rate already exists"),
        "{told}"
    );
    assert_eq!(names(&folder), Vec::<String>::new(), "nothing is kept of what did not change");
    assert_eq!(dump(&Connection::open(&file).unwrap()), before);
}

/// The numbers of a file's migrations, as another connection of this process sees them.
fn migrations(file: &Connection) -> Vec<String> {
    rows(file, "select name, '' from migration order by number")
}

/// This process has the file open, as a service of the version does that left it.
#[test]
fn a_command_leaves_the_file_of_a_running_older_service_alone() {
    let dumps = dumps();
    let (folder, file) = load(&dumps[dumps.len() - 2]);
    let older = Connection::open(&file).unwrap();
    older.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())).unwrap();
    let before = migrations(&older);
    let run = |arguments: &[&str]| {
        let done = output(Process::command(arguments).current_dir(folder.path()), PASSWORD);
        (done.status.code(), String::from_utf8([done.stdout, done.stderr].concat()).unwrap())
    };
    for change in
        [&["user", "role", "alice", "admin"][..], &["user", "add", "dora"], &["user", "ban", "alice"]]
    {
        let (code, told) = run(change);
        assert_eq!(code, Some(1), "{told}");
        let process = format!("another process has it open (process {})", std::process::id());
        assert!(told.contains("of an older version") && told.contains(&process), "{told}");
        assert!(told.contains("stop it, or bring it to this version first"), "{told}");
    }
    let (code, told) = run(&["user", "list"]);
    assert!(code == Some(0) && told.contains("1\talice\tuser\tactive\n"), "{told}");
    assert_eq!((migrations(&older), names(&folder)), (before.clone(), vec![]), "nothing was changed");
    drop(older);
    // To look is not to change, whoever has it open.
    assert_eq!(run(&["user", "list"]).0, Some(0));
    assert_eq!(migrations(&Connection::open(&file).unwrap()), before);
    let (code, told) = run(&["user", "role", "alice", "admin"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(migrations(&Connection::open(&file).unwrap()).len() > before.len());
}

#[actix_web::test]
async fn every_schema_has_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("otklik.db");
    let mut site = site_on(&file).await;
    make(&site).await;
    site.stop().await;
    let text = dump(&Connection::open(&file).unwrap());
    let newest: i64 =
        site.database().query_row("select max(number) from migration", (), |row| row.get(0)).unwrap();
    if dumps().iter().map(|dump| number(dump)).ne(1..=newest) {
        let made = format!("{}/{newest:04}.sql", env!("CARGO_TARGET_TMPDIR"));
        fs::write(&made, text).unwrap();
        panic!("a dump is missing in sql/test; that of today's schema is {made}: copy it there");
    }
    // What it makes of today's file is that file.
    let (again, copy) = load_text(&text);
    check_file(&copy);
    assert_eq!(dump(&Connection::open(&copy).unwrap()), text);
    drop(again);
}

fn load_text(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump.sql");
    fs::write(&dump, text).unwrap();
    load(&dump)
}

/// A file as SQL.
fn dump(connection: &Connection) -> String {
    let id: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).unwrap();
    let mut text = format!(
        "-- A file as a release left it, with rows of every kind; made by tests/it/upgrade.rs.\n\
         pragma foreign_keys = off;\npragma application_id = {id};\n"
    );
    let schema = rows(
        connection,
        "select name, sql || ';' from sqlite_schema where sql is not null and name not like 'sqlite_%' order by rowid",
    );
    for row in &schema {
        let (name, sql) = row.split_once('\u{1}').unwrap();
        writeln!(text, "{sql}").unwrap();
        if sql.to_lowercase().starts_with("create table") {
            text.push_str(&contents(connection, name));
        }
    }
    text.push_str("delete from sqlite_sequence;\n");
    text.push_str(&contents(connection, "sqlite_sequence"));
    text
}

fn contents(connection: &Connection, table: &str) -> String {
    let columns = rows(connection, &format!("select name, '' from pragma_table_info('{table}')"));
    let columns: Vec<_> = columns.iter().map(|name| name.trim_end_matches('\u{1}')).collect();
    let values: Vec<_> = columns.iter().map(|column| format!("quote({column})")).collect();
    let values = values.join(" || ', ' || ");
    let found = rows(connection, &format!("select {values}, '' from {table} order by 1"));
    let columns = columns.join(", ");
    let insert = |row: &String| {
        format!("insert into {table} ({columns}) values ({});\n", row.trim_end_matches('\u{1}'))
    };
    found.iter().map(insert).collect()
}

/// Two columns a row, with something between them that stands in none.
fn rows(connection: &Connection, statement: &str) -> Vec<String> {
    let mut statement = connection.prepare(statement).unwrap();
    let rows = statement
        .query_map((), |row| Ok(format!("{}\u{1}{}", row.get::<_, String>(0)?, row.get::<_, String>(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}
