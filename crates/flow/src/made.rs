//! Made recordings, for tests.

use protocol::trace::{Crosses, Event, Recording, Track, What};
use protocol::{LaneId, LaneKind};

pub(crate) fn track(name: &str, process: u64) -> Track {
    Track {
        name: name.into(),
        process: Some(process),
        thread: None,
        waits: "a loop".into(),
        heap: format!("{name}'s own"),
        heap_bytes: Some(2 << 20),
        channel: if name == "caller" { String::new() } else { "a pipe".into() },
        cost: 40.0,
        dropped: 0,
        lost: None,
    }
}

pub(crate) fn recording(kind: LaneKind, events: Vec<Event>) -> Recording {
    let other = if kind == LaneKind::Process { 8 } else { 7 };
    let recording = Recording {
        scenario: "echo".into(),
        lane: LaneId::from("made"),
        kind,
        began: 0,
        tick: 1.0,
        tracks: vec![track("caller", 7), track("worker 1", other)],
        events,
    };
    recording.check().expect("it can be drawn");
    recording
}

pub(crate) fn event(at: u64, track: u32, what: What) -> Event {
    Event { at, track, message: None, what }
}

pub(crate) fn message(number: u32, times: [u64; 2], bytes: u64, crosses: Crosses) -> [Event; 2] {
    let of = |event: Event| Event { message: Some(number), ..event };
    [
        of(event(times[0], 0, What::Send { peer: 1, bytes, crosses })),
        of(event(times[1], 1, What::Receive { peer: 0, bytes })),
    ]
}
