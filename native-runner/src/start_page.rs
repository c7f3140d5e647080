//! The page that lets a browser in which the runner starts: a file that only its user can read, since a command
//! line is there for everybody. It sends the token as a form does, so that no history keeps it.

use std::io;
use std::path::{Path, PathBuf};

use protocol::runner::START_PATH;

use crate::private::Folder;

const NAME: &str = "start.html";

/// A file in a private folder that goes on to the page, with a session. The folder is removed when this is dropped.
pub(crate) struct StartPage {
    path: PathBuf,
    folder: Folder,
}

impl StartPage {
    /// Writes it for a one-time address; nobody else may read it.
    pub(crate) fn write(folder: Folder, address: &str) -> io::Result<Self> {
        let (origin, token) = address.split_once("/#t=").unwrap_or((address, ""));
        let text = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>Breakeven</title>\n\
             <form method=\"post\" action=\"{origin}{START_PATH}\">\n\
             <input type=\"hidden\" name=\"token\" value=\"{token}\">\n\
             <button>Open the comparison page</button></form>\n\
             <script>document.forms[0].submit()</script>\n"
        );
        Ok(Self { path: folder.write(NAME, text)?, folder })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The folder that it is in, for whoever keeps more there.
    pub(crate) fn into_folder(self) -> Folder {
        self.folder
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn nobody_else_reads_it_and_it_does_not_stay() {
        let folder = Folder::new("test").unwrap();
        let page = StartPage::write(folder, "http://127.0.0.1:1/#t=x").unwrap();
        let path = page.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("action=\"http://127.0.0.1:1/start\"") && text.contains("value=\"x\"")
        );
        drop(page);
        assert!(!path.exists());
    }
}
