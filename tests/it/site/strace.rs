//! System calls of the running binary, which fail or are looked at, by `strace`.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use actix_web::rt::time::sleep;

use super::{Process, within};

/// `strace` on a running process; gone when dropped.
pub(crate) struct Strace(Child);

impl Strace {
    /// Injects a fault into every thread of it, as `strace -e inject=` takes it; where that is not allowed, gives the
    /// reason.
    pub(crate) async fn attach(process: &Process, fault: &str) -> Result<Self, String> {
        let threads =
            || fs::read_dir(format!("/proc/{}/task", process.pid())).expect("its threads").flatten();
        let numbers = move || threads().filter_map(|task| task.file_name().to_str()?.parse().ok()).collect();
        Self::on(&["-f", "-o", "/dev/null", "-e", &inject(fault)], process.pid(), numbers).await
    }

    /// The same in one of its threads alone.
    pub(crate) async fn attach_to_thread(thread: u32, fault: &str) -> Result<Self, String> {
        Self::on(&["-o", "/dev/null", "-e", &inject(fault)], thread, || alive(thread)).await
    }

    /// Writes the calls with these names that a thread makes into `file`, each as a line.
    pub(crate) async fn watch_thread(thread: u32, calls: &str, file: &Path) -> Result<Self, String> {
        let file = file.to_str().expect("a path of text");
        Self::on(&["-o", file, "-e", &format!("trace={calls}")], thread, || alive(thread)).await
    }

    async fn on(how: &[&str], number: u32, threads: impl Fn() -> Vec<u32>) -> Result<Self, String> {
        let mut strace = Command::new("strace");
        strace.args(how).args(["-qq", "-p"]);
        let strace = strace.arg(number.to_string()).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut strace = Self(strace.spawn().map_err(|error| format!("strace: {error}"))?);
        within("every thread is traced", async {
            while !threads().into_iter().all(is_traced) {
                if strace.0.try_wait().expect("it is ours").is_some() {
                    let told = std::io::read_to_string(strace.0.stderr.take().expect("a pipe"));
                    return Err(told.expect("text").trim().to_owned());
                }
                sleep(Duration::from_millis(5)).await;
            }
            Ok(strace)
        })
        .await
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // It ends with the process that it looks at; either way it is gone after this.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn inject(fault: &str) -> String {
    format!("inject={fault}")
}

/// The thread, if it is there: it may have met its fault already, and be gone.
fn alive(thread: u32) -> Vec<u32> {
    let there = fs::exists(format!("/proc/{thread}")).is_ok_and(|there| there);
    there.then_some(thread).into_iter().collect()
}

fn is_traced(thread: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{thread}/status"));
    // One that has just ended is not among the threads when they are looked up again.
    status.is_ok_and(|status| status.lines().all(|line| line != "TracerPid:\t0"))
}
