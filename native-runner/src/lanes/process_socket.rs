//! `process.socket`: child processes, each over a Unix socket pair of its own.
//!
//! A child gets its band with the rows around it as bytes, and returns its band as bytes; both cross
//! the socket as copies.

use std::future::ready;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::thread;
use std::time::Duration;

use lab::{Crew, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
use protocol::frame::{self, Band, Head};
use protocol::{Availability, LaneId, LaneKind, Nanos};
use workloads::bands;

use super::Clock;
use crate::cancel::Cancel;
use crate::child_program::ChildProcess;

/// How long a child may leave its socket silent before it counts as stuck.
const ANSWER_LIMIT: Duration = Duration::from_secs(120);

pub(super) struct ProcessSocket {
    cancel: Cancel,
}

impl ProcessSocket {
    pub(super) fn new(cancel: Cancel) -> Self {
        Self { cancel }
    }

    fn start(&self, workers: u32) -> Result<Opened, LaneError> {
        let clock = Clock::start();
        let mut children = (0..workers)
            .map(|_| Worker::spawn(&self.cancel).map_err(|why| self.explain(why)))
            .collect::<Result<Vec<_>, _>>()?;
        for child in &mut children {
            child.greet().map_err(|why| self.explain(why))?;
        }
        let startup = clock.elapsed();
        let crew = Processes { children, cancel: self.cancel.clone() };
        Ok(Opened { crew: Box::new(crew), startup })
    }

    fn explain(&self, why: String) -> LaneError {
        if self.cancel.is_asked() { LaneError::Cancelled } else { LaneError::Failed(why) }
    }
}

impl Lane for ProcessSocket {
    fn id(&self) -> LaneId {
        LaneId::PROCESS_SOCKET
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Process
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(ready(self.start(workers)))
    }
}

struct Processes {
    children: Vec<Worker>,
    cancel: Cancel,
}

impl Processes {
    fn make(&mut self, job: Job<'_>, out: &mut [u8]) -> Result<RunTimes, LaneError> {
        if self.cancel.is_asked() {
            return Err(LaneError::Cancelled);
        }
        let clock = Clock::start();
        let bands = bands(job.dimensions.height(), self.children.len() as u32);
        let answers: Vec<Result<Answer, String>> = thread::scope(|scope| {
            let mut rest = out;
            let mut talks = Vec::new();
            let mut last = None;
            let count = bands.len();
            for (number, (child, rows)) in self.children.iter_mut().zip(bands).enumerate() {
                let (band, after) = rest.split_at_mut(job.dimensions.byte_range(&rows).len());
                rest = after;
                if number + 1 < count {
                    talks.push(scope.spawn(move || child.make(job, rows, band)));
                } else {
                    // The caller talks to the last child itself: one worker needs no extra thread.
                    last = Some(child.make(job, rows, band));
                }
            }
            let joined = talks.into_iter().map(|talk| {
                talk.join().unwrap_or_else(|_| Err("the thread that talked to it panicked".into()))
            });
            joined.chain(last).collect()
        });
        let total = clock.elapsed();
        let mut times = RunTimes { total, compute: Nanos(0), bytes_copied: 0 };
        for answer in answers {
            let answer = answer.map_err(|why| {
                if self.cancel.is_asked() { LaneError::Cancelled } else { LaneError::Failed(why) }
            })?;
            times.compute = times.compute.max(answer.compute);
            times.bytes_copied += answer.bytes_copied;
        }
        Ok(times)
    }

    fn end(mut self) -> Result<Option<Nanos>, LaneError> {
        let clock = Clock::start();
        // A child ends when its stream does; all are told before the first is waited for.
        self.children.iter_mut().for_each(|child| child.stream = None);
        for child in &mut self.children {
            child.process.wait().map_err(LaneError::failed)?;
        }
        Ok(Some(clock.elapsed()))
    }
}

impl Crew for Processes {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        Box::pin(ready(self.make(job, out)))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        Box::pin(ready(self.end()))
    }
}

/// A child and the runner's end of its socket pair.
struct Worker {
    process: ChildProcess,
    stream: Option<UnixStream>,
}

struct Answer {
    compute: Nanos,
    bytes_copied: u64,
}

impl Worker {
    fn spawn(cancel: &Cancel) -> Result<Self, String> {
        let start = || -> io::Result<Self> {
            let (ours, theirs) = UnixStream::pair()?;
            ours.set_read_timeout(Some(ANSWER_LIMIT))?;
            ours.set_write_timeout(Some(ANSWER_LIMIT))?;
            let process = ChildProcess::spawn(OwnedFd::from(theirs), cancel)?;
            Ok(Self { process, stream: Some(ours) })
        };
        start().map_err(|why| format!("a child could not be started: {why}"))
    }

    fn greet(&mut self) -> Result<(), String> {
        let pid = self.process.id();
        self.talk(|stream| match frame::read_head(stream)? {
            Some((Head::Hello { process }, _)) if process == pid => Ok(()),
            other => Err(unexpected(other.map(|(head, _)| head))),
        })
    }

    fn make(
        &mut self,
        job: Job<'_>,
        rows: std::ops::Range<u32>,
        out: &mut [u8],
    ) -> Result<Answer, String> {
        let (first_row, request) = job.input_of(&rows);
        let band = Band { kernel: job.kernel, dimensions: job.dimensions, first_row, rows };
        self.talk(|stream| {
            frame::write(stream, &Head::Band(band), request)?;
            match frame::read_head(stream)? {
                Some((Head::Done { compute }, body)) if body == out.len() as u64 => {
                    stream.read_exact(out)?;
                    let bytes_copied = (request.len() + out.len()) as u64;
                    Ok(Answer { compute: Nanos(compute), bytes_copied })
                }
                Some((Head::Failed, body)) => {
                    let mut text = String::new();
                    stream.take(body.min(frame::MAX_TEXT)).read_to_string(&mut text)?;
                    Err(io::Error::other(text).into())
                }
                other => Err(unexpected(other.map(|(head, _)| head))),
            }
        })
    }

    /// Talks to the child; what goes wrong is told together with how the child ended.
    fn talk<T>(
        &mut self,
        talk: impl FnOnce(&mut UnixStream) -> Result<T, frame::FrameError>,
    ) -> Result<T, String> {
        let Self { process, stream } = self;
        let stream = stream.as_mut().ok_or("the child has been told to end")?;
        talk(stream).map_err(|why| {
            format!("child process {}: {why}; {}", process.id(), process.post_mortem())
        })
    }
}

fn unexpected(head: Option<Head>) -> frame::FrameError {
    let what = head
        .map_or("the end of the stream".to_owned(), |head| format!("the wrong frame: {head:?}"));
    io::Error::new(io::ErrorKind::InvalidData, format!("it sent {what}")).into()
}
