//! `process.pipe`: child processes, each over two pipes: its standard input and output.

use std::io::{self, IoSlice, PipeReader, PipeWriter, Read, Write, pipe};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use protocol::LaneId;
use rustix::pipe::fcntl_setpipe_size;

use super::Transport;

/// Bytes that each pipe holds. The usual 64 KiB hold no frame of 64 KiB: its header is too much, and both
/// sides would wait for each other twice.
pub const CAPACITY: usize = 256 << 10;

/// The runner's ends: what it writes the child reads, and the other way round.
pub(crate) struct Pipes {
    from_child: PipeReader,
    to_child: PipeWriter,
}

impl Transport for Pipes {
    const LANE: LaneId = LaneId::PROCESS_PIPE;
    const NAME: &'static str = "two pipes";

    fn pair() -> io::Result<(Self, OwnedFd, OwnedFd)> {
        let (input, to_child) = pipe()?;
        let (from_child, output) = pipe()?;
        for end in [to_child.as_fd(), from_child.as_fd()] {
            // A system that allows no more has slower pipes, and nothing else is wrong with it.
            let _ = fcntl_setpipe_size(end, CAPACITY);
        }
        Ok((Self { from_child, to_child }, OwnedFd::from(input), OwnedFd::from(output)))
    }
}

impl AsFd for Pipes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.from_child.as_fd()
    }
}

impl Read for Pipes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.from_child.read(buffer)
    }
}

impl Write for Pipes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_child.write(bytes)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        self.to_child.write_vectored(parts)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
