//! What all process lanes share: child processes that get frames over a stream and answer over it. A
//! lane differs in its [`Transport`] alone.
//!
//! A child gets its band with the rows around it as bytes, and returns its band as bytes; both cross
//! the stream as copies.

use std::future::ready;
use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::fd::OwnedFd;
use std::thread;

use lab::{Crew, Effort, Job, Lane, LaneError, LaneFuture, Op, Opened, RunTimes, Series};
use protocol::frame::{self, Band, Head};
use protocol::{Availability, LaneId, LaneKind, Nanos};
use workloads::bands;

use super::Clock;
use crate::cancel::Cancel;
use crate::child_program::ChildProcess;
use crate::ops;

/// The runner's end of the streams between it and a child.
pub(crate) trait Transport: Read + Write + Send + Sized + 'static {
    /// The lane that it makes.
    const LANE: LaneId;

    /// Both ends: the runner's, and the child's standard input and output.
    fn pair() -> io::Result<(Self, OwnedFd, OwnedFd)>;
}

/// A process lane.
pub(super) struct ProcessLane<T> {
    cancel: Cancel,
    transport: PhantomData<fn() -> T>,
}

impl<T: Transport> ProcessLane<T> {
    pub(super) fn new(cancel: Cancel) -> Self {
        Self { cancel, transport: PhantomData }
    }

    fn start(&self, workers: u32) -> Result<Opened, LaneError> {
        let clock = Clock::start();
        let mut children = (0..workers)
            .map(|_| Worker::<T>::spawn(&self.cancel).map_err(|why| self.explain(why)))
            .collect::<Result<Vec<_>, _>>()?;
        for child in &mut children {
            child.greet().map_err(|why| self.explain(why))?;
        }
        let startup = clock.elapsed();
        let crew = Processes { children, cancel: self.cancel.clone() };
        Ok(Opened { crew: Box::new(crew), startup })
    }

    fn measure(&self, op: Op, effort: &Effort) -> Result<Vec<Series>, LaneError> {
        if self.cancel.is_asked() {
            return Err(LaneError::Cancelled);
        }
        let measured = match op {
            Op::Startup => ops::startup::measure(
                effort,
                |asked| {
                    let mut worker = Worker::<T>::spawn(&self.cancel)?;
                    let blocked = asked.elapsed();
                    worker.greet()?;
                    Ok((blocked, worker))
                },
                Worker::end,
            ),
            Op::Echo { bytes } => self.echo(bytes, effort),
        };
        measured.map_err(|why| self.explain(why))
    }

    fn echo(&self, bytes: u64, effort: &Effort) -> Result<Vec<Series>, String> {
        let mut worker = Worker::<T>::spawn(&self.cancel)?;
        worker.greet()?;
        let request = ops::echo::request(bytes)?;
        let reply = vec![0; request.len()];
        let mut echo = FramedEcho { worker, request, reply };
        let series = ops::echo::measure(bytes, &[], effort, &mut echo)?;
        echo.worker.end()?;
        Ok(series)
    }

    fn explain(&self, why: String) -> LaneError {
        if self.cancel.is_asked() { LaneError::Cancelled } else { LaneError::Failed(why) }
    }
}

impl<T: Transport> Lane for ProcessLane<T> {
    fn id(&self) -> LaneId {
        T::LANE
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

    fn does(&self, op: Op) -> bool {
        match op {
            Op::Startup | Op::Echo { .. } => true,
        }
    }

    fn perform<'a>(&'a self, op: Op, effort: &'a Effort) -> LaneFuture<'a, Vec<Series>> {
        Box::pin(ready(self.measure(op, effort)))
    }
}

struct Processes<T> {
    children: Vec<Worker<T>>,
    cancel: Cancel,
}

impl<T: Transport> Processes<T> {
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

impl<T: Transport> Crew for Processes<T> {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        Box::pin(ready(self.make(job, out)))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        Box::pin(ready(self.end()))
    }
}

/// A child that sends frames back.
struct FramedEcho<T> {
    worker: Worker<T>,
    request: Vec<u8>,
    reply: Vec<u8>,
}

impl<T: Transport> ops::echo::Echo for FramedEcho<T> {
    fn echo(&mut self) -> Result<u64, String> {
        self.worker.echo(&self.request, &mut self.reply)
    }

    fn is_right(&mut self) -> bool {
        let right = self.reply == self.request;
        self.reply.fill(0);
        right
    }
}

/// A child and the runner's end of its streams.
pub(crate) struct Worker<T> {
    process: ChildProcess,
    stream: Option<T>,
}

struct Answer {
    compute: Nanos,
    bytes_copied: u64,
}

impl<T: Transport> Worker<T> {
    /// Starts a child; it has not answered yet.
    pub(crate) fn spawn(cancel: &Cancel) -> Result<Self, String> {
        let start = || -> io::Result<Self> {
            let (ours, input, output) = T::pair()?;
            let process = ChildProcess::spawn(input, output, cancel)?;
            Ok(Self { process, stream: Some(ours) })
        };
        start().map_err(|why| format!("a child could not be started: {why}"))
    }

    /// Waits for its first answer.
    pub(crate) fn greet(&mut self) -> Result<(), String> {
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

    /// Has bytes sent back; returns when all of them had arrived in the child, in nanoseconds of the
    /// system's monotonic clock.
    pub(crate) fn echo(&mut self, request: &[u8], reply: &mut [u8]) -> Result<u64, String> {
        self.talk(|stream| {
            frame::write(stream, &Head::Echo, request)?;
            match frame::read_head(stream)? {
                Some((Head::Echoed { arrived }, body)) if body == reply.len() as u64 => {
                    stream.read_exact(reply)?;
                    Ok(arrived)
                }
                other => Err(unexpected(other.map(|(head, _)| head))),
            }
        })
    }

    /// Tells it to end, and waits until it has.
    pub(crate) fn end(mut self) -> Result<(), String> {
        self.stream = None;
        self.process.wait().map_err(|why| format!("a child did not end: {why}"))
    }

    /// Talks to the child; what goes wrong is told together with how the child ended.
    fn talk<A>(
        &mut self,
        talk: impl FnOnce(&mut T) -> Result<A, frame::FrameError>,
    ) -> Result<A, String> {
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
