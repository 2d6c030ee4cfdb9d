//! Databases as large as a site's after years, made once and kept under `target/bench/data`.
//!
//! The service itself makes the empty file, so its schema is the real one; the rows are then written in bulk, and last
//! the tests' own check of every invariant is run on them.

mod fill;
mod isso;
mod shape;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use nix::sys::statvfs::statvfs;
use rusqlite::Connection;

use crate::bench::Context;
use crate::client::{Crowd, query};
use crate::report::progress;
use crate::server::{ISSO, OTKLIK, Server, Settings};

/// The tests' own.
#[path = "../../../../tests/it/site/invariant.rs"]
mod invariant;

/// The page with so many comments, in any database that has room for it.
pub fn page(comments: usize) -> String {
    format!("/open/{comments}")
}

/// How many comments the pages have that `open` reads.
pub const PAGES: [usize; 3] = [10, 10_000, 100_000];

/// Reactions a comment, on average.
pub const REACTIONS: usize = 10;

/// A file with so many comments and ten times as many reactions.
pub fn database(context: &Context, comments: usize) -> Result<PathBuf> {
    let folder = context.root.join("target/bench/data");
    fs::create_dir_all(&folder)?;
    let (file, part) = (folder.join(format!("{comments}.db")), folder.join(format!("{comments}.part")));
    empty(context, &part)?;
    if file.exists() && migrations(&file)? == migrations(&part)? {
        fs::remove_file(&part)?;
        return Ok(file);
    }
    has_room(&folder, comments)?;
    progress(&format!("making a database of {comments} comments; it is kept"));
    let rows = shape::Rows::grow(comments);
    fill::fill(&part, rows).context("filling the database")?;
    progress(&format!("checking the database of {comments} comments"));
    invariant::check(&part);
    fs::rename(part, &file)?;
    Ok(file)
}

/// A comment with its reactions and indexes takes about 500 bytes, while it is made or copied twice that.
fn has_room(folder: &Path, comments: usize) -> Result<()> {
    let disk = statvfs(folder)?;
    let (free, needed) = (disk.blocks_available() * disk.fragment_size(), comments as u64 * 1_200);
    ensure!(free > needed, "{comments} comments need {} MiB of free disk", needed >> 20);
    Ok(())
}

/// The same rows as Isso keeps them.
pub fn isso_database(context: &Context, comments: usize) -> Result<PathBuf> {
    let from = database(context, comments)?;
    let folder = context.root.join("target/bench/data");
    let (file, part) = (folder.join(format!("isso-{comments}.db")), folder.join("isso.part"));
    let made = |file: &Path| fs::metadata(file).and_then(|file| file.modified());
    if made(&file).is_ok_and(|isso| made(&from).is_ok_and(|from| isso > from)) {
        return Ok(file);
    }
    progress(&format!("writing {comments} comments as Isso keeps them; it is kept"));
    let mut server = Server::start(context, &ISSO, &Settings::default())?;
    server.kill()?;
    fs::copy(server.database(), &part)?;
    isso::fill(&from, &part).context("filling Isso's database")?;
    fs::rename(part, &file)?;
    Ok(file)
}

/// The service's own empty file, whole in itself.
fn empty(context: &Context, file: &Path) -> Result<()> {
    let mut server = Server::start(context, &OTKLIK, &Settings::default())?;
    // It listens before it has made its file, but does not answer.
    let mut crowd = Crowd::new(server.address, OTKLIK.dialect, context.clock)?;
    crowd.open(1, |_| vec![query::subscribe(1, "/empty")], |_, _| ())?;
    server.kill()?;
    let made = server.database();
    let connection = Connection::open(&made)?;
    connection.pragma_update_and_check(None, "journal_mode", "delete", |_| Ok(()))?;
    connection.close().map_err(|(_, error)| error)?;
    fs::copy(made, file)?;
    Ok(())
}

/// What was applied to a file.
fn migrations(file: &Path) -> Result<Vec<String>> {
    let connection = Connection::open(file)?;
    let mut statement = connection.prepare("select checksum from migration order by number")?;
    let checksums = statement.query_map((), |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(checksums)
}
