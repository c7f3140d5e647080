//! Traces: what a lane's caller and its workers did and when, on one clock.
//!
//! Each of them makes *notes* of its own; put together they are a *recording*. While figures are taken
//! nobody makes any: a recording is a run of its own, of a *scenario*.

#[cfg(feature = "messages")]
mod flat;
#[cfg(feature = "report")]
mod recording;
mod wire;

#[cfg(feature = "messages")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "report")]
pub use recording::{Event, MAX_TRACKS, Recording, RecordingError, Track};
pub use wire::{NOTE_BYTES, decode, encode};

/// The most notes that one of them makes; more are counted.
pub const MAX_NOTES: usize = 200_000;

/// What one of them saw or did, and when.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "messages", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "messages", serde(try_from = "flat::Flat", into = "flat::Flat"))]
pub struct Note {
    /// When, in nanoseconds of the clock that all of them read: the beginning of what takes time.
    pub at: u64,
    /// What.
    pub what: What,
}

/// What can be noted. A `peer` is the other side: in a worker's notes always 0, the caller; in the caller's
/// the worker's number, from 0 in the order in which they were started; in a recording the place of its
/// track.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A worker is asked for.
    Spawn {
        /// Which.
        peer: u32,
    },
    /// This worker can take work, and says so.
    Ready,
    /// A message begins its way.
    Send {
        /// To whom.
        peer: u32,
        /// Of its payload.
        bytes: u64,
        /// How they get across.
        crosses: Crosses,
    },
    /// A message is there, all of it.
    Receive {
        /// From whom.
        peer: u32,
        /// Of its payload.
        bytes: u64,
    },
    /// Payload is copied: by this side's own code, or by a call that it waits for. Each crossing is noted once, by
    /// whoever sends, however often the mechanism copies it on the way.
    Copy {
        /// Of payload.
        bytes: u64,
        /// Nanoseconds.
        took: u64,
    },
    /// This side sees memory that others see, too.
    Map {
        /// The same number for everybody who sees the same memory.
        region: u64,
        /// How large it is.
        bytes: u64,
    },
    /// It has nothing to do, and waits.
    Wait,
    /// It waits no more.
    Wake,
    /// Work begins.
    Compute,
    /// It is done.
    Computed,
    /// It was held up by a call, and could take no message meanwhile.
    Blocked {
        /// Nanoseconds.
        took: u64,
    },
    /// It is told that a worker crashed.
    Crash {
        /// Which.
        peer: u32,
        /// In the system's words or the language's.
        how: String,
    },
    /// It is told that a worker is gone.
    Exit {
        /// Which.
        peer: u32,
    },
    /// A new worker has taken another one's place, and has answered.
    Replaced {
        /// Whose place.
        peer: u32,
        /// By whom.
        by: u32,
    },
}

/// How payload gets across.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "messages", derive(Serialize, Deserialize))]
#[cfg_attr(feature = "messages", serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Crosses {
    /// As a copy.
    #[default]
    Copied,
    /// In memory that changes its owner.
    Moved,
    /// In memory that both see.
    Shared,
}

/// All notes of one of them, and what it is.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "messages", derive(Serialize, Deserialize))]
pub struct Trail {
    /// Its own process, as the system numbers it; none where it is not told.
    pub process: Option<u64>,
    /// Its own thread, where it is told.
    pub thread: Option<u64>,
    /// What it waits in: an event loop, or a call.
    pub waits: String,
    /// Whose memory its values lie in.
    pub heap: String,
    /// How much of that is used, in bytes, where it knows.
    pub heap_bytes: Option<u64>,
    /// What the caller and it talk over; of no meaning for a caller.
    pub channel: String,
    /// What it takes to make a note, in nanoseconds.
    pub cost: f64,
    /// In their order.
    pub notes: Vec<Note>,
    /// More that there was no room for.
    pub dropped: u64,
}

/// What all of them noted in one scenario, before it is put together.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "messages", derive(Serialize, Deserialize))]
pub struct Played {
    /// The smallest step of the clock that the notes are made by, in nanoseconds.
    pub tick: f64,
    /// The caller's.
    pub caller: Trail,
    /// The workers', each with its number in the order in which they were started, from 0.
    pub workers: Vec<(u32, Trail)>,
}
