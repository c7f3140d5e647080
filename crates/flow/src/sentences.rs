//! The trace told as sentences, for those who step through it or hear it.

use lab::format;
use protocol::trace::{Crosses, Event, Recording, What};
use texts::{tr, translated};

/// The events that a step shows: those within one step of the clock belong together, as nobody knows which came
/// first. Each is a range of events.
#[must_use]
pub fn moments(recording: &Recording) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    let mut began = 0;
    for (place, event) in recording.events.iter().enumerate() {
        match all.last_mut() {
            Some(last) if ((event.at - began) as f64) < recording.tick.max(1.0) => {
                last.end = place + 1;
            }
            _ => {
                all.push(place..place + 1);
                began = event.at;
            }
        }
    }
    all
}

/// An event in words, with its time since the recording began.
#[must_use]
pub fn sentence(recording: &Recording, event: &Event) -> String {
    let name = |track: u32| translated(&recording.tracks[track as usize].name);
    let bytes = |count: u64| format::bytes(count);
    let what = match &event.what {
        What::Spawn { peer } => tr!("asks for {}", name(*peer)),
        What::Ready => tr!("is ready, and says so").to_owned(),
        What::Send { peer, bytes: 0, .. } => tr!("sends {} a message", name(*peer)),
        What::Send { peer, bytes: count, crosses } => {
            let how = match crosses {
                Crosses::Copied => tr!("as a copy"),
                Crosses::Moved => tr!("for good"),
                Crosses::Shared => tr!("in memory that both see"),
            };
            tr!("sends {} {} {}", name(*peer), bytes(*count), how)
        }
        What::Receive { peer, bytes: 0 } => tr!("has a message from {}", name(*peer)),
        What::Receive { peer, bytes: count } => {
            tr!("has all {} from {}", bytes(*count), name(*peer))
        }
        What::Copy { bytes: count, took } => {
            tr!("copies {} in {}", bytes(*count), format::time(*took as f64))
        }
        What::Map { bytes: count, .. } => tr!("sees {} of shared memory", bytes(*count)),
        What::Wait => tr!("waits").to_owned(),
        What::Wake => tr!("wakes up").to_owned(),
        What::Compute => tr!("begins to compute").to_owned(),
        What::Computed => tr!("is done computing").to_owned(),
        What::Blocked { took } => tr!("is held up for {}", format::time(*took as f64)),
        What::Crash { peer, how } => {
            tr!("is told that {} crashed: {}", name(*peer), translated(how))
        }
        What::Exit { peer } => tr!("is told that {} is gone", name(*peer)),
        What::Replaced { peer, by } => tr!("has {} in the place of {}", name(*by), name(*peer)),
    };
    format!("{}: {} {what}.", format::time(event.at as f64), name(event.track))
}
