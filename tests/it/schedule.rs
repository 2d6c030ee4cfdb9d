//! Backups that are taken by themselves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::rt::time::sleep;
use jiff::{Timestamp, ToSpan as _, Unit};
use otklik::clock::Clock;

use crate::site::{Disk, Process, Site, check_file, expect_fault, fetch, skip, within};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The backup of the moment at which a site's clock begins.
const FIRST: &str = "otklik-20261123T093000Z.db";

/// A site that takes one a day, keeps so many, and where it puts them.
async fn daily(keep: usize, prepare: impl FnOnce(&Path)) -> (Site, PathBuf) {
    let mut folder = PathBuf::new();
    let site = Site::with(|config| {
        folder = config.database.path.with_file_name("copies").join("of otklik");
        prepare(&folder);
        config.backup.every_h = 24;
        config.backup.keep = keep;
        config.backup.folder.clone_from(&folder);
    })
    .await;
    (site, folder)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|one| one.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits until these are the files there, and nothing else.
async fn comes_to(folder: &Path, wanted: &[&str]) {
    within(&format!("{wanted:?}"), async {
        while names(folder) != wanted {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

/// Waits until one has failed. Not by the log, which is that of the tests beside this one, too.
async fn has_failed(site: &Site) {
    within("a failed backup", async {
        while !fetch(site.address, "/metrics", &[]).await.body.contains("otklik_backups_failed_total 1\n") {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[actix_web::test]
async fn they_are_counted_from_the_last_one_not_from_the_start() {
    let (mut site, folder) = daily(7, |_| ()).await;
    let mut alice = site.user("alice").await;
    alice.post("/a", "hi").await;
    comes_to(&folder, &[FIRST]).await;
    check_file(&folder.join(FIRST));
    site.stop().await;
    site.clock.advance(23 * HOUR);
    site.restart_from_stop().await;
    site.clock.advance(HOUR);
    comes_to(&folder, &[FIRST, "otklik-20261124T093000Z.db"]).await;
    site.clock.advance(24 * HOUR);
    comes_to(&folder, &[FIRST, "otklik-20261124T093000Z.db", "otklik-20261125T093000Z.db"]).await;
    check_file(&folder.join("otklik-20261125T093000Z.db"));
}

#[actix_web::test]
async fn a_start_waits_for_what_is_left_of_the_time() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let last_ms = Clock::system().now_ms() - 60 * 60 * 1_000;
    let last = Timestamp::from_millisecond(last_ms).unwrap().round(Unit::Second).unwrap();
    fs::write(folder.join(last.strftime("otklik-%Y%m%dT%H%M%SZ.db").to_string()), "an hour ago").unwrap();
    let on = format!("backup.every_h = 24\nbackup.folder = \"{}\"", folder.display());
    let process = Process::start(&on).await;
    let due = last + 24.hours();
    let words = format!("the next backup is due at {due:.3}");
    within(&words, async {
        while !process.log().iter().any(|line| line.contains(&words)) {
            sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert_eq!(names(folder).len(), 1);
}

#[actix_web::test]
async fn the_newest_are_kept_and_nothing_else_is_touched() {
    let stay = [
        "my otklik-20200101T000000Z.db",
        "otklik-20200101T000000Z.db.partial-mine",
        "otklik-20200101T000000Z.db.txt",
        "otklik-20201323T000000Z.db",
        "otklik-20261123T092959Z.db.partial-0123abcd",
    ];
    let go = [
        "otklik-20200101T000000Z.db",
        "otklik-20261121T093000Z.db",
        "otklik-20200101T000000Z.db.partial-0123abcd",
        "otklik-20200101T000000Z.db.partial-0123abcd-wal",
    ];
    let (_site, folder) = daily(2, |folder| {
        fs::create_dir_all(folder).unwrap();
        for name in stay.iter().chain(&go).chain(&["otklik-20261122T093000Z.db"]) {
            fs::write(folder.join(name), "something").unwrap();
        }
    })
    .await;
    let mut wanted = [&stay[..], &["otklik-20261122T093000Z.db", FIRST]].concat();
    wanted.sort_unstable();
    comes_to(&folder, &wanted).await;
}

#[actix_web::test]
async fn one_that_fails_is_told_and_tried_again() {
    expect_fault("no backup was taken, and it is tried again in 10 minutes: making the folder ");
    let (site, folder) = daily(7, |folder| fs::write(folder.parent().unwrap(), "in the way").unwrap()).await;
    let mut alice = site.user("alice").await;
    has_failed(&site).await;
    alice.post("/a", "the service goes on").await;
    fs::remove_file(folder.parent().unwrap()).unwrap();
    site.clock.advance(HOUR / 6);
    comes_to(&folder, &["otklik-20261123T094000Z.db"]).await;
}

#[actix_web::test]
async fn one_that_finds_no_room_leaves_the_disk_to_others() {
    let disk = match Disk::mount(1 << 20) {
        Ok(disk) => disk,
        Err(reason) => return skip("one_that_finds_no_room_leaves_the_disk_to_others", &reason),
    };
    expect_fault("there is no room for a copy in");
    let folder = disk.path().join("copies");
    let site =
        Site::with(|config| (config.backup.every_h, config.backup.folder) = (24, folder.clone())).await;
    has_failed(&site).await;
    assert_eq!(names(&folder), Vec::<String>::new());
}
