//! Files beside the database: made where there is none, on the disk before they get their name, never overwriting.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::statvfs;

use crate::error::Fault;

/// A file that is not whole yet, under a name that says so; removed when dropped, unless it was given its own name.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
}

impl Partial {
    /// Makes an empty one beside `target`, for this user alone: a copy of the data has what the data has.
    ///
    /// # Errors
    /// A folder that is not there or cannot be written.
    pub(super) fn beside(target: &Path) -> Result<Self, Fault> {
        let mut random = [0; 4];
        getrandom::fill(&mut random).map_err(|cause| Fault::new("asking for randomness", cause))?;
        let path = with_suffix(target, &format!(".partial-{:08x}", u32::from_be_bytes(random)));
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        made.map_err(|cause| Fault::new(format!("making {}", path.display()), cause))?;
        Ok(Self { path })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until all of it is on the disk.
    ///
    /// # Errors
    /// A fault of the disk.
    pub(super) fn sync(&self) -> Result<(), Fault> {
        let synced = File::open(&self.path).and_then(|file| file.sync_all());
        synced.map_err(|cause| Fault::new(format!("writing {} to the disk", self.path.display()), cause))
    }

    /// Gives it its own name, where nothing has that name yet; on the disk when this comes back.
    ///
    /// # Errors
    /// The name is taken, and stays whose it is; or a fault of the disk.
    pub(super) fn place(self, target: &Path) -> Result<(), Fault> {
        rename_new(&self.path, target).map_err(|cause| taken(target, cause))?;
        sync_folder(target)
    }

    /// Gives it its own name in place of what has that name.
    ///
    /// # Errors
    /// A fault of the disk.
    pub(super) fn replace(self, target: &Path) -> Result<(), Fault> {
        let renamed = fs::rename(&self.path, target);
        renamed.map_err(|cause| Fault::new(format!("replacing {}", target.display()), cause))?;
        sync_folder(target)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // SQLite's own files beside it, where it was cut off in between. Those that are not there need no removing.
        for suffix in ["", "-journal", "-wal", "-shm"] {
            drop(fs::remove_file(with_suffix(&self.path, suffix)));
        }
    }
}

/// Says that a name is taken, or what else kept the file from it.
pub(super) fn taken(target: &Path, cause: io::Error) -> Fault {
    let doing = target.display().to_string();
    if cause.kind() == ErrorKind::AlreadyExists {
        return Fault::new(doing, "it is there already, and nothing is overwritten; name another file");
    }
    Fault::new(doing, cause)
}

/// Renames a file to a name that nothing has; whoever takes the name first keeps it.
///
/// # Errors
/// [`ErrorKind::AlreadyExists`], or what the file system says.
pub(super) fn rename_new(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // Some file systems cannot (NFS); a second name, which can be given but once, does the same there.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            done => return done.map_err(io::Error::from),
        }
    }
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

/// Waits until the names in a file's folder are on the disk.
///
/// # Errors
/// A fault of the disk.
pub(super) fn sync_folder(file: &Path) -> Result<(), Fault> {
    let folder = folder_of(file);
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.map_err(|cause| Fault::new(format!("writing the folder {} to the disk", folder.display()), cause))
}

/// Makes a folder for this user alone, and those above it, where there is none.
///
/// # Errors
/// What the file system says.
pub(super) fn make_folder(folder: &Path) -> Result<(), Fault> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|cause| Fault::new(format!("making the folder {}", folder.display()), cause))
}

/// Bytes that this user may still write to the disk that a file is on; `None` where the file system does not say.
pub(super) fn free_bytes(file: &Path) -> Option<u64> {
    let disk = statvfs(folder_of(file)).ok().filter(|disk| disk.f_blocks > 0)?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// The folder that a file is in.
pub(super) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A path with something more at its end.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path.as_os_str());
    name.push(suffix);
    PathBuf::from(name)
}
