//! `browser.main` in a study: the caller itself, without a worker. What it sends goes through its own
//! event loop.

use std::cell::{Cell, RefCell};
use std::future::ready;
use std::rc::Rc;

use futures::channel::oneshot;
use lab::browser::browser_does;
use lab::ops::compute::{self, Compute, Piece};
use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::echo::{self, Crosses, Echo, Touch, Way};
use lab::ops::memory::Footprint;
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Placement, Trial};
use protocol::frame::task_result;
use protocol::load::Task;
use protocol::trace::{Played, Trail};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageChannel, MessageEvent};

use crate::awake::wake;
use crate::clock;
use crate::inbox::Inbox;
use crate::trail::trail;

/// The lane.
#[derive(Clone, Copy)]
pub(crate) struct MainLane {
    /// A step of the clock, in nanoseconds.
    pub(crate) tick: f64,
}

fn alone() -> LaneError {
    LaneError::Unavailable(
        "the caller itself does the work here, alone: it starts no worker".into(),
    )
}

impl Lane for MainLane {
    fn id(&self) -> LaneId {
        LaneId::BROWSER_MAIN
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Main
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn is_visited(&self) -> bool {
        false
    }

    fn does(&self, op: Op) -> bool {
        browser_does(&self.id(), op)
    }

    fn perform<'a>(
        &'a self,
        ops: &'a [Op],
        effort: &'a Effort,
        found: &'a mut Found<'a>,
    ) -> LaneFuture<'a, ()> {
        Box::pin(ops::perform(self, ops, effort, found))
    }

    fn record<'a>(&'a self, scenario: &'static Scenario) -> LaneFuture<'a, Played> {
        Box::pin(record(self, scenario))
    }
}

impl Starter for MainLane {
    type Workers = Caller;

    async fn start(&self, count: u32, _placement: Placement) -> Result<Caller, LaneError> {
        if count == 1 { Ok(Caller { tick: self.tick }) } else { Err(alone()) }
    }

    fn now(&self) -> f64 {
        clock::exact()
    }

    fn begin_trace(&self) -> Result<(), LaneError> {
        tracer::begin(clock::stamp);
        Ok(())
    }

    fn end_trace(&self) -> Result<Trail, LaneError> {
        Ok(trail("the worker's event loop", "caller's JavaScript and wasm", ""))
    }

    fn tick(&self) -> f64 {
        self.tick
    }

    async fn life(&self, _start: Start, _placement: Placement) -> Result<Life, LaneError> {
        Err(alone())
    }

    async fn footprint(&self, _placement: Placement) -> Result<Footprint, LaneError> {
        Err(alone())
    }

    async fn trial(&self, _trial: &'static Trial) -> Result<Tried, LaneError> {
        Err(alone())
    }
}

/// The caller.
pub(crate) struct Caller {
    tick: f64,
}

impl Workers for Caller {
    fn echoes(&self) -> Vec<Way> {
        Way::shared([None])
    }

    async fn echo(&mut self, bytes: u64, way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let request = echo::request(bytes)?;
        let (sum, buffer) = (workloads::sum(&request), request.clone());
        Ok(Box::new(OwnEcho {
            channel: SelfChannel::new()?,
            request: request.into(),
            sum,
            buffer: Rc::new(RefCell::new(buffer)),
            found: Rc::default(),
            touch: way.touch,
        }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        let (input, answer) = (piece.input(), piece.room());
        Ok(Box::new(OwnWork { piece, input, answer }))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let (inbox, channel) = (Inbox::new(), SelfChannel::new()?);
        let number = Rc::new(Cell::new([0; 4]));
        let answers = inbox.sender();
        let own = Rc::clone(&number);
        channel.hear(move || answers.send(Ok((0, task_result(task.rounds, &own.get())))));
        let hands = OwnHands { channel, number, inbox, under_way: 0, tick: self.tick };
        Ok(Box::new(Handed::new(hands, task)?))
    }

    async fn end(self) -> Result<Trails, LaneError> {
        Ok(Vec::new())
    }
}

type OnMessage = Closure<dyn FnMut(MessageEvent)>;

/// Messages of this worker to itself.
struct SelfChannel {
    channel: MessageChannel,
    on_message: RefCell<Option<OnMessage>>,
}

impl SelfChannel {
    fn new() -> Result<Self, LaneError> {
        let channel = MessageChannel::new().map_err(|why| LaneError::Failed(format!("{why:?}")))?;
        Ok(Self { channel, on_message: RefCell::default() })
    }

    /// Has each message from now on call this.
    fn hear(&self, mut handle: impl FnMut() + 'static) {
        let closure = Closure::<dyn FnMut(_)>::new(move |_: MessageEvent| {
            wake();
            // Whatever it hears of itself it does at once.
            tracer::computing(&mut handle);
        });
        self.channel.port1().set_onmessage(Some(closure.as_ref().unchecked_ref()));
        *self.on_message.borrow_mut() = Some(closure);
    }

    fn post(&self) -> Result<(), LaneError> {
        let posted = self.channel.port2().post_message(&JsValue::NULL);
        posted.map_err(|why| LaneError::Failed(format!("{why:?}")))
    }
}

impl Drop for SelfChannel {
    fn drop(&mut self) {
        self.channel.port1().close();
    }
}

struct OwnEcho {
    channel: SelfChannel,
    request: Rc<[u8]>,
    /// Of the request.
    sum: u64,
    /// What is written and read.
    buffer: Rc<RefCell<Vec<u8>>>,
    /// The sum that was read last.
    found: Rc<Cell<u64>>,
    touch: Touch,
}

impl Echo for OwnEcho {
    fn batch(&mut self, count: u32) -> LaneFuture<'_, [f64; 2]> {
        Box::pin(async move {
            let (done, wait) = oneshot::channel();
            let mut done = Some(done);
            let mut left = count;
            let (touch, request) = (self.touch, Rc::clone(&self.request));
            let (buffer, found) = (Rc::clone(&self.buffer), Rc::clone(&self.found));
            let port = self.channel.channel.port2();
            let write = move |buffer: &RefCell<Vec<u8>>| {
                if touch == Touch::WriteRead {
                    buffer.borrow_mut().copy_from_slice(&request);
                }
            };
            let first = write.clone();
            self.channel.hear(move || {
                if touch == Touch::WriteRead {
                    found.set(workloads::sum(&buffer.borrow()));
                }
                left -= 1;
                if left > 0 {
                    write(&buffer);
                    if port.post_message(&JsValue::NULL).is_ok() {
                        return;
                    }
                }
                let _ = done.take().map(|done| done.send(clock::exact()));
            });
            let began = clock::exact();
            first(&self.buffer);
            self.channel.post()?;
            let ended = wait.await.map_err(|_| LaneError::failed("the event loop is gone"))?;
            // Who reads is who wrote: there is no way back.
            Ok([ended - began; 2])
        })
    }

    fn is_right(&mut self) -> Result<bool, LaneError> {
        let read = self.touch == Touch::HandOver || self.found.take() == self.sum;
        Ok(read && self.buffer.borrow()[..] == self.request[..])
    }
}

struct OwnWork {
    piece: Piece,
    input: Vec<u8>,
    answer: Vec<u8>,
}

impl Compute for OwnWork {
    fn crosses(&self) -> Crosses {
        Crosses::Shared
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        let Self { piece, input, answer } = self;
        let began = clock::exact();
        for _ in 0..count {
            for share in &piece.shares {
                share.run(&input[share.input_range()], &mut answer[share.answer_range()]);
            }
            piece.workload.finish(answer);
        }
        Box::pin(ready(Ok(clock::exact() - began)))
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(compute::checksum(&mut self.answer))
    }
}

struct OwnHands {
    channel: SelfChannel,
    /// Of the task: it lies where it is.
    number: Rc<Cell<[u8; 4]>>,
    inbox: Inbox,
    /// Tasks that have no answer yet.
    under_way: usize,
    tick: f64,
}

impl Hands for OwnHands {
    fn count(&self) -> usize {
        1
    }

    fn give(&mut self, _worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        self.under_way += 1;
        self.number.set(payload.first_chunk().copied().unwrap_or_default());
        self.channel.post()
    }

    async fn next(&mut self, until: u64) -> Result<Option<(usize, u32)>, LaneError> {
        let answer = self.inbox.next(self.under_way, until).await?;
        self.under_way -= usize::from(answer.is_some());
        Ok(answer)
    }

    fn now(&self) -> u64 {
        clock::now()
    }

    fn shortest(&self) -> f64 {
        self.tick
    }
}
