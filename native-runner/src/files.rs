//! Files that are whole or not there, whatever happens, and what is done when a disk does not take them.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Tries whether a file can be written, before minutes are spent on what cannot be kept.
pub(crate) fn writable(file: &Path) -> Result<(), String> {
    if file.as_os_str() == "-" {
        return Ok(());
    }
    if file.is_dir() {
        return Err(format!("{} is a folder: name a file", file.display()));
    }
    if is_device(file) {
        return Ok(());
    }
    let probe = beside(file);
    fs::write(&probe, "")
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|why| format!("{} cannot be written: {why}", file.display()))
}

/// Whether it is a device or a pipe, such as `/dev/null`: it is written to, and nothing takes its place.
fn is_device(file: &Path) -> bool {
    fs::metadata(file).is_ok_and(|data| !data.is_file() && !data.is_dir())
}

/// Writes a file so that it is the old one or the new one, whatever happens, a loss of power included.
pub(crate) fn keep(file: &Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    if is_device(file) {
        let written = File::options().write(true).open(file);
        let written = written.and_then(|mut out| out.write_all(bytes.as_ref()));
        return written.with_context(|| format!("{} could not be written", file.display()));
    }
    let new = beside(file);
    let write = || -> io::Result<()> {
        let mut out = File::create(&new)?;
        out.write_all(bytes.as_ref())?;
        out.sync_all()?;
        fs::rename(&new, file)?;
        // The folder has the name.
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    let result = write();
    if result.is_err() {
        // Half of it would only take room.
        let _ = fs::remove_file(&new);
    }
    result.with_context(|| format!("{} could not be written", file.display()))
}

/// Writes to another place what could not be written where it was wanted; returns where it is now.
///
/// # Errors
/// If no place takes it.
pub(crate) fn keep_elsewhere(name: &str, text: &str) -> anyhow::Result<PathBuf> {
    let mut last = anyhow::anyhow!("there is no other place");
    for folder in state_folder().into_iter().chain([std::env::temp_dir()]) {
        let file = folder.join(name);
        let kept =
            fs::create_dir_all(&folder).context("no folder").and_then(|()| keep(&file, text));
        match kept {
            Ok(()) => return Ok(file),
            Err(why) => last = why,
        }
    }
    Err(last)
}

/// Where runs are kept that were not to be written anywhere: `XDG_STATE_HOME/breakeven`.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty());
    let root = set("XDG_STATE_HOME").map(PathBuf::from);
    let root = root.or_else(|| Some(PathBuf::from(set("HOME")?).join(".local/state")))?;
    Some(root.join("breakeven"))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_file_is_replaced_and_a_pipe_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        writable(&file).unwrap();
        keep(&file, "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");

        let pipe = folder.path().join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        writable(&pipe).unwrap();
        // Open both ways, so that neither side waits for the other.
        let mut other = File::options().read(true).write(true).open(&pipe).unwrap();
        keep(&pipe, "through").unwrap();
        let mut said = [0; 7];
        other.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"through");
        assert!(is_device(&pipe), "nothing has taken its place");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside them");
    }
}
