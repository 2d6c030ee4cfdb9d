//! The project's files as text.

use std::fs;
use std::path::{Path, PathBuf};

/// What building, installing and running leave behind, and what is not the project's text.
const NOT_OURS: &[&str] = &[".git", ".cache", "node_modules", "target"];

/// A text file of the project.
pub(super) struct File {
    /// From the project's folder on, with slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// A sample for trying a rule.
    pub(super) fn sample(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// Whether the name ends so, without the dot.
    pub(super) fn is(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|own| own == extension)
    }

    /// The name without folders.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

/// The project's folder.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file under a folder of the project, by path; "" is the whole project.
pub(super) fn files(folder: &str) -> Vec<File> {
    let (mut files, mut folders) = (Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.file_name().is_some_and(|name| NOT_OURS.iter().any(|not| name == *not)) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files.extend(read(&path));
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// The files under a folder whose names end so.
pub(super) fn files_of(folder: &str, extension: &str) -> Vec<File> {
    files(folder).into_iter().filter(|file| file.is(extension)).collect()
}

/// A file, unless it is no text.
fn read(path: &PathBuf) -> Option<File> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).ok()?;
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    Some(File { path: parts.join("/"), text })
}

#[test]
fn the_source_is_found() {
    let files = files("src");
    assert!(files.iter().any(|file| file.path == "src/lib.rs"));
    assert!(files.iter().any(|file| file.path == "src/domain/mod.rs"));
}
