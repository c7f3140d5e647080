//! What takes time in a recording: spans on one track, and messages between two.

use protocol::trace::{Crosses, Event, Recording, What};

/// Something on a track that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub track: u32,
    /// From when on, in nanoseconds since the recording began.
    pub from: u64,
    /// Until when.
    pub to: u64,
    /// What it does meanwhile.
    pub doing: Doing,
}

/// What takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doing {
    /// Waiting: there is nothing to do.
    Waiting,
    /// Held up by a call.
    Blocked,
    /// Copying so many bytes.
    Copying(u64),
    /// Computing.
    Computing,
}

/// Every span, in the order of their ends. What has no end lasts until its track's last event, or, where the
/// track lost what it had noted, is left out.
#[must_use]
pub fn spans(recording: &Recording) -> Vec<Span> {
    let count = recording.tracks.len();
    let (mut waits, mut works): (Vec<Option<u64>>, Vec<Option<u64>>) =
        (vec![None; count], vec![None; count]);
    let mut ends = vec![0; count];
    let mut all = Vec::new();
    for Event { at, track, what, .. } in &recording.events {
        let (at, place) = (*at, *track as usize);
        ends[place] = at;
        let mut close = |open: &mut Option<u64>, doing| {
            if let Some(from) = open.take() {
                all.push(Span { track: *track, from, to: at, doing });
            }
        };
        match what {
            What::Wait => waits[place] = waits[place].or(Some(at)),
            What::Wake => close(&mut waits[place], Doing::Waiting),
            What::Compute => works[place] = works[place].or(Some(at)),
            What::Computed => close(&mut works[place], Doing::Computing),
            What::Copy { bytes, took } => {
                let to = at.saturating_add(*took);
                all.push(Span { track: *track, from: at, to, doing: Doing::Copying(*bytes) });
            }
            What::Blocked { took } => {
                let to = at.saturating_add(*took);
                all.push(Span { track: *track, from: at, to, doing: Doing::Blocked });
            }
            _ => {}
        }
    }
    for (place, end) in ends.into_iter().enumerate() {
        for (open, doing) in [(&waits, Doing::Waiting), (&works, Doing::Computing)] {
            if let Some(from) = open[place].filter(|from| *from < end) {
                all.push(Span { track: place as u32, from, to: end, doing });
            }
        }
    }
    all.sort_by_key(|span| (span.to, span.track));
    all
}

/// A message from one track to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub number: u32,
    /// Whose it was.
    pub from: u32,
    /// Whose it is then.
    pub to: u32,
    /// When it was sent.
    pub sent: u64,
    /// When all of it was there; none if nobody noted that.
    pub received: Option<u64>,
    /// Of its payload.
    pub bytes: u64,
    /// How they get across.
    pub crosses: Crosses,
}

impl Message {
    /// Whether the clock's step is too long to tell what came first.
    #[must_use]
    pub fn is_unordered(&self, tick: f64) -> bool {
        self.received
            .is_some_and(|received| received < self.sent || ((received - self.sent) as f64) < tick)
    }
}

/// Every message, in the order in which they were sent.
#[must_use]
pub fn messages(recording: &Recording) -> Vec<Message> {
    let mut all: Vec<Message> = Vec::new();
    for Event { at, track, message, what } in &recording.events {
        if let (What::Send { peer, bytes, crosses }, Some(number)) = (what, message) {
            let (number, from, to, sent) = (*number, *track, *peer, *at);
            let (bytes, crosses) = (*bytes, *crosses);
            all.push(Message { number, from, to, sent, received: None, bytes, crosses });
        }
    }
    // Numbers are given in the order of sending; a report that says otherwise is searched all the same.
    all.sort_by_key(|message| message.number);
    for Event { at, message, what, .. } in &recording.events {
        if let (What::Receive { .. }, Some(number)) = (what, message)
            && let Ok(place) = all.binary_search_by_key(number, |message| message.number)
        {
            all[place].received = Some(*at);
        }
    }
    all.sort_by_key(|message| (message.sent, message.number));
    all
}
