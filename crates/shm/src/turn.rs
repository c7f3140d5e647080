//! The turn: who has it, passing it with a note, and waiting for it.

use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::io::Errno;
use rustix::thread::clock_nanosleep_absolute;
use rustix::thread::futex::{self, Wait as Waiter, WaitFlags, WaitPtr, WaitvFlags};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Bytes of a note.
pub const NOTE: usize = 48;

/// How often *adaptive* looks before it sleeps: some tens of microseconds, about what sleeping costs.
const LOOKS: u32 = 1000;

/// How a side waits for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// Asleep at once: costs no processor, and a wake-up.
    Block,
    /// Looking again and again: costs a processor, and no wake-up.
    Spin,
    /// Looking a while, then asleep.
    Adaptive,
}

impl Wait {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Block, Self::Spin, Self::Adaptive];

    /// As reports name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Spin => "spin",
            Self::Adaptive => "adaptive",
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Caller = 0,
    Worker = 1,
}

impl Side {
    fn other(self) -> Self {
        match self {
            Self::Caller => Self::Worker,
            Self::Worker => Self::Caller,
        }
    }
}

/// Where a turn is passed to and fro.
#[repr(C, align(64))]
pub(crate) struct Line {
    /// The side whose turn it is.
    turn: AtomicU32,
    /// Per side: 1 if it sleeps, or is about to.
    sleeping: [AtomicU32; 2],
    note: [u8; NOTE],
}

/// One side of a line.
pub(crate) struct End {
    pub(crate) line: NonNull<Line>,
    pub(crate) side: Side,
    pub(crate) has_turn: bool,
}

// SAFETY: the line is shared between processes already; what threads do to it goes through atomics, and
// through `&mut self` in one's turn.
unsafe impl Send for End {}

impl End {
    fn turn(&self) -> &AtomicU32 {
        // SAFETY: the owner of this end keeps the mapping; other processes change an atomic only as one.
        unsafe { &(*self.line.as_ptr()).turn }
    }

    fn sleeping(&self, side: Side) -> &AtomicU32 {
        // SAFETY: as for `turn`.
        unsafe { &(*self.line.as_ptr()).sleeping[side as usize] }
    }

    pub(crate) fn pass(&mut self, note: &[u8; NOTE]) {
        assert!(self.has_turn, "only whoever has the turn can pass it");
        self.has_turn = false;
        // SAFETY: the note lies in the mapping and belongs to whoever has the turn.
        unsafe { (&raw mut (*self.line.as_ptr()).note).write(*note) };
        // In one order for both sides: either the other one sees the turn before it sleeps, or this one
        // sees that it sleeps.
        self.turn().store(self.side.other() as u32, Ordering::SeqCst);
        if self.sleeping(self.side.other()).swap(0, Ordering::SeqCst) == 1 {
            // Waking cannot fail on a mapped word.
            let _ = futex::wake(self.turn(), futex::Flags::empty(), 1);
        }
    }

    pub(crate) fn receive(&mut self, wait: Wait, patience: Duration) -> Option<[u8; NOTE]> {
        match wait {
            Wait::Block => self.sleep(patience),
            Wait::Spin => {
                let until = now() + patience;
                while !self.look(LOOKS) && now() < until {}
            }
            Wait::Adaptive => {
                if !self.look(LOOKS) {
                    self.sleep(patience);
                }
            }
        }
        self.take()
    }

    /// Looks so many times; returns whether the turn came.
    fn look(&self, times: u32) -> bool {
        for _ in 0..times {
            if self.is_mine() {
                return true;
            }
            std::hint::spin_loop();
        }
        false
    }

    fn is_mine(&self) -> bool {
        self.turn().load(Ordering::SeqCst) == self.side as u32
    }

    fn sleep(&self, patience: Duration) {
        let until = now() + patience;
        loop {
            self.sleeping(self.side).store(1, Ordering::SeqCst);
            let left = until.saturating_sub(now());
            if self.is_mine() || left.is_zero() {
                return;
            }
            // It ends when woken, when the turn is no longer the other side's, after the time, and on
            // signals: what came of it is looked at, not asked for.
            let (other, left) = (self.side.other() as u32, timespec(left));
            let _ = futex::wait(self.turn(), futex::Flags::empty(), other, Some(&left));
        }
    }

    /// Takes the turn and its note, if it has come.
    fn take(&mut self) -> Option<[u8; NOTE]> {
        if !self.is_mine() {
            return None;
        }
        self.has_turn = true;
        // A flag that is left standing would cost the other side a needless wake-up.
        self.sleeping(self.side).store(0, Ordering::SeqCst);
        // SAFETY: as in `pass`; any bytes are a note.
        Some(unsafe { (&raw const (*self.line.as_ptr()).note).read() })
    }
}

/// As [`crate::Caller::receive_any`].
pub(crate) fn receive_any(
    ends: &mut [End],
    until: Duration,
) -> io::Result<Option<(usize, [u8; NOTE])>> {
    loop {
        let waiting = || ends.iter().enumerate().filter(|(_, end)| !end.has_turn);
        for (_, end) in waiting() {
            end.sleeping(end.side).store(1, Ordering::SeqCst);
        }
        let came = waiting().find(|(_, end)| end.is_mine()).map(|(at, _)| at);
        if let Some(at) = came {
            return Ok(ends[at].take().map(|note| (at, note)));
        }
        if now() >= until {
            return Ok(None);
        }
        let waiters: Vec<Waiter> = waiting()
            .map(|(_, end)| {
                let mut waiter = Waiter::new();
                waiter.val = end.side.other() as u64;
                waiter.uaddr = WaitPtr::new(end.turn().as_ptr().cast());
                waiter.flags = WaitFlags::SIZE_U32;
                waiter
            })
            .collect();
        let time = timespec(until);
        if waiters.is_empty() {
            // Nobody can come; a signal may end the sleep, and the time is looked at again.
            let _ = clock_nanosleep_absolute(ClockId::Monotonic, &time);
            continue;
        }
        match futex::waitv(&waiters, WaitvFlags::empty(), Some(&time), ClockId::Monotonic) {
            Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
            Err(why) => return Err(why.into()),
        }
    }
}

pub(crate) fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) }
}
