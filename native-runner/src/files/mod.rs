//! Files that are whole or not there, whatever happens; what takes reports instead of a file; and what is done when a
//! disk does not take them.

mod replace;
mod state;
mod stream;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub(crate) use state::{keep_elsewhere, last_run};
use stream::Stream;

/// Who may read a file that is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// Whom the umask lets, or the file that is replaced did.
    Usual,
    /// This account.
    Own,
}

/// A file that is replaced as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    path: PathBuf,
    readers: Readers,
}

impl Target {
    /// Tries whether it can be written, before minutes are spent on what cannot be kept.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    fn tried(path: &Path, readers: Readers) -> Result<Self, String> {
        let this = Self { path: path.to_owned(), readers };
        replace::try_out(path)
            .map(|()| this)
            .map_err(|why| format!("{} cannot be written: {why}", path.display()))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes it so that it is the old one or the new one, whatever happens, a loss of power included.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    pub(crate) fn keep(&self, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
        replace::replace(&self.path, bytes.as_ref(), self.readers)
            .with_context(|| format!("{} could not be written", self.path.display()))
    }
}

/// What was named to take a result.
pub(crate) enum Output {
    /// A file: it may be written as often as there is something new.
    File(Target),
    /// A pipe or a device, such as `/dev/null`: it is written to once, and nothing takes its place.
    Stream(Stream),
}

impl Output {
    /// Finds out what it is and whether it takes anything, before minutes are spent. Waits for a pipe's reader, for
    /// some seconds.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => {
                Err(format!("{} is a folder: name a file", path.display()))
            }
            Ok(data) if !data.is_file() => Stream::open(path, &data).map(Self::Stream),
            _ => Target::tried(path, Readers::Usual).map(Self::File),
        }
    }

    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&Target> {
        match self {
            Self::File(file) => Some(file),
            Self::Stream(_) => None,
        }
    }

    /// As it was named.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(file) => file.path(),
            Self::Stream(stream) => stream.path(),
        }
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// What is wrong, and with which file.
    pub(crate) fn keep(&self, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
        match self {
            Self::File(file) => file.keep(bytes),
            Self::Stream(stream) => stream
                .write(bytes.as_ref())
                .with_context(|| format!("{} could not be written", stream.path().display())),
        }
    }
}
