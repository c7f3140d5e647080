//! The runner's state folder: where runs are kept that were not to be written anywhere.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use rustix::process::geteuid;

use super::{Readers, Target};
use crate::private;
use crate::terminal::say;

/// Where the report of a run is kept that is to be written nowhere else: the next one overwrites it.
///
/// # Errors
/// Why there is no place.
pub(crate) fn last_run() -> Result<Target, String> {
    Target::tried(&folder()?.join("last-run.json"), Readers::Own)
}

/// Writes to another place what could not be written where it was wanted; returns where it is now.
///
/// # Errors
/// If no place takes it.
pub(crate) fn keep_elsewhere(name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let kept_in = |folder: &Path| {
        let file = Target { path: folder.join(name), readers: Readers::Own };
        file.keep(text).map(|()| file.path)
    };
    folder().map_err(anyhow::Error::msg).and_then(|folder| kept_in(&folder)).or_else(|_| {
        // One that stays, and that nobody else has made.
        let folder = tempfile::Builder::new()
            .prefix("breakeven-kept-")
            .rand_bytes(10)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(private::scratch()?)
            .context("no folder")?;
        let file = kept_in(folder.path())?;
        let _ = folder.keep();
        Ok(file)
    })
}

/// `XDG_STATE_HOME/breakeven`: made for this account alone if it is not there.
///
/// # Errors
/// If it is not this account's own, or others may write to it; or if nothing says where it is to be.
fn folder() -> Result<PathBuf, String> {
    let set = |name: &str| std::env::var_os(name);
    let (root, why) = root(set("XDG_STATE_HOME"), set("HOME"))?;
    if let Some(why) = why {
        static SAID: std::sync::Once = std::sync::Once::new();
        SAID.call_once(|| say!("breakeven: {why}"));
    }
    made(&root.join("breakeven"))
}

/// Where the state of programs is kept, and why not where it was said.
fn root(
    xdg: Option<OsString>,
    home: Option<OsString>,
) -> Result<(PathBuf, Option<String>), String> {
    let (xdg, home) = (xdg.map(PathBuf::from), home.map(PathBuf::from));
    let mut refused = None;
    match xdg {
        Some(xdg) if xdg.is_absolute() => return Ok((xdg, None)),
        // An empty one is one that is not set: so says XDG.
        Some(xdg) if !xdg.as_os_str().is_empty() => {
            let name = xdg.display();
            refused = Some(format!(
                "XDG_STATE_HOME ({name}) is not used, because it is no absolute path: HOME's .local/state is"
            ));
        }
        _ => {}
    }
    let home = home.filter(|home| home.is_absolute());
    let home =
        home.ok_or("neither XDG_STATE_HOME nor HOME is an absolute path: set one of them")?;
    Ok((home.join(".local/state"), refused))
}

fn made(folder: &Path) -> Result<PathBuf, String> {
    let name = folder.display();
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|why| format!("{name} cannot be made: {why}"))?;
    let link = fs::symlink_metadata(folder).map_err(|why| format!("{name}: {why}"))?;
    let data = fs::metadata(folder).map_err(|why| format!("{name}: {why}"))?;
    if !private::is_ours(&link) || data.uid() != geteuid().as_raw() {
        return Err(format!(
            "{name} belongs to another account: set XDG_STATE_HOME to a folder of yours"
        ));
    }
    if data.mode() & 0o022 != 0 {
        return Err(format!(
            "other accounts may write to {name}: make it yours (chmod 700 {name})"
        ));
    }
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_folder_is_private_and_a_path_that_is_none_is_not_used() {
        let set = |text: &str| Some(OsString::from(text));
        let is = |path: &str, why: bool| (PathBuf::from(path), why);
        let found = |xdg, home| root(xdg, home).map(|(path, why)| (path, why.is_some()));
        assert_eq!(found(set("/x"), None), Ok(is("/x", false)));
        assert_eq!(found(None, set("/h")), Ok(is("/h/.local/state", false)));
        assert_eq!(found(set(""), set("/h")), Ok(is("/h/.local/state", false)));
        assert_eq!(found(set("x"), set("/h")), Ok(is("/h/.local/state", true)));
        assert!(found(None, None).is_err() && found(set("x"), set("h")).is_err());

        let base = tempfile::tempdir().unwrap();
        let folder = base.path().join("state/breakeven");
        made(&folder).unwrap();
        for part in [&*folder, folder.parent().unwrap()] {
            assert_eq!(fs::metadata(part).unwrap().mode() & 0o7777, 0o700);
        }
        fs::set_permissions(&folder, Permissions::from_mode(0o770)).unwrap();
        assert!(made(&folder).unwrap_err().contains("chmod 700"));
    }
}
