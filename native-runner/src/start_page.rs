//! The page that lets a browser in which the runner starts: a file that only its user can read, since a command
//! line is there for everybody. It sends the token as a form does, so that no history keeps it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use protocol::runner::START_PATH;

/// A file in a folder that goes on to the page, with a session. It is removed when this is dropped.
pub(crate) struct StartPage(PathBuf);

impl StartPage {
    /// Writes it for a one-time address; nobody else may read it.
    pub(crate) fn write(folder: &Path, name: &str, address: &str) -> io::Result<Self> {
        let path = folder.join(name);
        let (origin, token) = address.split_once("/#t=").unwrap_or((address, ""));
        let text = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>Breakeven</title>\n\
             <form method=\"post\" action=\"{origin}{START_PATH}\">\n\
             <input type=\"hidden\" name=\"token\" value=\"{token}\">\n\
             <button>Open the comparison page</button></form>\n\
             <script>document.forms[0].submit()</script>\n"
        );
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
        let write = |address| StartPage::write(folder.path(), "start.html", address);
        let page = write("http://127.0.0.1:1/#t=x").unwrap();
        let path = page.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("action=\"http://127.0.0.1:1/start\"") && text.contains("value=\"x\"")
        );
        assert!(write("x").is_err(), "it takes nobody's place");
        drop(page);
        assert!(!path.exists());
    }
}
