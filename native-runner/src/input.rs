//! Files that the user names, to be read: never without end, neither in size nor in time.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;

use protocol::report::Report;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use texts::outside::Outside;

/// The longest report that is read, in bytes: dozens of times what the fullest run with a trace writes.
const LONGEST_REPORT: u64 = 128 << 20;
/// How long a pipe may be silent, in seconds.
const SILENCE: i64 = 60;
/// What a process has open, by name: pipes are read from there, since whoever says so means one.
const OPEN_ONES: [&str; 3] = ["/dev/stdin", "/dev/fd", "/proc/self/fd"];

/// A report in a file of the user's, checked.
///
/// # Errors
/// Says which file it is and what is wrong with it.
pub(crate) fn report(file: &Path) -> Result<Report, String> {
    let told = |why: &str| format!("{}: {}", Outside(file.display()), Outside(why));
    let text = String::from_utf8(read(file, LONGEST_REPORT)?);
    let text = text.map_err(|_| told("this is no report: it is not UTF-8"))?;
    Report::parse(&text).map_err(|why| told(&why.to_string()))
}

/// The bytes of a file of the user's, `most` at the most: of one on a disk, or of a pipe that is meant to be one (`-`,
/// `/dev/stdin`, and `/dev/fd/N`, as shells write what `<(...)` makes).
///
/// # Errors
/// If it is anything else, has more bytes, or cannot be read: says which file it is and why.
pub(crate) fn read(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    let path = if file.as_os_str() == "-" { Path::new("/dev/stdin") } else { file };
    let name = Outside(file.display());
    let told = |why: io::Error| format!("{name}: {why}");
    // A pipe that nobody writes to would not even open.
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let opened = File::options().read(true).custom_flags(flags).open(path).map_err(told)?;
    let kind = opened.metadata().map_err(told)?.file_type();
    let is_pipe = kind.is_fifo() && OPEN_ONES.iter().any(|open| path.starts_with(open));
    if kind.is_dir() {
        return Err(format!("{name} is a folder: name a file"));
    }
    if !kind.is_file() && !is_pipe {
        let what = if kind.is_fifo() { "a pipe" } else { "a device or a socket" };
        return Err(format!("{name} is {what}, which may never end: copy it to a file first"));
    }
    let mut bytes = Vec::new();
    let source = Patient { file: &opened, is_pipe };
    source.take(most + 1).read_to_end(&mut bytes).map_err(told)?;
    if bytes.len() as u64 > most {
        return Err(format!("{name} has more than {} MiB, the most that is read", most >> 20));
    }
    Ok(bytes)
}

/// A file whose next byte is waited for, if it is a pipe, but not for ever.
struct Patient<'a> {
    file: &'a File,
    is_pipe: bool,
}

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.is_pipe {
            let mut waiting = [PollFd::from_borrowed_fd(self.file.as_fd(), PollFlags::IN)];
            let silence = Timespec { tv_sec: SILENCE, tv_nsec: 0 };
            if poll(&mut waiting, Some(&silence))? == 0 {
                let why = format!("nothing came through this pipe for {SILENCE} s");
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
        }
        self.file.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn what_may_never_end_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "12345678").unwrap();
        assert_eq!(read(&file, 8).unwrap(), b"12345678");
        assert!(read(&file, 7).unwrap_err().contains("has more than"));
        assert!(read(folder.path(), 7).unwrap_err().ends_with("is a folder: name a file"));
        let pipe = folder.path().join("pipe\u{1b}[31m");
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        let why = read(&pipe, 7).unwrap_err();
        assert!(
            why.ends_with(
                "pipe\u{fffd}[31m is a pipe, which may never end: copy it to a file first"
            ),
            "{why}"
        );
        for device in ["/dev/zero", "/dev/null"] {
            assert!(read(Path::new(device), 7).unwrap_err().contains("a device"), "{device}");
        }
        assert!(read(Path::new("/no/such"), 7).unwrap_err().starts_with("/no/such: No such file"));
    }

    #[test]
    fn a_pipe_that_is_open_already_is_read_as_far_as_it_may_be() {
        use std::io::Write;
        use std::os::fd::AsRawFd;

        let (ours, mut theirs) = io::pipe().unwrap();
        let name = format!("/dev/fd/{}", ours.as_raw_fd());
        theirs.write_all(b"12345678").unwrap();
        assert!(read(Path::new(&name), 7).unwrap_err().contains("has more than"));
        theirs.write_all(b"1234").unwrap();
        drop(theirs);
        assert_eq!(read(Path::new(&name), 8).unwrap(), b"1234");
    }
}
