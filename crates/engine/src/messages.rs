//! `browser.clone` and `browser.transfer` in a study: Web Workers that are sent byte arrays, as copies or
//! for good.
//!
//! Payloads lie in JavaScript's memory, as `postMessage` cannot take them out of wasm's: work is copied
//! out of there and back into it, which is a part of what these lanes cost.

mod echo;

use js_sys::Uint8Array;
use lab::ops::compute::{self, Compute, Piece};
use lab::ops::dispatch::{Handed, Hands, Pool};
use lab::ops::echo::{Crosses, Echo, Way, request};
use lab::ops::memory::Footprint;
use lab::ops::recording::record;
use lab::ops::startup::{Life, Start};
use lab::ops::{self, Starter, Trails, Workers};
use lab::scenarios::Scenario;
use lab::{Effort, Found, Lane, LaneError, LaneFuture, Op, Opened, Placement, Trial};
use protocol::engine::{Answer, FromPeer, ToPeer};
use protocol::load::Task;
use protocol::trace::{Played, Trail, What};
use protocol::trial::Tried;
use protocol::{Availability, LaneId, LaneKind};
use wasm_bindgen::{JsCast, JsValue};

use crate::clock;
use crate::clone;
use crate::footprint;
use crate::inbox::Inbox;
use crate::life::{self, Mortal, unexpected};
use crate::peers::{Peer, trouble};
use crate::trail::trail;
use crate::trials;
use echo::MessageEcho;

/// One of the two lanes.
#[derive(Clone, Copy)]
pub(crate) struct MessageLane {
    /// Whether payloads change their owner.
    pub(crate) transfer: bool,
    /// A step of the clock, in nanoseconds.
    pub(crate) tick: f64,
}

impl Lane for MessageLane {
    fn id(&self) -> LaneId {
        if self.transfer { LaneId::BROWSER_TRANSFER } else { LaneId::BROWSER_CLONE }
    }

    fn kind(&self) -> LaneKind {
        LaneKind::Thread
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn is_visited(&self) -> bool {
        !self.transfer
    }

    fn open(&self, workers: u32) -> LaneFuture<'_, Opened> {
        Box::pin(clone::open(workers))
    }

    fn does(&self, _op: Op) -> bool {
        true
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

impl Starter for MessageLane {
    type Workers = Crew;

    async fn start(&self, count: u32, _placement: Placement) -> Result<Crew, LaneError> {
        let mut peers = (0..count).map(|_| Peer::ask()).collect::<Result<Vec<_>, _>>()?;
        for peer in &mut peers {
            peer.greet().await?;
        }
        Ok(Crew { peers, lane: *self })
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

    async fn crash(&self, crew: &mut Crew) -> Result<(), LaneError> {
        let [victim, ..] = &mut crew.peers[..] else { return Ok(()) };
        let (peer, how) = victim.crash().await?;
        tracer::note(What::Crash { peer, how });
        // It is of no use any more, and goes on all the same until it is terminated.
        let mut other = Peer::ask()?;
        other.greet().await?;
        let by = other.number();
        drop(std::mem::replace(victim, other));
        tracer::note(What::Exit { peer });
        tracer::note(What::Replaced { peer, by });
        Ok(())
    }

    async fn life(&self, _start: Start, _placement: Placement) -> Result<Life, LaneError> {
        life::live::<Peer>().await
    }

    async fn footprint(&self, placement: Placement) -> Result<Footprint, LaneError> {
        let mut crew = self.start(1, placement).await?;
        let wasm = match crew.peers[0].order(&ToPeer::Memory).await? {
            FromPeer::Memory(bytes) => Ok(bytes),
            other => return Err(unexpected(&other)),
        };
        Ok(footprint::of_wasm(wasm))
    }

    async fn trial(&self, trial: &'static Trial) -> Result<Tried, LaneError> {
        trials::make(&self.id(), trial).await
    }
}

/// The workers of a turn.
pub(crate) struct Crew {
    peers: Vec<Peer>,
    lane: MessageLane,
}

impl Crew {
    fn transfer(&self) -> bool {
        self.lane.transfer
    }
}

impl Workers for Crew {
    fn echoes(&self) -> Vec<Way> {
        if self.transfer() { Way::moved() } else { Way::copied() }
    }

    async fn echo(&mut self, bytes: u64, _way: &Way) -> Result<Box<dyn Echo + '_>, LaneError> {
        let MessageLane { transfer, tick } = self.lane;
        let peer = &mut self.peers[0];
        peer.have(&ToPeer::Mode { answer: Answer::Same, transfer }).await?;
        let request = request(bytes)?;
        let payload = Uint8Array::from(request.as_slice());
        Ok(Box::new(MessageEcho { peer, request, payload, reply: None, transfer, tick }))
    }

    async fn compute(&mut self, piece: Piece) -> Result<Box<dyn Compute + '_>, LaneError> {
        let transfer = self.transfer();
        for (peer, share) in self.peers.iter_mut().zip(&piece.shares) {
            let pages = share.pages();
            let answer = Answer::Share {
                workload: share.workload().id.to_owned(),
                pages: share.of(),
                start: pages.start,
                end: pages.end,
            };
            peer.have(&ToPeer::Mode { answer, transfer }).await?;
        }
        let (input, answer) = (piece.input(), piece.room());
        Ok(Box::new(MessageWork { peers: &mut self.peers, piece, input, answer, transfer }))
    }

    async fn pool(&mut self, task: Task) -> Result<Box<dyn Pool + '_>, LaneError> {
        let transfer = self.transfer();
        for peer in &mut self.peers {
            // Whatever JavaScript's numbers can say is more than enough.
            let answer = Answer::Task { rounds: task.rounds as f64, reply: task.reply as u32 };
            peer.have(&ToPeer::Mode { answer, transfer }).await?;
        }
        let inbox = Inbox::new();
        for (worker, peer) in self.peers.iter().enumerate() {
            let answers = inbox.sender();
            peer.set_hook(Some(Box::new(move |message| {
                let result = result_of(&message);
                answers.send(result.map(|it| (worker, it)).ok_or_else(|| trouble(message)));
            })));
        }
        let (peers, lane) = (&mut self.peers, self.lane);
        let hands = MessageHands { peers, inbox, under_way: 0, lane };
        Ok(Box::new(Handed::new(hands, task)?))
    }

    async fn end(mut self) -> Result<Trails, LaneError> {
        let mut trails = Vec::new();
        if tracer::is_on() {
            let began = tracer::time();
            for peer in &mut self.peers {
                trails.push((peer.number(), peer.trail().await?));
            }
            tracer::skip_since(began);
        }
        for peer in self.peers {
            let number = peer.number();
            drop(peer);
            tracer::note(What::Exit { peer: number });
        }
        Ok(trails)
    }
}

struct MessageWork<'a> {
    peers: &'a mut [Peer],
    piece: Piece,
    input: Vec<u8>,
    answer: Vec<u8>,
    transfer: bool,
}

impl Compute for MessageWork<'_> {
    fn crosses(&self) -> Crosses {
        if self.transfer { Crosses::Moved } else { Crosses::Copied }
    }

    fn batch(&mut self, count: u32) -> LaneFuture<'_, f64> {
        Box::pin(async move {
            let began = clock::exact();
            for _ in 0..count {
                for (peer, share) in self.peers.iter().zip(&self.piece.shares) {
                    let input = Uint8Array::from(&self.input[share.input_range()]);
                    peer.send(&input, self.transfer)?;
                }
                for (peer, share) in self.peers.iter_mut().zip(&self.piece.shares) {
                    let part = &mut self.answer[share.answer_range()];
                    let answer = peer.receive_bytes().await?;
                    if answer.length() as usize != part.len() {
                        return Err(LaneError::failed("a worker's answer has a wrong length"));
                    }
                    answer.copy_to(part);
                }
                self.piece.workload.finish(&mut self.answer);
            }
            Ok(clock::exact() - began)
        })
    }

    fn checksum(&mut self) -> Result<u64, LaneError> {
        Ok(compute::checksum(&mut self.answer))
    }
}

/// A task's result: a number, or what a reply begins with.
fn result_of(message: &JsValue) -> Option<u32> {
    if let Some(number) = message.as_f64() {
        return Some(number as u32);
    }
    let mut bytes = [0; 4];
    message.dyn_ref::<Uint8Array>()?.subarray(0, 4).copy_to(&mut bytes);
    Some(u32::from_le_bytes(bytes))
}

struct MessageHands<'a> {
    peers: &'a mut [Peer],
    inbox: Inbox,
    /// Tasks that have no answer yet.
    under_way: usize,
    lane: MessageLane,
}

impl Hands for MessageHands<'_> {
    fn count(&self) -> usize {
        self.peers.len()
    }

    fn give(&mut self, worker: usize, payload: &[u8]) -> Result<(), LaneError> {
        self.under_way += 1;
        self.peers[worker].send(&Uint8Array::from(payload), self.lane.transfer)
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
        self.lane.tick
    }
}

impl Drop for MessageHands<'_> {
    fn drop(&mut self) {
        self.peers.iter().for_each(|peer| peer.set_hook(None));
    }
}
