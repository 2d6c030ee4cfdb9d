//! litestream beside the service, as docs/backup.md says: the log is its to move, and what it restores is what there was.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::rt::time::sleep;
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use rustix::process::{Pid, Signal, kill_process};

use crate::site::{Client, Process, check_file, output, skip, within};

/// litestream on a database, with a folder as its replica; gone when dropped.
struct Litestream {
    config: PathBuf,
    child: Option<Child>,
}

impl Litestream {
    fn beside(database: &Path) -> Self {
        let (config, replica) =
            (database.with_file_name("litestream.yml"), database.with_file_name("replica"));
        let text = format!(
            "logging:\n  level: debug\ndbs:\n  - path: {}\n    replicas:\n      - path: {}\n        sync-interval: 100ms\n",
            database.display(),
            replica.display()
        );
        fs::write(&config, text).unwrap();
        Self { config, child: None }
    }

    fn start(&mut self) {
        let mut command = Command::new("litestream");
        let command = command.args(["replicate", "-config"]).arg(&self.config);
        let log = OpenOptions::new().append(true).create(true).open(self.log()).unwrap();
        self.child = Some(command.stdout(log).stderr(Stdio::null()).spawn().unwrap());
    }

    fn log(&self) -> PathBuf {
        self.config.with_extension("log")
    }

    /// How often it had to take a whole copy anew, as a part of the log was gone before it had seen it.
    fn began_anew(&self) -> usize {
        fs::read_to_string(self.log()).unwrap().matches(" snap=true reason=").count()
    }

    /// SIGTERM: it sends what it has not sent yet.
    fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let number = i32::try_from(child.id()).ok().and_then(Pid::from_raw).unwrap();
        kill_process(number, Signal::TERM).unwrap();
        assert!(child.wait().unwrap().success());
    }

    /// What the replica has, as a file; whether there is anything in it yet.
    fn restore(&self, database: &Path, into: &Path) -> bool {
        drop(fs::remove_file(into));
        let mut command = Command::new("litestream");
        let command =
            command.args(["restore", "-config"]).arg(&self.config).arg("-o").arg(into).arg(database);
        output(command, "").status.success()
    }
}

impl Drop for Litestream {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Whether two files hold the same rows, in every table.
fn are_same(one: &Path, other: &Path) -> bool {
    let connection = Connection::open(one).unwrap();
    // Whoever closes the file last would move the log, which is not ours.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    connection.execute("attach ?1 as other", [other.to_str().unwrap()]).unwrap();
    let mut tables = connection
        .prepare("select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
        .unwrap();
    let tables: Vec<String> = tables.query_map((), |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() > 5, "{tables:?}");
    let differ = |from: &str, to: &str, table: &str| {
        let rows =
            format!("select count(*) from (select * from {from}.{table} except select * from {to}.{table})");
        connection.query_row(&rows, (), |row| row.get::<_, i64>(0)).unwrap() > 0
    };
    !tables.iter().any(|table| differ("main", "other", table) || differ("other", "main", table))
}

/// Waits until the replica has everything; gives the file that it was restored to.
async fn all_of_it(litestream: &Litestream, database: &Path) -> PathBuf {
    let file = database.with_file_name("from-litestream.db");
    within("everything in the replica", async {
        while !(litestream.restore(database, &file) && are_same(database, &file)) {
            sleep(Duration::from_millis(100)).await;
        }
    })
    .await;
    check_file(&file);
    file
}

async fn post(client: &mut Client, posts: usize) {
    for n in 0..posts {
        client.post("/a", &format!("{n} {}", "x".repeat(5_000))).await;
    }
}

#[actix_web::test]
async fn what_litestream_restores_is_what_there_was() {
    if Command::new("litestream").arg("version").output().is_err() {
        return skip("what_litestream_restores_is_what_there_was", "there is no litestream");
    }
    let mut process = Process::start("database.checkpoint = \"outside\"").await;
    let database = process.database.clone();
    let mut litestream = Litestream::beside(&database);
    litestream.start();
    let mut alice = process.user("alice").await;
    post(&mut alice, 100).await;
    // The service is killed and comes back, a command changes something beside it, and a stop moves nothing.
    process.kill();
    process.restart().await;
    alice.reconnect(process.address).await;
    post(&mut alice, 100).await;
    assert!(process.also(&["user", "role", "alice", "moderator"], "").status.success());
    assert!(process.also(&["backup", "copy.db"], "").status.success());
    all_of_it(&litestream, &database).await;
    assert_eq!(process.terminate().await, Some(0));
    process.restart().await;
    alice.reconnect(process.address).await;
    post(&mut alice, 50).await;
    // Without litestream the log waits for it.
    litestream.stop();
    post(&mut alice, 50).await;
    litestream.start();
    post(&mut alice, 50).await;
    all_of_it(&litestream, &database).await;
    assert_eq!(process.terminate().await, Some(0));
    litestream.stop();
    let file = all_of_it(&litestream, &database).await;
    assert_eq!(litestream.began_anew(), 0, "nobody but litestream moved the log");
    // Back by the documents' words, as a new life, which the same replica goes on with.
    let restored = process.also(&["restore", file.to_str().unwrap()], "");
    assert!(restored.status.success(), "{restored:?}");
    fs::remove_dir_all(database.with_file_name(".otklik.db-litestream")).unwrap();
    litestream.start();
    process.restart().await;
    alice.reconnect(process.address).await;
    assert_eq!(process.guest("bob").await.subscribe("/a").await["total"], 350);
    post(&mut alice, 10).await;
    all_of_it(&litestream, &database).await;
}
