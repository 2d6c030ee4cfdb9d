//! The folder of backups that are taken by themselves: their dated names, the newest, and those that have had their time.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::backup::{Watch, back_up};
use super::files::make_folder;
use super::verify::Holdings;
use crate::clock::UnixMs;
use crate::error::Fault;

/// The name of a backup, by its date in UTC.
const NAME: &str = "otklik-%Y%m%dT%H%M%SZ.db";

/// A backup that was cut off has this and eight hexadecimal digits behind its name.
const PARTIAL: &str = ".partial-";

/// After how long what was cut off is in nobody's hands any more.
const DAY_MS: UnixMs = 24 * 60 * 60 * 1_000;

/// A backup taken by itself.
#[derive(Debug)]
pub struct Scheduled {
    /// Where it is.
    pub file: PathBuf,
    /// What it holds.
    pub holdings: Holdings,
    /// How many old ones were removed, or what kept them from it.
    pub removed: Result<usize, Fault>,
}

/// When the newest backup in the folder was taken, by its name; `None` where there is none yet.
#[must_use]
pub fn last_backup_ms(folder: &Path) -> Option<UnixMs> {
    backups(folder).last().map(|(at_ms, _)| *at_ms)
}

/// Takes a backup under the date's name, and removes all but the newest `keep`. Whatever has another name stays.
///
/// # Errors
/// As [`back_up`]; nothing was removed then.
pub fn back_up_by_date(
    database: &Path,
    (folder, keep): (&Path, usize),
    now_ms: UnixMs,
    watch: Watch<'_>,
) -> Result<Scheduled, Fault> {
    make_folder(folder)?;
    let name = name_of(now_ms).ok_or_else(|| Fault::new("naming a backup", "there is no such date"))?;
    let file = folder.join(name);
    let holdings = back_up(database, &file, watch)?;
    let all = backups(folder);
    let old = all.len().saturating_sub(keep);
    let old = all.into_iter().take(old).map(|(_, path)| path).filter(|path| *path != file);
    let removed = remove(old.chain(cut_off_before(folder, now_ms.saturating_sub(DAY_MS))));
    Ok(Scheduled { file, holdings, removed })
}

fn remove(files: impl Iterator<Item = PathBuf>) -> Result<usize, Fault> {
    let mut removed = 0;
    for file in files {
        fs::remove_file(&file)
            .map_err(|cause| Fault::new(format!("removing the old backup {}", file.display()), cause))?;
        removed += 1;
    }
    Ok(removed)
}

/// The backups in the folder, oldest first. One that cannot be read has none.
fn backups(folder: &Path) -> Vec<(UnixMs, PathBuf)> {
    let mut backups: Vec<_> =
        names(folder).into_iter().filter_map(|name| Some((date_of(&name)?, folder.join(name)))).collect();
    backups.sort();
    backups
}

fn cut_off_before(folder: &Path, before_ms: UnixMs) -> Vec<PathBuf> {
    let is_old = |name: &String| {
        let Some((name, digits)) = name.split_once(PARTIAL) else { return false };
        let (digits, _) = digits.split_once('-').unwrap_or((digits, ""));
        let hexadecimal = digits.len() == 8 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        hexadecimal && date_of(name).is_some_and(|at_ms| at_ms < before_ms)
    };
    names(folder).into_iter().filter(is_old).map(|name| folder.join(name)).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

fn name_of(at_ms: UnixMs) -> Option<String> {
    Timestamp::from_millisecond(at_ms).ok().map(|at| at.strftime(NAME).to_string())
}

/// The date in a name that is exactly as [`name_of`] makes it.
fn date_of(name: &str) -> Option<UnixMs> {
    let at = DateTime::strptime(NAME, name).ok()?.to_zoned(TimeZone::UTC).ok()?;
    let at_ms = at.timestamp().as_millisecond();
    (name_of(at_ms)? == name).then_some(at_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_date_and_no_other_name_does() {
        assert_eq!(name_of(1_795_426_200_123).as_deref(), Some("otklik-20261123T093000Z.db"));
        assert_eq!(date_of("otklik-20261123T093000Z.db"), Some(1_795_426_200_000));
        for other in [
            "otklik-20261123T093000Z.db.partial-0a1b2c3d",
            "otklik-20261123T093000Z.db2",
            "my-otklik-20261123T093000Z.db",
            "otklik-20261123T93000Z.db",
            "otklik-20261323T093000Z.db",
            "otklik-20261123T093060Z.db",
            "otklik.db",
            "",
        ] {
            assert_eq!(date_of(other), None, "{other}");
        }
    }
}
