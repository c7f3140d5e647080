//! The child program of the process lanes.
//!
//! It reads its standard input and writes its standard output: two pipes, or one end of a socket pair
//! twice, over which shared memory may come. It dies with the runner: by the parent-death signal, and by
//! the end of its stream if the runner died before that was set.
#![forbid(unsafe_code)]

use std::io::{self, BufReader, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::process::ExitCode;

use child::Ended;
use protocol::frame::{FrameError, TOGETHER};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::process::{Signal, getpid, set_parent_process_death_signal};
use rustix::stdio::{stdin, stdout};

fn main() -> ExitCode {
    if let Err(why) = set_parent_process_death_signal(Some(Signal::KILL)) {
        eprintln!("breakeven-child: no parent-death signal: {why}");
        return ExitCode::FAILURE;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-child: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), FrameError> {
    let process = getpid().as_raw_nonzero().get().unsigned_abs();
    // A short frame is read with one system call, a long one into its place.
    let mut input = BufReader::with_capacity(2 * TOGETHER, Input);
    match child::run(process, &mut input, &mut Output)? {
        Ended::Cleanly => Ok(()),
        Ended::Map { worker, wait } => {
            child::shared::run(&mut shm::Worker::attach(descriptor()?, worker)?, wait)
        }
    }
}

/// The descriptor that comes with the next byte of standard input.
fn descriptor() -> io::Result<OwnedFd> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    let parts = &mut [IoSliceMut::new(&mut byte)];
    recvmsg(stdin(), parts, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    let mut descriptors = ancillary.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
        _ => None,
    });
    descriptors.next().ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, "no descriptor came with the byte")
    })
}

/// Standard input without std's own buffer and lock.
struct Input;

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(stdin(), buffer)?)
    }
}

/// Standard output without std's buffer.
struct Output;

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(stdout(), bytes)?)
    }

    fn write_vectored(&mut self, parts: &[IoSlice<'_>]) -> io::Result<usize> {
        Ok(rustix::io::writev(stdout(), parts)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
