//! A child for the tests of the runner's patience: it does one thing that no child should, named by its first
//! argument. It starts like a good one wherever the misdeed comes later.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use protocol::frame::{self, HEADER_BYTES, Head};
use rustix::process::{Signal, getpid, kill_process, setsid};

fn main() -> ExitCode {
    let misdeed = std::env::args().nth(1).unwrap_or_default();
    match misbehave(&misdeed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("misbehaving-child: {why}");
            ExitCode::FAILURE
        }
    }
}

fn misbehave(misdeed: &str) -> io::Result<()> {
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    match misdeed {
        "exits at once" => return Ok(()),
        "says nothing" => sleep(),
        "writes garbage" => return output.write_all(&[0x55; 4096]),
        "writes half a frame" => {
            let hello = frame::encode(&Head::Hello { process: 1, guards: 0 }, 0);
            output.write_all(&hello[..HEADER_BYTES / 2])?;
            output.flush()?;
            sleep();
        }
        "says a huge length" => {
            output.write_all(&frame::encode(&Head::Failed, u64::MAX))?;
            output.flush()?;
            sleep();
        }
        "floods its output" => loop {
            output.write_all(&[0x55; 1 << 16])?;
        },
        "starts another"
        | "starts one in the background"
        | "starts one in a session of its own" => {
            let own = std::env::current_exe()?;
            let way = match misdeed {
                "starts another" => "says nothing",
                "starts one in the background" => "leaves one behind",
                _ => "has a session of its own",
            };
            let mut other = Command::new(own);
            // It holds on to all three streams.
            other.arg(way).stdin(Stdio::inherit()).stdout(Stdio::inherit()).spawn()?;
        }
        "leaves one behind" => {
            let own = std::env::current_exe()?;
            Command::new(own).arg("says nothing").spawn()?;
            return Ok(());
        }
        "has a session of its own" => {
            setsid()?;
            sleep();
        }
        _ => {}
    }
    frame::write(&mut output, &Head::Hello { process: std::process::id(), guards: 0 }, &[])?;
    output.flush()?;
    // The request of an echo.
    let Ok(Some((head, length))) = frame::read_head(&mut input) else { return Ok(()) };
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    if head != Head::Echo {
        return Err(io::Error::other("only echoes are made"));
    }
    match misdeed {
        "stops itself" => kill_process(getpid(), Signal::STOP)?,
        "closes its streams" => {
            let nothing = File::open("/dev/null")?;
            rustix::stdio::dup2_stdin(&nothing)?;
            rustix::stdio::dup2_stdout(&nothing)?;
            sleep();
        }
        "dies in the middle of a message" => {
            output.write_all(&frame::encode(&Head::Echoed { arrived: 0 }, length))?;
            output.write_all(&body[..body.len() / 2])?;
            output.flush()?;
            kill_process(getpid(), Signal::KILL)?;
        }
        "spins" => loop {
            std::hint::spin_loop();
        },
        "eats memory" => {
            let mut eaten: Vec<Vec<u8>> = Vec::new();
            loop {
                eaten.push(vec![1; 1 << 24]);
            }
        }
        "floods its errors" => loop {
            io::stderr().write_all(&[b'x'; 1 << 16])?;
        },
        _ => {}
    }
    frame::write(&mut output, &Head::Echoed { arrived: 0 }, &body)?;
    output.flush()?;
    // A good child ends when its stream does.
    if misdeed == "ignores the end of its stream" || misdeed == "ignores SIGTERM" {
        sleep();
    }
    io::copy(&mut input, &mut io::sink()).map(|_| ())
}

fn sleep() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(1000));
    }
}
