//! The bench's reference for a child: a small static program that says one byte, and then sends back as
//! many bytes as it was told, over and over. No frames, no checks, nothing else.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use rustix::io::{read, write};
use rustix::stdio::{stdin, stdout};

fn main() -> ExitCode {
    let Some(bytes) = std::env::args().nth(1).and_then(|word| word.parse().ok()) else {
        eprintln!("bare-child: say how many bytes come at a time");
        return ExitCode::from(2);
    };
    match echo(bytes) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bare-child: {why}");
            ExitCode::FAILURE
        }
    }
}

fn echo(bytes: usize) -> rustix::io::Result<()> {
    write(stdout(), &[1])?;
    let mut buffer = vec![0; bytes];
    loop {
        let mut filled = 0;
        while filled < bytes {
            match read(stdin(), &mut buffer[filled..])? {
                0 => return Ok(()),
                count => filled += count,
            }
        }
        let mut written = 0;
        while written < bytes {
            written += write(stdout(), &buffer[written..])?;
        }
    }
}
