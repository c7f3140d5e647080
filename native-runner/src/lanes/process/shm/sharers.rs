//! Children and the memory that they share with the runner: started, given turns, ended.

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use lab::ops::Trails;
use lab::ops::echo::Crosses;
use lab::ops::startup::Start;
use lab::{LaneError, Placement};
use protocol::frame::{self, Head};
use protocol::trace::What;
use shm::{Caller, NOTE, Wait, descriptor};

use super::super::{Worker, allowed};
use crate::cancel::Cancel;

/// How long the runner waits before it looks whether the child still lives.
pub(super) const LOOK: Duration = Duration::from_millis(100);
/// The same for one that is to crash.
const CRASH_LOOK: Duration = Duration::from_millis(1);
/// How long it may take a child that has sent its notes to pass its turn.
const LONG_LOOK: Duration = Duration::from_secs(10);

/// The children of a turn, and the memory.
pub(in crate::lanes) struct Sharers {
    pub(super) children: Vec<Worker<UnixStream>>,
    pub(super) memory: Caller,
    file: OwnedFd,
    wait: Wait,
    /// How many looks a child that has the turn may be silent for.
    patience: u128,
}

impl Sharers {
    /// Starts them; none has answered yet.
    pub(super) fn ask(
        count: u32,
        cancel: &Cancel,
        placement: Placement,
        start: Start,
        room: usize,
    ) -> Result<Self, LaneError> {
        let (memory, file) = Caller::create(count, room)
            .map_err(|why| LaneError::failed(format!("no memory could be shared: {why}")))?;
        let (region, bytes) = (memory.region(), memory.bytes_shared() as u64);
        tracer::note(What::Map { region, bytes });
        let spawn = |_| Worker::spawn(cancel, placement, allowed(start));
        let children = (0..count).map(spawn).collect::<Result<_, _>>()?;
        let patience = cancel.patience().as_millis() / LOOK.as_millis();
        Ok(Self { children, memory, file, wait: Wait::Block, patience })
    }

    /// Gives each the memory, and waits for the first answer in it.
    pub(super) fn greet(&mut self) -> Result<(), LaneError> {
        for (number, child) in self.children.iter_mut().enumerate() {
            child.greet()?;
            child.send(&map(number, self.wait), &[])?;
            child.receive_echoed()?;
            descriptor::send(child.stream()?, self.file.as_fd())
                .map_err(|why| LaneError::failed(format!("the memory could not be sent: {why}")))?;
        }
        (0..self.children.len()).try_for_each(|worker| {
            self.pass(worker, &Head::Echo, 0);
            self.receive(worker).map(|_| ())
        })
    }

    /// Has the first crash; returns its number in notes.
    pub(super) fn crash(&mut self) -> Result<u32, LaneError> {
        self.pass(0, &Head::Crash, 0);
        tracer::note(What::Wait);
        while self.children[0].is_alive() {
            // It passes no turn any more.
            if self.memory.receive(0, self.wait, CRASH_LOOK).is_some() {
                return Err(LaneError::failed("the child did not crash"));
            }
        }
        tracer::note(What::Wake);
        self.children[0].note_crash();
        Ok(self.children[0].peer())
    }

    pub(super) fn dismiss(mut self) -> Result<Trails, LaneError> {
        let mut trails = Vec::new();
        if tracer::is_on() {
            let began = tracer::time();
            for worker in 0..self.children.len() {
                // Nothing is noted of that.
                self.memory.pass(worker, &frame::encode(&Head::Trace, 0));
                let child = &mut self.children[worker];
                let trail = child.receive_notes("a futex", "notes in the shared memory")?;
                trails.push((child.peer(), trail));
                let back = self.memory.receive(worker, self.wait, LONG_LOOK);
                back.ok_or_else(|| self.children[worker].give_up())?;
            }
            tracer::skip_since(began);
        }
        for worker in 0..self.children.len() {
            self.memory.pass(worker, &frame::encode(&Head::End, 0));
        }
        self.children.into_iter().try_for_each(Worker::end).map(|()| trails)
    }

    pub(super) fn pass(&mut self, worker: usize, head: &Head, body: u64) {
        let peer = self.children[worker].peer();
        tracer::note(What::Send { peer, bytes: body, crosses: Crosses::Shared });
        self.memory.pass(worker, &frame::encode(head, body));
    }

    pub(super) fn receive(&mut self, worker: usize) -> Result<Head, LaneError> {
        tracer::note(What::Wait);
        for _ in 0..=self.patience {
            match self.memory.receive(worker, self.wait, LOOK) {
                Some(note) => return self.wake(worker, &note),
                None => self.look_after(worker)?,
            }
        }
        Err(self.children[worker].give_up())
    }

    pub(super) fn wake(&mut self, worker: usize, note: &[u8; NOTE]) -> Result<Head, LaneError> {
        tracer::note(What::Wake);
        self.understand(worker, note)
    }

    fn understand(&mut self, worker: usize, note: &[u8; NOTE]) -> Result<Head, LaneError> {
        match frame::decode(note) {
            Ok((Head::Failed, _)) => Err(self.children[worker].failure("it refused a request")),
            Ok((head, bytes)) => {
                tracer::note(What::Receive { peer: self.children[worker].peer(), bytes });
                Ok(head)
            }
            Err(why) => Err(self.children[worker].failure(why)),
        }
    }

    /// A child that died passes no turn.
    pub(super) fn look_after(&mut self, worker: usize) -> Result<(), LaneError> {
        let child = &mut self.children[worker];
        if child.is_alive() { Ok(()) } else { Err(child.failure("it died in its turn")) }
    }

    /// Has both sides of the first wait in this way from now on.
    pub(super) fn wait_by(&mut self, wait: Wait) -> Result<(), LaneError> {
        self.wait = wait;
        self.pass(0, &map(0, wait), 0);
        self.receive(0).map(|_| ())
    }
}

fn map(worker: usize, wait: Wait) -> Head {
    let wait = Wait::ALL.iter().position(|known| *known == wait).unwrap_or(0);
    Head::Map { worker: worker as u32, wait: wait as u32 }
}
