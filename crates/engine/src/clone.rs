//! `browser.clone` on the page's pictures: Web Workers that get a structured clone of their band, and return one.
//!
//! The picture lies in the coordinator's wasm memory. A view of it cannot be posted alone (the clone
//! would take the whole memory along), so a band is first copied out of it; that copy is part of
//! what the lane costs, and of its time.

use js_sys::Uint8Array;
use lab::{Crew, Job, LaneError, LaneFuture, Opened, RunTimes};
use protocol::engine::{FromBandWorker, Role, Start, ToBandWorker};
use protocol::{Filter, Nanos};
use wasm_bindgen::JsValue;
use worker_link::WorkerLink;
use worker_link::inside::script;
use workloads::Kernel;

use crate::clock;

/// Starts workers for a visit, and waits until each has answered.
pub(crate) async fn open(workers: u32) -> Result<Opened, LaneError> {
    let started = clock::now();
    let start =
        Start { module: wasm_bindgen::module(), memory: JsValue::UNDEFINED, role: Role::Band };
    let mut crew = Vec::new();
    for _ in 0..workers {
        let worker = BandWorker::start_with(&script(), &start);
        crew.push(worker.map_err(LaneError::failed)?);
    }
    for worker in &mut crew {
        match worker.receive().await.map_err(LaneError::failed)? {
            FromBandWorker::Ready => {}
            other => return Err(unexpected(&other)),
        }
    }
    let startup = Nanos(clock::now() - started);
    Ok(Opened { crew: Box::new(Workers(crew)), startup })
}

type BandWorker = WorkerLink<ToBandWorker, FromBandWorker>;

struct Workers(Vec<BandWorker>);

impl Crew for Workers {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        Box::pin(async move {
            let started = clock::now();
            let height = job.dimensions.height();
            let bands = job.kernel.bands(job.dimensions, self.0.len() as u32);
            let mut bytes_copied = 0;
            for (worker, rows) in self.0.iter().zip(&bands) {
                let (first_row, pixels) = job.input_of(rows);
                let pixels = Uint8Array::from(pixels);
                bytes_copied += u64::from(pixels.length());
                let band = ToBandWorker::Band {
                    filter: filter(job.kernel),
                    width: job.dimensions.width(),
                    height,
                    start: rows.start,
                    end: rows.end,
                    first_row,
                    pixels,
                };
                worker.send(&band).map_err(LaneError::failed)?;
            }
            let mut longest = Nanos(0);
            for (worker, rows) in self.0.iter_mut().zip(&bands) {
                let out = &mut out[job.makes().byte_range(rows)];
                match worker.receive().await.map_err(LaneError::failed)? {
                    FromBandWorker::Band { compute, pixels }
                        if pixels.length() as usize == out.len() =>
                    {
                        pixels.copy_to(out);
                        bytes_copied += out.len() as u64;
                        longest = longest.max(compute);
                    }
                    FromBandWorker::Failed { error } => return Err(LaneError::Failed(error)),
                    other => return Err(unexpected(&other)),
                }
            }
            let total = Nanos(clock::now() - started);
            Ok(RunTimes { total, compute: longest, bytes_copied })
        })
    }

    fn close(self: Box<Self>) -> LaneFuture<'static, Option<Nanos>> {
        Box::pin(async move {
            drop(self);
            Ok(None)
        })
    }
}

fn filter(kernel: Kernel) -> Option<Filter> {
    match kernel {
        Kernel::Scene => None,
        Kernel::Blur(sigma) => Some(Filter::Blur { sigma: sigma.pixels() }),
        Kernel::Edges => Some(Filter::Edges),
        Kernel::Fill => Some(Filter::Fill),
        Kernel::Greyscale => Some(Filter::Greyscale),
        Kernel::Invert => Some(Filter::Invert),
        Kernel::Sharpen => Some(Filter::Sharpen),
        Kernel::Resize(to) => Some(Filter::Resize { width: to.width(), height: to.height() }),
    }
}

fn unexpected(message: &FromBandWorker) -> LaneError {
    let what = match message {
        FromBandWorker::Ready => "a second greeting",
        FromBandWorker::Band { .. } => "a band of the wrong size or at the wrong time",
        FromBandWorker::Failed { error } => error,
    };
    LaneError::Failed(format!("a worker sent {what}"))
}
