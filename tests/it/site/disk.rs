//! A disk so small that it is soon full, and what a test says that cannot run where it is.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A file system of its own in memory, mounted for as long as this lives.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
}

impl Disk {
    /// Mounts one of so many bytes; where that is not allowed, gives the reason.
    pub(crate) fn mount(bytes: usize) -> Result<Self, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let size = format!("size={bytes}");
        let mut mount = Command::new("mount");
        let mount = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        let done = mount.map_err(|error| format!("mount: {error}"))?;
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).trim().to_owned());
        }
        Ok(Self { folder })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: whoever still has a file open there may end later.
        drop(Command::new("umount").arg("-l").arg(self.folder.path()).output());
    }
}

/// Says that a test could not run, and why: on the screen, and in the file that `tests/run` reads.
#[expect(clippy::disallowed_methods, reason = "how tests/run names its file")]
#[expect(clippy::print_stderr, reason = "who runs one test by hand should see it")]
pub(crate) fn skip(name: &str, reason: &str) {
    let reason = reason.replace('\n', " ");
    eprintln!("SKIPPED: {name}: {reason}");
    if let Some(path) = std::env::var_os("OTKLIK_SKIPPED") {
        let mut file =
            OpenOptions::new().append(true).create(true).open(path).expect("the list of what was skipped");
        file.write_all(format!("{name}: {reason}\n").as_bytes()).expect("a line more");
    }
}
