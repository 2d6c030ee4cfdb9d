//! The real binary in its own folder, killed and stopped as an operator or a power cut would.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{CONFIG, Client, invariant, within};

/// The binary, running or not.
pub(crate) struct Process {
    /// Where it listens; another port after each start.
    pub(crate) address: SocketAddr,
    /// Its file.
    pub(crate) database: PathBuf,
    child: Option<Child>,
    log: Arc<Mutex<Vec<String>>>,
    environment: Vec<(String, String)>,
    /// What each start hands over to it, as a supervisor does.
    socket: Option<OwnedFd>,
    folder: TempDir,
}

impl Process {
    /// Starts it with the tests' config, changed by `more` (`section.key = value`, one a line).
    pub(crate) async fn start(more: &str) -> Self {
        Self::start_in(&std::env::temp_dir(), more).await
    }

    /// The same with its folder on a certain disk.
    pub(crate) async fn start_in(parent: &Path, more: &str) -> Self {
        let mut process = Self::make(parent, more);
        process.run().await;
        process
    }

    /// The same with variables in its environment, each from its folder.
    pub(crate) async fn start_with(
        more: &str,
        environment: impl FnOnce(&Path) -> Vec<(String, String)>,
    ) -> Self {
        let mut process = Self::make(&std::env::temp_dir(), more);
        process.environment = environment(process.folder.path());
        process.run().await;
        process
    }

    fn make(parent: &Path, more: &str) -> Self {
        let folder = tempfile::tempdir_in(parent).expect("a folder");
        std::fs::write(folder.path().join("config.toml"), config_text(more)).expect("a config");
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let database = folder.path().join("otklik.db");
        Self {
            address,
            database,
            child: None,
            log: Arc::default(),
            environment: Vec::new(),
            socket: None,
            folder,
        }
    }

    /// It does not run yet.
    pub(crate) fn idle(more: &str) -> Self {
        Self::make(&std::env::temp_dir(), more)
    }

    /// Whenever it starts, it is handed over this socket.
    pub(crate) fn hand_over(&mut self, socket: OwnedFd) {
        self.socket = Some(socket);
    }

    /// Another process on the same file.
    pub(crate) async fn twin(&self) -> Self {
        let mut twin = Self::start(&format!("database.path = \"{}\"", self.database.display())).await;
        twin.database.clone_from(&self.database);
        twin
    }

    async fn run(&mut self) {
        assert!(self.starts().await, "it does not listen: {:#?}", self.log());
    }

    /// Starts it on the same file, and tells whether it listens; else it ends by itself.
    pub(crate) async fn starts(&mut self) -> bool {
        let mut command = match &self.socket {
            Some(socket) => handing_over(socket),
            None => Self::command(SERVE),
        };
        let command = command.current_dir(self.folder.path()).envs(self.environment.iter().cloned());
        let command = command.stdout(Stdio::null());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("the binary starts");
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        self.child = Some(child);
        let (listening, heard) = oneshot::channel();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            let mut listening = Some(listening);
            for line in stderr.lines().map_while(Result::ok) {
                if let Some(address) = address_in(&line)
                    && let Some(tell) = listening.take()
                {
                    // Nobody waits for it where the test has failed meanwhile; the log is kept all the same.
                    tell.send(address).unwrap_or(());
                }
                log.lock().unwrap_or_else(PoisonError::into_inner).push(line);
            }
        });
        let address = within("the line that says where it listens", heard).await;
        self.address = address.clone().unwrap_or(self.address);
        address.is_ok()
    }

    /// A client that is nobody yet.
    pub(crate) async fn guest(&self, name: &str) -> Client {
        Client::connect(name, self.address).await
    }

    /// A client that signs up.
    pub(crate) async fn user(&self, name: &str) -> Client {
        let mut client = self.guest(name).await;
        client.sign_up(name).await;
        client
    }

    /// SIGKILL: no word to anybody.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
    }

    /// Looks through its file, as is done at its end as well.
    pub(crate) fn check(&self) {
        invariant::check(&self.database);
    }

    /// Starts it again on the same file.
    pub(crate) async fn restart(&mut self) {
        assert!(self.child.is_none(), "it runs");
        self.run().await;
    }

    /// SIGTERM.
    pub(crate) fn ask_to_stop(&self) {
        self.signal(Signal::TERM);
    }

    /// Puts another config in place of its file, as [`start`](Self::start) takes it.
    pub(crate) fn rewrite(&self, more: &str) {
        let (file, fresh) = (self.folder.path().join("config.toml"), self.folder.path().join("config.new"));
        std::fs::write(&fresh, config_text(more)).expect("a config");
        std::fs::rename(fresh, file).expect("it takes its place");
    }

    /// Waits for a line of the log that has these words.
    pub(crate) async fn logs(&self, words: &str) {
        let told = within(words, async {
            while !self.log().iter().any(|line| line.contains(words)) {
                actix_rt::time::sleep(Duration::from_millis(10)).await;
            }
        });
        told.await;
    }

    /// Its number, for tools that look at it from outside.
    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// Waits for it to end; gives its exit code.
    pub(crate) async fn exit_code(&mut self) -> Option<i32> {
        let mut child = self.child.take().expect("it runs");
        let (ended, end) = oneshot::channel();
        std::thread::spawn(move || drop(ended.send(child.wait())));
        within("the end of the process", end).await.expect("it is waited for").expect("it ends").code()
    }

    /// SIGTERM, and its exit code.
    pub(crate) async fn terminate(&mut self) -> Option<i32> {
        self.ask_to_stop();
        self.exit_code().await
    }

    /// What it logged, over all its lives.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs another command of the binary in the same folder, with something to read.
    pub(crate) fn also(&self, arguments: &[&str], input: &str) -> Output {
        output(Self::command(arguments).current_dir(self.folder.path()), input)
    }

    /// The binary with arguments, without what this process's environment says about it.
    pub(crate) fn command(arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_otklik"));
        command.args(arguments).env_clear().stdin(Stdio::null());
        command
    }
}

/// The arguments that run it on the config in its folder.
const SERVE: &[&str] = &["serve", "--config", "config.toml"];

/// The binary with a socket as its descriptor 3. A shell puts it there, and becomes the binary.
fn handing_over(socket: &OwnedFd) -> Command {
    let script = "exec 3<&0 </dev/null; LISTEN_PID=$$ LISTEN_FDS=1 exec \"$@\"";
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_otklik")]).args(SERVE).env_clear();
    command.stdin(Stdio::from(socket.try_clone().expect("a descriptor")));
    command
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may have ended by itself; either way it is gone after this.
            drop(child.kill());
            drop(child.wait());
        }
        if !std::thread::panicking() {
            invariant::check(&self.database);
        }
    }
}

/// Runs a command to its end, with something to read.
pub(crate) fn output(command: &mut Command, input: &str) -> Output {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that reads nothing may be gone already.
    drop(stdin.write_all(input.as_bytes()));
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

/// The tests' config with other values for some keys.
fn config_text(more: &str) -> String {
    let mut lines: Vec<String> = CONFIG.lines().map(str::to_owned).collect();
    for line in more.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once('=').expect("section.key = value");
        let (section, name) = key.trim().split_once('.').expect("section.key");
        let header = format!("[{section}]");
        lines.retain(|line| line.split('=').next().map(str::trim) != Some(name));
        let at = lines.iter().position(|line| *line == header).unwrap_or(lines.len());
        if at == lines.len() {
            lines.push(header);
        }
        lines.insert(at + 1, format!("{name} = {}", value.trim()));
    }
    lines.join("\n")
}

fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on ws")?;
    let (_, rest) = rest.split_once("://")?;
    rest.split('/').next()?.parse().ok()
}
