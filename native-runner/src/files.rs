//! Files that are whole or not there, whatever happens.

use std::fs;
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
    let probe = beside(file);
    fs::write(&probe, "")
        .and_then(|()| fs::remove_file(&probe))
        .map_err(|why| format!("{} cannot be written: {why}", file.display()))
}

/// Writes a file so that it is the old one or the new one, whatever happens.
pub(crate) fn keep(file: &Path, text: &str) -> anyhow::Result<()> {
    let new = beside(file);
    fs::write(&new, text)
        .and_then(|()| fs::rename(&new, file))
        .with_context(|| format!("{} could not be written", file.display()))
}

fn beside(file: &Path) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    file.with_file_name(name)
}
