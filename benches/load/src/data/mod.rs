//! Databases as large as a site's after years, made once and kept under `target/bench/data`.
//!
//! The service itself makes the empty file, so its schema is the real one; the rows are then written in bulk, and last
//! the tests' own check of every invariant is run on them.

mod fill;
mod isso;
mod shape;

use std::fmt::Write as _;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use nix::sys::statvfs::statvfs;
use rusqlite::Connection;
use sha2::{Digest as _, Sha256};

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

/// What makes the rows: a file that another one has made is made anew.
const MAKER: &[&str] =
    &[include_str!("fill.rs"), include_str!("shape.rs"), include_str!("../../../../src/domain/rank.rs")];

/// The largest database that is checked row by row: at ten million comments that takes longer than making them, and the
/// same maker's smaller ones have the same shape.
const CHECKED_MAX: usize = 1_000_000;

/// A file with so many comments and ten times as many reactions.
pub fn database(context: &Context, comments: usize) -> Result<PathBuf> {
    let folder = context.root.join("target/bench/data");
    fs::create_dir_all(&folder)?;
    let (file, part) = (folder.join(format!("{comments}.db")), folder.join(format!("{comments}.part")));
    empty(context, &part)?;
    let migrations = migrations(&part)?;
    let migrations: Vec<_> = migrations.iter().map(String::as_str).collect();
    let made_by = fingerprint(&[MAKER, &migrations]);
    if is_fresh(&file, &made_by) {
        fs::remove_file(&part)?;
        return Ok(file);
    }
    forget(&file)?;
    has_room(&folder, comments)?;
    progress(&format!("making a database of {comments} comments; it is kept"));
    let begun = Instant::now();
    let rows = shape::Rows::grow(comments);
    fill::fill(&part, rows).context("filling the database")?;
    progress(&format!("a database of {comments} comments took {:.1} s", begun.elapsed().as_secs_f64()));
    if comments <= CHECKED_MAX {
        check(&part)?;
    }
    keep(&part, &file, &made_by)?;
    Ok(file)
}

/// Every invariant, as after each of the tests.
fn check(file: &Path) -> Result<()> {
    progress(&format!("checking {}", file.display()));
    let begun = Instant::now();
    // It panics, as tests do, and has then said what is wrong.
    ensure!(catch_unwind(|| invariant::check(file)).is_ok(), "{} does not hold together", file.display());
    progress(&format!("checking it took {:.1} s", begun.elapsed().as_secs_f64()));
    Ok(())
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
    let made_by = fingerprint(&[&[include_str!("isso.rs"), &fs::read_to_string(stamp(&from))?]]);
    if is_fresh(&file, &made_by) {
        return Ok(file);
    }
    forget(&file)?;
    progress(&format!("writing {comments} comments as Isso keeps them; it is kept"));
    let mut server = Server::start(context, &ISSO, &Settings::default())?;
    server.kill()?;
    fs::copy(server.database(), &part)?;
    isso::fill(&from, &part).context("filling Isso's database")?;
    keep(&part, &file, &made_by)?;
    Ok(file)
}

/// What stands for these texts.
fn fingerprint(texts: &[&[&str]]) -> String {
    let mut digest = Sha256::new();
    for text in texts.iter().copied().flatten() {
        digest.update(text.len().to_le_bytes());
        digest.update(text);
    }
    digest.finalize().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Where it stands by what a file was made.
fn stamp(file: &Path) -> PathBuf {
    file.with_extension("made-by")
}

fn is_fresh(file: &Path, made_by: &str) -> bool {
    file.exists() && fs::read_to_string(stamp(file)).is_ok_and(|stamp| stamp == made_by)
}

/// What is not fresh makes room for what is.
fn forget(file: &Path) -> Result<()> {
    for old in [stamp(file), file.to_owned()] {
        if old.exists() {
            fs::remove_file(old)?;
        }
    }
    Ok(())
}

fn keep(part: &Path, file: &Path, made_by: &str) -> Result<()> {
    fs::rename(part, file)?;
    fs::write(stamp(file), made_by)?;
    Ok(())
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
