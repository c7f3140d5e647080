//! Notes of a caller and its workers become one recording.

use std::collections::{BTreeMap, VecDeque};

use protocol::trace::{
    Event, MAX_TRACKS, Note, Played, Recording, RecordingError, Track, Trail, What,
};
use protocol::{LaneId, LaneKind};

/// Puts together what was noted in a scenario on a lane. A worker that is in the caller's notes and left none has a track
/// that says so.
///
/// # Errors
/// If the notes are about more workers than there can be, or cannot be drawn: they may come from a page.
pub fn assemble(
    scenario: &str,
    lane: LaneId,
    kind: LaneKind,
    played: Played,
) -> Result<Recording, RecordingError> {
    let Played { tick, caller, workers } = played;
    let all = caller
        .notes
        .iter()
        .filter_map(last_peer)
        .map(|peer| peer.saturating_add(1))
        .max()
        .unwrap_or(0);
    let all = workers.iter().map(|(number, _)| number.saturating_add(1)).fold(all, u32::max);
    if all as usize >= MAX_TRACKS {
        return Err(RecordingError::Tracks(all as usize));
    }
    let mut by_number = vec![None; all as usize];
    for (number, trail) in workers {
        by_number[number as usize] = Some(trail);
    }
    let (caller, workers) = without_idle(caller, by_number);
    let mut trails: Vec<Option<Trail>> = std::iter::once(Some(caller)).chain(workers).collect();
    let times = trails.iter().flatten().flat_map(|trail| &trail.notes).map(|note| note.at);
    let began = times.min().unwrap_or(0);
    let mut events: Vec<Event> = Vec::new();
    for (place, trail) in trails.iter_mut().enumerate() {
        let Some(trail) = trail else { continue };
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
    let (process, cost) = trails[0].as_ref().map_or((None, 0.0), |it| (it.process, it.cost));
    let tracks = trails.into_iter().enumerate().map(|(place, trail)| match trail {
        // Threads of one process note alike, and leave it to the caller to find out what that takes.
        Some(trail) if trail.cost == 0.0 && trail.process == process => {
            track(place as u32, Trail { cost, ..trail })
        }
        Some(trail) => track(place as u32, trail),
        None => silent(place as u32, kind, process),
    });
    let tracks = tracks.collect();
    let scenario = scenario.to_owned();
    let recording = Recording { scenario, lane, kind, began, tick, tracks, events };
    recording.check().map(|()| recording)
}

/// Leaves out the workers that got nothing to do while others did, as a lane may start some in vain.
fn without_idle(mut caller: Trail, workers: Vec<Option<Trail>>) -> (Trail, Vec<Option<Trail>>) {
    let is_nothing = |note: &Note| matches!(note.what, What::Ready | What::Wait | What::Wake);
    // Who took another one's place belongs to the story, whatever was left to do.
    let is_needed = |number: u32| {
        let mut notes = caller.notes.iter();
        notes.any(|note| matches!(note.what, What::Replaced { by, .. } if by == number))
    };
    let idle: Vec<bool> = (0..)
        .zip(&workers)
        .map(|(number, trail)| {
            let is_idle = trail.as_ref().is_some_and(|trail| trail.notes.iter().all(is_nothing));
            is_idle && !is_needed(number)
        })
        .collect();
    if idle.iter().all(|idle| *idle) {
        return (caller, workers);
    }
    // Of each worker, its new number.
    let mut next = 0;
    let mut numbers = Vec::new();
    for idle in &idle {
        numbers.push((!idle).then_some(next));
        next += u32::from(!idle);
    }
    let renumber = |peer: &mut u32| match numbers[*peer as usize] {
        Some(number) => {
            *peer = number;
            true
        }
        None => false,
    };
    caller.notes.retain_mut(|note| match &mut note.what {
        What::Spawn { peer }
        | What::Send { peer, .. }
        | What::Receive { peer, .. }
        | What::Crash { peer, .. }
        | What::Exit { peer } => renumber(peer),
        What::Replaced { peer, by } => renumber(peer) && renumber(by),
        _ => true,
    });
    let kept = workers.into_iter().zip(idle).filter(|(_, idle)| !idle).map(|(worker, _)| worker);
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
        let workers = (0..).zip(workers.into_iter().map(trail)).collect();
        let (lane, kind) = (LaneId::PROCESS_PIPE, LaneKind::Process);
        let played = Played { tick: 1.0, caller: trail(caller), workers };
        assemble("tasks", lane, kind, played).unwrap()
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
    fn notes_about_too_many_workers_are_refused() {
        let caller = trail(vec![(1, What::Spawn { peer: u32::MAX })]);
        let played = Played { tick: 1.0, caller, workers: Vec::new() };
        let made = assemble("tasks", LaneId::BROWSER_CLONE, LaneKind::Thread, played);
        assert_eq!(made, Err(RecordingError::Tracks(u32::MAX as usize)));
        let workers = vec![(300, trail(vec![]))];
        let played = Played { tick: 1.0, caller: trail(vec![]), workers };
        assert!(assemble("tasks", LaneId::BROWSER_CLONE, LaneKind::Thread, played).is_err());
    }

    #[test]
    fn nothing_is_a_recording_too() {
        assert!(assembled(vec![], vec![]).events.is_empty());
    }
}
