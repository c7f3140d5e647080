//! A program that is asked one question.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Ten seconds of them.
const LOOKS: u32 = 5000;
const LOOK: Duration = Duration::from_millis(2);

/// The first line that a program prints with this one word, for example its version.
pub(crate) fn first_line(program: &Path, word: &str) -> io::Result<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the module that starts children")]
    let mut child = Command::new(program)
        .arg(word)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    for _ in 0..LOOKS {
        let Some(status) = child.try_wait()? else {
            thread::sleep(LOOK);
            continue;
        };
        let mut text = String::new();
        if let Some(stdout) = child.stdout.take() {
            stdout.take(4096).read_to_string(&mut text)?;
        }
        return match text.lines().next() {
            Some(line) if status.success() => Ok(line.trim().to_owned()),
            _ => Err(io::Error::other(format!("it ended with {status}"))),
        };
    }
    child.kill()?;
    child.wait()?;
    Err(io::Error::new(io::ErrorKind::TimedOut, "it did not answer within ten seconds"))
}
