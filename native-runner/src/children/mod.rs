//! Child processes: started, watched over, and ended, whatever they do.
//!
//! The child program is the runner's own and gives up all that it does not need. Programs that may start
//! others (Node, browsers) run under a keeper ([`kept`]). Nothing of either outlives the runner.

mod kept;
mod programs;
mod question;

use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use lab::Placement;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};
use rustix::time::Timespec;
use sandbox::Allowances;

use crate::cancel::{Cancel, Registration, Talking, Target};
use crate::placement;
use crate::private::Folder;
use crate::timing;
pub(crate) use kept::{KeptProgram, mechanism};
pub(crate) use programs::{sealed, trial as trial_program};
pub(crate) use question::first_line;

/// How long a process may take to end when its stream has.
const AFTER_THE_STREAM: Duration = Duration::from_secs(2);
/// And then, when it was asked to by SIGTERM.
const AFTER_ASKING: Duration = Duration::from_millis(500);
/// The kernel closes a dying child's socket before the child can be waited for.
const BEFORE_A_POST_MORTEM: Duration = Duration::from_millis(200);
/// A keeper that has to end others first takes longer.
const BEFORE_LAST_WORDS: Duration = Duration::from_secs(2);
/// Bytes of what was said that are read: a pipe holds no more.
const MOST_WORDS: u64 = 64 << 10;

/// A child process that is ended and collected when this is dropped.
pub(crate) struct ChildProcess {
    child: Child,
    /// Of a keeper, whose program does not read it: its end asks for the end.
    stdin: Option<ChildStdin>,
    stderr: Option<ChildStderr>,
    registration: Registration,
    /// How long it may take to end when its stream has.
    patience: Duration,
    /// What goes with it.
    folder: Option<Folder>,
}

impl ChildProcess {
    /// Starts the child program with these as its standard input and output. It gets no environment, and no
    /// descriptor but its three.
    ///
    /// Must be called from a thread that lives as long as the child may: the parent-death signal comes when
    /// the *thread* that started the child ends.
    pub(crate) fn spawn(
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
        placement: Placement,
        allowed: Allowances,
    ) -> io::Result<Self> {
        let name = "breakeven-child";
        let mut words = vec![allowed.to_string()];
        if tracer::is_on() {
            words.push("trace".to_owned());
        }
        let mut child = Self::spawn_own(programs::child()?, name, &words, input, output, cancel)?;
        match placement::put_worker(child.pid(), placement) {
            Ok(()) => Ok(child),
            Err(why) => {
                child.kill();
                Err(why)
            }
        }
    }

    /// Starts the scraper in the same way, to work on so many threads.
    pub(crate) fn spawn_scraper(
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
        allowed: Allowances,
        threads: u32,
    ) -> io::Result<Self> {
        let mut words = vec![allowed.to_string(), threads.to_string()];
        if tracer::is_on() {
            words.push("trace".to_owned());
        }
        let name = "breakeven-scraper";
        Self::spawn_own(programs::scraper()?, name, &words, input, output, cancel)
    }

    fn spawn_own(
        program: String,
        name: &str,
        words: &[String],
        input: OwnedFd,
        output: OwnedFd,
        cancel: &Cancel,
    ) -> io::Result<Self> {
        // std's Command takes the posix_spawn path here, whose cost does not grow with the runner.
        #[expect(clippy::disallowed_methods, reason = "this is the module that starts children")]
        let mut command = Command::new(program);
        command
            .arg0(name)
            .arg(std::process::id().to_string())
            .args(words)
            .env_clear()
            .stdin(Stdio::from(input))
            .stdout(Stdio::from(output))
            .stderr(Stdio::piped());
        Self::watch(command.spawn()?, cancel, Target::Process, AFTER_THE_STREAM)
    }

    /// From here on it is watched over.
    fn watch(
        mut child: Child,
        cancel: &Cancel,
        target: Target,
        patience: Duration,
    ) -> io::Result<Self> {
        let pid = Pid::from_child(&child);
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Ok(Self {
                stdin: child.stdin.take(),
                stderr: child.stderr.take(),
                child,
                registration: cancel.register(pidfd, pid, target),
                patience,
                folder: None,
            }),
            Err(why) => {
                let _ = child.kill();
                let _ = child.wait();
                Err(why.into())
            }
        }
    }

    /// Its process id; of a program under a keeper, the keeper's.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Somebody waits for it to say something, for as long as the result lives: a child that is silent for
    /// too long is killed, and its stream ends with it.
    pub(crate) fn talking(&self) -> Talking {
        self.registration.talking()
    }

    /// It was silent for too long: kills it.
    pub(crate) fn give_up(&self) {
        self.registration.give_up();
    }

    /// Waits for its end, now that its stream has ended. A child that does not end is asked to, and then
    /// killed.
    ///
    /// # Errors
    /// If it had to be asked or killed, or cannot be waited for.
    pub(crate) fn end(mut self) -> io::Result<()> {
        if self.has_ended_within(self.patience)? {
            return Ok(());
        }
        self.registration.signal(Signal::TERM);
        let how = if self.has_ended_within(AFTER_ASKING)? { "asked to" } else { "killed" };
        self.kill();
        let patience = self.patience.as_secs_f64();
        let why = format!("it did not end within {patience} s of its stream, and had to be {how}");
        Err(io::Error::new(io::ErrorKind::TimedOut, why))
    }

    /// Kills it and tells how it ended and what it said last.
    pub(crate) fn post_mortem(&mut self) -> String {
        let ended = self.has_ended_within(BEFORE_A_POST_MORTEM).unwrap_or(false);
        self.kill();
        let status = match self.child.try_wait() {
            _ if self.registration.was_silent() => {
                "it was silent for too long and was killed".into()
            }
            // The keeper's own end says nothing; what it says does.
            Ok(Some(_)) if ended && self.registration.is_kept() => String::new(),
            Ok(Some(status)) if ended => format!("it ended with {status}"),
            _ => "it was still running".to_owned(),
        };
        let mut said = Vec::new();
        if let Some(stderr) = self.stderr.take() {
            let _ = stderr.take(4096).read_to_end(&mut said);
        }
        let said = String::from_utf8_lossy(&said);
        let parts = [status.as_str(), said.trim()].map(str::to_owned);
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ")
    }

    /// Waits for its end, kills it if that does not come soon, and returns what it said on standard error.
    pub(crate) fn last_words(&mut self) -> String {
        let _ = self.has_ended_within(BEFORE_LAST_WORDS);
        self.kill();
        let mut said = Vec::new();
        if let Some(stderr) = self.stderr.take() {
            let _ = stderr.take(MOST_WORDS).read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Kills it, and everything under it where it is a keeper, and collects it.
    pub(crate) fn kill(&mut self) {
        self.stdin = None;
        self.registration.end();
        let _ = self.child.wait();
    }

    /// Sends a signal to the one process under this keeper that has this id inside, and waits for the end of all.
    /// Returns whether it came.
    pub(crate) fn ends_after(&mut self, inner: u32, signal: Signal, within: Duration) -> bool {
        let process = self.outer_id(inner).and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let asked = process.is_some_and(|process| kill_process(process, signal).is_ok());
        asked && self.has_ended_within(within).unwrap_or(false)
    }

    fn has_ended_within(&mut self, within: Duration) -> io::Result<bool> {
        let until = timing::now() + within.as_nanos() as u64;
        loop {
            let left = until.saturating_sub(timing::now());
            let time = Timespec {
                tv_sec: (left / 1_000_000_000) as i64,
                tv_nsec: (left % 1_000_000_000) as i64,
            };
            let pidfd = self.registration.as_fd();
            match poll(&mut [PollFd::from_borrowed_fd(pidfd, PollFlags::IN)], Some(&time)) {
                Err(Errno::INTR) => {}
                Err(why) => return Err(why.into()),
                Ok(0) => return Ok(false),
                Ok(_) => return self.child.wait().map(|_| true),
            }
        }
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

#[cfg(test)]
mod tests;
