//! Memory that a caller shares with worker processes, and whose turn it is to use it.
//!
//! A memfd is mapped by all of them. It begins with a *line* per worker: one cache line that says whether
//! it is the caller's turn or the worker's, with a short note from whoever passed the turn last. A side
//! waits for its turn as it chooses: asleep in a futex, looking again and again, or first the one and then
//! the other. A worker touches the bytes in its turn alone, and the parts alone that the caller's note
//! means; the caller touches them while no worker has a turn.
//!
//! This crate is the only one with unsafe code. What it relies on, beside each use: the file cannot
//! shrink (it is sealed, and that is checked), both sides keep to their turns and parts (both are this
//! project's programs), and every value that is read is valid whatever the other side wrote (atomics and
//! bytes).
#![expect(unsafe_code, reason = "a mapping is a raw pointer, and other processes write behind it")]

pub mod descriptor;
mod turn;

use std::io;
use std::ops::Range;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::slice;
use std::time::Duration;

use memmap2::{MmapOptions, MmapRaw};
use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};

use turn::{End, Line, Side};
pub use turn::{NOTE, Wait};

/// Bytes before the shared ones: a page, so that those begin on one.
const FRONT: usize = 4096;

/// The most workers that share one memory.
pub const MAX_WORKERS: u32 = (FRONT / size_of::<Line>()) as u32;

/// The mapped file.
struct Mapping {
    memory: MmapRaw,
    /// The file's number, the same for everybody who has mapped it.
    region: u64,
}

impl Mapping {
    fn of(file: &OwnedFd) -> io::Result<Self> {
        let stat = fstat(file)?;
        let length = usize::try_from(stat.st_size).unwrap_or(0);
        if length < FRONT {
            let why = "the shared memory is too small";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let memory = MmapOptions::new().len(length).map_raw(&file.as_fd())?;
        Ok(Self { memory, region: stat.st_ino })
    }

    /// How many bytes are shared.
    fn len(&self) -> usize {
        self.memory.len() - FRONT
    }

    /// Where they begin. There are [`Mapping::len`] of them.
    fn bytes(&self) -> *mut u8 {
        // SAFETY: the mapping is at least so long.
        unsafe { self.memory.as_mut_ptr().add(FRONT) }
    }

    fn line(&self, number: u32) -> NonNull<Line> {
        assert!(number < MAX_WORKERS, "there are {MAX_WORKERS} lines");
        // SAFETY: the mapping begins with so many lines, and a mapping is never at address zero.
        unsafe {
            NonNull::new_unchecked(self.memory.as_mut_ptr().cast::<Line>().add(number as usize))
        }
    }
}

/// The caller's side of the memory.
pub struct Caller {
    mapping: Mapping,
    /// One per worker.
    ends: Vec<End>,
}

impl Caller {
    /// Makes memory of so many bytes, all zero, for so many workers; all turns are the caller's. The
    /// descriptor is for the workers.
    ///
    /// # Errors
    /// If there are too many workers, there is no memory, or the system refuses.
    pub fn create(workers: u32, bytes: usize) -> io::Result<(Self, OwnedFd)> {
        if workers > MAX_WORKERS {
            let why = format!("at most {MAX_WORKERS} workers share one memory, not {workers}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let length = bytes.checked_add(FRONT).ok_or(io::ErrorKind::OutOfMemory)?;
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Kernels before 6.3 do not know the flag that forbids to execute it.
        let file = memfd_create("breakeven-shared", flags | MemfdFlags::NOEXEC_SEAL)
            .or_else(|_| memfd_create("breakeven-shared", flags))?;
        ftruncate(&file, length as u64)?;
        fcntl_add_seals(&file, SealFlags::SHRINK | SealFlags::GROW)?;
        let mapping = Mapping::of(&file)?;
        let end = |number| End {
            line: mapping.line(number),
            side: Side::Caller,
            // A new file is zero, and zero is the caller's turn.
            has_turn: true,
        };
        let ends = (0..workers).map(end).collect();
        Ok((Self { mapping, ends }, file))
    }

    /// How many bytes are shared.
    #[must_use]
    pub fn bytes_shared(&self) -> usize {
        self.mapping.len()
    }

    /// A number that everybody who shares the memory sees, and no other memory has.
    #[must_use]
    pub fn region(&self) -> u64 {
        self.mapping.region
    }

    /// The shared bytes.
    ///
    /// # Panics
    /// If it is a worker's turn.
    pub fn bytes(&mut self) -> &mut [u8] {
        assert!(self.ends.iter().all(|end| end.has_turn), "the bytes belong to whoever has a turn");
        // SAFETY: the range lies in the mapping, which lives as long as self. No worker has a turn, so
        // none touches the bytes: `receive` saw each turn come with acquire, the workers let go before
        // they pass it with release, and `pass` needs `&mut self`, which ends this borrow.
        unsafe { slice::from_raw_parts_mut(self.mapping.bytes(), self.mapping.len()) }
    }

    /// A part of the bytes that the caller keeps for one worker.
    ///
    /// # Panics
    /// If it is that worker's turn, or the part is none.
    pub fn part_for(&mut self, worker: usize, part: Range<usize>) -> &mut [u8] {
        assert!(self.ends[worker].has_turn, "the part belongs to whoever has the turn");
        assert!(part.start <= part.end && part.end <= self.mapping.len(), "it lies in the memory");
        // SAFETY: as for `bytes`, but for the other workers, whose notes never mean this part.
        unsafe { slice::from_raw_parts_mut(self.mapping.bytes().add(part.start), part.len()) }
    }

    /// Passes the turn to a worker, and a note with it. What the notes of workers that have a turn at the
    /// same time mean must not overlap, unless they only read it.
    ///
    /// # Panics
    /// If it is the worker's turn already.
    pub fn pass(&mut self, worker: usize, note: &[u8; NOTE]) {
        self.ends[worker].pass(note);
    }

    /// Waits until a worker passes the turn back; returns its note, or none if it did not in time.
    pub fn receive(&mut self, worker: usize, wait: Wait, patience: Duration) -> Option<[u8; NOTE]> {
        self.ends[worker].receive(wait, patience)
    }

    /// Sleeps until any worker passes its turn back, at the latest at `until` on the system's monotonic
    /// clock; returns which one, and its note.
    ///
    /// # Errors
    /// If the system cannot wait for several at once (Linux before 5.16).
    pub fn receive_any(&mut self, until: Duration) -> io::Result<Option<(usize, [u8; NOTE])>> {
        turn::receive_any(&mut self.ends, until)
    }
}

/// A worker's side of the memory.
pub struct Worker {
    mapping: Mapping,
    end: End,
}

impl Worker {
    /// Joins memory that a caller made, as the worker of that number.
    ///
    /// # Errors
    /// If it is no such memory, or the system refuses.
    pub fn attach(file: OwnedFd, number: u32) -> io::Result<Self> {
        if number >= MAX_WORKERS || !fcntl_get_seals(&file)?.contains(SealFlags::SHRINK) {
            let why = "this memory was not made for this worker";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        let mapping = Mapping::of(&file)?;
        let end = End { line: mapping.line(number), side: Side::Worker, has_turn: false };
        Ok(Self { mapping, end })
    }

    /// How many bytes are shared.
    #[must_use]
    pub fn bytes_shared(&self) -> usize {
        self.mapping.len()
    }

    /// As [`Caller::region`].
    #[must_use]
    pub fn region(&self) -> u64 {
        self.mapping.region
    }

    /// Two parts of the bytes, one to read and one to write; none if they are not parts of it, the first
    /// before the second.
    ///
    /// # Panics
    /// If it is the caller's turn.
    pub fn parts(&mut self, read: Range<usize>, write: Range<usize>) -> Option<(&[u8], &mut [u8])> {
        assert!(self.end.has_turn, "the bytes belong to whoever has the turn");
        let in_order =
            read.start <= read.end && read.end <= write.start && write.start <= write.end;
        if !in_order || write.end > self.mapping.len() {
            return None;
        }
        let bytes = self.mapping.bytes();
        // SAFETY: both ranges lie in the mapping, do not overlap, and live as long as the borrow of self.
        // It is this worker's turn, and the caller gave nobody else a turn to write in them.
        unsafe {
            Some((
                slice::from_raw_parts(bytes.add(read.start), read.len()),
                slice::from_raw_parts_mut(bytes.add(write.start), write.len()),
            ))
        }
    }

    /// Passes the turn back, and a note with it.
    ///
    /// # Panics
    /// If it is the caller's turn.
    pub fn pass(&mut self, note: &[u8; NOTE]) {
        self.end.pass(note);
    }

    /// Waits for the turn; returns the note that came with it, or none if it did not come in time.
    pub fn receive(&mut self, wait: Wait, patience: Duration) -> Option<[u8; NOTE]> {
        self.end.receive(wait, patience)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use turn::now;

    const SOON: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(60);

    fn pair(bytes: usize) -> (Caller, Worker) {
        let (caller, file) = Caller::create(1, bytes).unwrap();
        (caller, Worker::attach(file, 0).unwrap())
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
                        let (read, write) = worker.parts(0..500, 500..1000).unwrap();
                        assert!(read.iter().all(|byte| *byte == turn));
                        write.copy_from_slice(read);
                        worker.pass(&[!turn; NOTE]);
                    }
                });
                for turn in 0..TURNS {
                    caller.bytes()[..500].fill(turn);
                    caller.pass(0, &[turn; NOTE]);
                    assert_eq!(caller.receive(0, caller_waits, LONG), Some([!turn; NOTE]));
                    assert!(caller.bytes().iter().all(|byte| *byte == turn));
                }
            });
        }
    }

    #[test]
    fn both_sides_see_the_same_memory() {
        let [(one, at_one), (other, at_other)] = [pair(8), pair(8)];
        assert_eq!((one.region(), other.region()), (at_one.region(), at_other.region()));
        assert_ne!(one.region(), other.region());
    }

    #[test]
    fn patience_ends() {
        for wait in Wait::ALL {
            let (mut caller, mut worker) = pair(0);
            assert_eq!(worker.receive(wait, SOON), None);
            caller.pass(0, &[1; NOTE]);
            assert_eq!(caller.receive(0, wait, SOON), None);
            assert_eq!(worker.receive(wait, SOON), Some([1; NOTE]));
        }
    }

    #[test]
    fn whichever_comes_first_is_received() {
        let (mut caller, file) = Caller::create(2, 0).unwrap();
        assert_eq!(caller.receive_any(now() + SOON).unwrap(), None, "nobody has a turn");
        let mut first = Worker::attach(file.try_clone().unwrap(), 0).unwrap();
        let mut second = Worker::attach(file, 1).unwrap();
        caller.pass(0, &[0; NOTE]);
        caller.pass(1, &[0; NOTE]);
        thread::scope(|scope| {
            scope.spawn(move || {
                second.receive(Wait::Block, LONG).unwrap();
                second.pass(&[2; NOTE]);
            });
            assert_eq!(caller.receive_any(now() + LONG).unwrap(), Some((1, [2; NOTE])));
            // The second turn is the caller's now, and the first is not back yet.
            assert_eq!(caller.receive_any(now() + SOON).unwrap(), None);
            scope.spawn(move || {
                first.receive(Wait::Block, LONG).unwrap();
                first.pass(&[1; NOTE]);
            });
            assert_eq!(caller.receive_any(now() + LONG).unwrap(), Some((0, [1; NOTE])));
        });
    }

    #[test]
    #[should_panic(expected = "belong to whoever has a turn")]
    fn bytes_are_out_of_reach_out_of_turn() {
        let (mut caller, _worker) = pair(8);
        caller.pass(0, &[0; NOTE]);
        caller.bytes();
    }

    #[test]
    fn parts_lie_inside_and_in_order() {
        let (mut caller, mut worker) = pair(8);
        caller.pass(0, &[0; NOTE]);
        worker.receive(Wait::Spin, LONG).unwrap();
        assert!(worker.parts(0..4, 4..8).is_some());
        #[expect(clippy::reversed_empty_ranges, reason = "this is what is refused")]
        for (read, write) in [(0..4, 4..9), (0..5, 4..8), (3..2, 4..8), (0..0, 5..4)] {
            assert!(worker.parts(read, write).is_none());
        }
        assert!(worker.parts(0..0, usize::MAX..usize::MAX).is_none());
    }

    #[test]
    fn what_was_not_made_for_sharing_is_refused() {
        let file = memfd_create("plain", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        assert!(Worker::attach(file.try_clone().unwrap(), 0).is_err());
        fcntl_add_seals(&file, SealFlags::SHRINK).unwrap();
        assert!(Worker::attach(file, 0).is_err(), "it is too small");
        assert!(Caller::create(1, usize::MAX).is_err());
        assert!(Caller::create(MAX_WORKERS + 1, 8).is_err());
        let (_, file) = Caller::create(1, 8).unwrap();
        assert!(Worker::attach(file, MAX_WORKERS).is_err());
    }
}
