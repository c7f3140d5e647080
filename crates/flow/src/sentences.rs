//! The trace told as sentences, for those who step through it or hear it.

use lab::format;
use protocol::trace::{Crosses, Event, Recording, What};

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
    let name = |track: u32| recording.tracks[track as usize].name.as_str();
    let bytes = |count: u64| format::bytes(count);
    let what = match &event.what {
        What::Spawn { peer } => format!("asks for {}", name(*peer)),
        What::Ready => "is ready, and says so".to_owned(),
        What::Send { peer, bytes: 0, .. } => format!("sends {} a message", name(*peer)),
        What::Send { peer, bytes: count, crosses } => {
            let how = match crosses {
                Crosses::Copied => "as a copy",
                Crosses::Moved => "for good",
                Crosses::Shared => "in memory that both see",
            };
            format!("sends {} {} {how}", name(*peer), bytes(*count))
        }
        What::Receive { peer, bytes: 0 } => format!("has a message from {}", name(*peer)),
        What::Receive { peer, bytes: count } => {
            format!("has all {} from {}", bytes(*count), name(*peer))
        }
        What::Copy { bytes: count, took } => {
            format!("copies {} in {}", bytes(*count), format::time(*took as f64))
        }
        What::Map { bytes: count, .. } => format!("sees {} of shared memory", bytes(*count)),
        What::Wait => "waits".to_owned(),
        What::Wake => "wakes up".to_owned(),
        What::Compute => "begins to compute".to_owned(),
        What::Computed => "is done computing".to_owned(),
        What::Blocked { took } => format!("is held up for {}", format::time(*took as f64)),
        What::Crash { peer, how } => format!("is told that {} crashed: {how}", name(*peer)),
        What::Exit { peer } => format!("is told that {} is gone", name(*peer)),
        What::Replaced { peer, by } => format!("has {} in the place of {}", name(*by), name(*peer)),
    };
    format!("{}: {} {what}.", format::time(event.at as f64), name(event.track))
}
