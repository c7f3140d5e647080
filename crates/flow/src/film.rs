//! A recording, ready to be drawn at any moment.

use std::collections::{BTreeMap, BTreeSet};

use protocol::trace::{Crosses, Event, Recording, What};

use crate::spans::{Doing, Message, Span, messages, spans};

/// Messages on their way, or spans around a moment, that are looked for before the ones that began last.
const DEEPEST: usize = 64;
/// Groups of tracks that see memory together, of which no more are drawn: each worker and the caller, and some.
const MOST_REGIONS: usize = 300;

/// A recording with its spans and messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Film {
    /// What was recorded.
    pub recording: Recording,
    /// In the order in which they were sent.
    pub(crate) messages: Vec<Message>,
    /// Of each track, in the order of their beginnings.
    pub(crate) spans: Vec<Vec<Span>>,
    /// Of each track, its first and last event, or the last that somebody was told of it.
    pub(crate) lives: Vec<Option<[u64; 2]>>,
    /// What went from one track to another, in all.
    pub(crate) ways: BTreeMap<(u32, u32), Way>,
    /// Memory that tracks see together: who, how often, and how many bytes in all.
    pub(crate) regions: Vec<(Vec<u32>, usize, u64)>,
    length: u64,
}

/// Messages from one track to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Way {
    /// All of them.
    pub(crate) count: usize,
    /// How the first one got across.
    pub(crate) crosses: Crosses,
    /// Those with payload.
    pub(crate) loaded: Option<Loaded>,
}

/// Messages with payload.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) count: usize,
    /// Of all of them.
    pub(crate) bytes: u64,
    /// Of the first one.
    pub(crate) first: u64,
    /// How the first one got across.
    pub(crate) crosses: Crosses,
    /// Whether all are like the first one.
    pub(crate) are_alike: bool,
}

impl Film {
    /// Of a recording that [`Recording::check`] has found good.
    #[must_use]
    pub fn new(recording: Recording) -> Self {
        let count = recording.tracks.len();
        let mut of_track = vec![Vec::new(); count];
        for span in spans(&recording) {
            of_track[span.track as usize].push(span);
        }
        of_track.iter_mut().for_each(|spans| spans.sort_by_key(|span| (span.from, span.to)));
        let mut lives: Vec<Option<[u64; 2]>> = vec![None; count];
        let mut lives_at = |track: u32, at: u64| {
            let life = lives[track as usize].get_or_insert([at, at]);
            *life = [life[0].min(at), life[1].max(at)];
        };
        for Event { at, track, what, .. } in &recording.events {
            lives_at(*track, *at);
            match what {
                What::Spawn { peer } | What::Crash { peer, .. } | What::Exit { peer } => {
                    lives_at(*peer, *at);
                }
                _ => {}
            }
        }
        let (messages, length) = (messages(&recording), recording.length());
        let (ways, regions) = (ways(&messages), regions(&recording));
        Self { recording, messages, spans: of_track, lives, ways, regions, length }
    }

    /// How long it is, in nanoseconds.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Every message, in the order in which they were sent.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// Every span, track by track in the order of their beginnings.
    pub fn spans(&self) -> impl Iterator<Item = &Span> {
        self.spans.iter().flatten()
    }

    /// What a track does at a moment; none if it is awake, and between two things.
    #[must_use]
    pub fn doing(&self, track: u32, at: u64) -> Option<Doing> {
        let spans = &self.spans[track as usize];
        let after = spans.partition_point(|span| span.from <= at);
        let around = spans[..after].iter().rev().take(DEEPEST).filter(|span| at < span.to);
        around.map(|span| span.doing).max()
    }

    /// Whether a track is there at a moment.
    #[must_use]
    pub fn is_alive(&self, track: u32, at: u64) -> bool {
        self.lives[track as usize].is_some_and(|[from, to]| from <= at && at <= to)
    }

    /// Messages on their way at a moment, and what part of their way is behind them.
    pub fn on_their_way(&self, at: u64) -> impl Iterator<Item = (&Message, f64)> {
        let after = self.messages.partition_point(|message| message.sent <= at);
        self.messages[..after].iter().rev().take(DEEPEST).filter_map(move |message| {
            let received = message.received.filter(|received| *received >= at)?;
            let way = (received - message.sent).max(1) as f64;
            Some((message, (at - message.sent) as f64 / way))
        })
    }
}

fn ways(messages: &[Message]) -> BTreeMap<(u32, u32), Way> {
    let mut ways: BTreeMap<(u32, u32), Way> = BTreeMap::new();
    for Message { from, to, bytes, crosses, .. } in messages.iter().copied() {
        let way = ways.entry((from, to)).or_insert(Way { count: 0, crosses, loaded: None });
        way.count += 1;
        if bytes > 0 {
            let none = Loaded { count: 0, bytes: 0, first: bytes, crosses, are_alike: true };
            let loaded = way.loaded.get_or_insert(none);
            loaded.count += 1;
            loaded.bytes = loaded.bytes.saturating_add(bytes);
            loaded.are_alike &= bytes == loaded.first;
        }
    }
    ways
}

/// Memory that at least two tracks said they see, by who does.
fn regions(recording: &Recording) -> Vec<(Vec<u32>, usize, u64)> {
    let mut seen: BTreeMap<u64, (BTreeSet<u32>, u64)> = BTreeMap::new();
    for event in &recording.events {
        if let What::Map { region, bytes } = event.what {
            let (who, size) = seen.entry(region).or_default();
            *size = bytes.max(*size);
            who.insert(event.track);
        }
    }
    let mut grouped: BTreeMap<BTreeSet<u32>, (usize, u64)> = BTreeMap::new();
    for (who, bytes) in seen.into_values().filter(|(who, _)| who.len() > 1) {
        let (count, all) = grouped.entry(who).or_default();
        (*count, *all) = (*count + 1, all.saturating_add(bytes));
    }
    let groups = grouped.into_iter().take(MOST_REGIONS);
    groups.map(|(who, (count, bytes))| (who.into_iter().collect(), count, bytes)).collect()
}
