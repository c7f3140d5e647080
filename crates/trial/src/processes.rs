//! Worker processes of a trial: this same program again, with a line of JSON per message.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use shm::descriptor;

use crate::facts::now;

/// How long a worker may be silent.
const PATIENCE: Duration = Duration::from_secs(20);

/// What connects a caller with its child, by the lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Two pipes.
    Pipe,
    /// A Unix socket pair.
    Socket,
    /// The same, and shared memory that came over it.
    SharedMemory,
}

impl Channel {
    pub(crate) fn named(lane: &str) -> Option<Self> {
        match lane {
            "process.pipe" => Some(Self::Pipe),
            "process.socket" => Some(Self::Socket),
            "process.shm" => Some(Self::SharedMemory),
            _ => None,
        }
    }

    /// Starts a program with the worker's ends as its standard streams.
    pub(crate) fn start(self, command: &mut Command) -> Result<(Child, Ends)> {
        if self == Self::Pipe {
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let (to, from) = (child.stdin.take(), child.stdout.take());
            let ends = to.zip(from).context("the child has no streams")?;
            return Ok((child, Ends::Pipes(ends.0, ends.1)));
        }
        let (ours, theirs) = UnixStream::pair()?;
        let input = Stdio::from(OwnedFd::from(theirs.try_clone()?));
        let child = command.stdin(input).stdout(OwnedFd::from(theirs)).spawn()?;
        Ok((child, Ends::Socket(ours)))
    }
}

/// What is written to.
pub(crate) type Writer = Box<dyn Write + Send>;
/// What is read from.
pub(crate) type Reader = Box<dyn Read + Send>;

/// The caller's ends.
pub(crate) enum Ends {
    Pipes(ChildStdin, ChildStdout),
    Socket(UnixStream),
}

impl Ends {
    /// What is written to, what is read from, and what descriptors can be passed over.
    pub(crate) fn split(self) -> Result<(Writer, Reader, Option<UnixStream>)> {
        Ok(match self {
            Self::Pipes(to, from) => (Box::new(to), Box::new(from), None),
            Self::Socket(socket) => {
                let (to, from) = (socket.try_clone()?, socket.try_clone()?);
                (Box::new(to), Box::new(from), Some(socket))
            }
        })
    }
}

/// What comes from a worker.
pub(crate) enum Heard {
    /// A message.
    Message(Value),
    /// Its stream has ended, at this time.
    Ended(f64),
}

/// A worker process.
pub(crate) struct Process {
    pub(crate) child: Child,
    to: Writer,
    heard: Receiver<Heard>,
    /// Where descriptors can be passed.
    socket: Option<UnixStream>,
}

impl Process {
    /// One that has answered.
    pub(crate) fn start(channel: Channel, experiment: &str, name: &str) -> Result<Self> {
        let mut command = Command::new("/proc/self/exe");
        let (mut child, ends) = channel.start(command.args(["--worker", experiment, name]))?;
        let (to, from, socket) = ends.split()?;
        let heard = listen(from).inspect_err(|_| drop(child.kill()))?;
        let mut this = Self { child, to, heard, socket };
        this.receive()?;
        Ok(this)
    }

    pub(crate) fn send(&mut self, message: &Value) -> Result<()> {
        self.to.write_all(format!("{message}\n").as_bytes()).context("sending to a child")
    }

    /// Sends bytes as they are, after a message that says how many.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        self.to.write_all(bytes).context("sending to a child")
    }

    /// What comes next within this time.
    pub(crate) fn hear(&self, within: Duration) -> Option<Heard> {
        match self.heard.recv_timeout(within) {
            Ok(heard) => Some(heard),
            Err(RecvTimeoutError::Disconnected) => Some(Heard::Ended(now())),
            Err(RecvTimeoutError::Timeout) => None,
        }
    }

    pub(crate) fn receive(&mut self) -> Result<Value> {
        match self.hear(PATIENCE) {
            Some(Heard::Message(message)) => Ok(message),
            Some(Heard::Ended(_)) => bail!("the child ended: {}", self.child.wait()?),
            None => bail!("the child was silent"),
        }
    }

    /// Sends a message and waits for the next.
    pub(crate) fn ask(&mut self, message: &Value) -> Result<Value> {
        self.send(message)?;
        self.receive()
    }

    /// Passes a descriptor with the next message. Pipes pass none.
    pub(crate) fn pass(&mut self, file: BorrowedFd<'_>) -> Result<()> {
        let socket = self.socket.as_ref().context("pipes pass no descriptors")?;
        descriptor::send(socket, file)?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(from: Reader) -> Result<Receiver<Heard>> {
    let (sender, heard) = channel();
    thread::Builder::new().spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(Ok(message)) = line.map(|line| serde_json::from_str(&line)) else { break };
            if sender.send(Heard::Message(message)).is_err() {
                return;
            }
        }
        let _ = sender.send(Heard::Ended(now()));
    })?;
    Ok(heard)
}

/// The worker's side: says that it is there, and answers messages until the stream ends.
pub(crate) fn serve(mut answer: impl FnMut(Value) -> Result<Option<Value>>) -> Result<()> {
    reply(&json!({ "ready": true }))?;
    let mut lines = Lines;
    while let Some(line) = lines.next_line()? {
        if let Some(value) = answer(serde_json::from_str(&line)?)? {
            reply(&value)?;
        }
    }
    Ok(())
}

/// Says something to the caller.
pub(crate) fn reply(message: &Value) -> Result<()> {
    let mut out = stdout().lock();
    out.write_all(format!("{message}\n").as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Lines of standard input, read byte by byte: a descriptor comes with a byte of its own, which nobody must have
/// read before.
struct Lines;

impl Lines {
    fn next_line(&mut self) -> Result<Option<String>> {
        let mut line = Vec::new();
        let mut byte = [0];
        let mut input = unbuffered()?;
        loop {
            match input.read(&mut byte)? {
                0 => return Ok(None),
                _ if byte[0] == b'\n' => return Ok(Some(String::from_utf8(line)?)),
                _ => line.push(byte[0]),
            }
        }
    }
}

fn unbuffered() -> Result<File> {
    Ok(File::from(stdin().as_fd().try_clone_to_owned()?))
}

/// So many bytes as they are, after the message that said it.
pub(crate) fn received_bytes(count: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; count];
    unbuffered()?.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The descriptor that was passed before the next message.
pub(crate) fn passed() -> Result<OwnedFd> {
    Ok(descriptor::receive(stdin())?)
}
