//! A recording: the notes of a caller and its workers, put together.

use serde::{Deserialize, Serialize};

use super::flat::Flat;
use super::{MAX_NOTES, What};
use crate::{LaneId, LaneKind};

/// The most tracks of a recording: a caller, the most workers, and those that took the place of one.
pub const MAX_TRACKS: usize = 256;

/// The greatest number in a recording, of nanoseconds, bytes or whatever: more would not survive a program that reads
/// numbers as floats, as browsers do.
const GREATEST: u64 = 1 << 53;

/// What a lane did in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Recording {
    /// The scenario's name.
    pub scenario: String,
    /// The lane's name.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub lane: LaneId,
    /// What isolates its workers.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub kind: LaneKind,
    /// When it began, in nanoseconds: on the system's monotonic clock, or, in a browser, since its page began.
    pub began: u64,
    /// The clock's smallest step, in nanoseconds: what lies closer together has no order.
    pub tick: f64,
    /// The caller, then the workers in the order in which they were started.
    pub tracks: Vec<Track>,
    /// In the order of their times.
    pub events: Vec<Event>,
}

/// A caller or a worker, as it describes itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Track {
    /// `caller`, `worker 1`.
    pub name: String,
    /// Its own process, as the system numbers it; left out where it is not told, as in a browser.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub process: Option<u64>,
    /// Its own thread, where it is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thread: Option<u64>,
    /// What it waits in: an event loop, or a call.
    pub waits: String,
    /// Whose memory its values lie in: tracks of one process with the same heap share it.
    pub heap: String,
    /// How much of that is used, in bytes, where it knows.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub heap_bytes: Option<u64>,
    /// What the caller and this worker talk over; empty for the caller.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub channel: String,
    /// What it takes to note an event, in nanoseconds.
    pub cost: f64,
    /// Events that there was no room for.
    pub dropped: u64,
    /// Why there are no events of its own, where that is so: it took them along when it crashed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lost: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Flat", into = "Flat")]
pub struct Event {
    /// Nanoseconds since the recording began.
    pub at: u64,
    /// To whom: a place in the tracks.
    pub track: u32,
    /// Of what is sent and received: the same number for both ends of a message.
    pub message: Option<u32>,
    /// What.
    pub what: What,
}

impl From<Event> for Flat {
    fn from(Event { at, track, message, what }: Event) -> Self {
        let mut flat = Self::of(at, what);
        (flat.track, flat.message) = (Some(track), message);
        flat
    }
}

impl TryFrom<Flat> for Event {
    type Error = &'static str;

    fn try_from(flat: Flat) -> Result<Self, Self::Error> {
        let (at, message) = (flat.at, flat.message);
        let track = flat.track.ok_or("an event without its track")?;
        Ok(Self { at, track, message, what: flat.what()? })
    }
}

/// Why something is no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordingError {
    /// There are none, or more than anybody starts.
    #[error("{0} tracks, where there are 1 to {MAX_TRACKS}")]
    Tracks(usize),
    /// There are more than anybody notes.
    #[error("{0} events, where there are {most} at most", most = MAX_TRACKS * MAX_NOTES)]
    Events(usize),
    /// An event is of a track that there is not.
    #[error("an event is about track {0}, which it has not")]
    Track(u32),
    /// Events are not in the order of their times.
    #[error("its events are not in the order of their times")]
    Order,
    /// A number is greater than any that is measured.
    #[error("the number {0}, where there are 2^53 at most")]
    Number(u64),
    /// A number is none.
    #[error("a clock's step or a note's cost that is no number from 0 on")]
    NoNumber,
}

impl Recording {
    /// Whether whoever draws it can rely on it: tracks are there, events in their order, and numbers of a size that can be
    /// reckoned with.
    ///
    /// # Errors
    /// Says what is wrong.
    pub fn check(&self) -> Result<(), RecordingError> {
        if !(1..=MAX_TRACKS).contains(&self.tracks.len()) {
            return Err(RecordingError::Tracks(self.tracks.len()));
        }
        if self.events.len() > MAX_TRACKS * MAX_NOTES {
            return Err(RecordingError::Events(self.events.len()));
        }
        let is_missing = |track: &u32| *track as usize >= self.tracks.len();
        for event in &self.events {
            let peers: [Option<u32>; 3] = match event.what {
                What::Spawn { peer }
                | What::Send { peer, .. }
                | What::Receive { peer, .. }
                | What::Crash { peer, .. }
                | What::Exit { peer } => [Some(event.track), Some(peer), None],
                What::Replaced { peer, by } => [Some(event.track), Some(peer), Some(by)],
                _ => [Some(event.track), None, None],
            };
            if let Some(track) = peers.into_iter().flatten().find(is_missing) {
                return Err(RecordingError::Track(track));
            }
        }
        if !self.events.is_sorted_by_key(|event| event.at) {
            return Err(RecordingError::Order);
        }
        let costs = self.tracks.iter().map(|track| track.cost);
        if costs.chain([self.tick]).any(|it| !(it.is_finite() && it >= 0.0)) {
            return Err(RecordingError::NoNumber);
        }
        let of_tracks = self.tracks.iter().flat_map(Track::numbers);
        let of_events = self.events.iter().flat_map(Event::numbers);
        let mut all = of_tracks.chain(of_events).chain([self.began]);
        all.find(|number| *number > GREATEST).map_or(Ok(()), |it| Err(RecordingError::Number(it)))
    }

    /// How long it is, in nanoseconds: until the end of the last event.
    #[must_use]
    pub fn length(&self) -> u64 {
        let end = |event: &Event| event.at.saturating_add(event.what.took());
        self.events.iter().map(end).max().unwrap_or(0)
    }

    /// Bytes of payload that were copied on their way, each crossing once: as a report counts them.
    #[must_use]
    pub fn bytes_copied(&self) -> u64 {
        let copied = |event: &Event| match event.what {
            What::Copy { bytes, .. } => bytes,
            _ => 0,
        };
        self.events.iter().map(copied).fold(0, u64::saturating_add)
    }

    /// How many messages there were.
    #[must_use]
    pub fn messages(&self) -> usize {
        self.events.iter().filter(|event| matches!(event.what, What::Send { .. })).count()
    }
}

impl Track {
    fn numbers(&self) -> [u64; 4] {
        let told = |number: Option<u64>| number.unwrap_or(0);
        [told(self.process), told(self.thread), told(self.heap_bytes), self.dropped]
    }
}

impl Event {
    /// Its end among them.
    fn numbers(&self) -> [u64; 3] {
        let (bytes, region) = match self.what {
            What::Send { bytes, .. } | What::Receive { bytes, .. } | What::Copy { bytes, .. } => {
                (bytes, 0)
            }
            What::Map { region, bytes } => (bytes, region),
            _ => (0, 0),
        };
        [self.at.saturating_add(self.what.took()), bytes, region]
    }
}

impl What {
    /// How long it took, in nanoseconds; 0 for what takes no time.
    #[must_use]
    pub fn took(&self) -> u64 {
        match self {
            Self::Copy { took, .. } | Self::Blocked { took } => *took,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::Crosses;

    fn track(name: &str) -> Track {
        Track {
            name: name.into(),
            process: Some(7),
            thread: None,
            waits: "read".into(),
            heap: "its own".into(),
            heap_bytes: None,
            channel: String::new(),
            cost: 40.0,
            dropped: 0,
            lost: None,
        }
    }

    fn recording(events: Vec<Event>) -> Recording {
        Recording {
            scenario: "echo".into(),
            lane: LaneId::PROCESS_PIPE,
            kind: LaneKind::Process,
            began: 1,
            tick: 1.0,
            tracks: vec![track("caller"), track("worker 1")],
            events,
        }
    }

    fn event(at: u64, track: u32, what: What) -> Event {
        Event { at, track, message: None, what }
    }

    #[test]
    fn events_are_flat_in_json() {
        let send = What::Send { peer: 1, bytes: 64, crosses: Crosses::Copied };
        let event = Event { message: Some(3), ..event(5, 0, send) };
        let json = serde_json::to_string(&event).unwrap();
        let flat = r#"{"at":5,"track":0,"message":3,"what":"send","peer":1,"bytes":64,"crosses":"copied"}"#;
        assert_eq!(json, flat);
        assert_eq!(serde_json::from_str::<Event>(&json).unwrap(), event);
        let lacking = flat.replace("\"bytes\":64,", "");
        let why = serde_json::from_str::<Event>(&lacking).unwrap_err().to_string();
        assert!(why.starts_with("an event without its bytes"), "{why}");
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let good = || {
            vec![
                event(1, 0, What::Spawn { peer: 1 }),
                event(2, 0, What::Copy { bytes: 9, took: 4 }),
            ]
        };
        assert_eq!(recording(good()).check(), Ok(()));
        assert_eq!((recording(good()).length(), recording(good()).bytes_copied()), (6, 9));
        let mut events = good();
        events.reverse();
        assert_eq!(recording(events).check(), Err(RecordingError::Order));
        let nobody = event(3, 2, What::Wait);
        assert_eq!(recording(vec![nobody]).check(), Err(RecordingError::Track(2)));
        let to_nobody = event(3, 0, What::Replaced { peer: 1, by: 9 });
        assert_eq!(recording(vec![to_nobody]).check(), Err(RecordingError::Track(9)));
        let empty = Recording { tracks: Vec::new(), ..recording(Vec::new()) };
        assert_eq!(empty.check(), Err(RecordingError::Tracks(0)));
        let much = GREATEST + 1;
        for what in [
            What::Blocked { took: much },
            What::Blocked { took: u64::MAX },
            What::Copy { bytes: much, took: 0 },
            What::Map { region: much, bytes: 1 },
            What::Send { peer: 0, bytes: much, crosses: Crosses::Copied },
            What::Receive { peer: 0, bytes: much },
        ] {
            let why = recording(vec![event(0, 0, what.clone())]).check();
            assert!(matches!(why, Err(RecordingError::Number(_))), "{what:?}: {why:?}");
        }
        let late = recording(vec![event(much, 0, What::Wait)]);
        assert_eq!(late.check(), Err(RecordingError::Number(much)));
        let mut numbered = recording(Vec::new());
        numbered.tracks[1].heap_bytes = Some(u64::MAX);
        assert_eq!(numbered.check(), Err(RecordingError::Number(u64::MAX)));
        for wrong in [f64::NAN, f64::INFINITY, -1.0] {
            let mut unclear = recording(Vec::new());
            unclear.tracks[0].cost = wrong;
            assert_eq!(unclear.check(), Err(RecordingError::NoNumber));
            let stepless = Recording { tick: wrong, ..recording(Vec::new()) };
            assert_eq!(stepless.check(), Err(RecordingError::NoNumber));
        }
    }
}
