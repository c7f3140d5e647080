//! The page that opens the one-time address: a file that only its user can read, since a command line is there
//! for everybody.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A file in a folder that goes on to an address. It is removed when this is dropped.
pub(crate) struct StartPage(PathBuf);

impl StartPage {
    /// Writes it; nobody else may read it.
    pub(crate) fn write(folder: &Path, name: &str, address: &str) -> io::Result<Self> {
        let path = folder.join(name);
        let text =
            format!("<!doctype html><meta http-equiv=\"refresh\" content=\"0;url={address}\">");
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(text.as_bytes())?;
        Ok(Self(path))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Leaves it to whoever removes its folder.
    pub(crate) fn leave(self) {
        std::mem::forget(self);
    }
}

impl Drop for StartPage {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_reads_it_and_it_does_not_stay() {
        let folder = tempfile::tempdir().unwrap();
        let page =
            StartPage::write(folder.path(), "start.html", "http://127.0.0.1:1/#t=x").unwrap();
        let path = page.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::read_to_string(&path).unwrap().contains("url=http://127.0.0.1:1/#t=x"));
        assert!(
            StartPage::write(folder.path(), "start.html", "x").is_err(),
            "it takes nobody's place"
        );
        drop(page);
        assert!(!path.exists());
    }
}
