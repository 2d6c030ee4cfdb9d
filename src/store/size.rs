//! How much the file takes on disk, and how that is told.

use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// The bytes of the main file and of the write-ahead log beside it; 0 for what is not there.
#[must_use]
pub fn file_bytes(path: &Path) -> (u64, u64) {
    let mut log = OsString::from(path);
    log.push("-wal");
    let bytes = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    (bytes(path), bytes(Path::new(&log)))
}

/// Bytes in words.
#[must_use]
pub fn in_mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}
