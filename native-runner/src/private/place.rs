//! Where a private folder may be made: a place in which no other account can put something else in its place.

use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::terminal::say;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::process::geteuid;

/// Where files go when `TMPDIR` is of no use.
const USUAL: &str = "/tmp";
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// The folder for what does not stay: `TMPDIR` if that is safe, else `/tmp`, which is said once. An absolute path
/// without links.
///
/// # Errors
/// If neither is safe: what is wrong, and what to do.
pub(crate) fn scratch() -> io::Result<&'static Path> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let find = || {
        let named = std::env::var_os("TMPDIR");
        let (found, why) = choose(named.as_deref(), Path::new(USUAL));
        if let Some(why) = why {
            say!("breakeven: {why}");
        }
        found
    };
    let found = FOUND.get_or_init(find);
    found.as_deref().map_err(|why| io::Error::new(io::ErrorKind::PermissionDenied, why.clone()))
}

/// The place, and why it is not the one that was named.
fn choose(named: Option<&OsStr>, usual: &Path) -> (Result<PathBuf, String>, Option<String>) {
    let mut refused = None;
    if let Some(named) = named {
        match safe(Path::new(named)) {
            Ok(place) => return (Ok(place), None),
            Err(why) => {
                let (named, usual) = (named.display(), usual.display());
                refused = Some(format!(
                    "TMPDIR ({named}) is not used, because it {why}: files go to {usual}"
                ));
            }
        }
    }
    let usual = safe(usual).map_err(|why| {
        let usual = usual.display();
        format!("there is no safe place for files: {usual} {why}. Set TMPDIR to a folder of yours with mode 0700")
    });
    (usual, refused)
}

/// The folder, without links, if nobody but this account and the system can put something in the place of what is
/// made in it.
///
/// # Errors
/// What is wrong with it, as the rest of a sentence.
fn safe(folder: &Path) -> Result<PathBuf, String> {
    if folder.as_os_str().is_empty() {
        return Err("is empty".into());
    }
    if folder.is_relative() {
        return Err("is no absolute path".into());
    }
    let folder = fs::canonicalize(folder).map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => "does not exist".to_owned(),
        _ => format!("cannot be looked at ({why})"),
    })?;
    for part in folder.ancestors() {
        let data =
            fs::symlink_metadata(part).map_err(|why| format!("cannot be looked at ({why})"))?;
        if !data.is_dir() {
            return Err("is no folder".into());
        }
        // What is said is about the folder itself, or names the one above it.
        let name = if part == folder {
            String::new()
        } else {
            format!("lies in {}, which ", part.display())
        };
        if !is_ours(&data) {
            return Err(format!("{name}belongs to another account"));
        }
        if data.mode() & OTHERS_WRITE != 0 && data.mode() & STICKY == 0 {
            let mode = data.mode() & 0o7777;
            return Err(format!("{name}may be changed by other accounts (mode {mode:04o})"));
        }
    }
    accessat(CWD, &folder, Access::WRITE_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|why| format!("cannot be written to ({why})"))?;
    Ok(folder)
}

/// Whether it belongs to this account or to the system: to root or, in a user namespace that has no root, to whoever
/// has the root folder.
pub(crate) fn is_ours(data: &Metadata) -> bool {
    static SYSTEM: OnceLock<u32> = OnceLock::new();
    let system = || fs::metadata("/").map_or(0, |data| data.uid());
    [geteuid().as_raw(), 0, *SYSTEM.get_or_init(system)].contains(&data.uid())
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_place_that_others_can_change_is_replaced_and_that_is_said() {
        let base = tempfile::tempdir().unwrap();
        let folder = |name: &str, mode: u32| {
            let folder = base.path().join(name);
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
            folder
        };
        let [own, open, sticky] = [("own", 0o755), ("open", 0o777), ("sticky", 0o1777)]
            .map(|(name, mode)| folder(name, mode));
        let group = folder("group", 0o775);
        let below = open.join("below");
        fs::create_dir(&below).unwrap();
        fs::set_permissions(&below, Permissions::from_mode(0o700)).unwrap();
        fs::write(own.join("file"), "").unwrap();
        for named in [None, Some(&own), Some(&sticky)] {
            let (found, why) = choose(named.map(|named| named.as_os_str()), &own);
            assert_eq!((found.as_deref(), why), (Ok(&**named.unwrap_or(&own)), None));
        }
        for (named, says) in [
            ("".into(), "it is empty"),
            ("tmp".into(), "it is no absolute path"),
            (base.path().join("none"), "it does not exist"),
            (own.join("file"), "it is no folder"),
            (open.clone(), "it may be changed by other accounts (mode 0777)"),
            (group, "it may be changed by other accounts (mode 0775)"),
            (below, "it lies in "),
        ] {
            let (found, why) = choose(Some(named.as_os_str()), &own);
            assert_eq!(found.as_deref(), Ok(&*own));
            let why = why.unwrap();
            assert!(why.contains(says) && why.contains("files go to"), "{why}");
        }
        let (found, _) = choose(None, &open);
        assert!(found.unwrap_err().contains("Set TMPDIR to a folder of yours with mode 0700"));
    }
}
