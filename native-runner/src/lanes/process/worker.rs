//! A child and the runner's end of its streams.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::os::fd::OwnedFd;

use lab::{LaneError, Placement};
use protocol::Nanos;
use protocol::frame::{self, FrameError, Head};
use protocol::trace::{self, Crosses, Trail, What};
use sandbox::{Allowances, Guards};

use super::Transport;
use crate::cancel::Cancel;
use crate::children::ChildProcess;

/// A child process and what it is talked to over. Dropping it kills the child.
pub(crate) struct Worker<T> {
    process: ChildProcess,
    /// None once it has been told to end.
    stream: Option<BufReader<T>>,
    /// Its process id as it knows it: under a keeper another one than outside.
    inner: Option<u32>,
    /// Its number in notes.
    peer: u32,
}

impl<T: Transport> Worker<T> {
    /// Starts a child; it has not answered yet.
    pub(crate) fn spawn(
        cancel: &Cancel,
        placement: Placement,
        allowed: Allowances,
    ) -> Result<Self, LaneError> {
        Self::start(|input, output| ChildProcess::spawn(input, output, cancel, placement, allowed))
    }

    /// Starts whatever speaks frames on the other end; it has not answered yet.
    pub(crate) fn start(
        spawn: impl FnOnce(OwnedFd, OwnedFd) -> io::Result<ChildProcess>,
    ) -> Result<Self, LaneError> {
        let start = || -> io::Result<Self> {
            let (began, peer) = (tracer::time(), tracer::spawn());
            let (ours, input, output) = T::pair()?;
            let process = spawn(input, output)?;
            let stream = BufReader::with_capacity(2 * frame::TOGETHER, ours);
            tracer::note_since(began, |took| What::Blocked { took });
            Ok(Self { process, stream: Some(stream), inner: None, peer })
        };
        start().map_err(|why| LaneError::failed(format!("a child could not be started: {why}")))
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it is talked to over.
    pub(crate) fn stream(&self) -> Result<&T, LaneError> {
        self.stream.as_ref().map(BufReader::get_ref).ok_or_else(told_to_end)
    }

    /// Waits for its first answer; returns what guards it.
    pub(crate) fn greet(&mut self) -> Result<Guards, LaneError> {
        let (process, guards) = self.talk(|stream| match await_head(stream)? {
            Some((Head::Hello { process, guards }, _)) => Ok((process, Guards::from_bits(guards))),
            other => unexpected(stream, other),
        })?;
        self.inner = Some(process);
        Ok(guards)
    }

    /// Its process id, of whatever is on the other end, once it has greeted.
    pub(crate) fn outer_id(&self) -> Option<u32> {
        let inner = self.inner?;
        if inner == self.id() { Some(inner) } else { self.process.outer_id(inner) }
    }

    /// Whether something that it sent has been read from the stream and from nowhere else.
    pub(crate) fn is_buffered(&self) -> bool {
        self.stream.as_ref().is_some_and(|stream| !stream.buffer().is_empty())
    }

    /// Sends a request.
    pub(crate) fn send(&mut self, head: &Head, body: &[u8]) -> Result<(), LaneError> {
        let peer = self.peer;
        self.talk(|stream| Ok(write(stream.get_mut(), peer, head, body)?))
    }

    /// Receives the answer to a request for work; returns the time in the kernel.
    pub(super) fn receive_work(&mut self, answer: &mut [u8]) -> Result<Nanos, LaneError> {
        let peer = self.peer;
        self.talk(|stream| match await_head(stream)? {
            Some((Head::Done { compute }, body)) if body == answer.len() as u64 => {
                read_body(stream, peer, answer)?;
                Ok(Nanos(compute))
            }
            other => unexpected(stream, other),
        })
    }

    /// Receives the answer to a task: its reply, and returns its result.
    pub(super) fn receive_task(&mut self, reply: &mut [u8]) -> Result<u32, LaneError> {
        let peer = self.peer;
        self.talk(|stream| match frame::read_head(stream)? {
            Some((Head::Did { result }, body)) if body == reply.len() as u64 => {
                read_body(stream, peer, reply)?;
                Ok(result)
            }
            other => unexpected(stream, other),
        })
    }

    /// Receives the answer to a request that has no other.
    pub(super) fn receive_echoed(&mut self) -> Result<(), LaneError> {
        let peer = self.peer;
        self.talk(|stream| match await_head(stream)? {
            Some((Head::Echoed { .. }, 0)) => Ok(read_body(stream, peer, &mut [])?),
            other => unexpected(stream, other),
        })
    }

    /// Receives what came of a page, as JSON.
    pub(crate) fn receive_fetched(&mut self) -> Result<Vec<u8>, LaneError> {
        let peer = self.peer;
        self.talk(|stream| match frame::read_head(stream)? {
            Some((Head::Fetched, length)) => {
                let mut body = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
                read_body(stream, peer, &mut body)?;
                Ok(body)
            }
            other => unexpected(stream, other),
        })
    }

    /// Has bytes sent back; returns when all of them had arrived in the child, in nanoseconds of the
    /// system's monotonic clock.
    pub(crate) fn echo(&mut self, request: &[u8], reply: &mut [u8]) -> Result<u64, LaneError> {
        let peer = self.peer;
        self.talk(|stream| {
            write(stream.get_mut(), peer, &Head::Echo, request)?;
            match await_head(stream)? {
                Some((Head::Echoed { arrived }, body)) if body == reply.len() as u64 => {
                    read_body(stream, peer, reply)?;
                    Ok(arrived)
                }
                other => unexpected(stream, other),
            }
        })
    }

    /// Asks a child that was started to note what it does for its notes. Nothing is noted of that.
    pub(crate) fn ask_for_notes(&mut self) -> Result<(), LaneError> {
        self.talk(|stream| Ok(frame::write(stream.get_mut(), &Head::Trace, &[])?))
    }

    /// Receives them; it and its caller talk over this channel.
    pub(crate) fn receive_notes(&mut self, waits: &str, channel: &str) -> Result<Trail, LaneError> {
        let (cost, dropped, notes) = self.talk(|stream| match frame::read_head(stream)? {
            Some((Head::Traced { cost, dropped }, length)) => {
                let mut notes = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
                stream.read_exact(&mut notes)?;
                Ok((cost, dropped, notes))
            }
            other => unexpected(stream, other),
        })?;
        Ok(Trail {
            process: Some(self.id().into()),
            thread: None,
            waits: waits.to_owned(),
            heap: "the process's own".to_owned(),
            heap_bytes: None,
            channel: channel.to_owned(),
            cost: cost as f64 / 1e3,
            notes: trace::decode(&notes).ok_or_else(|| self.failure("its notes are none"))?,
            dropped,
        })
    }

    /// Has it crash, waits until it has, and notes that; returns its number in notes.
    pub(super) fn crash(&mut self) -> Result<u32, LaneError> {
        let peer = self.peer;
        self.talk(|stream| {
            write(stream.get_mut(), peer, &Head::Crash, &[])?;
            match await_head(stream)? {
                None => Ok(()),
                other => unexpected(stream, other),
            }
        })?;
        self.note_crash();
        Ok(peer)
    }

    /// Notes that it crashed, and how it ended.
    pub(super) fn note_crash(&mut self) {
        let how = self.process.post_mortem();
        tracer::note(What::Crash { peer: self.peer, how });
    }

    /// Its number in notes.
    pub(crate) fn peer(&self) -> u32 {
        self.peer
    }

    /// Whether it has not ended yet.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.process.is_alive()
    }

    /// It was silent for too long: kills it, and says so.
    pub(crate) fn give_up(&mut self) -> LaneError {
        self.process.give_up();
        self.failure("no answer came")
    }

    /// What went wrong, together with how the child ended.
    pub(crate) fn failure(&mut self, why: impl fmt::Display) -> LaneError {
        let (id, end) = (self.process.id(), self.process.post_mortem());
        LaneError::Failed(format!("child process {id}: {why}; {end}"))
    }

    /// A child ends when its stream does.
    pub(super) fn tell_to_end(&mut self) {
        self.stream = None;
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<(), LaneError> {
        self.tell_to_end();
        self.process.end().map_err(|why| LaneError::failed(format!("a child's end: {why}")))?;
        tracer::note(What::Exit { peer: self.peer });
        Ok(())
    }

    /// Talks to the child; what goes wrong is told together with how the child ended.
    fn talk<A>(
        &mut self,
        talk: impl FnOnce(&mut BufReader<T>) -> Result<A, frame::FrameError>,
    ) -> Result<A, LaneError> {
        let stream = self.stream.as_mut().ok_or_else(told_to_end)?;
        let talking = self.process.talking();
        let result = talk(stream);
        drop(talking);
        result.map_err(|why| self.failure(why))
    }
}

/// Writes a frame, whose body is copied into the stream.
fn write(stream: &mut impl io::Write, peer: u32, head: &Head, body: &[u8]) -> io::Result<()> {
    let (began, bytes) = (tracer::time(), body.len() as u64);
    tracer::note(What::Send { peer, bytes, crosses: Crosses::Copied });
    frame::write(stream, head, body)?;
    if bytes > 0 {
        tracer::note_since(began, |took| What::Copy { bytes, took });
    }
    Ok(())
}

/// Waits for a header.
fn await_head(stream: &mut impl Read) -> Result<Option<(Head, u64)>, FrameError> {
    tracer::note(What::Wait);
    let head = frame::read_head(stream)?;
    tracer::note(What::Wake);
    Ok(head)
}

/// Reads the body that follows a header.
fn read_body(stream: &mut impl Read, peer: u32, body: &mut [u8]) -> io::Result<()> {
    stream.read_exact(body)?;
    tracer::note(What::Receive { peer, bytes: body.len() as u64 });
    Ok(())
}

fn told_to_end() -> LaneError {
    LaneError::failed("the child has been told to end")
}

/// What is no answer: a failure in the child's words, or another frame.
fn unexpected<A>(
    stream: &mut impl Read,
    frame: Option<(Head, u64)>,
) -> Result<A, frame::FrameError> {
    let what = match frame {
        Some((Head::Failed, body)) => {
            let mut text = String::new();
            stream.take(body.min(frame::MAX_TEXT)).read_to_string(&mut text)?;
            return Err(io::Error::other(text).into());
        }
        Some((head, _)) => format!("the wrong frame: {head:?}"),
        None => "the end of the stream".to_owned(),
    };
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("it sent {what}")).into())
}
