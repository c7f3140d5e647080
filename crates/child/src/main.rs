//! The child program of the process lanes.
//!
//! It reads its standard input and writes its standard output: two pipes, or one end of a socket pair
//! twice. It dies with the runner: by the parent-death signal, and by the end of its stream if the runner died before that
//! was set.
#![forbid(unsafe_code)]

use std::io::{self, IoSlice, Read, Write};
use std::process::ExitCode;

use rustix::process::{Signal, getpid, set_parent_process_death_signal};
use rustix::stdio::{stdin, stdout};

fn main() -> ExitCode {
    if let Err(why) = set_parent_process_death_signal(Some(Signal::KILL)) {
        eprintln!("breakeven-child: no parent-death signal: {why}");
        return ExitCode::FAILURE;
    }
    let process = getpid().as_raw_nonzero().get().unsigned_abs();
    match child::run(process, &mut Input, &mut Output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-child: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Standard input without std's buffer, which would copy the bytes once more.
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
