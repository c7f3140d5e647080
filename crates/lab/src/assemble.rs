//! Notes of a caller and its workers become one recording.

use std::collections::{BTreeMap, VecDeque};

use protocol::trace::{Event, Note, Recording, Track, Trail, What};
use protocol::{LaneId, LaneKind};

/// Puts trails together: the caller's and its workers', in the order in which they were started. A worker that
/// is in the caller's notes and left none has a track that says so.
#[must_use]
pub fn assemble(
    scenario: &str,
    lane: LaneId,
    kind: LaneKind,
    tick: f64,
    caller: Trail,
    workers: Vec<Trail>,
) -> Recording {
    let (caller, workers) = without_idle(caller, workers);
    let known = workers.len() as u32;
    let all = caller.notes.iter().filter_map(last_peer).map(|peer| peer + 1).max().unwrap_or(0);
    let mut trails: Vec<Trail> = std::iter::once(caller).chain(workers).collect();
    let began = trails.iter().flat_map(|trail| &trail.notes).map(|note| note.at).min().unwrap_or(0);
    let mut events: Vec<Event> = Vec::new();
    for (place, trail) in trails.iter_mut().enumerate() {
        let track = place as u32;
        let event = |Note { at, what }| Event {
            at: at - began,
            track,
            message: None,
            what: placed(what, track),
        };
        events.extend(std::mem::take(&mut trail.notes).into_iter().map(event));
    }
    events.sort_by_key(|event| event.at);
    pair(&mut events);
    // Threads of one process note alike, and leave it to the caller to find out what that takes.
    let (process, cost) = (trails[0].process, trails[0].cost);
    for trail in &mut trails {
        if trail.cost == 0.0 && trail.process == process {
            trail.cost = cost;
        }
    }
    let mut tracks: Vec<Track> =
        trails.into_iter().enumerate().map(|(place, trail)| track(place as u32, trail)).collect();
    let caller = tracks[0].process;
    tracks.extend((known..all).map(|peer| silent(peer + 1, kind, caller)));
    Recording { scenario: scenario.to_owned(), lane, kind, began, tick, tracks, events }
}

/// Leaves out the workers that got nothing to do while others did, as a lane may start some in vain.
fn without_idle(mut caller: Trail, workers: Vec<Trail>) -> (Trail, Vec<Trail>) {
    let is_idle = |trail: &Trail| {
        trail.notes.iter().all(|note| matches!(note.what, What::Ready | What::Wait | What::Wake))
    };
    let idle: Vec<bool> = workers.iter().map(is_idle).collect();
    if idle.iter().all(|idle| *idle) {
        return (caller, workers);
    }
    // Of each worker, its new number.
    let mut next = 0;
    let numbers: Vec<Option<u32>> = idle
        .iter()
        .map(|idle| {
            let number = next;
            next += u32::from(!idle);
            (!idle).then_some(number)
        })
        .collect();
    // Of one without a trail nothing is known: it stays, after the others.
    let gone = idle.iter().filter(|idle| **idle).count() as u32;
    let renumbered =
        |peer: u32| numbers.get(peer as usize).copied().unwrap_or_else(|| Some(peer - gone));
    caller.notes.retain_mut(|note| match &mut note.what {
        What::Spawn { peer }
        | What::Send { peer, .. }
        | What::Receive { peer, .. }
        | What::Crash { peer, .. }
        | What::Exit { peer } => renumbered(*peer).map(|new| *peer = new).is_some(),
        What::Replaced { peer, by } => match (renumbered(*peer), renumbered(*by)) {
            (Some(new), Some(other)) => {
                (*peer, *by) = (new, other);
                true
            }
            _ => false,
        },
        _ => true,
    });
    let kept = workers.into_iter().zip(idle).filter(|(_, idle)| !idle).map(|(trail, _)| trail);
    (caller, kept.collect())
}

/// The worker with the highest number that a note of the caller's is about.
fn last_peer(note: &Note) -> Option<u32> {
    match note.what {
        What::Spawn { peer }
        | What::Send { peer, .. }
        | What::Receive { peer, .. }
        | What::Crash { peer, .. }
        | What::Exit { peer } => Some(peer),
        What::Replaced { peer, by } => Some(peer.max(by)),
        _ => None,
    }
}

/// A note's peer as the place of a track: of the caller's notes the worker's, of a worker's the caller's.
fn placed(what: What, track: u32) -> What {
    let place = |peer: u32| if track == 0 { peer + 1 } else { 0 };
    match what {
        What::Spawn { peer } => What::Spawn { peer: place(peer) },
        What::Send { peer, bytes, crosses } => What::Send { peer: place(peer), bytes, crosses },
        What::Receive { peer, bytes } => What::Receive { peer: place(peer), bytes },
        What::Crash { peer, how } => What::Crash { peer: place(peer), how },
        What::Exit { peer } => What::Exit { peer: place(peer) },
        What::Replaced { peer, by } => What::Replaced { peer: place(peer), by: place(by) },
        other => other,
    }
}

/// Numbers the messages. Every channel keeps its order, so that the first that is received is the first that was
/// sent. A clock that is coarse may show a message's end before its beginning: all that were sent have their
/// numbers first.
fn pair(events: &mut [Event]) {
    let mut under_way: BTreeMap<(u32, u32), VecDeque<u32>> = BTreeMap::new();
    let mut count = 0;
    for event in events.iter_mut() {
        if let What::Send { peer, .. } = event.what {
            under_way.entry((event.track, peer)).or_default().push_back(count);
            event.message = Some(count);
            count += 1;
        }
    }
    for event in events {
        if let What::Receive { peer, .. } = event.what {
            let sent = under_way.get_mut(&(peer, event.track));
            event.message = sent.and_then(VecDeque::pop_front);
        }
    }
}

fn track(place: u32, trail: Trail) -> Track {
    let Trail { process, thread, waits, heap, heap_bytes, channel, cost, dropped, .. } = trail;
    let (name, channel) = match place {
        0 => ("caller".to_owned(), String::new()),
        number => (format!("worker {number}"), channel),
    };
    Track { name, process, thread, waits, heap, heap_bytes, channel, cost, dropped, lost: None }
}

/// The track of a worker that left no notes.
fn silent(number: u32, kind: LaneKind, caller: Option<u64>) -> Track {
    Track {
        name: format!("worker {number}"),
        // Of another process than its caller's nothing is known.
        process: caller.filter(|_| kind != LaneKind::Process),
        thread: None,
        waits: String::new(),
        heap: String::new(),
        heap_bytes: None,
        channel: String::new(),
        cost: 0.0,
        dropped: 0,
        lost: Some("what it had noted was lost with it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use protocol::trace::Crosses;

    use super::*;

    fn trail(notes: Vec<(u64, What)>) -> Trail {
        Trail {
            process: Some(7),
            thread: None,
            waits: "a call".into(),
            heap: "its own".into(),
            heap_bytes: None,
            channel: "a pipe".into(),
            cost: 30.0,
            notes: notes.into_iter().map(|(at, what)| Note { at, what }).collect(),
            dropped: 0,
        }
    }

    fn send(peer: u32) -> What {
        What::Send { peer, bytes: 8, crosses: Crosses::Copied }
    }

    fn receive(peer: u32) -> What {
        What::Receive { peer, bytes: 8 }
    }

    fn assembled(caller: Vec<(u64, What)>, workers: Vec<Vec<(u64, What)>>) -> Recording {
        let workers = workers.into_iter().map(trail).collect();
        let (lane, kind) = (LaneId::PROCESS_PIPE, LaneKind::Process);
        let recording = assemble("tasks", lane, kind, 1.0, trail(caller), workers);
        recording.check().unwrap();
        recording
    }

    fn messages(recording: &Recording) -> Vec<(u64, u32, Option<u32>)> {
        let of = |event: &Event| (event.at, event.track, event.message);
        let is_end =
            |event: &&Event| matches!(event.what, What::Send { .. } | What::Receive { .. });
        recording.events.iter().filter(is_end).map(of).collect()
    }

    #[test]
    fn messages_are_paired_in_their_order_channel_by_channel() {
        let recording = assembled(
            vec![(100, send(0)), (110, send(1)), (120, send(0)), (200, receive(1))],
            vec![
                vec![(130, receive(0)), (140, receive(0))],
                vec![(125, receive(0)), (190, send(0))],
            ],
        );
        assert_eq!(recording.began, 100);
        assert_eq!(
            messages(&recording),
            [
                (0, 0, Some(0)),
                (10, 0, Some(1)),
                (20, 0, Some(2)),
                (25, 2, Some(1)),
                (30, 1, Some(0)),
                (40, 1, Some(2)),
                (90, 2, Some(3)),
                (100, 0, Some(3)),
            ]
        );
        assert_eq!(recording.tracks[2].name, "worker 2");
        assert_eq!((&*recording.tracks[0].channel, &*recording.tracks[1].channel), ("", "a pipe"));
    }

    #[test]
    fn a_coarse_clock_may_show_the_end_first() {
        let recording = assembled(vec![(105, send(0))], vec![vec![(100, receive(0))]]);
        assert_eq!(messages(&recording), [(0, 1, Some(0)), (5, 0, Some(0))]);
    }

    #[test]
    fn a_worker_that_left_no_notes_has_a_track_all_the_same() {
        let crash = What::Crash { peer: 0, how: "SIGABRT".into() };
        let recording = assembled(
            vec![(1, What::Spawn { peer: 0 }), (2, crash), (3, What::Replaced { peer: 0, by: 1 })],
            vec![],
        );
        assert_eq!(recording.tracks.len(), 3);
        assert!(recording.tracks[1].lost.is_some() && recording.tracks[1].process.is_none());
        assert_eq!(recording.events[2].what, What::Replaced { peer: 1, by: 2 });
    }

    #[test]
    fn those_who_got_nothing_to_do_are_left_out_unless_all_did() {
        let idle = || vec![(2, What::Ready), (3, What::Wait)];
        let busy = vec![(6, receive(0)), (7, What::Compute)];
        let caller = vec![(1, What::Spawn { peer: 0 }), (4, What::Spawn { peer: 1 }), (5, send(1))];
        let recording = assembled(caller, vec![idle(), busy]);
        assert_eq!(recording.tracks.len(), 2);
        let first = &recording.events[..2];
        assert_eq!((&first[0].what, first[0].at), (&What::Spawn { peer: 1 }, 0));
        assert_eq!(first[1].what, send(1));
        let recording = assembled(vec![(1, What::Spawn { peer: 0 })], vec![idle(), idle()]);
        assert_eq!(recording.tracks.len(), 3);
    }

    #[test]
    fn nothing_is_a_recording_too() {
        assert!(assembled(vec![], vec![]).events.is_empty());
    }
}
