//! The scraper as a program: frames on its standard input and output.
//!
//! Its arguments are the process id of whoever started it, what it is allowed beyond computing, and on how many
//! threads it works, and `trace` where it is to note what it does. First of all it gives up everything else.
#![forbid(unsafe_code)]

use std::io;
use std::process::ExitCode;

use protocol::frame::FrameError;
use rustix::process::getpid;
use sandbox::Limits;

/// Room for a page with all that is made of it, and for what is remembered.
const LIMITS: Limits = Limits {
    addresses: None,
    data: Some(2 << 30),
    cpu: Some(600),
    descriptors: Some(128),
    file: Some(0),
    // As much as every other thread has: a page goes too deep on all lanes alike.
    stack: Some(2 << 20),
};

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let parent = words.next().and_then(|word| word.parse().ok());
    let allowed = words.next().and_then(|word| word.parse().ok());
    let threads = words.next().and_then(|word| word.parse().ok());
    let (Some(parent), Some(allowed), Some(threads)) = (parent, allowed, threads) else {
        eprintln!("breakeven-scraper: the runner starts this");
        return ExitCode::from(2);
    };
    // The first reading finds out where the clock can be read without a system call: from inside the sandbox it
    // could not.
    scrape::now();
    if words.next().as_deref() == Some("trace") {
        tracer::begin(scrape::now);
    }
    let ended =
        sandbox::enter(parent, &LIMITS, allowed).map_err(FrameError::from).and_then(|guards| {
            let process = getpid().as_raw_nonzero().get().unsigned_abs();
            scrape::run(process, guards.bits(), threads, &mut io::stdin().lock(), io::stdout())
        });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("breakeven-scraper: {why}");
            ExitCode::FAILURE
        }
    }
}
