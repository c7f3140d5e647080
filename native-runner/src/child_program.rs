//! The child program: carried inside the runner, started from memory.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use lab::Placement;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::cancel::{Cancel, Registration};
use crate::placement;

/// Ten seconds of them.
const FIRST_LINE_LOOKS: u32 = 5000;

static PROGRAM: &[u8] = include_bytes!(env!("BREAKEVEN_CHILD"));

/// A child process that is killed and reaped when this is dropped.
pub(crate) struct ChildProcess {
    child: Child,
    stderr: Option<ChildStderr>,
    _registration: Registration,
}

impl ChildProcess {
    /// Starts the child program with these as its standard input and output. It gets no environment,
    /// and no descriptor but its three.
    ///
    /// Must be called from a thread that lives as long as the child may: the parent-death signal
    /// comes when the *thread* that started the child ends.
    pub(crate) fn spawn(
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
        placement: Placement,
    ) -> io::Result<Self> {
        let program = program()?;
        // std's Command takes the posix_spawn path here, whose cost does not grow with the runner.
        #[expect(clippy::disallowed_methods, reason = "this is the module that starts children")]
        let mut command = Command::new(format!("/proc/self/fd/{}", program.as_raw_fd()));
        command.stdin(Stdio::from(input)).stdout(Stdio::from(output));
        Self::start(command, cancel, placement)
    }

    /// The same with another program, which the runner found itself, and unpinned.
    pub(crate) fn spawn_program(
        program: &Path,
        words: &[&str],
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
    ) -> io::Result<Self> {
        #[expect(clippy::disallowed_methods, reason = "this is the module that starts children")]
        let mut command = Command::new(program);
        command.args(words).stdin(Stdio::from(input)).stdout(Stdio::from(output));
        Self::start(command, cancel, Placement::Unpinned)
    }

    /// Starts a program without environment, watched over like the child program.
    fn start(mut command: Command, cancel: &Cancel, placement: Placement) -> io::Result<Self> {
        let mut child = command
            .env_clear()
            // Ctrl-C in a terminal is for the runner, which ends its children itself.
            .process_group(0)
            .stderr(Stdio::piped())
            .spawn()?;
        let watched = Pid::from_raw(child.id().cast_signed())
            .ok_or(io::ErrorKind::InvalidData.into())
            .and_then(|pid| {
                placement::put_worker(pid, placement)?;
                Ok(pidfd_open(pid, PidfdFlags::empty())?)
            });
        match watched {
            Ok(pidfd) => Ok(Self {
                stderr: child.stderr.take(),
                child,
                _registration: cancel.register(pidfd),
            }),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(why)
            }
        }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        self.child.wait().map(|_| ())
    }

    /// Kills it and tells how it ended and what it said last.
    pub(crate) fn post_mortem(&mut self) -> String {
        let ended = self.end_soon();
        let _ = self.child.kill();
        let status = ended.map_or_else(
            || "it was still running".to_owned(),
            |status| format!("it ended with {status}"),
        );
        let _ = self.child.wait();
        let mut said = String::new();
        if let Some(stderr) = self.stderr.take() {
            let _ = stderr.take(4096).read_to_string(&mut said);
        }
        if said.trim().is_empty() { status } else { format!("{status}: {}", said.trim()) }
    }

    /// How it ended, if it has, or does within a moment: the kernel closes a dying child's socket
    /// before the child can be waited for.
    fn end_soon(&mut self) -> Option<ExitStatus> {
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(None) => thread::sleep(Duration::from_millis(2)),
                ended => return ended.ok().flatten(),
            }
        }
        None
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
    for _ in 0..FIRST_LINE_LOOKS {
        let Some(status) = child.try_wait()? else {
            thread::sleep(Duration::from_millis(2));
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

/// The program as a sealed file in memory, written once.
fn program() -> io::Result<&'static File> {
    static FILE: OnceLock<File> = OnceLock::new();
    if let Some(file) = FILE.get() {
        return Ok(file);
    }
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    // Kernels before 6.3 do not know the flag that asks for an executable file: there all are.
    let memory = memfd_create("breakeven-child", flags | MemfdFlags::EXEC)
        .or_else(|_| memfd_create("breakeven-child", flags))?;
    let mut file = File::from(memory);
    file.write_all(PROGRAM)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK)?;
    Ok(FILE.get_or_init(|| file))
}
