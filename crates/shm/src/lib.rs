//! Memory that two processes share, and whose turn it is to use it.
//!
//! A memfd is mapped by a caller and a worker. At any time one of them has the *turn*: it alone touches
//! the bytes. It passes the turn with a short note, in the same cache line as the turn itself, and waits
//! for its next one as it chooses: asleep in a futex, looking again and again, or first the one and then
//! the other.
//!
//! This crate is the only one with unsafe code. What it relies on, beside each use: the file cannot
//! shrink (it is sealed, and that is checked), both sides keep to their turns (both are this code), and
//! every value that is read is valid whatever the other side wrote (atomics and bytes).
#![expect(unsafe_code, reason = "a mapping is a raw pointer, and another process writes behind it")]

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::slice;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};
use rustix::io::Errno;
use rustix::thread::futex::{self, Wait as Waiter, WaitFlags, WaitPtr, WaitvFlags};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Bytes of a note.
pub const NOTE: usize = 48;

/// Bytes before the shared ones: a page, so that those begin on one.
const FRONT: usize = 4096;

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

/// Which end of the memory this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
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

/// The first cache line of the mapping.
#[repr(C, align(64))]
struct Line {
    /// The side whose turn it is.
    turn: AtomicU32,
    /// Per side: 1 if it sleeps, or is about to.
    sleeping: [AtomicU32; 2],
    note: [u8; NOTE],
}

/// One end of the shared memory.
pub struct Shared {
    map: MmapRaw,
    side: Side,
    has_turn: bool,
}

impl Shared {
    /// Makes shared memory of so many bytes, all zero; its caller has the first turn. The descriptor is
    /// for the worker.
    ///
    /// # Errors
    /// If there is no memory for it, or the system refuses.
    pub fn create(bytes: usize) -> io::Result<(Self, OwnedFd)> {
        let length = bytes.checked_add(FRONT).ok_or(io::ErrorKind::OutOfMemory)?;
        let file = memfd_create(
            "breakeven-shared",
            MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL,
        )
        // Kernels before 6.3 do not know the flag.
        .or_else(|_| {
            memfd_create("breakeven-shared", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)
        })?;
        ftruncate(&file, length as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        // A new file is zero, and turn 0 is the caller's.
        let mut this = Self::map(&file, Side::Caller)?;
        this.has_turn = true;
        Ok((this, file))
    }

    /// The worker's end of memory that a caller made.
    ///
    /// # Errors
    /// If it is no such memory, or the system refuses.
    pub fn attach(file: OwnedFd) -> io::Result<Self> {
        if !fcntl_get_seals(&file)?.contains(SealFlags::SHRINK) {
            let why = "the shared memory may shrink, so it was not made for this";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        Self::map(&file, Side::Worker)
    }

    fn map(file: &OwnedFd, side: Side) -> io::Result<Self> {
        let length = usize::try_from(fstat(file)?.st_size).unwrap_or(0);
        if length < FRONT {
            let why = "the shared memory is too small";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let map = MmapOptions::new().len(length).map_raw(&file.as_fd())?;
        Ok(Self { map, side, has_turn: false })
    }

    fn line(&self) -> NonNull<Line> {
        // A mapping is never at address zero.
        NonNull::new(self.map.as_mut_ptr().cast()).expect("a mapping has an address")
    }

    fn turn(&self) -> &AtomicU32 {
        // SAFETY: the mapping is page-aligned, longer than a line and lives as long as self; other
        // processes change an atomic only as one.
        unsafe { &(*self.line().as_ptr()).turn }
    }

    fn sleeping(&self, side: Side) -> &AtomicU32 {
        // SAFETY: as for `turn`.
        unsafe { &(*self.line().as_ptr()).sleeping[side as usize] }
    }

    /// How many bytes are shared.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len() - FRONT
    }

    /// Whether none are.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shared bytes.
    ///
    /// # Panics
    /// If it is the other side's turn.
    pub fn bytes(&mut self) -> &mut [u8] {
        assert!(self.has_turn, "the shared bytes belong to whoever has the turn");
        // SAFETY: the range lies in the mapping, which lives as long as self. Whoever has the turn is
        // alone with the bytes: `receive` saw it come with acquire, the other side lets go before it
        // passes it with release, and `pass` needs `&mut self`, which ends this borrow.
        unsafe { slice::from_raw_parts_mut(self.map.as_mut_ptr().add(FRONT), self.len()) }
    }

    /// Two parts of the bytes, one to read and one to write.
    ///
    /// # Panics
    /// If it is the other side's turn, the first does not end before the second begins, or the second ends
    /// after the memory.
    pub fn parts(&mut self, read: Range<usize>, write: Range<usize>) -> (&[u8], &mut [u8]) {
        assert!(read.end <= write.start, "what is read lies before what is written");
        let (before, after) = self.bytes().split_at_mut(write.start);
        (&before[read], &mut after[..write.len()])
    }

    /// Passes the turn, and a note with it.
    ///
    /// # Panics
    /// If it is the other side's turn.
    pub fn pass(&mut self, note: &[u8; NOTE]) {
        assert!(self.has_turn, "only whoever has the turn can pass it");
        self.has_turn = false;
        // SAFETY: the note lies in the mapping and belongs, like the bytes, to whoever has the turn.
        unsafe { (&raw mut (*self.line().as_ptr()).note).write(*note) };
        // In one order for both sides: either the other one sees the turn before it sleeps, or this one
        // sees that it sleeps.
        self.turn().store(self.side.other() as u32, Ordering::SeqCst);
        if self.sleeping(self.side.other()).swap(0, Ordering::SeqCst) == 1 {
            // Waking cannot fail on a mapped word.
            let _ = futex::wake(self.turn(), futex::Flags::empty(), 1);
        }
    }

    /// Waits for the turn; returns the note that came with it, or none if it did not come in time.
    pub fn receive(&mut self, wait: Wait, patience: Duration) -> Option<[u8; NOTE]> {
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
        Some(unsafe { (&raw const (*self.line().as_ptr()).note).read() })
    }
}

/// Sleeps until the turn has come back from one of these, at the latest at `until` on the system's
/// monotonic clock; returns which one, and its note. Those whose turn it is already are left out.
///
/// # Errors
/// If the system cannot wait for several at once (Linux before 5.16).
pub fn receive_any(
    all: &mut [&mut Shared],
    until: Duration,
) -> io::Result<Option<(usize, [u8; NOTE])>> {
    loop {
        let waiting = || all.iter().enumerate().filter(|(_, shared)| !shared.has_turn);
        for (_, shared) in waiting() {
            shared.sleeping(shared.side).store(1, Ordering::SeqCst);
        }
        let came = waiting().find(|(_, shared)| shared.is_mine()).map(|(at, _)| at);
        if let Some(at) = came {
            return Ok(all[at].take().map(|note| (at, note)));
        }
        if now() >= until {
            return Ok(None);
        }
        let waiters: Vec<Waiter> = waiting()
            .map(|(_, shared)| {
                let mut waiter = Waiter::new();
                waiter.val = shared.side.other() as u64;
                waiter.uaddr = WaitPtr::new(shared.turn().as_ptr().cast());
                waiter.flags = WaitFlags::SIZE_U32;
                waiter
            })
            .collect();
        let time = timespec(until);
        match futex::waitv(&waiters, WaitvFlags::empty(), Some(&time), ClockId::Monotonic) {
            Ok(_) | Err(Errno::AGAIN | Errno::INTR | Errno::TIMEDOUT) => {}
            Err(why) => return Err(why.into()),
        }
    }
}

fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: time.as_secs() as i64, tv_nsec: i64::from(time.subsec_nanos()) }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    fn pair(bytes: usize) -> (Shared, Shared) {
        let (caller, file) = Shared::create(bytes).unwrap();
        (caller, Shared::attach(file).unwrap())
    }

    #[test]
    fn turns_go_to_and_fro_with_their_notes_however_one_waits() {
        for (caller_waits, worker_waits) in
            Wait::ALL.iter().flat_map(|one| Wait::ALL.map(|other| (*one, other)))
        {
            const TURNS: u8 = 200;
            let (mut caller, mut worker) = pair(1000);
            thread::scope(|scope| {
                scope.spawn(move || {
                    for turn in 0..TURNS {
                        let note = worker.receive(worker_waits, LONG).unwrap();
                        assert_eq!(note, [turn; NOTE]);
                        assert!(worker.bytes().iter().all(|byte| *byte == turn));
                        worker.bytes().fill(!turn);
                        worker.pass(&[!turn; NOTE]);
                    }
                });
                for turn in 0..TURNS {
                    caller.bytes().fill(turn);
                    caller.pass(&[turn; NOTE]);
                    assert_eq!(caller.receive(caller_waits, LONG), Some([!turn; NOTE]));
                    assert!(caller.bytes().iter().all(|byte| *byte == !turn));
                }
            });
        }
    }

    #[test]
    fn patience_ends() {
        for wait in Wait::ALL {
            let (mut caller, mut worker) = pair(0);
            assert_eq!(worker.receive(wait, SOON), None);
            caller.pass(&[1; NOTE]);
            assert_eq!(caller.receive(wait, SOON), None);
            assert_eq!(worker.receive(wait, SOON), Some([1; NOTE]));
        }
    }

    #[test]
    fn whichever_comes_first_is_received() {
        let (mut one, mut first) = pair(0);
        let (mut two, mut second) = pair(0);
        one.pass(&[0; NOTE]);
        two.pass(&[0; NOTE]);
        thread::scope(|scope| {
            scope.spawn(move || {
                second.receive(Wait::Block, LONG).unwrap();
                second.pass(&[2; NOTE]);
            });
            let came = receive_any(&mut [&mut one, &mut two], now() + LONG).unwrap();
            assert_eq!(came, Some((1, [2; NOTE])));
            // The second has its turn now, and the first is not there yet.
            assert_eq!(receive_any(&mut [&mut one, &mut two], now() + SOON).unwrap(), None);
            scope.spawn(move || {
                first.receive(Wait::Block, LONG).unwrap();
                first.pass(&[1; NOTE]);
            });
            let came = receive_any(&mut [&mut one, &mut two], now() + LONG).unwrap();
            assert_eq!(came, Some((0, [1; NOTE])));
        });
    }

    #[test]
    #[should_panic(expected = "belong to whoever has the turn")]
    fn bytes_are_out_of_reach_out_of_turn() {
        let (mut caller, _worker) = pair(8);
        caller.pass(&[0; NOTE]);
        caller.bytes();
    }

    #[test]
    fn what_was_not_made_for_sharing_is_refused() {
        let file = memfd_create("plain", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        assert!(Shared::attach(file.try_clone().unwrap()).is_err());
        fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
        assert!(Shared::attach(file).is_err(), "it is too small");
        assert!(Shared::create(usize::MAX).is_err());
    }
}
