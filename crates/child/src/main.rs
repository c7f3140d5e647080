//! The child program of the process lanes.
//!
//! It reads its standard input and writes its standard output: two pipes, or one end of a socket pair
//! twice, over which shared memory may come. First of all it gives up what it does not need (`sandbox`), the
//! way to outlive the runner included.
//!
//! Its arguments are the runner's process id, what it is allowed beyond computing, and `trace` where it is to
//! note what it does.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

use std::io::{self, BufReader, IoSlice, Read, Write};
use std::process::ExitCode;

use child::Ended;
use protocol::frame::{FrameError, TOGETHER};
use protocol::trace::What;
use rustix::process::getpid;
use rustix::stdio::{stdin, stdout};
use sandbox::{Guards, Limits};
use shm::descriptor;

/// Twice the largest pictures, and the memory that is shared.
const LIMITS: Limits = Limits {
    addresses: Some(4 << 30),
    data: None,
    cpu: Some(600),
    descriptors: Some(16),
    file: Some(0),
    stack: None,
};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let parent = words.next().and_then(|word| word.parse().ok());
    let allowed = words.next().and_then(|word| word.parse().ok());
    let (Some(parent), Some(allowed)) = (parent, allowed) else {
        eprintln!("breakeven-child: the runner starts this");
        return ExitCode::from(2);
    };
    // The first reading finds out where the clock can be read without a system call: from inside the sandbox it
    // could not.
    child::now();
    if words.next().as_deref() == Some("trace") {
        tracer::begin(child::now);
    }
    match sandbox::enter(parent, &LIMITS, allowed).map_err(FrameError::from).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-child: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(guards: Guards) -> Result<(), FrameError> {
    let process = getpid().as_raw_nonzero().get().unsigned_abs();
    // A short frame is read with one system call, a long one into its place.
    let mut input = BufReader::with_capacity(2 * TOGETHER, Input);
    let mut ended = child::run(process, guards.bits(), &mut input, &mut Output)?;
    if let Ended::Map { worker, wait } = ended {
        let mut memory = shm::Worker::attach(descriptor::receive(stdin())?, worker)?;
        let (region, bytes) = (memory.region(), memory.bytes_shared() as u64);
        tracer::note(What::Map { region, bytes });
        ended = child::shared::run(&mut memory, wait, &mut Output)?;
    }
    if ended == Ended::Crash {
        std::process::abort();
    }
    Ok(())
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
