//! The child program of the process lanes.
//!
//! Its standard input is one end of a socket pair, over which it reads and writes. It dies with the
//! runner: by the parent-death signal, and by the end of its stream if the runner died before that
//! was set.
#![forbid(unsafe_code)]

use std::io::{self, Read, Write};
use std::process::ExitCode;

use rustix::process::{Signal, getpid, set_parent_process_death_signal};
use rustix::stdio::stdin;

fn main() -> ExitCode {
    if let Err(why) = set_parent_process_death_signal(Some(Signal::KILL)) {
        eprintln!("breakeven-child: no parent-death signal: {why}");
        return ExitCode::FAILURE;
    }
    let process = getpid().as_raw_nonzero().get().unsigned_abs();
    match child::run(process, &mut Socket, &mut Socket) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-child: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Standard input without std's buffers, which would copy the pixels once more.
struct Socket;

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(stdin(), buffer)?)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(stdin(), bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
