//! What `initdb` starts with. The server that it starts itself would share memory by names in the system's folder for
//! that, which stay there if it is killed; it goes by the settings that `initdb` writes.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::{FOLDER, SHARED_MEMORY};
use crate::children::first_line;
use crate::private::Folder;

/// Its sample of the settings.
const SAMPLE: &str = "postgresql.conf.sample";
/// From this version on it takes settings as arguments.
const TAKES_SETTINGS: u32 = 16;

/// The arguments that have `initdb` write the right setting, and what they name, in the folder. None where PostgreSQL
/// does not say where its samples are.
pub(super) fn arguments(programs: &Path, folder: &Folder) -> io::Result<Vec<OsString>> {
    let version = first_line(&programs.join("initdb"), "--version").unwrap_or_default();
    let numbers =
        version.split(|it: char| !it.is_ascii_digit()).find_map(|it| it.parse::<u32>().ok());
    if numbers.is_some_and(|version| version >= TAKES_SETTINGS) {
        return Ok(vec!["-c".into(), SHARED_MEMORY.into()]);
    }
    let Ok(shared) = first_line(&programs.join("pg_config"), "--sharedir") else {
        return Ok(Vec::new());
    };
    // The sample is ours, everything else theirs.
    let sample = folder.write(Path::new("share").join(SAMPLE), format!("{SHARED_MEMORY}\n"))?;
    let own = folder.path().join("share");
    for entry in fs::read_dir(shared)? {
        let entry = entry?;
        if entry.file_name() != SAMPLE {
            symlink(entry.path(), own.join(entry.file_name()))?;
        }
    }
    // The folder around it lets nobody in but the server's account.
    fs::set_permissions(sample, Permissions::from_mode(0o644))?;
    fs::set_permissions(own, Permissions::from_mode(0o755))?;
    Ok(vec!["-L".into(), format!("{FOLDER}/share").into()])
}
