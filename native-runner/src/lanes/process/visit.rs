//! The page's visits: children that get bands of a picture.

use std::future::ready;
use std::ops::Range;
use std::thread;

use lab::{Crew, Job, LaneError, LaneFuture, Opened, Placement, RunTimes};
use protocol::Nanos;
use protocol::frame::{Band, Head};
use sandbox::Allowances;

use super::{Transport, Worker};
use crate::cancel::Cancel;
use crate::timing::Clock;

/// Starts the children and waits until each has answered.
pub(super) fn open<T: Transport>(workers: u32, cancel: &Cancel) -> Result<Opened, LaneError> {
    let clock = Clock::start();
    let mut children = (0..workers)
        .map(|_| Worker::<T>::spawn(cancel, Placement::Unpinned, Allowances::NOTHING))
        .collect::<Result<Vec<_>, _>>()?;
    children.iter_mut().try_for_each(|child| child.greet().map(|_| ()))?;
    let startup = clock.elapsed();
    let crew = Processes { children, cancel: cancel.clone() };
    Ok(Opened { crew: Box::new(crew), startup })
}

struct Processes<T> {
    children: Vec<Worker<T>>,
    cancel: Cancel,
}

impl<T: Transport> Processes<T> {
    fn make(&mut self, job: Job<'_>, out: &mut [u8]) -> Result<RunTimes, LaneError> {
        let clock = Clock::start();
        let bands = job.kernel.bands(job.dimensions, self.children.len() as u32);
        let answers: Vec<Result<Answer, LaneError>> = thread::scope(|scope| {
            let mut rest = out;
            let mut talks = Vec::new();
            let mut last = None;
            let count = bands.len();
            for (number, (child, rows)) in self.children.iter_mut().zip(bands).enumerate() {
                let (band, after) = rest.split_at_mut(job.makes().byte_range(&rows).len());
                rest = after;
                if number + 1 < count {
                    let talk = move || make(child, job, rows, band);
                    talks.push(thread::Builder::new().spawn_scoped(scope, talk));
                } else {
                    // The caller talks to the last child itself: one worker needs no extra thread.
                    last = Some(make(child, job, rows, band));
                }
            }
            let panicked = |_| Err(LaneError::failed("the thread that talked to it panicked"));
            let joined = talks.into_iter().map(|talk| match talk {
                Ok(talk) => talk.join().unwrap_or_else(panicked),
                Err(why) => Err(LaneError::failed(format!("no thread could be started: {why}"))),
            });
            joined.chain(last).collect()
        });
        let total = clock.elapsed();
        let mut times = RunTimes { total, compute: Nanos(0), bytes_copied: 0 };
        for answer in answers {
            let answer = answer?;
            times.compute = times.compute.max(answer.compute);
            times.bytes_copied += answer.bytes_copied;
        }
        Ok(times)
    }

    fn end(mut self) -> Result<Option<Nanos>, LaneError> {
        let clock = Clock::start();
        // All are told before the first is waited for.
        self.children.iter_mut().for_each(Worker::tell_to_end);
        self.children.into_iter().try_for_each(Worker::end)?;
        Ok(Some(clock.elapsed()))
    }
}

impl<T: Transport> Crew for Processes<T> {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let cancel = self.cancel.clone();
        Box::pin(ready(cancel.explain(|| self.make(job, out))))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        Box::pin(ready(self.end()))
    }
}

struct Answer {
    compute: Nanos,
    bytes_copied: u64,
}

fn make<T: Transport>(
    child: &mut Worker<T>,
    job: Job<'_>,
    rows: Range<u32>,
    out: &mut [u8],
) -> Result<Answer, LaneError> {
    let (first_row, request) = job.input_of(&rows);
    let band = Band { kernel: job.kernel, dimensions: job.dimensions, first_row, rows };
    child.send(&Head::Band(band), request)?;
    let compute = child.receive_work(out)?;
    Ok(Answer { compute, bytes_copied: (request.len() + out.len()) as u64 })
}
