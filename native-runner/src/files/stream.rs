//! Pipes and devices that take a result: nothing is waited for without a limit.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::time::Timespec;

use super::replace::is_planted;
use crate::timing;

/// How long a pipe may have no reader, and a reader may read nothing.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(20);

/// A pipe or a device. A pipe stays open until this is dropped, so that its reader sees one end.
pub(crate) struct Stream {
    path: PathBuf,
    out: File,
    patience: Duration,
}

impl Stream {
    /// # Errors
    /// If it is of no use: what it is, and what to do.
    pub(super) fn open(path: &Path, data: &Metadata) -> Result<Self, String> {
        Self::open_within(path, data, PATIENCE)
    }

    fn open_within(path: &Path, data: &Metadata, patience: Duration) -> Result<Self, String> {
        let (name, kind) = (path.display(), data.file_type());
        if !kind.is_fifo() && !kind.is_char_device() {
            return Err(format!("{name} is neither a file nor a pipe: name a file"));
        }
        if kind.is_fifo() && is_planted(path, data).unwrap_or(true) {
            return Err(format!(
                "{name} is a pipe of another account, in a folder that everybody may write to: name a file"
            ));
        }
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32;
        let until = timing::now() + patience.as_nanos() as u64;
        loop {
            match OpenOptions::new().write(true).custom_flags(flags).open(path) {
                Ok(out) => return Ok(Self { path: path.to_owned(), out, patience }),
                Err(why) if why.raw_os_error() != Some(Errno::NXIO.raw_os_error()) => {
                    return Err(format!("{name} cannot be written: {why}"));
                }
                Err(_) if timing::now() > until => {
                    let seconds = patience.as_secs();
                    return Err(format!(
                        "{name} is a pipe that nobody read from within {seconds} s: start its reader first, or \
                         name a file"
                    ));
                }
                Err(_) => thread::sleep(LOOK),
            }
        }
    }

    /// As it was named.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes all of it, for as long as somebody reads.
    pub(super) fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        let time = Timespec {
            tv_sec: self.patience.as_secs() as i64,
            tv_nsec: self.patience.subsec_nanos().into(),
        };
        while !bytes.is_empty() {
            match (&self.out).write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => bytes = &bytes[count..],
                Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    let mut room = [PollFd::new(&self.out, PollFlags::OUT)];
                    match poll(&mut room, Some(&time)) {
                        Ok(0) => {
                            let seconds = self.patience.as_secs();
                            let why = format!("nobody has read from it for {seconds} s");
                            return Err(io::Error::new(io::ErrorKind::TimedOut, why));
                        }
                        Ok(_) | Err(Errno::INTR) => {}
                        Err(why) => return Err(why.into()),
                    }
                }
                Err(why) => return Err(why),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::super::Output;
    use super::*;

    const SHORT: Duration = Duration::from_millis(100);

    fn pipe(folder: &Path) -> (PathBuf, Metadata) {
        let pipe = folder.join("pipe");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let data = fs::metadata(&pipe).unwrap();
        (pipe, data)
    }

    #[test]
    fn a_pipe_is_written_to_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, _) = pipe(folder.path());
        // Open both ways, so that neither side waits for the other.
        let mut other = File::options().read(true).write(true).open(&pipe).unwrap();
        let output = Output::open(&pipe).unwrap();
        assert!(output.file().is_none());
        output.keep("through").unwrap();
        let mut said = [0; 7];
        other.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"through");
        assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo(), "nothing has taken its place");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        Output::open(Path::new("/dev/null")).unwrap().keep("gone").unwrap();
    }

    #[test]
    fn a_pipe_that_nobody_reads_holds_up_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, data) = pipe(folder.path());
        let why = Stream::open_within(&pipe, &data, SHORT).err().unwrap();
        assert!(
            why.contains("a pipe that nobody read from") && why.contains("start its reader"),
            "{why}"
        );
        // Somebody who does not read.
        let other = File::options().read(true).write(true).open(&pipe).unwrap();
        let stream = Stream::open_within(&pipe, &data, SHORT).unwrap();
        let why = stream.write(&vec![0; 1 << 20]).unwrap_err();
        assert!(why.to_string().contains("nobody has read"), "{why}");
        drop(other);
        assert_eq!(stream.write(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
