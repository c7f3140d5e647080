//! What a thread notes of itself while a trace is taken.
//!
//! Every thread has notes of its own, so that nobody waits for anybody to make one. While none are made,
//! which is always but in a recording, asking is one look at a flag of the thread.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use protocol::trace::{MAX_NOTES, Note, What};

/// Nanoseconds on a clock that all of them read.
pub type Clock = fn() -> u64;

/// Notes that are made to find out what one takes.
const TRIED: u32 = 4096;

thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
    static NOTES: RefCell<Notes> = const { RefCell::new(Notes::NONE) };
}

/// What a thread has noted.
struct Notes {
    clock: Clock,
    all: Vec<Note>,
    dropped: u64,
    /// Workers that it has asked for.
    spawned: u32,
    /// Time that is not to show.
    skipped: u64,
}

impl Notes {
    const NONE: Self = Self { clock: || 0, all: Vec::new(), dropped: 0, spawned: 0, skipped: 0 };
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Noted {
    /// In their order.
    pub notes: Vec<Note>,
    /// More that there was no room for.
    pub dropped: u64,
}

/// This thread notes what it does from now on.
pub fn begin(clock: Clock) {
    NOTES.set(Notes { clock, all: Vec::with_capacity(TRIED as usize), ..Notes::NONE });
    IS_ON.set(true);
}

/// Whether it does.
#[must_use]
#[inline]
pub fn is_on() -> bool {
    IS_ON.get()
}

/// What was noted since the beginning; from now on nothing is.
pub fn take() -> Noted {
    IS_ON.set(false);
    let Notes { all, dropped, .. } = NOTES.replace(Notes::NONE);
    Noted { notes: all, dropped }
}

/// What it takes to note something, in nanoseconds: the time of many, divided. Nothing may be being noted.
#[must_use]
pub fn cost(clock: Clock) -> f64 {
    begin(clock);
    let began = clock();
    (0..TRIED).for_each(|_| note(black_box(What::Wake)));
    let took = clock().saturating_sub(began);
    take();
    took as f64 / f64::from(TRIED)
}

/// The time since that [`time`] does not show in what is noted from now on: it was spent on the trace.
pub fn skip_since(began: u64) {
    if is_on() {
        NOTES.with_borrow_mut(|notes| notes.skipped += notes.time().saturating_sub(began));
    }
}

/// Notes something that happens now.
#[inline]
pub fn note(what: What) {
    if is_on() {
        NOTES.with_borrow_mut(|notes| {
            let at = notes.time();
            notes.push(at, what);
        });
    }
}

/// The time, for what is noted when it is over; 0 while nothing is noted.
#[must_use]
#[inline]
pub fn time() -> u64 {
    if is_on() { NOTES.with_borrow(Notes::time) } else { 0 }
}

/// Notes something that began at that [`time`], and took until now.
#[inline]
pub fn note_since(began: u64, what: impl FnOnce(u64) -> What) {
    if is_on() {
        NOTES.with_borrow_mut(|notes| {
            let took = notes.time().saturating_sub(began);
            notes.push(began, what(took));
        });
    }
}

/// Does work, and notes that it is work.
pub fn computing<A>(work: impl FnOnce() -> A) -> A {
    note(What::Compute);
    let result = work();
    note(What::Computed);
    result
}

/// Notes that a worker is asked for; returns its number, from 0.
pub fn spawn() -> u32 {
    if !is_on() {
        return 0;
    }
    let peer = NOTES.with_borrow_mut(|notes| {
        notes.spawned += 1;
        notes.spawned - 1
    });
    note(What::Spawn { peer });
    peer
}

impl Notes {
    fn time(&self) -> u64 {
        (self.clock)().saturating_sub(self.skipped)
    }

    fn push(&mut self, at: u64, what: What) {
        if self.all.len() < MAX_NOTES {
            self.all.push(Note { at, what });
        } else {
            self.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        static TIME: Cell<u64> = const { Cell::new(10) };
    }

    /// Ten nanoseconds a look.
    fn clock() -> u64 {
        TIME.replace(TIME.get() + 10)
    }

    #[test]
    fn nothing_is_noted_unless_somebody_wants_it() {
        note(What::Wait);
        assert_eq!((time(), spawn()), (0, 0));
        assert!(take().notes.is_empty());
    }

    #[test]
    fn what_happens_is_noted_in_its_order_until_it_is_taken() {
        begin(clock);
        assert!(is_on());
        let began = time();
        note(What::Wake);
        note_since(began, |took| What::Blocked { took });
        assert_eq!((spawn(), spawn()), (0, 1));
        let noted = take();
        let [wake, blocked, first, second] = &noted.notes[..] else { panic!("{noted:?}") };
        assert_eq!((blocked.at, &blocked.what), (began, &What::Blocked { took: 20 }));
        assert_eq!((wake.at, &wake.what), (began + 10, &What::Wake));
        assert_eq!(
            (&first.what, &second.what),
            (&What::Spawn { peer: 0 }, &What::Spawn { peer: 1 })
        );
        note(What::Wait);
        assert!(take().notes.is_empty());
    }

    #[test]
    fn what_a_note_takes_is_found_out_and_leaves_none() {
        assert!((cost(clock) - 10.0).abs() < 0.1);
        assert!(!is_on() && take().notes.is_empty());
    }

    #[test]
    fn time_that_is_spent_on_the_trace_does_not_show() {
        begin(clock);
        note(What::Wait);
        let began = time();
        (0..100).for_each(|_| assert!(clock() > 0));
        skip_since(began);
        note(What::Wake);
        let [wait, wake] = &take().notes[..] else { panic!("two were noted") };
        assert!(wake.at - wait.at <= 30, "{wait:?} {wake:?}");
    }

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        begin(clock);
        (0..MAX_NOTES + 3).for_each(|_| note(What::Wait));
        let noted = take();
        assert_eq!((noted.notes.len(), noted.dropped), (MAX_NOTES, 3));
    }

    #[test]
    fn each_thread_has_its_own() {
        begin(clock);
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(!is_on()));
        });
        take();
    }
}
