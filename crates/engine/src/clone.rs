//! `browser.clone`: Web Workers that get a structured clone of their band, and return one.
//!
//! The picture lies in the coordinator's wasm memory. A view of it cannot be posted alone (the clone
//! would take the whole memory along), so a band is first copied out of it; that copy is part of
//! what the lane costs, and of its time.

use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, unbounded};
use js_sys::Uint8Array;
use lab::{Crew, Job, Lane, LaneError, LaneFuture, Opened, RunTimes};
use protocol::engine::{FromBandWorker, ToBandWorker};
use protocol::{Availability, Filter, LaneId, LaneKind, Nanos};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{ErrorEvent, MessageEvent, Worker, WorkerOptions, WorkerType};
use workloads::{Kernel, bands};

use crate::clock;

pub(crate) struct BrowserClone;

impl Lane for BrowserClone {
    fn id(&self) -> LaneId {
        LaneId::BROWSER_CLONE
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Thread
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(async move {
            let started = clock::now();
            let mut crew = Vec::new();
            for _ in 0..workers {
                crew.push(BandWorker::start()?);
            }
            for worker in &mut crew {
                match worker.answer().await? {
                    FromBandWorker::Ready => {}
                    other => return Err(unexpected(&other)),
                }
            }
            let startup = Nanos(clock::now() - started);
            Ok(Opened { crew: Box::new(Workers(crew)), startup })
        })
    }
}

struct Workers(Vec<BandWorker>);

impl Crew for Workers {
    fn run<'a>(&'a mut self, job: Job<'a>, out: &'a mut [u8]) -> LaneFuture<'a, RunTimes> {
        Box::pin(async move {
            let started = clock::now();
            let height = job.dimensions.height();
            let bands = bands(height, self.0.len() as u32);
            let mut bytes_copied = 0;
            for (worker, rows) in self.0.iter().zip(&bands) {
                let (first_row, pixels) = job.input_of(rows);
                let pixels = Uint8Array::from(pixels);
                bytes_copied += u64::from(pixels.length());
                worker.post(&ToBandWorker::Band {
                    filter: filter(job.kernel),
                    width: job.dimensions.width(),
                    height,
                    start: rows.start,
                    end: rows.end,
                    first_row,
                    pixels,
                })?;
            }
            let mut longest = Nanos(0);
            for (worker, rows) in self.0.iter_mut().zip(&bands) {
                let out = &mut out[job.dimensions.byte_range(rows)];
                match worker.answer().await? {
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

/// A worker and what it sent. Dropping it terminates the worker.
struct BandWorker {
    worker: Worker,
    inbox: UnboundedReceiver<Result<FromBandWorker, LaneError>>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(ErrorEvent)>,
}

impl BandWorker {
    fn start() -> Result<Self, LaneError> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options("./band-worker.js", &options)
            .map_err(|why| LaneError::Failed(format!("no worker: {why:?}")))?;
        let (sender, inbox) = unbounded();
        let errors = sender.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let message = serde_wasm_bindgen::from_value(event.data()).map_err(LaneError::failed);
            let _ = sender.unbounded_send(message);
        });
        let on_error = Closure::<dyn FnMut(ErrorEvent)>::new(move |event: ErrorEvent| {
            let why = format!("a worker failed: {}", event.message());
            let _ = errors.unbounded_send(Err(LaneError::Failed(why)));
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self { worker, inbox, _on_message: on_message, _on_error: on_error })
    }

    fn post(&self, message: &ToBandWorker) -> Result<(), LaneError> {
        let message = serde_wasm_bindgen::to_value(message).map_err(LaneError::failed)?;
        self.worker
            .post_message(&message)
            .map_err(|why| LaneError::Failed(format!("a band could not be sent: {why:?}")))
    }

    async fn answer(&mut self) -> Result<FromBandWorker, LaneError> {
        self.inbox.next().await.unwrap_or_else(|| Err(LaneError::failed("a worker is gone")))
    }
}

impl Drop for BandWorker {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}
