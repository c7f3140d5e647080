//! Pictures: children that each make a band of one that lies in the shared memory.

use lab::ops::startup::Start;
use lab::{Crew, Job, LaneError, LaneFuture, Opened, Placement, RunTimes};
use protocol::Nanos;
use protocol::frame::{Band, Head};
use workloads::{CHANNELS, MAX_PIXELS};

use super::sharers::Sharers;
use crate::cancel::Cancel;
use crate::timing::{Clock, at_once};

/// The largest picture, and what is made of it.
const ROOM: usize = 2 * MAX_PIXELS as usize * CHANNELS;

/// Starts the children and waits until each has answered.
pub(super) fn open(workers: u32, cancel: &Cancel) -> Result<Opened, LaneError> {
    let clock = Clock::start();
    let mut sharers = Sharers::ask(workers, cancel, Placement::Unpinned, Start::Usual, ROOM)?;
    sharers.greet()?;
    let startup = clock.elapsed();
    let crew = PictureSharers { sharers, cancel: cancel.clone() };
    Ok(Opened { crew: Box::new(crew), startup })
}

struct PictureSharers {
    sharers: Sharers,
    cancel: Cancel,
}

impl PictureSharers {
    fn make(&mut self, job: Job<'_>, out: &mut [u8]) -> Result<RunTimes, LaneError> {
        let Self { sharers, .. } = self;
        let clock = Clock::start();
        let made = job.dimensions.bytes()..job.dimensions.bytes() + job.makes().bytes();
        sharers.memory.bytes()[..job.source.len()].copy_from_slice(job.source);
        let bands = job.kernel.bands(job.dimensions, sharers.children.len() as u32);
        for (worker, rows) in bands.iter().enumerate() {
            let first_row = job.input_of(rows).0;
            let Job { kernel, dimensions, .. } = job;
            let band = Band { kernel, dimensions, first_row, rows: rows.clone() };
            let body = band.body_bytes();
            sharers.pass(worker, &Head::Band(band), body);
        }
        let mut longest = 0;
        for worker in 0..bands.len() {
            match sharers.receive(worker)? {
                Head::Done { compute } => longest = longest.max(compute),
                other => {
                    return Err(sharers.children[worker].failure(format!("it sent {other:?}")));
                }
            }
        }
        out.copy_from_slice(&sharers.memory.bytes()[made]);
        let bytes_copied = (job.source.len() + out.len()) as u64;
        Ok(RunTimes { total: clock.elapsed(), compute: Nanos(longest), bytes_copied })
    }
}

impl Crew for PictureSharers {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        let cancel = self.cancel.clone();
        at_once(cancel.explain(|| self.make(job, out)))
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        let clock = Clock::start();
        at_once(self.sharers.dismiss().map(|_| Some(clock.elapsed())))
    }
}
