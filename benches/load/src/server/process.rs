//! A running server: started on its own core and in its own folder, and gone when it is dropped.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::config::{self, Settings};
use super::peer::{Peer, Place};
use super::usage::{self, Usage};
use crate::bench::Context;

/// How long a server may take to listen.
const PATIENCE: Duration = Duration::from_secs(30);

/// Below the ports that connections are given (32768 and up, ip(7)), so that none is taken by one of them.
static NEXT_PORT: AtomicU16 = AtomicU16::new(21_000);

/// A server that listens.
#[derive(Debug)]
pub struct Server {
    /// Where.
    pub address: SocketAddr,
    /// When its process was started.
    pub begun: Instant,
    name: &'static str,
    arguments: Vec<std::ffi::OsString>,
    place: Place,
    core: String,
    child: Child,
}

impl Server {
    /// Starts a server in an empty folder.
    pub fn start(context: &Context, peer: &Peer, settings: &Settings) -> Result<Self> {
        let needed = context.root.join(peer.needs);
        ensure!(needed.exists(), "it is not installed ({} is not there)", peer.needs);
        let port = free_port()?;
        let folder = context.root.join(format!("target/bench/run/{}-{port}", peer.name));
        // What a run that was cut short left behind.
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder)?;
        let place = Place { root: context.root.clone(), port, folder };
        if let Some(database) = &settings.database {
            fs::copy(database, place.database()).context("copying the database")?;
            // Else the kernel would write it out while the server is measured.
            File::open(place.database())?.sync_all()?;
        }
        fs::write(place.folder.join("config.toml"), config::otklik(port, settings))?;
        fs::write(place.folder.join("isso.cfg"), config::isso(port))?;
        fs::write(place.folder.join("sockudo.json"), config::sockudo(port))?;
        let arguments = (peer.command)(&place);
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let core = context.server_core.to_string();
        let begun = Instant::now();
        let child = spawn(&arguments, &place, &core)?;
        let mut server = Self { address, begun, name: peer.name, arguments, place, core, child };
        server.wait()?;
        Ok(server)
    }

    /// Kills it without a word.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts it again on the same file and port, after a kill; does not wait until it listens.
    pub fn start_again(&mut self) -> Result<()> {
        self.begun = Instant::now();
        self.child = spawn(&self.arguments, &self.place, &self.core)?;
        Ok(())
    }

    /// Waits until it takes connections.
    fn wait(&mut self) -> Result<()> {
        while TcpStream::connect(self.address).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended ({status}): {}", self.name, self.last_words());
            }
            if self.begun.elapsed() > PATIENCE {
                bail!("{} does not listen after {PATIENCE:?}: {}", self.name, self.last_words());
            }
            std::thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// What it has used.
    pub fn usage(&self) -> Result<Usage> {
        Usage::of(self.child.id()).with_context(|| format!("{} is gone: {}", self.name, self.last_words()))
    }

    /// Resident memory now, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        usage::resident_kib(self.child.id())
    }

    /// The most that was ever resident, in KiB.
    pub fn peak_kib(&self) -> Result<u64> {
        usage::peak_kib(self.child.id())
    }

    /// Its database file.
    pub fn database(&self) -> PathBuf {
        self.place.database()
    }

    /// The end of what it printed.
    fn last_words(&self) -> String {
        let said = fs::read(self.place.folder.join("output")).unwrap_or_default();
        let said = String::from_utf8_lossy(&said);
        let lines: Vec<_> = said.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" | ")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone after this, and its files with it.
        drop(self.child.kill());
        drop(self.child.wait());
        drop(fs::remove_dir_all(&self.place.folder));
    }
}

/// Starts a command on one core; `taskset` becomes it, so that the process is the server's own.
fn spawn(arguments: &[std::ffi::OsString], place: &Place, core: &str) -> Result<Child> {
    let output = File::options().create(true).append(true).open(place.folder.join("output"))?;
    let mut command = Command::new("taskset");
    command.args(["-c", core]).args(arguments).current_dir(&place.folder).stdin(Stdio::null());
    command.stdout(output.try_clone()?).stderr(output);
    command.spawn().context("starting it by taskset (util-linux)")
}

fn free_port() -> Result<u16> {
    for _ in 0..1_000 {
        let port = NEXT_PORT.fetch_add(1, Ordering::Relaxed);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no port is free between 21000 and 22000")
}
