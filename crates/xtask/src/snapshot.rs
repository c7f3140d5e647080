//! What a folder held before it was written anew.
//!
//! trunk rewrites the page on every build. Where nothing changed, putting the old times back spares
//! cargo from building the runner again.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Every file with its bytes and every folder, in order, with the times of their last change.
pub(crate) struct Snapshot {
    entries: Vec<Entry>,
}

struct Entry {
    path: PathBuf,
    /// None for a folder.
    bytes: Option<Vec<u8>>,
    modified: SystemTime,
}

impl Snapshot {
    /// Reads the folder; one that is not there is empty.
    pub(crate) fn of(folder: &Path) -> io::Result<Self> {
        let mut entries = Vec::new();
        if folder.is_dir() {
            read(folder, &mut entries)?;
        }
        entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self { entries })
    }

    /// Puts the old times back if the folder holds the same as then.
    pub(crate) fn restore_times_if_same(&self, folder: &Path) -> io::Result<()> {
        if *self != Self::of(folder)? {
            return Ok(());
        }
        self.entries
            .iter()
            .try_for_each(|entry| File::open(&entry.path)?.set_modified(entry.modified))
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        let key = |entry: &Entry| (entry.path.clone(), entry.bytes.clone());
        self.entries.iter().map(key).eq(other.entries.iter().map(key))
    }
}

fn read(path: &Path, entries: &mut Vec<Entry>) -> io::Result<()> {
    let data = fs::metadata(path)?;
    let bytes = if data.is_dir() {
        for entry in fs::read_dir(path)? {
            read(&entry?.path(), entries)?;
        }
        None
    } else {
        Some(fs::read(path)?)
    };
    entries.push(Entry { path: path.to_owned(), bytes, modified: data.modified()? });
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_same_content_keeps_its_times_and_another_does_not() {
        let folder =
            std::env::temp_dir().join(format!("breakeven-snapshot-{}", std::process::id()));
        let file = folder.join("inner/page.html");
        let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(&file, "one").unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(1000);
        for path in [&file, &folder.join("inner"), &folder] {
            File::open(path).unwrap().set_modified(long_ago).unwrap();
        }
        let before = Snapshot::of(&folder).unwrap();

        let rewrite = |text: &str| {
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir_all(folder.join("inner")).unwrap();
            fs::write(&file, text).unwrap();
            before.restore_times_if_same(&folder).unwrap();
        };
        rewrite("one");
        assert_eq!(modified(&file), long_ago);
        assert_eq!(modified(&folder), long_ago);
        rewrite("two");
        assert_ne!(modified(&file), long_ago);
        fs::remove_dir_all(&folder).unwrap();
    }
}
