//! The browsers that the tests drive: Debian's Chromium and Firefox, or the ones that CHROMIUM and
//! FIREFOX name.

use std::path::PathBuf;

use super::apt;
use crate::shell;

/// The browsers' programs.
pub(crate) struct Browsers {
    pub(crate) chromium: PathBuf,
    pub(crate) firefox: PathBuf,
}

impl Browsers {
    /// What says where they are: to tests, which do without those that nobody names.
    pub(crate) fn environment(&self) -> [(&'static str, &PathBuf); 2] {
        [("CHROMIUM", &self.chromium), ("FIREFOX", &self.firefox)]
    }
}

/// Finds or installs both.
pub(crate) fn ensure() -> Result<Browsers, String> {
    Ok(Browsers {
        chromium: one("CHROMIUM", &["chromium"], "chromium")?,
        firefox: one("FIREFOX", &["firefox-esr", "firefox"], "firefox-esr")?,
    })
}

fn one(variable: &str, programs: &[&str], package: &str) -> Result<PathBuf, String> {
    if let Some(own) = std::env::var_os(variable) {
        let own = PathBuf::from(own);
        return if own.is_file() {
            Ok(own)
        } else {
            Err(format!("{variable} names {}, which is no file", own.display()))
        };
    }
    let find = || programs.iter().find_map(|program| shell::on_path(program));
    if let Some(found) = find() {
        return Ok(found);
    }
    apt::ensure(&[package])?;
    find().ok_or_else(|| format!("{package} is installed but not on PATH: set {variable}"))
}
