//! The running binary as tools see it from outside: what it costs, held up, starved of files, its system calls failing.
//!
//! Linux alone has all of this; elsewhere the tests that use it do not build.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use actix_web::rt::time::sleep;
use rusqlite::Connection;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit, setrlimit};

use super::{Process, within};

/// One tick of the kernel's accounts of CPU time (`sysconf(_SC_CLK_TCK)` is 100 on every Linux).
const TICK: Duration = Duration::from_millis(10);

impl Process {
    /// Its number as the kernel's interface takes it.
    fn number(&self) -> Option<Pid> {
        i32::try_from(self.pid()).ok().and_then(Pid::from_raw)
    }

    /// SIGTERM, SIGSTOP, SIGCONT.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(self.number().expect("a process"), signal).expect("it is told");
    }

    /// A file of the kernel about it.
    fn about(&self, file: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{file}", self.pid()))
    }

    /// CPU time that it has used, over all its threads.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(self.about("stat")).expect("its accounts");
        // The name may have spaces; after it come the state and, the 12th and 13th from there, the two times.
        let (_, rest) = stat.rsplit_once(')').expect("a name");
        let ticks =
            rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u32>().expect("ticks"));
        TICK * ticks.sum()
    }

    /// Bytes of memory that it holds now.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.memory("VmRSS:")
    }

    /// Bytes of memory that it held at most, ever.
    pub(crate) fn memory_peak_bytes(&self) -> usize {
        self.memory("VmHWM:")
    }

    fn memory(&self, row: &str) -> usize {
        let status = fs::read_to_string(self.about("status")).expect("its status");
        let row = status.lines().find_map(|line| line.strip_prefix(row)).expect("the row");
        row.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
    }

    /// How many files and sockets it has open.
    pub(crate) fn open_files(&self) -> usize {
        fs::read_dir(self.about("fd")).expect("its files").count()
    }

    /// Lets it open so many files and no more, those that are open included.
    pub(crate) fn allow_open_files(&self, files: usize) {
        let limit = u64::try_from(files).ok();
        let limit = Rlimit { current: limit, maximum: getrlimit(Resource::Nofile).maximum };
        prlimit(self.number(), Resource::Nofile, limit).expect("a limit");
    }

    /// Its threads with this name, in the order in which they began.
    pub(crate) fn threads(&self, name: &str) -> Vec<u32> {
        let tasks = fs::read_dir(self.about("task")).expect("its threads").flatten();
        let named = tasks.filter(|task| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
        });
        let mut numbers: Vec<_> = named.filter_map(|task| task.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    /// Waits until so many lines of its log have these words; gives the log. It is read from a pipe, so a line may
    /// come later than what it tells of.
    pub(crate) async fn logged(&self, words: &str, lines: usize) -> Vec<String> {
        within(words, async {
            loop {
                let log = self.log();
                if log.iter().filter(|line| line.contains(words)).count() >= lines {
                    break log;
                }
                sleep(Duration::from_millis(5)).await;
            }
        })
        .await
    }

    /// Holds its file until what is given is dropped, as another process would.
    pub(crate) fn hold(&self, how: &str) -> Connection {
        let connection = Connection::open(&self.database).expect("the file opens");
        connection.busy_timeout(Duration::from_secs(5)).expect("a busy timeout");
        connection.execute_batch(&format!("begin {how}")).expect("it is held");
        connection
    }
}

/// As many sockets as a test may hold, up to `wanted`; some are left to the tests beside it.
pub(crate) fn sockets_up_to(wanted: usize) -> usize {
    const OTHERS: usize = 2_000;
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let files = if raised.is_ok() { limit.maximum } else { limit.current };
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    wanted.min(files.saturating_sub(OTHERS)).max(200)
}
